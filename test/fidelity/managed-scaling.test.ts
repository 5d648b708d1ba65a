import { describe, expect, it } from '@jest/globals';
import { attachManagedScaling } from '../../simulator/baselines/managed-scaling/managed-scaling.ts';
import type { ManagedScalingRules } from '../../simulator/baselines/managed-scaling/rules.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import type { DecisionRecord } from '../../simulator/score/simulation.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { flag, number, numbers, object, objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  groupNamed,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  only,
  second,
  start,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from '../world/world-under-test.ts';

interface Scaled extends UnderTest {
  readonly decisions: readonly DecisionRecord[];
}

interface Options {
  readonly size?: number;
  readonly min?: number;
  readonly max?: number;
  readonly types?: readonly string[];
  readonly scaling?: JsonObject;
  readonly protection?: boolean;
  readonly rules?: ManagedScalingRules;
}

/** Cluster `c` with group `g` and capacity provider `p`, which managed scaling serves. */
const scaled = (options: Options = {}): Scaled => {
  const it = worldUnderTest();
  const decisions: DecisionRecord[] = [];
  const { types = ['m5.large'], protection = false } = options;
  const specification = { LaunchTemplateName: 'g-template', Version: '1' };
  const mixed = {
    LaunchTemplate: undefined,
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: specification,
        Overrides: types.map((InstanceType) => ({ InstanceType })),
      },
    },
  };
  withGroup(it, {
    size: options.size ?? 0,
    min: options.min ?? 0,
    max: options.max ?? 40,
    instanceType: types[0] ?? 'm5.large',
    more: { NewInstancesProtectedFromScaleIn: protection, ...(types.length > 1 ? mixed : {}) },
  });
  it.ecs('CreateCapacityProvider', {
    name: 'p',
    autoScalingGroupProvider: {
      autoScalingGroupArn: textAt(groupNamed(it), 'AutoScalingGroupARN'),
      managedScaling: { status: 'ENABLED', ...options.scaling },
      managedTerminationProtection: protection ? 'ENABLED' : 'DISABLED',
    },
  });
  it.ecs('PutClusterCapacityProviders', {
    cluster: 'c',
    capacityProviders: ['p'],
    defaultCapacityProviderStrategy: [{ capacityProvider: 'p', weight: 1 }],
  });
  attachManagedScaling(it.world, it.clock, seededDice(1), (decision) => decisions.push(decision), options.rules);
  return { ...it, decisions };
};

const runTasks = (it: UnderTest, taskDefinition: string, count: number): void => {
  for (let left = count; left > 0; left -= 10)
    it.ecs('RunTask', { cluster: 'c', taskDefinition, count: Math.min(10, left) });
};

const desiredOf = (it: UnderTest): number | undefined => number(groupNamed(it), 'DesiredCapacity');

/** The sizes a group was given, with the time since the start. */
const resizes = (it: UnderTest): readonly { readonly at: number; readonly to: number }[] =>
  ofKind(it, 'groupCapacity')
    .filter(({ cause }) => cause.kind === 'call' && cause.caller === 'managed-scaling')
    .map(({ at, to }) => ({ at: at - start, to }));

const reservations = (it: UnderTest): readonly number[] => {
  const Dimensions = [
    { Name: 'CapacityProviderName', Value: 'p' },
    { Name: 'ClusterName', Value: 'c' },
  ];
  const answer = it.call('monitoring', 'GetMetricData', {
    StartTime: start / 1_000,
    EndTime: it.clock.now() / 1_000,
    ScanBy: 'TimestampAscending',
    MetricDataQueries: [
      {
        Id: 'm',
        MetricStat: {
          Metric: { Namespace: 'AWS/ECS/ManagedScaling', MetricName: 'CapacityProviderReservation', Dimensions },
          Period: 60,
          Stat: 'Average',
        },
      },
    ],
  });
  return numbers(only(objects(answer, 'MetricDataResults') ?? []), 'Values') ?? [];
};

const statusOf = (instance: JsonObject): string => textAt(instance, 'status');

