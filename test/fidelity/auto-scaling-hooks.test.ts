import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';
import {
  detailsOf,
  membersOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { idsOf, setDesired, stateOf } from './auto-scaling-under-test.ts';

const hour = 60 * minute;

const put = (it: UnderTest, more: JsonObject = {}): void => {
  it.autoScaling('PutLifecycleHook', {
    AutoScalingGroupName: 'g',
    LifecycleHookName: 'drain',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    ...more,
  });
};

const complete = (it: UnderTest, InstanceId: string, LifecycleActionResult: string, LifecycleHookName = 'drain') =>
  it.autoScaling('CompleteLifecycleAction', {
    AutoScalingGroupName: 'g',
    LifecycleHookName,
    InstanceId,
    LifecycleActionResult,
  });

/** One instance, held by the hooks put. */
const held = async (...hooks: readonly JsonObject[]) => {
  const under = worldUnderTest();
  withGroup(under, { size: 1 });
  for (const hook of hooks) put(under, hook);
  await under.pass(3 * minute);
  const [id = ''] = idsOf(under);
  setDesired(under, 0);
  await under.pass(10 * second);
  return { under, id };
};

describe('lifecycle hooks', () => {
  it('Auto Scaling API, PutLifecycleHook: heartbeat 3600 s and ABANDON by default, at most 48 hours or 100 heartbeats', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    put(under);
    put(under, { LifecycleHookName: 'short', HeartbeatTimeout: 30 });
    const described = objects(
      under.autoScaling('DescribeLifecycleHooks', { AutoScalingGroupName: 'g' }),
      'LifecycleHooks',
    );

    expect(described).toMatchObject([
      { LifecycleHookName: 'drain', HeartbeatTimeout: 3_600, GlobalTimeout: 48 * 3_600, DefaultResult: 'ABANDON' },
      { LifecycleHookName: 'short', HeartbeatTimeout: 30, GlobalTimeout: 3_000, DefaultResult: 'ABANDON' },
    ]);
    for (const HeartbeatTimeout of [29, 7_201]) {
      expect(
        refusal(() => {
          put(under, { HeartbeatTimeout });
        }),
      ).toContain('between 30 and 7200');
    }
  });

  it('Auto Scaling API, PutLifecycleHook: heartbeats hold an instance for 100 times their length and no longer', async () => {
    const { under, id } = await held({ HeartbeatTimeout: 30 });
    const since = under.clock.now() - 10 * second;

    for (let i = 0; i < 300 && stateOf(under, id) === 'Terminating:Wait'; i++) {
      under.world.apis.autoscaling['RecordLifecycleActionHeartbeat']?.({
        AutoScalingGroupName: 'g',
        LifecycleHookName: 'drain',
        InstanceId: id,
      });
      await under.pass(20 * second);
    }

    const waited = only(ofKind(under, 'instanceTerminated')).at - since;
    expect(Math.abs(waited - 3_000 * second)).toBeLessThan(15 * second);
  });

  it('Auto Scaling API, PutLifecycleHook: without heartbeats an instance waits one heartbeat', async () => {
    const { under, id } = await held({ HeartbeatTimeout: 7_200 });

    await under.pass(7_150 * second);
    const before = stateOf(under, id);
    await under.pass(3 * minute);

    expect(before).toBe('Terminating:Wait');
    expect(membersOf(under)).toEqual([]);
  });

  it('Auto Scaling user guide, lifecycle hooks: on termination both results terminate; ABANDON skips the other hooks', async () => {
    const other = { LifecycleHookName: 'logs' };
    const go = await held({}, other);
    complete(go.under, go.id, 'CONTINUE');
    await go.under.pass(minute);
    const afterOne = stateOf(go.under, go.id);
    complete(go.under, go.id, 'CONTINUE', 'logs');
    const stop = await held({}, other);
    complete(stop.under, stop.id, 'ABANDON');

    expect(afterOne).toBe('Terminating:Wait');
    expect(ofKind(go.under, 'instanceTerminated')).toHaveLength(1);
    expect(ofKind(stop.under, 'instanceTerminated')).toHaveLength(1);
  });

  it.each([
    ['times out with ABANDON', {}, 2 * hour, 'Terminating:Retained'],
    ['times out with CONTINUE', { DefaultResult: 'CONTINUE' }, 2 * hour, undefined],
  ])('Auto Scaling API, RetentionTriggers: a hook that %s', async (_, hook, wait, state) => {
    const under = worldUnderTest();
    withGroup(under, {
      size: 1,
      more: { InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } } },
    });
    put(under, hook);
    await under.pass(3 * minute);
    const [id = ''] = idsOf(under);
    setDesired(under, 0);

    await under.pass(wait);

    expect(stateOf(under, id)).toBe(state);
    expect(ofKind(under, 'instanceTerminated')).toHaveLength(state === undefined ? 1 : 0);
    expect(under.world.view.groups.get('g')?.tally.total).toBe(0); // outside of the desired capacity
  });

  it('Auto Scaling user guide, lifecycle hooks: a launching instance waits in Pending:Wait until completed', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    put(under, { LifecycleHookName: 'ready', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' });
    setDesired(under, 1);
    await under.pass(3 * minute);
    const [id = ''] = idsOf(under);
    const waiting = stateOf(under, id);
    complete(under, id, 'CONTINUE', 'ready');

    expect(waiting).toBe('Pending:Wait');
    expect(stateOf(under, id)).toBe('InService');
    expect(only(detailsOf(under, 'EC2 Instance-launch Lifecycle Action'))).toMatchObject({
      EC2InstanceId: id,
      LifecycleHookName: 'ready',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      AutoScalingGroupName: 'g',
      Origin: 'EC2',
      Destination: 'AutoScalingGroup',
      LifecycleActionToken: expect.any(String),
    });
  });

  it('Auto Scaling user guide, lifecycle hooks: an abandoned launch is terminated and replaced', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    put(under, { LifecycleHookName: 'ready', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' });
    setDesired(under, 1);
    await under.pass(3 * minute);
    const [id = ''] = idsOf(under);

    complete(under, id, 'ABANDON', 'ready');
    await under.pass(3 * minute);

    expect(idsOf(under)).toHaveLength(1);
    expect(idsOf(under)).not.toContain(id);
  });

  it('Auto Scaling API, TerminateInstanceInAutoScalingGroup: runs the termination hooks', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    put(under, { NotificationMetadata: 'mine' });
    await under.pass(3 * minute);
    const [id = ''] = idsOf(under);

    under.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId: id, ShouldDecrementDesiredCapacity: true });
    await under.pass(2 * second);

    expect(stateOf(under, id)).toBe('Terminating:Wait');
    expect(only(detailsOf(under, 'EC2 Instance-terminate Lifecycle Action'))).toMatchObject({
      EC2InstanceId: id,
      NotificationMetadata: 'mine',
      Origin: 'AutoScalingGroup',
      Destination: 'EC2',
    });
  });

  it('Auto Scaling API, DeleteAutoScalingGroup: by force instances go without waiting for hooks', async () => {
    const { under } = await held({});

    under.autoScaling('DeleteAutoScalingGroup', { AutoScalingGroupName: 'g', ForceDelete: true });
    await under.pass(second);

    expect(ofKind(under, 'instanceTerminated')).toHaveLength(1);
  });
});
