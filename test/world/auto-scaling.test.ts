import { describe, expect, it } from '@jest/globals';
import { text } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  groupNamed,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  start,
  tasksOf,
  textAt,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const idOf = (member: ReturnType<typeof membersOf>[number] | undefined): string => textAt(member, 'InstanceId');

describe('a group that grows', () => {
  it('balances over its Availability Zones, and its instances register with the cluster of their user data', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 5, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });

    await under.pass(2 * minute);

    const zones = Object.values(countBy(membersOf(under), 'AvailabilityZone')).sort();
    expect(zones).toEqual([1, 2, 2]);
    expect(countBy(membersOf(under), 'LifecycleState')).toEqual({ InService: 5 });
    expect(instancesOf(under)).toHaveLength(5);
    expect(detailsOf(under, 'EC2 Instance Launch Successful')).toHaveLength(5);
  });

  it('says of each instance which call launched it', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);
    under.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: '3' }, 'berth');
    await under.pass(2 * minute);

    const call = ofKind(under, 'api').find((record) => record.operation === 'SetDesiredCapacity');
    const launched = ofKind(under, 'instance').filter((record) => record.change === 'launched');

    expect(launched.slice(1).map((record) => record.cause)).toEqual(
      [1, 2].map(() => ({ kind: 'call', callId: call?.callId, operation: 'SetDesiredCapacity', caller: 'berth' })),
    );
    expect(ofKind(under, 'groupCapacity').at(-1)).toMatchObject({ from: 1, to: 3 });
  });

  it('registers an m4.large with 2048 CPU units and 7985 MiB (ECS developer guide, memory management)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, instanceType: 'm4.large' });
    await under.pass(2 * minute);

    expect(only(instancesOf(under))['registeredResources']).toMatchObject([
      { name: 'CPU', type: 'INTEGER', integerValue: 2_048 },
      { name: 'MEMORY', type: 'INTEGER', integerValue: 7_985 },
      { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375', '2376', '51678', '51679'] },
      { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
    ]);
  });

  it('refuses a desired capacity outside its bounds', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2, min: 1, max: 5 });
    const set = (DesiredCapacity: number): string =>
      refusal(() => under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity }));

    expect(set(9)).toBe(
      'ValidationError: New SetDesiredCapacity value 9 is above max value 5 for the AutoScalingGroup.',
    );
    expect(set(0)).toBe(
      'ValidationError: New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.',
    );
    expect(
      refusal(() => under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'x', DesiredCapacity: 1 })),
    ).toBe('ValidationError: AutoScalingGroup name not found - null');
  });
});

describe('a group that shrinks', () => {
  it('chooses the oldest instance of the fullest zone by itself (Auto Scaling user guide, default termination policy)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, zones: ['eu-west-1a', 'eu-west-1b'] });
    await under.pass(2 * minute);
    const oldest = idOf(membersOf(under)[0]);
    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 2 });
    await under.pass(2 * minute);

    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 1 });
    await under.pass(2 * minute);

    expect(membersOf(under)).toHaveLength(1);
    expect(idOf(membersOf(under)[0])).not.toBe(oldest);
  });

  it('lowers desired but terminates nothing when all are protected (Auto Scaling user guide, instance scale-in protection)', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2, more: { NewInstancesProtectedFromScaleIn: 'true' } });
    await under.pass(2 * minute);

    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 1 });
    await under.pass(5 * minute);

    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 1 });
    expect(membersOf(under)).toHaveLength(2);
  });

  it('terminates a chosen instance with decrement despite its protection, and replaces it without', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3, more: { NewInstancesProtectedFromScaleIn: true } });
    await under.pass(2 * minute);
    const [first, second] = membersOf(under);

    under.autoScaling('TerminateInstanceInAutoScalingGroup', {
      InstanceId: idOf(first),
      ShouldDecrementDesiredCapacity: 'true',
    });
    under.autoScaling('TerminateInstanceInAutoScalingGroup', {
      AutoScalingGroupName: 'g',
      InstanceIds: [idOf(second)],
      ShouldDecrementDesiredCapacity: false,
    });
    await under.pass(3 * minute);

    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 2 });
    expect(membersOf(under)).toHaveLength(2);
    expect(instancesOf(under)).toHaveLength(2);
    const causes = ofKind(under, 'instance').filter((record) => record.change === 'requested');
    expect(causes.at(-1)?.cause).toEqual({ kind: 'replacement', of: idOf(second) });
    expect(detailsOf(under, 'EC2 Instance Terminate Successful')).toHaveLength(2);
  });

  it('refuses to go below its minimum', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, min: 1 });
    await under.pass(2 * minute);
    const InstanceId = idOf(membersOf(under)[0]);

    const answer = refusal(() =>
      under.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true }),
    );

    expect(answer).toContain('ValidationError: Currently, desiredSize equals minSize (1).');
  });

  it('counts the live tasks at the moment EC2 stops an instance, and ECS learns of it soon after', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    withDefinition(under, 'agent', { cpu: 16, memory: 32 });
    await under.pass(2 * minute);
    withService(under, 'web', 2);
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    await under.pass(minute);

    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 0 });
    await under.pass(minute);

    expect(only(ofKind(under, 'instanceTerminated'))).toMatchObject({
      liveTasks: 2,
      containerInstanceStatus: 'ACTIVE',
    });
    expect(instancesOf(under)).toHaveLength(0);
    expect(tasksOf(under)).toHaveLength(0);
    expect(ofKind(under, 'containerInstance').map((record) => record.change)).toEqual([
      'registered',
      'disconnected',
      'deregistered',
    ]);
  });
});

