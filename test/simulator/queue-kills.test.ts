import { describe, expect, it } from '@jest/globals';
import type { InvocationStart } from '../../simulator/host/lambda.ts';
import { type Dice, seededDice } from '../../simulator/kernel/dice.ts';
import { type Played, playQueued, ranTasks } from '../support/queued-tasks.ts';
import { scenarioOf } from '../support/scenarios.ts';

const tasks = 120;

const workers = { types: [{ instanceType: 'c5.2xlarge', pricePerHour: 0.34 }], minSize: 0, maxSize: 60 };

const source = (at: string, howMany: number) => ({
  bursts: { at, tasks: howMany, cpuUnits: 1_024, memoryMiB: 2_048, duration: { low: '3m', high: '6m' } },
  via: 'taskQueue',
});

const document = {
  cluster: 'jobs',
  settings: {
    defaults: { mode: 'act', launchesPerHour: 1_000, taskQueue: { taskDefinitionFamilies: ['task-1024-2048'] } },
  },
};

const scenario = scenarioOf({
  ...document,
  duration: '50m',
  groups: { workers },
  tasks: [5, 7, 9, 11, 13, 15, 17, 19].map((minute) => source(`${minute}m`, tasks / 8)),
});

const killed: readonly string[] = ['decide', 'taskQueue', 'urgentEvents'];

/** Kills every seventh invocation at one of their first eighteen calls. */
const killing =
  (dice: Dice) =>
  ({ functionName }: InvocationStart): number | undefined =>
    killed.includes(functionName) && dice.next() < 0.15 ? 1 + Math.floor(dice.next() * 18) : undefined;

const killedIn = ({ invocations }: Played, name: string): number =>
  invocations.filter((it) => it.functionName === name && it.error?.includes('killed') === true).length;

describe('a queue whose functions are killed between any two calls', () => {
  it.each([1, 2, 3, 4, 5, 6])('loses no task and runs none twice: seed %i', async (seed) => {
    const dice = seededDice(seed);
    const kills = { killAt: killing(dice.fork('at')), killAfter: killing(dice.fork('after')) };

    const played = await playQueued(scenario, { seed, kills, laws: false });

    expect(killedIn(played, 'decide')).toBeGreaterThan(5);
    expect(played.buried).toEqual([]);
    expect(played.result.score.wait).toMatchObject({ wanted: tasks, ran: tasks, waitingAtEnd: 0 });
  });

  it.each([1, 2])(
    'loses none and runs none twice of six hundred at once, from zero instances: seed %i',
    async (seed) => {
      const many = 600;
      const dice = seededDice(seed);
      const burst = scenarioOf({
        ...document,
        duration: '30m',
        groups: { workers: { ...workers, maxSize: 120 } },
        tasks: [source('5m', many)],
      });

      const played = await playQueued(burst, {
        seed,
        kills: { killAt: killing(dice.fork('at')), killAfter: killing(dice.fork('after')) },
        laws: false,
      });

      expect(killedIn(played, 'decide')).toBeGreaterThan(3);
      expect(played.buried).toEqual([]);
      expect(ranTasks(played).size).toBe(many);
      expect(played.result.score.wait).toMatchObject({ wanted: many, ran: many, waitingAtEnd: 0 });
    },
  );

  it('runs each task once, at whichever of its calls the first decision is killed', async () => {
    const [few, atMs] = [12, 330_000];
    const ready = scenarioOf({
      ...document,
      duration: '10m',
      groups: { workers: { ...workers, minSize: 2 } },
      tasks: [source('330s', few)],
    });
    const killedAtRunTask: string[] = [];
    for (const when of ['killAt', 'killAfter'] as const)
      for (let call = 1; call <= 22; call++) {
        let isFirst = true;
        const kill = ({ functionName, startedAt }: InvocationStart): number | undefined => {
          if (functionName !== 'decide' || startedAt < ready.startMs + atMs || !isFirst) return undefined;
          isFirst = false;
          return call;
        };

        const played = await playQueued(ready, { kills: { [when]: kill }, laws: false });

        const dead = played.invocations.find((it) => it.error?.includes('killed') === true);
        if (played.runTaskCallers.has(dead?.invocationId ?? '')) killedAtRunTask.push(`${when} ${call}`);
        expect([when, call, ranTasks(played).size]).toEqual([when, call, few]);
        expect(played.result.score.wait).toMatchObject({ wanted: few, ran: few, waitingAtEnd: 0 });
      }
    expect(killedAtRunTask).not.toEqual([]);
  });

  it('loses no task when the function that takes messages is killed as often as SQS hands them out', async () => {
    const calls = [1, 3, 5, 2];
    const killAt = ({ functionName }: InvocationStart): number | undefined =>
      functionName === 'taskQueue' ? calls.shift() : undefined;

    const played = await playQueued(scenario, { kills: { killAt }, laws: false });

    expect(killedIn(played, 'taskQueue')).toBeGreaterThanOrEqual(3);
    expect(played.buried).toEqual([]);
    expect(played.result.score.wait).toMatchObject({ wanted: tasks, ran: tasks, waitingAtEnd: 0 });
  });
});
