import { describe, expect, it } from '@jest/globals';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { berthSetup, heldSetup, type Setup } from '../../simulator/workloads/setup.ts';
import { type StageOptions, stageScenario } from '../../simulator/workloads/stage.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { numbers, objects, text } from '../../simulator/world/json.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const managed: Setup = {
  ...berthSetup,
  providers: 'managedScaling',
  managedTerminationProtection: true,
  managedDraining: true,
  berthContract: false,
};

interface Staged {
  readonly world: World;
  readonly records: readonly WorldRecord[];
  readonly scenario: Scenario;
  /** Lets so many minutes pass. */
  pass(howMany: number): Promise<void>;
}

const stage = (document: Record<string, unknown>, setup = berthSetup, options: StageOptions = {}): Staged => {
  const scenario = scenarioOf(document);
  const clock = new VirtualClock(scenario.startMs);
  const world = createWorld({ kernel: clock, dice: seededDice(1), constants: scenario.world });
  const records: WorldRecord[] = [];
  world.log.subscribe((it) => {
    records.push(it);
  });
  stageScenario(world, clock, scenario, setup, options);
  return { world, records, scenario, pass: (howMany) => clock.runUntil(clock.now() + howMany * minutes) };
};

const groupsOf = ({ world }: Staged): readonly JsonObject[] =>
  objects(world.call('autoscaling', 'DescribeAutoScalingGroups', {}), 'AutoScalingGroups') ?? [];

const serviceOf = ({ world, scenario }: Staged, name: string): JsonObject => {
  const answer = world.call('ecs', 'DescribeServices', { cluster: scenario.cluster, services: [name] });
  return objects(answer, 'services')?.[0] ?? {};
};

const instancesOf = ({ world, scenario }: Staged) => [
  ...(world.view.ecs.clusters.get(scenario.cluster)?.instances.values() ?? []),
];

const failed = ({ records }: Staged) =>
  records.flatMap((it) =>
    it.kind === 'api' && it.caller === 'workload' && it.error !== undefined ? [`${it.operation} ${it.error}`] : [],
  );