describe('ECS developer guide, cluster auto scaling', () => {
  it('launches two instances where there were none, for one task and for many', async () => {
    for (const count of [1, 40]) {
      const it = scaled();
      withDefinition(it, 'job', { cpu: 1_024, memory: 1_024 });
      runTasks(it, 'job', count);

      await it.pass(5 * minute);

      expect(resizes(it).map(({ to }) => to)).toEqual([2]);
      expect(reservations(it).find((percent) => percent !== 100)).toBe(200);
      expect(it.decisions[0]?.reasons[0]).toBe('CapacityProviderReservation 200 > 100');
    }
  });

  it('takes one to four minutes from a waiting task to the launch', async () => {
    const it = scaled();
    withDefinition(it, 'job');
    await it.pass(30 * minute);
    runTasks(it, 'job', 1);
    await it.pass(10 * minute);

    const [first] = resizes(it);

    expect(first?.at).toBeGreaterThan(31 * minute);
    expect(first?.at).toBeLessThan(34 * minute);
  });

  it('publishes 100 where nothing runs and nothing waits', async () => {
    const it = scaled();
    await it.pass(20 * minute);

    expect(new Set(reservations(it))).toEqual(new Set([100]));
    expect(resizes(it)).toEqual([]);
  });

  it('leaves tasks without a capacity provider strategy aside', async () => {
    const it = scaled({ size: 1 });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(10 * minute);
    it.ecs('CreateService', {
      cluster: 'c',
      serviceName: 's',
      taskDefinition: 'job',
      desiredCount: 3,
      launchType: 'EC2',
    });

    await it.pass(20 * minute);

    expect(desiredOf(it)).toBe(1);
  });

  it('keeps spare capacity with a target below 100', async () => {
    const it = scaled({ size: 4, scaling: { targetCapacity: 80 } });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(3 * minute);
    runTasks(it, 'job', 4);

    await it.pass(15 * minute);

    expect(desiredOf(it)).toBe(5); // four are busy: 4 ÷ 0.8
  });
});

