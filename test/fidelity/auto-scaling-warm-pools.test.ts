import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  groupNamed,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  refusal,
  second,
  textAt,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { idOf, setDesired, withMixedGroup } from './auto-scaling-under-test.ts';

const put = (it: UnderTest, more: JsonObject = {}, name = 'g'): void => {
  it.autoScaling('PutWarmPool', { AutoScalingGroupName: name, ...more });
};

const describePool = (it: UnderTest): JsonObject => it.autoScaling('DescribeWarmPool', { AutoScalingGroupName: 'g' });

const poolOf = (it: UnderTest): readonly JsonObject[] => objects(describePool(it), 'Instances') ?? [];

/** A group of 2 with a maximum of 5, and its pool. */
const pooled = async (more: JsonObject = {}) => {
  const under = worldUnderTest();
  withGroup(under, { size: 2, max: 5 });
  put(under, more);
  await under.pass(5 * minute);
  return under;
};

describe('a warm pool', () => {
  it('Auto Scaling user guide, warm pools: holds the maximum less the desired capacity, stopped and not registered with ECS', async () => {
    const under = await pooled();

    expect(countBy(poolOf(under), 'LifecycleState')).toEqual({ 'Warmed:Stopped': 3 });
    expect(membersOf(under)).toHaveLength(2);
    expect(instancesOf(under)).toHaveLength(2);
    expect(groupNamed(under)).toMatchObject({ WarmPoolSize: 3, DesiredCapacity: 2 });
    const state = under.call('ec2', 'DescribeInstances', { InstanceIds: poolOf(under).map(idOf) });
    expect(JSON.stringify(state)).toContain('"Name":"stopped"');
    expect(ofKind(under, 'instance').filter((it) => it.change === 'stopped')).toHaveLength(3);
  });

  it.each([
    [{ MaxGroupPreparedCapacity: 4 }, 2],
    [{ MaxGroupPreparedCapacity: 1 }, 0],
    [{ MaxGroupPreparedCapacity: 1, MinSize: 1 }, 1],
    [{ MaxGroupPreparedCapacity: -1 }, 3],
    [{ MinSize: 4 }, 4],
  ])('Auto Scaling API, PutWarmPool: %j with 2 of at most 5 holds %i', async (more, size) => {
    expect(poolOf(await pooled(more))).toHaveLength(size);
  });

  it('Auto Scaling user guide, warm pools: gives its instances to the group, which boot faster than new ones', async () => {
    const under = await pooled();
    const warm = poolOf(under).map(idOf);
    const at = under.clock.now();

    setDesired(under, 5);
    await under.pass(5 * minute);

    const registered = ofKind(under, 'containerInstance')
      .filter((it) => it.change === 'registered')
      .slice(2);
    expect(membersOf(under).map(idOf)).toEqual(expect.arrayContaining(warm));
    expect(registered.map((it) => it.ec2InstanceId).sort()).toEqual([...warm].sort());
    const { low } = under.world.constants.instanceBootMs;
    expect(Math.min(...registered.map((it) => it.at - at))).toBeLessThan(low);
    expect(poolOf(under)).toEqual([]);
    expect(ofKind(under, 'instance').filter((it) => it.change === 'launched')).toHaveLength(5);
  });

  it('Auto Scaling user guide, warm pools: a depleted pool means cold starts, and scale-in does not give instances back', async () => {
    const under = await pooled({ MaxGroupPreparedCapacity: 3 });
    setDesired(under, 5);
    await under.pass(5 * minute);
    const launched = ofKind(under, 'instance').filter((it) => it.change === 'launched').length;

    setDesired(under, 2);
    await under.pass(5 * minute);

    expect(launched).toBe(5); // 2, one warm and two cold
    expect(ofKind(under, 'instanceTerminated')).toHaveLength(3);
    expect(poolOf(under)).toHaveLength(1);
    expect(ofKind(under, 'instance').filter((it) => it.change === 'launched')).toHaveLength(6);
  });

  it('Auto Scaling user guide, warm pool example events: launch hooks hold instances entering and leaving it', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0, max: 1 });
    under.autoScaling('PutLifecycleHook', {
      AutoScalingGroupName: 'g',
      LifecycleHookName: 'ready',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    });
    put(under);
    await under.pass(3 * minute);
    const entering = countBy(poolOf(under), 'LifecycleState');
    const complete = (): void => {
      under.autoScaling('CompleteLifecycleAction', {
        AutoScalingGroupName: 'g',
        LifecycleHookName: 'ready',
        InstanceId: [...poolOf(under), ...membersOf(under)].map(idOf)[0],
        LifecycleActionResult: 'CONTINUE',
      });
    };
    complete();
    await under.pass(3 * minute);
    setDesired(under, 1);
    await under.pass(2 * minute);
    const leaving = countBy(membersOf(under), 'LifecycleState');
    complete();

    expect(entering).toEqual({ 'Warmed:Pending:Wait': 1 });
    expect(leaving).toEqual({ 'Pending:Wait': 1 });
    expect(countBy(membersOf(under), 'LifecycleState')).toEqual({ InService: 1 });
    expect(detailsOf(under, 'EC2 Instance-launch Lifecycle Action')).toMatchObject([
      { Origin: 'EC2', Destination: 'WarmPool' },
      { Origin: 'WarmPool', Destination: 'AutoScalingGroup' },
    ]);
  });

  it('Auto Scaling API, WarmPoolState: Running instances join without a start', async () => {
    const under = await pooled({ PoolState: 'Running' });
    const states = countBy(poolOf(under), 'LifecycleState');
    const before = instancesOf(under).length;

    setDesired(under, 3);
    await under.pass(15 * second);

    expect(states).toEqual({ 'Warmed:Running': 3 });
    expect(before).toBe(2);
    expect(instancesOf(under)).toHaveLength(3);
  });

  it('Auto Scaling API, TerminateInstanceInAutoScalingGroup and SetInstanceProtection: cannot be called on instances in a warm pool', async () => {
    const under = await pooled();
    const id = textAt(poolOf(under)[0], 'InstanceId');

    expect(
      refusal(() =>
        under.autoScaling('TerminateInstanceInAutoScalingGroup', {
          InstanceId: id,
          ShouldDecrementDesiredCapacity: false,
        }),
      ),
    ).toContain(`ValidationError: The instance ${id} is in a warm pool`);
    expect(
      refusal(() =>
        under.autoScaling('SetInstanceProtection', {
          AutoScalingGroupName: 'g',
          InstanceIds: [id],
          ProtectedFromScaleIn: true,
        }),
      ),
    ).toContain('is in a warm pool');
  });

  it('Auto Scaling user guide, warm pools: replaces instances of the pool that are terminated', async () => {
    const under = await pooled();
    const [gone = ''] = poolOf(under).map(idOf);

    under.call('ec2', 'TerminateInstances', { InstanceIds: [gone] });
    await under.pass(5 * minute);

    expect(poolOf(under).map(idOf)).not.toContain(gone);
    expect(countBy(poolOf(under), 'LifecycleState')).toEqual({ 'Warmed:Stopped': 3 });
    expect(membersOf(under)).toHaveLength(2);
  });

  it('Auto Scaling API, DeleteWarmPool: is marked PendingDelete and gone once its instances are', async () => {
    const under = await pooled();

    under.autoScaling('DeleteWarmPool', { AutoScalingGroupName: 'g' });
    const during = describePool(under);
    await under.pass(5 * minute);

    expect(during).toMatchObject({ WarmPoolConfiguration: { Status: 'PendingDelete' } });
    expect(describePool(under)['WarmPoolConfiguration']).toBeUndefined();
    expect(membersOf(under)).toHaveLength(2);
  });

  it('ECS developer guide, warm pools: ReuseOnScaleIn is not supported; Auto Scaling user guide, warm pools: nor are mixed groups', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    withMixedGroup(under, { types: ['m5.large'], more: { DesiredCapacity: 0 } });

    expect(
      refusal(() => {
        put(under, { InstanceReusePolicy: { ReuseOnScaleIn: true } });
      }),
    ).toContain('ReuseOnScaleIn is not modelled');
    expect(
      refusal(() => {
        put(under, {}, 'm');
      }),
    ).toContain('mixed instances policy');
  });
});