describe('a staged cluster', () => {
  const document = {
    groups: { web: largeGroup(2, 9), spot: { ...largeGroup(0, 9, 1), market: 'spot', attributes: { disk: 'ssd' } } },
    services: {
      api: packedService(512, 1024, {
        steps: [
          { at: '0s', value: 3 },
          { at: '20m', value: 5 },
        ],
      }),
      store: { ...packedService(256, 512, { count: 1 }), groups: ['spot'] },
      agent: { schedulingStrategy: 'DAEMON', cpuUnits: 64, memoryMiB: 128 },
    },
  };

  it('is as Berth wants it: tagged, protected, with its hook, and a provider only where tasks are bound to a group', async () => {
    const staged = stage(document);
    await staged.pass(10);

    expect(failed(staged)).toEqual([]);
    expect(groupsOf(staged)[0]).toMatchObject({
      AutoScalingGroupName: 'web',
      NewInstancesProtectedFromScaleIn: true,
      Tags: [{ Key: 'berth:cluster', Value: 'scenario' }],
      SuspendedProcesses: [{ ProcessName: 'AZRebalance' }],
    });
    expect([...staged.world.view.ecs.providers.values()].map((it) => [it.name, it.managedScaling['status']])).toEqual([
      ['spot', 'DISABLED'],
    ]);
    expect(serviceOf(staged, 'api')).toMatchObject({ launchType: 'EC2', runningCount: 3 });
    expect(serviceOf(staged, 'store')).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'spot', weight: 1 }],
      runningCount: 1,
    });
    expect(serviceOf(staged, 'agent')).toMatchObject({ runningCount: 3 });
    const disks = instancesOf(staged).map((it) => it.attributes.get('disk'));
    expect(disks.filter((it) => it === 'ssd')).toHaveLength(1);
  });

  it('has a managed provider for each group, and strategies over them, for managed scaling', async () => {
    const staged = stage(document, managed);
    await staged.pass(10);

    expect(failed(staged)).toEqual([]);
    expect([...staged.world.view.ecs.providers.values()]).toMatchObject([
      { name: 'web', managedScaling: { status: 'ENABLED', targetCapacity: 100 }, managedDraining: 'ENABLED' },
      { name: 'spot', managedTerminationProtection: 'ENABLED' },
    ]);
    expect(groupsOf(staged)[0]?.['Tags']).not.toContainEqual(expect.objectContaining({ Key: 'berth:cluster' }));
    expect(serviceOf(staged, 'api')).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'web' }, { capacityProvider: 'spot' }],
    });
    expect(serviceOf(staged, 'store')).toMatchObject({ capacityProviderStrategy: [{ capacityProvider: 'spot' }] });
  });

  it('has the group’s alarms suspended where ECS shall queue and somebody else size it', () => {
    const staged = stage(document, heldSetup);

    const suspended = (objects(groupsOf(staged)[0] ?? {}, 'SuspendedProcesses') ?? []).map((it) => it['ProcessName']);
    expect(suspended).toEqual(expect.arrayContaining(['AZRebalance', 'AlarmNotification']));
  });

  it('launches the types of a group in their order', async () => {
    const types = ['c5.large', 'm5.large'].map((instanceType) => ({ instanceType, pricePerHour: 0.1 }));
    const staged = stage({ groups: { web: { types, minSize: 2, maxSize: 4 } } });
    await staged.pass(5);

    expect(failed(staged)).toEqual([]);
    expect(instancesOf(staged).map((it) => it.attributes.get('ecs.instance-type'))).toEqual(['c5.large', 'c5.large']);
  });

  it('boots as fast as its group says', async () => {
    const staged = stage({ groups: { web: { ...largeGroup(1, 4), boot: { low: '20m', high: '20m' } } } });
    await staged.pass(19);
    expect(instancesOf(staged)).toHaveLength(0);
    await staged.pass(3);
    expect(instancesOf(staged)).toHaveLength(1);
  });
});

describe('a staged service', () => {
  it('changes its count when the scenario says so, and is deployed', async () => {
    const staged = stage({
      groups: { web: largeGroup(4, 9) },
      services: {
        api: {
          ...packedService(256, 512, {
            steps: [
              { at: '0s', value: 3 },
              { at: '20m', value: 5 },
            ],
          }),
          deployments: ['30m'],
        },
      },
    });
    await staged.pass(19);
    expect(serviceOf(staged, 'api')).toMatchObject({ desiredCount: 3, runningCount: 3 });
    await staged.pass(6);
    expect(serviceOf(staged, 'api')).toMatchObject({ desiredCount: 5, runningCount: 5 });
    await staged.pass(30);
    expect(serviceOf(staged, 'api')).toMatchObject({
      runningCount: 5,
      taskDefinition: expect.stringMatching(/task-definition\/api:2$/),
      deployments: [{ rolloutState: 'COMPLETED' }],
    });
  });

  it('never has a task RUNNING where all its starts fail', async () => {
    const staged = stage({
      groups: { web: largeGroup(2, 9) },
      services: { api: { ...packedService(256, 512, { count: 2 }), failingStarts: 1 } },
    });
    await staged.pass(30);

    expect(staged.records.some((it) => it.kind === 'taskStatus' && it.lastStatus === 'RUNNING')).toBe(false);
    expect(staged.records.some((it) => it.kind === 'taskStatus' && it.stopCode === 'TaskFailedToStart')).toBe(true);
  });

  it('has about the share of its tasks protected that it asks for', async () => {
    const staged = stage({
      groups: { web: largeGroup(14, 20) },
      services: { api: { ...packedService(128, 256, { count: 200 }), protectedShare: 0.3 } },
    });
    const shares: number[] = [];
    await staged.pass(120);
    for (let n = 0; n < 20; n++) {
      await staged.pass(20);
      const answer = staged.world.view.ecs.clusters.get('scenario')?.services.get('api')?.tasks ?? [];
      const at = staged.scenario.startMs + (120 + (n + 1) * 20) * minutes;
      shares.push([...answer].filter((it) => (it.protectedUntil ?? 0) > at).length / 200);
    }

    const mean = shares.reduce((sum, it) => sum + it, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.25);
    expect(mean).toBeLessThan(0.35);
  });
});