describe('a terminating lifecycle hook', () => {
  const withHook = async (more: Record<string, string | number> = {}) => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    under.autoScaling('PutLifecycleHook', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 300,
      ...more,
    });
    await under.pass(2 * minute);
    const InstanceId = idOf(membersOf(under)[0]);
    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 0 });
    await under.pass(10 * second);
    return { under, InstanceId };
  };

  it('holds the instance in Terminating:Wait and says so in an event', async () => {
    const { under, InstanceId } = await withHook();

    expect(membersOf(under)).toMatchObject([{ LifecycleState: 'Terminating:Wait' }]);
    expect(only(detailsOf(under, 'EC2 Instance-terminate Lifecycle Action'))).toMatchObject({
      EC2InstanceId: InstanceId,
      LifecycleHookName: 'drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      AutoScalingGroupName: 'g',
    });
  });

  it('lets go when completed by instance id, without a token', async () => {
    const { under, InstanceId } = await withHook();

    under.autoScaling('CompleteLifecycleAction', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'drain',
      InstanceId,
      LifecycleActionResult: 'CONTINUE',
    });
    await under.pass(2 * minute);

    expect(membersOf(under)).toHaveLength(0);
  });

  it('lets go after its heartbeat timeout, counted anew from each heartbeat', async () => {
    const { under, InstanceId } = await withHook();

    await under.pass(4 * minute);
    under.autoScaling('RecordLifecycleActionHeartbeat', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'drain',
      InstanceId,
    });
    await under.pass(4 * minute);
    const held = membersOf(under).length;
    await under.pass(3 * minute);

    expect(held).toBe(1);
    expect(membersOf(under)).toHaveLength(0);
    expect(
      refusal(() =>
        under.autoScaling('CompleteLifecycleAction', {
          AutoScalingGroupName: 'g',
          LifecycleHookName: 'drain',
          InstanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      ),
    ).toContain('ValidationError');
  });

  it('retains an abandoned instance where the policy says so, until it is terminated by name', async () => {
    const { under, InstanceId } = await withHook();
    under.autoScaling('UpdateAutoScalingGroup', {
      AutoScalingGroupName: 'g',
      InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } },
    });
    under.autoScaling('CompleteLifecycleAction', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'drain',
      InstanceId,
      LifecycleActionResult: 'ABANDON',
    });
    await under.pass(5 * minute);
    const retained = membersOf(under).map((it) => it['LifecycleState']);

    under.autoScaling('DeleteLifecycleHook', { AutoScalingGroupName: 'g', LifecycleHookName: 'drain' });
    under.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: false });
    await under.pass(2 * minute);

    expect(retained).toEqual(['Terminating:Retained']);
    expect(membersOf(under)).toHaveLength(0);
  });
});

