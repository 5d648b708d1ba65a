import { describe, expect, it } from '@jest/globals';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { setupFor } from '../../simulator/host/asked-of-berth.ts';
import { run } from '../../simulator/host/run.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { objects } from '../../simulator/world/json.ts';
import { localBerth } from '../support/local-berth.ts';
import { playQueued, ranTasks, registerTask, sendTask } from '../support/queued-tasks.ts';
import { scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const cluster = 'jobs';

const workers = {
  types: [{ instanceType: 'c5.2xlarge', pricePerHour: 0.34 }],
  minSize: 0,
  maxSize: 120,
};

const settings = (over: object = {}) => ({
  defaults: {
    mode: 'act',
    launchesPerHour: 1_000,
    taskQueue: { taskDefinitionFamilies: ['task-1024-2048', 'job'], ...over },
  },
});

const burst = (tasks: number, document: object = {}) =>
  scenarioOf({
    cluster,
    duration: '25m',
    groups: { workers },
    tasks: [
      {
        bursts: { at: '5m', tasks, cpuUnits: 1_024, memoryMiB: 2_048, duration: { low: '2m', high: '4m' } },
        via: 'taskQueue',
      },
    ],
    settings: settings(),
    ...document,
  });

/** Nobody but the test sends anything. */
const quiet = (document: object = {}) =>
  scenarioOf({ cluster, duration: '30m', groups: { workers }, settings: settings(), ...document });

const job = (over: object = {}) => ({ cluster, taskDefinition: 'job:1', ...over });

describe('Berth’s own queue of tasks', () => {
  it('runs a burst of six hundred from zero instances: all of them, none twice', async () => {
    const { result, buried, invocations } = await playQueued(burst(600, { duration: '14m' }), { laws: false });

    expect(result.score.wait).toMatchObject({ wanted: 600, ran: 600, waitingAtEnd: 0 });
    expect(result.score.wait.all?.p99).toBeLessThan(4 * minutes);
    expect(result.score.churn.uselessLaunches).toBe(0);
    expect(result.violations).toEqual([]);
    expect(buried).toEqual([]);
    expect(invocations.filter((it) => it.error !== undefined)).toEqual([]);
    expect(result.timeline.at(-1)?.runningTasks).toBe(0);
  });

  it('runs six hundred messages of one task each, too', async () => {
    const played = await playQueued(quiet({ duration: '10m' }), {
      laws: false,
      people: (world, at) => {
        registerTask(world, 'job', 1_024, 2_048);
        at(5 * minutes, () => {
          for (let n = 0; n < 600; n++) sendTask(world, job());
        });
      },
    });

    expect(ranTasks(played).size).toBe(600);
    expect(played.result.score.wait).toMatchObject({ ran: 600, waitingAtEnd: 0 });
    expect(played.buried).toEqual([]);
  });

  it('has exactly one instance come from zero for one task', async () => {
    const { result } = await playQueued(burst(1));

    expect(result.score.wait).toMatchObject({ wanted: 1, ran: 1 });
    expect(result.score.churn.launches).toBe(1);
    expect(result.timeline.at(-1)?.desiredCapacity).toBe(0);
  });

  it('refuses with its reason what may not be run, and serves the others', async () => {
    const played = await playQueued(quiet({ duration: '15m' }), {
      people: (world, at) => {
        for (const family of ['job', 'other']) registerTask(world, family, 1_024, 2_048);
        registerTask(world, 'job', 512, 1_024);
        world.call('ecs', 'DeregisterTaskDefinition', { taskDefinition: 'job:2' }, 'workload');
        world.call('ecs', 'CreateCluster', { clusterName: 'foreign' }, 'workload');
        at(minutes, () => {
          sendTask(world, job({ taskDefinition: 'other:1' }));
          sendTask(world, job({ taskDefinition: 'job:2' }));
          sendTask(world, job({ cluster: 'foreign' }));
        });
        at(5 * minutes, () => {
          sendTask(world, job());
        });
      },
    });

    const reasons = played.buried.map((it) => it.reason).toSorted();
    expect(reasons).toEqual([
      expect.stringContaining('cluster foreign is not one of'),
      expect.stringContaining('family other is not one of'),
      'task definition job:2: it was deregistered',
    ]);
    expect(played.buried.every((it) => it.source === 'tasks')).toBe(true);
    expect(ranTasks(played).size).toBe(1);
    expect(played.result.score.churn.launches).toBe(1);
  });

  it('gives up loudly after the time that was stated, and not before', async () => {
    const scenario = quiet({
      settings: settings({ giveUpAfter: '10m' }),
      faults: [{ kind: 'capacityError', at: ['0s'], for: '30m' }],
    });
    const { result, buried } = await playQueued(scenario, {
      people: (world, at) => {
        registerTask(world, 'job', 1_024, 2_048);
        at(minutes, () => {
          sendTask(world, job({ count: 3 }));
        });
      },
    });

    expect(buried).toMatchObject([{ reason: expect.stringContaining('not run within 10 minutes') }]);
    expect(JSON.parse(buried[0]?.body ?? '')).toMatchObject({ cluster, taskDefinition: 'job:1', count: 3 });
    const after = (buried[0]?.atMs ?? 0) - scenario.startMs - minutes;
    expect(after).toBeGreaterThanOrEqual(10 * minutes);
    expect(after).toBeLessThan(12 * minutes);
    expect(result.decisionLog).toContainEqual(
      expect.objectContaining({ text: 'a message of the queue tasks was buried' }),
    );
  });
});

describe('the queue on the simulated wire', () => {
  it('is deployed where the settings have it, and only there', async () => {
    await using without = await localBerth([cluster]);

    expect(without.deployed.queueUrls.tasks).toBeUndefined();
    expect(without.deployed.functions.taskQueue).toBeUndefined();
  });

  it('runs a burst through the real handlers as the ports do', async () => {
    const scenario = burst(16, { duration: '11m' });
    const parsed = parseSettings(scenario.settings);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));

    const wire = await run({ scenario, settings: parsed.settings, seed: 1 });
    const ports = await playQueued(scenario);

    expect(wire.waits).toMatchObject({ ran: 16, waitingAtEnd: 0 });
    expect(wire.errors).toEqual({});
    expect(wire.functions['taskQueue']?.invocations).toBeGreaterThan(0);
    expect(ports.result.score.wait).toMatchObject({ ran: 16, waitingAtEnd: 0 });
    expect(Math.abs(wire.instances.instanceHours / ports.result.score.cost.instanceHours - 1)).toBeLessThan(0.1);
  });

  it('brings what is refused to the dead letters with its reason', async () => {
    const parsed = parseSettings(settings());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    await using berth = await localBerth([cluster], parsed.settings);
    const { world, clock } = berth.aws;
    stageScenario(world, clock, quiet(), setupFor(parsed.settings));
    sendTask(world, job({ taskDefinition: 'other:1' }));
    await berth.pass(2);

    const answer = world.call('sqs', 'ReceiveMessage', {
      QueueUrl: berth.deployed.queueUrls.deadLetters,
      MessageAttributeNames: ['All'],
    });
    expect(objects(answer, 'Messages')).toMatchObject([
      {
        Body: JSON.stringify(job({ taskDefinition: 'other:1' })),
        MessageAttributes: {
          source: { StringValue: 'tasks' },
          reason: {
            StringValue: expect.stringContaining('family other is not one of taskQueue.taskDefinitionFamilies'),
          },
        },
      },
    ]);
    expect(berth.telemetry.counts.get('BuriedMessages')).toBe(1);
  });
});