describe('standalone tasks', () => {
  const bursts = (more: Record<string, unknown>) => ({
    bursts: { at: '5m', cpuUnits: 1024, memoryMiB: 1024, duration: { low: '4m', high: '6m' }, ...more },
  });
  const ends = (staged: Staged, code: string): number =>
    staged.records.filter(
      (it) =>
        it.kind === 'taskStatus' && it.want === 'STANDALONE' && it.lastStatus === 'STOPPED' && it.stopCode === code,
    ).length;
  const running = (staged: Staged) =>
    staged.records.flatMap((it) =>
      it.kind === 'taskStatus' &&
      it.want === 'STANDALONE' &&
      it.lastStatus === 'RUNNING' &&
      it.desiredStatus === 'RUNNING'
        ? [it]
        : [],
    );

  it('run when they arrive and end by themselves after their time', async () => {
    const staged = stage({ groups: { web: largeGroup(8, 9) }, tasks: [bursts({ tasks: 14 })] });
    await staged.pass(6);
    expect(running(staged)).toHaveLength(14);
    await staged.pass(8);

    expect(ends(staged, 'EssentialContainerExited')).toBe(14);
    for (const { taskArn, at } of running(staged)) {
      const end = staged.records.find(
        (it) => it.kind === 'taskStatus' && it.taskArn === taskArn && it.desiredStatus === 'STOPPED',
      );
      expect((end?.at ?? 0) - at).toBeGreaterThanOrEqual(4 * minutes);
      expect((end?.at ?? 0) - at).toBeLessThanOrEqual(6 * minutes);
    }
    expect(failed(staged)).toEqual([]);
  });

  it('are tried again every 30 s while there is no room, ten at most in a call, until there is', async () => {
    const staged = stage({ groups: { web: largeGroup(2, 9) }, tasks: [bursts({ tasks: 14 })] });
    await staged.pass(60);

    const calls = staged.records.flatMap((it) => (it.kind === 'api' && it.operation === 'RunTask' ? [it] : []));
    expect(Math.max(...calls.map((it) => Number(it.input['count'])))).toBe(10);
    const pauses = calls.slice(1).map((it, n) => it.at - (calls[n]?.at ?? 0));
    expect(pauses.every((it) => it === 30_000 || it === 0)).toBe(true);
    expect(ends(staged, 'EssentialContainerExited')).toBe(14);
  });

  it('are given up when they were refused for too long', async () => {
    const tasks = [bursts({ tasks: 3 })];
    const retrying = { everyMs: 30_000, giveUpMs: 10 * minutes };
    const staged = stage({ groups: { web: largeGroup(0, 9) }, tasks }, berthSetup, { retrying });
    await staged.pass(60);

    const calls = staged.records.flatMap((it) => (it.kind === 'api' && it.operation === 'RunTask' ? [it.at] : []));
    const after = (at: number | undefined): number => ((at ?? 0) - staged.scenario.startMs) / minutes;
    expect([after(calls[0]), after(calls.at(-1))]).toEqual([5, 14.5]);
  });

  it('are run again from their beginning when their instance dies', async () => {
    const staged = stage({
      groups: { web: largeGroup(1, 9) },
      tasks: [bursts({ tasks: 1, duration: { low: '30m', high: '30m' } })],
      faults: [{ kind: 'instanceDeath', at: ['20m'], share: 1 }],
    });
    await staged.pass(120);

    expect(running(staged)).toHaveLength(2);
    expect(ends(staged, 'EssentialContainerExited')).toBe(1);
  });

  it('are read from a file, cut to a window and scaled', () => {
    const csv =
      'arrival_s,duration_s,cpu_milli,memory_mib\n0,60,500,512\n100,600,2000,4096\n200,60,500,512\n400,1,1,1\n';
    const file = { path: 'tasks.csv', from: '50s', to: '300s', limit: 5, time: 0.5, size: 0.5 };
    const { tasks } = scenarioOf({ groups: { web: largeGroup(1, 9) }, tasks: [{ file }] }, () => csv);

    expect(tasks).toEqual([
      expect.objectContaining({
        arrivalMs: 25_000,
        durationMs: 300_000,
        size: { cpuUnits: 1024, memoryMiB: 2048, gpus: 0, networkMode: 'bridge', hostPorts: [] },
      }),
      expect.objectContaining({ arrivalMs: 75_000, durationMs: 30_000 }),
    ]);
  });
});