describe('what goes wrong', () => {
  it('a Spot interruption is announced two minutes ahead, takes the instance, and the group replaces it', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);
    const id = idOf(membersOf(under)[0]);
    const warnedAt = under.clock.now();

    under.world.interruptSpot(id);
    await under.pass(5 * minute);

    expect(only(detailsOf(under, 'EC2 Spot Instance Interruption Warning'))).toEqual({
      'instance-id': id,
      'instance-action': 'terminate',
    });
    expect(only(ofKind(under, 'instanceTerminated')).at - warnedAt).toBe(2 * minute);
    expect(membersOf(under).map((it) => it['LifecycleState'])).toEqual(['InService']);
    expect(idOf(membersOf(under)[0])).not.toBe(id);
  });

  it('an instance that dies with its agent disconnected lingers ACTIVE in the cluster', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 1);
    await under.pass(minute);
    const id = idOf(membersOf(under)[0]);

    under.world.disconnectAgent(id);
    under.world.killInstance(id);
    await under.pass(30 * minute);

    const lost = instancesOf(under).find((it) => text(it, 'ec2InstanceId') === id);
    expect(lost).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    under.ecs('DeregisterContainerInstance', {
      cluster: 'c',
      containerInstance: textAt(lost, 'containerInstanceArn'),
      force: true,
    });
    await under.pass(minute);
    expect(countBy(tasksOf(under), 'lastStatus')).toEqual({ RUNNING: 1 });
  });

  it('task changes on a disconnected agent are heard of once it is back', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 1);
    await under.pass(minute);
    const id = idOf(membersOf(under)[0]);

    under.world.disconnectAgent(id);
    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 0 });
    await under.pass(10 * minute);
    const during = tasksOf(under, { desiredStatus: 'STOPPED' }).map((it) => it['lastStatus']);
    under.world.reconnectAgent(id);
    await under.pass(minute);

    expect(during).toEqual(['STOPPING']);
    expect(tasksOf(under, { desiredStatus: 'STOPPED' }).map((it) => it['lastStatus'])).toEqual(['STOPPED']);
  });

  it('an unhealthy instance is replaced, unless ReplaceUnhealthy is suspended', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);
    const InstanceId = idOf(membersOf(under)[0]);
    under.autoScaling('SuspendProcesses', { AutoScalingGroupName: 'g', ScalingProcesses: ['ReplaceUnhealthy'] });

    under.autoScaling('SetInstanceHealth', { InstanceId, HealthStatus: 'Unhealthy' });
    await under.pass(3 * minute);
    const suspended = membersOf(under).map(idOf);
    under.autoScaling('ResumeProcesses', { AutoScalingGroupName: 'g' });
    await under.pass(3 * minute);

    expect(suspended).toEqual([InstanceId]);
    expect(membersOf(under).map(idOf)).not.toEqual([InstanceId]);
    expect(membersOf(under)).toHaveLength(1);
  });
});

describe('reading groups', () => {
  it('finds them by tag, a page at a time, with or without their instances', async () => {
    const under = worldUnderTest(1, { apiThrottling: false });
    for (let i = 0; i < 55; i++) {
      withGroup(under, {
        name: `g${i}`,
        size: i === 0 ? 1 : 0,
        more: { Tags: [{ Key: 'team', Value: i < 53 ? 'a' : 'b' }] },
      });
    }
    await under.pass(2 * minute);
    const ask = (input: Parameters<typeof under.autoScaling>[1]) =>
      under.autoScaling('DescribeAutoScalingGroups', input);

    const first = ask({ Filters: [{ Name: 'tag:team', Values: ['a'] }] });
    const rest = ask({ Filters: [{ Name: 'tag:team', Values: ['a'] }], NextToken: textAt(first, 'NextToken') });

    expect([first, rest].map((it) => (it['AutoScalingGroups'] as readonly unknown[]).length)).toEqual([50, 3]);
    expect(ask({ AutoScalingGroupNames: ['g0'] })).toMatchObject({ AutoScalingGroups: [{ Instances: [{}] }] });
    expect(ask({ AutoScalingGroupNames: ['g0'], IncludeInstances: 'false' })).toMatchObject({
      AutoScalingGroups: [{ Instances: [] }],
    });
    expect(only(ofKind(under, 'instance').filter((it) => it.change === 'launched')).at).toBeGreaterThan(start);
  });
});