describe('ECS developer guide, managed scaling behavior: scale-out', () => {
  it('never scales out for a task larger than the smallest type', async () => {
    const it = scaled({ size: 1, types: ['m5.xlarge', 'm5.large'] });
    withDefinition(it, 'large', { cpu: 3_072 });
    withDefinition(it, 'filler', { cpu: 4_096 });
    await it.pass(6 * minute);
    runTasks(it, 'filler', 1);
    runTasks(it, 'large', 2);

    await it.pass(8 * minute);

    expect(resizes(it)).toEqual([]);
    expect(reservations(it).at(-1)).toBe(100);
    expect(countBy(tasksOf(it), 'lastStatus')['PROVISIONING']).toBe(2);
  });

  it('adds as many instances as the largest group of tasks alike needs on the largest type', async () => {
    const it = scaled({ size: 1, types: ['m5.xlarge', 'm5.large'] });
    withDefinition(it, 'filler', { cpu: 4_096, memory: 15_000 });
    withDefinition(it, 'small', { cpu: 1_024, memory: 512 });
    withDefinition(it, 'other', { cpu: 2_048, memory: 512 });
    await it.pass(6 * minute);
    runTasks(it, 'filler', 1);
    runTasks(it, 'small', 10); // four to an m5.xlarge: 3
    runTasks(it, 'other', 4); // two to an m5.xlarge: 2

    await it.pass(4 * minute);

    expect(desiredOf(it)).toBe(1 + 3);
  });

  it('adds the minimum step at least and the maximum step at most', async () => {
    for (const [scaling, to] of [
      [{ minimumScalingStepSize: 3 }, 4],
      [{ maximumScalingStepSize: 2 }, 3],
    ] as const) {
      const it = scaled({ size: 1, scaling });
      withDefinition(it, 'job', { cpu: 2_048 });
      await it.pass(6 * minute);
      runTasks(it, 'job', 'minimumScalingStepSize' in scaling ? 2 : 9);

      await it.pass(4 * minute);

      expect(resizes(it).map((step) => step.to)).toEqual([to]);
    }
  });

  it('keeps a second wave waiting until all instances are warm', async () => {
    const it = scaled({ size: 1 });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(10 * minute);
    runTasks(it, 'job', 3);
    await it.pass(4 * minute);
    runTasks(it, 'job', 4);
    await it.pass(10 * minute);

    const [first, next, ...more] = resizes(it);
    const launched = ofKind(it, 'instance').filter(
      ({ change, at }) => change === 'launched' && at > start + 10 * minute,
    );
    const firstWave = launched.filter(({ at }) => at < start + (next?.at ?? 0)).map(({ at }) => at - start);

    expect(first?.to).toBe(3);
    expect(next?.to).toBe(7);
    expect(next?.at).toBeGreaterThanOrEqual(Math.max(...firstWave) + 300 * second);
    expect(more).toEqual([]);
    expect(it.decisions.map(({ text: words }) => words)).toContain('g: stays at 3, instances are warming up');
  });

  it('lets a shorter warm-up bring the second wave sooner', async () => {
    const it = scaled({ size: 1, scaling: { instanceWarmupPeriod: 60 } });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(10 * minute);
    runTasks(it, 'job', 3);
    await it.pass(4 * minute);
    runTasks(it, 'job', 4);

    await it.pass(4 * minute);

    const [first, next] = resizes(it);

    expect(first?.to).toBe(3);
    expect(next?.to).toBeGreaterThan(3);
    expect((next?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(300 * second);
  });

  it('never goes beyond the maximum size', async () => {
    const it = scaled({ size: 1, max: 4 });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(6 * minute);
    runTasks(it, 'job', 20);

    await it.pass(20 * minute);

    expect(desiredOf(it)).toBe(4);
  });
});

describe('scale-in', () => {
  /** Twenty-six instances, two of them with a task, for long enough. */
  const twentySix = async (rules: ManagedScalingRules | undefined): Promise<Scaled> => {
    const it = scaled({ size: 26, protection: true, ...(rules === undefined ? {} : { rules }) });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(3 * minute);
    runTasks(it, 'job', 2);
    await it.pass(60 * minute);
    return it;
  };

  it('containers-roadmap#1150: goes from 26 to 2 one instance a minute while a step is 5 % of the group', async () => {
    const it = await twentySix({ scaleInStepShare: 0.05 });

    const steps = resizes(it);

    expect(steps.map(({ to }) => to)).toEqual(Array.from({ length: 24 }, (_, n) => 25 - n));
    expect((steps.at(-1)?.at ?? 0) - (steps[0]?.at ?? 0)).toBe(23 * minute);
  });

  it('AWS containers blog, faster scaling-in: goes from 26 to 2 by halves', async () => {
    const it = await twentySix(undefined);

    expect(resizes(it).map(({ to }) => to)).toEqual([13, 7, 4, 2]);
    expect(membersOf(it)).toHaveLength(2);
    expect(countBy(tasksOf(it), 'lastStatus')).toEqual({ RUNNING: 2 });
  });

  it('containers-roadmap#1220: waits for fifteen minutes below the target', async () => {
    const it = await twentySix(undefined);

    const [first] = resizes(it);

    expect(first?.at).toBeGreaterThan(16 * minute);
    expect(first?.at).toBeLessThan(21 * minute);
  });

  it('ECS developer guide, managed termination protection: takes empty instances only', async () => {
    const it = scaled({ size: 6, protection: true });
    withDefinition(it, 'job', { cpu: 2_048 });
    withDefinition(it, 'agent', { cpu: 0, memory: 64 });
    withService(it, 'agent', 0, { schedulingStrategy: 'DAEMON', launchType: 'EC2' });
    await it.pass(3 * minute);
    runTasks(it, 'job', 3);
    await it.pass(2 * minute);
    const busy = new Set(tasksOf(it, { family: 'job' }).map((task) => textAt(task, 'containerInstanceArn')));
    const ids = instancesOf(it)
      .filter((one) => busy.has(textAt(one, 'containerInstanceArn')))
      .map((one) => textAt(one, 'ec2InstanceId'));
    const protectedIds = membersOf(it).filter((one) => flag(one, 'ProtectedFromScaleIn') === true);

    await it.pass(60 * minute);

    expect(protectedIds.map((one) => textAt(one, 'InstanceId')).sort()).toEqual([...ids].sort());
    expect(
      membersOf(it)
        .map((one) => textAt(one, 'InstanceId'))
        .sort(),
    ).toEqual([...ids].sort());
    expect(ofKind(it, 'instanceTerminated').every(({ liveTasks }) => liveTasks === 0)).toBe(true);
  });

  it('ECS developer guide, managed termination protection: lets go of an instance when its last task stops', async () => {
    const it = scaled({ size: 1, protection: true });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(3 * minute);
    runTasks(it, 'job', 1);
    await it.pass(1 * minute);
    const whileBusy = flag(only(membersOf(it)), 'ProtectedFromScaleIn');
    it.world.finishTask(textAt(only(tasksOf(it)), 'taskArn'));

    await it.pass(1 * minute);

    expect(whileBusy).toBe(true);
    expect(flag(only(membersOf(it)), 'ProtectedFromScaleIn')).toBe(false);
  });

  it('never goes below the minimum size', async () => {
    const it = scaled({ size: 5, min: 3 });

    await it.pass(60 * minute);

    expect(desiredOf(it)).toBe(3);
  });
});

describe('Auto Scaling user guide, suspended processes', () => {
  it('does not size a group whose AlarmNotification is suspended, while ECS goes on queueing its tasks', async () => {
    const it = scaled({ size: 1 });
    it.autoScaling('SuspendProcesses', { AutoScalingGroupName: 'g', ScalingProcesses: ['AlarmNotification'] });
    withDefinition(it, 'job', { cpu: 2_048 });
    await it.pass(6 * minute);
    runTasks(it, 'job', 4);

    await it.pass(8 * minute);

    expect(resizes(it)).toEqual([]);
    expect(countBy(tasksOf(it), 'lastStatus')).toEqual({ RUNNING: 1, PROVISIONING: 3 });
    expect(reservations(it).at(-1)).toBe(400);
  });
});

describe('ECS developer guide, managed instance draining', () => {
  it('puts its hook on the group: an hour of heartbeat, and CONTINUE', async () => {
    const it = scaled();
    await it.pass(second);

    const hooks = objects(it.autoScaling('DescribeLifecycleHooks', { AutoScalingGroupName: 'g' }), 'LifecycleHooks');

    expect(only(hooks ?? [])).toMatchObject({
      LifecycleHookName: 'ecs-managed-draining-termination-hook',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 3_600,
      DefaultResult: 'CONTINUE',
    });
  });

  it('drains what the group terminates, and lets it go when its tasks run elsewhere', async () => {
    const it = scaled({ size: 2 });
    withDefinition(it, 'web');
    withDefinition(it, 'agent', { cpu: 0, memory: 64 });
    await it.pass(3 * minute);
    withService(it, 'web', 4);
    withService(it, 'agent', 0, { schedulingStrategy: 'DAEMON', launchType: 'EC2' });
    await it.pass(5 * minute);
    const [victim] = membersOf(it).map((one) => textAt(one, 'InstanceId'));
    it.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId: victim, ShouldDecrementDesiredCapacity: true });
    await it.pass(second);
    const draining = instancesOf(it).find((one) => textAt(one, 'ec2InstanceId') === victim);

    await it.pass(10 * minute);

    expect(draining === undefined ? undefined : statusOf(draining)).toBe('DRAINING');
    expect(membersOf(it)).toHaveLength(1);
    expect(only(ofKind(it, 'instanceTerminated')).liveTasks).toBe(0);
    expect(countBy(tasksOf(it, { family: 'web' }), 'lastStatus')).toEqual({ RUNNING: 4 });
  });

  it('waits for a standalone task, however many heartbeats it takes', async () => {
    const it = scaled({ size: 1 });
    withDefinition(it, 'job');
    await it.pass(3 * minute);
    runTasks(it, 'job', 1);
    await it.pass(1 * minute);
    const taskArn = textAt(only(tasksOf(it)), 'taskArn');
    const InstanceId = textAt(only(membersOf(it)), 'InstanceId');
    it.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true });

    await it.pass(5 * 60 * minute);
    const late = membersOf(it).map((one) => text(one, 'LifecycleState'));
    it.world.finishTask(taskArn);
    await it.pass(5 * minute);

    expect(late).toEqual(['Terminating:Wait']);
    expect(membersOf(it)).toEqual([]);
    expect(only(ofKind(it, 'instanceTerminated')).liveTasks).toBe(0);
  });

  it('lets an instance go at the end of 48 hours whatever runs on it', async () => {
    const it = scaled({ size: 1 });
    withDefinition(it, 'job');
    await it.pass(3 * minute);
    runTasks(it, 'job', 1);
    await it.pass(1 * minute);
    const InstanceId = textAt(only(membersOf(it)), 'InstanceId');
    it.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true });

    await it.pass(47 * 60 * minute);
    const before = membersOf(it).length;
    await it.pass(61 * minute);

    expect(before).toBe(1);
    expect(only(ofKind(it, 'instanceTerminated')).liveTasks).toBe(1);
  });

  it('leaves a group without it alone', async () => {
    const it = scaled({ size: 1 });
    it.ecs('UpdateCapacityProvider', { name: 'p', autoScalingGroupProvider: { managedDraining: 'DISABLED' } });

    await it.pass(5 * minute);
    const answer = it.autoScaling('DescribeLifecycleHooks', { AutoScalingGroupName: 'g' });

    expect(
      object(
        only(objects(it.ecs('DescribeCapacityProviders', {}), 'capacityProviders') ?? []),
        'autoScalingGroupProvider',
      ),
    ).toMatchObject({ managedDraining: 'DISABLED' });
    expect(objects(answer, 'LifecycleHooks')).toEqual([]);
  });
});