describe('tasks for Berth’s own queue', () => {
  const document = {
    groups: { web: largeGroup(2, 9) },
    tasks: [
      {
        bursts: { at: '10m', tasks: 12, cpuUnits: 128, memoryMiB: 256, duration: { low: '3m', high: '3m' } },
        via: 'taskQueue',
        groups: ['web'],
      },
    ],
    settings: { defaults: { taskQueue: { taskDefinitionFamilies: ['task-128-256'] } } },
  };
  const finished = ({ records }: Staged): number =>
    records.filter((it) => it.kind === 'taskStatus' && it.lastStatus === 'STOPPED').length;

  it('are sent there, ten at most in a message, and end after their time once they were started', async () => {
    const staged = stage(document, { ...berthSetup, tasksQueue: 'jobs' });
    const QueueUrl = staged.world.call('sqs', 'CreateQueue', { QueueName: 'jobs' })['QueueUrl'];
    await staged.pass(11);
    const answer = staged.world.call('sqs', 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    const bodies = (objects(answer, 'Messages') ?? []).map((it) => JSON.parse(text(it, 'Body') ?? '') as JsonObject);
    expect(bodies).toEqual([
      expect.objectContaining({ taskDefinition: 'task-128-256:1', count: 10, capacityProvider: 'web' }),
      expect.objectContaining({ cluster: 'scenario', count: 2 }),
    ]);
    expect(staged.records.some((it) => it.kind === 'api' && it.operation === 'RunTask')).toBe(false);

    for (const { capacityProvider, ...request } of bodies)
      staged.world.call('ecs', 'RunTask', { ...request, capacityProviderStrategy: [{ capacityProvider }] });
    await staged.pass(6);

    expect(finished(staged)).toBe(12);
  });

  it('are asked of ECS where the controller has no queue', async () => {
    const staged = stage(document);
    await staged.pass(20);

    expect(failed(staged)).toEqual([]);
    expect(finished(staged)).toBe(12);
  });
});

describe('faults', () => {
  const spot = { ...largeGroup(10, 20), market: 'spot' };
  const count = ({ records }: Staged, test: (it: WorldRecord) => boolean): number => records.filter(test).length;
  const events = (staged: Staged, type: string): number =>
    count(staged, (it) => it.kind === 'event' && it.event['detail-type'] === type);

  it('interrupt their share of the Spot instances within their time, and no other instance', async () => {
    const staged = stage({
      groups: { spot, web: largeGroup(10, 20) },
      faults: [
        { kind: 'rebalanceRecommendation', at: ['15m'], share: 0.2 },
        { kind: 'spotInterruption', at: ['20m'], share: 0.3, within: '2m' },
      ],
    });
    await staged.pass(30);

    const ended = staged.records.flatMap((it) => (it.kind === 'instanceTerminated' ? [it] : []));
    expect(events(staged, 'EC2 Instance Rebalance Recommendation')).toBe(2);
    expect(ended.map((it) => [it.group, it.cause.kind])).toEqual(Array.from({ length: 3 }, () => ['spot', 'fault']));
    expect(Math.max(...ended.map((it) => it.at)) - Math.min(...ended.map((it) => it.at))).toBe(80_000);
  });

  it('take agents away for a while, and kill', async () => {
    const staged = stage({
      groups: { web: largeGroup(10, 20) },
      faults: [
        { kind: 'agentDisconnect', at: ['20m'], for: '5m', share: 0.4 },
        { kind: 'instanceDeath', at: ['40m'], share: 0.2 },
      ],
    });
    await staged.pass(21);
    expect(instancesOf(staged).filter((it) => !it.agentConnected)).toHaveLength(4);
    await staged.pass(5);
    expect(instancesOf(staged).filter((it) => !it.agentConnected)).toHaveLength(0);
    await staged.pass(15);
    expect(count(staged, (it) => it.kind === 'instanceTerminated')).toBe(2);
  });

  it('leave a zone without capacity until they end', async () => {
    const staged = stage({
      groups: { web: { ...largeGroup(0, 20), zones: ['a'] } },
      faults: [{ kind: 'capacityError', at: ['1m'], for: '30m', zones: ['a'] }],
    });
    await staged.pass(2);
    staged.world.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity: 2 });
    await staged.pass(20);
    expect(instancesOf(staged)).toHaveLength(0);
    await staged.pass(40);
    expect(instancesOf(staged)).toHaveLength(2);
  });

  it('let what is launched meanwhile never register', async () => {
    const staged = stage({
      groups: { web: largeGroup(0, 20) },
      faults: [{ kind: 'noRegistration', at: ['1m'], for: '10m', share: 1 }],
    });
    await staged.pass(2);
    staged.world.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'web', DesiredCapacity: 2 });
    await staged.pass(20);

    expect(instancesOf(staged)).toHaveLength(0);
    expect(count(staged, (it) => it.kind === 'instance' && it.change === 'launched')).toBe(2);
  });
});

describe('metrics', () => {
  const document = {
    groups: { web: largeGroup(2, 9) },
    services: {
      api: {
        ...packedService(512, 1024, {
          steps: [
            { at: '0s', value: 40 },
            { at: '30m', value: 60 },
          ],
          perTask: 20,
          minimum: 4,
        }),
        loadBalancer: true,
      },
    },
  };

  const latest = ({ world, scenario }: Staged, Namespace: string, MetricName: string, dimensions: JsonObject) => {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat: 'Average' };
    const answer = world.call('monitoring', 'GetMetricData', {
      StartTime: scenario.startMs / 1_000,
      EndTime: scenario.startMs / 1_000 + 86_400,
      MetricDataQueries: [{ Id: 'm', MetricStat }],
    });
    return numbers(objects(answer, 'MetricDataResults')?.[0] ?? {}, 'Values')?.[0];
  };

  it('follow from work, running tasks and reserved resources', async () => {
    const staged = stage(document);
    await staged.pass(20);
    const inService = { ClusterName: 'scenario', ServiceName: 'api' };
    const requests = { TargetGroup: 'targetgroup/api/0000000000000001' };

    expect(latest(staged, 'AWS/ECS', 'CPUUtilization', inService)).toBe(50); // 40 a second, four tasks of 20
    expect(latest(staged, 'AWS/ApplicationELB', 'RequestCountPerTarget', requests)).toBe(600);
    expect(latest(staged, 'AWS/ECS', 'CPUReservation', { ClusterName: 'scenario' })).toBe(50); // 4 × 512 of 2 × 2048
    expect(latest(staged, 'AWS/ECS', 'MemoryReservation', { ClusterName: 'scenario' })).toBeCloseTo(
      (100 * 4 * 1024) / (2 * 7985),
    );
    await staged.pass(20);
    expect(latest(staged, 'AWS/ECS', 'CPUUtilization', inService)).toBe(75);
    expect(latest(staged, 'AWS/ECS', 'MemoryUtilization', inService)).toBe(40 + 30 * 0.75);
  });

  it('are not there while nothing is', async () => {
    const staged = stage({ groups: { web: largeGroup(0, 9) } });
    await staged.pass(20);

    expect(latest(staged, 'AWS/ECS', 'CPUReservation', { ClusterName: 'scenario' })).toBeUndefined();
  });
});
