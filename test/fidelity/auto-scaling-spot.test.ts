import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import {
  detailsOf,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  only,
  second,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { idsOf, stateOf, withMixedGroup } from './auto-scaling-under-test.ts';

const spotGroup = async (more: JsonObject = {}) => {
  const under = worldUnderTest();
  withMixedGroup(under, {
    types: ['m5.large', 'c5.large'],
    distribution: { OnDemandPercentageAboveBaseCapacity: 0 },
    more: { DesiredCapacity: 2, MaxSize: 2, ...more },
  });
  await under.pass(3 * minute);
  const [first = '', other = ''] = idsOf(under, 'm');
  return { under, first, other };
};

const rebalancing = { CapacityRebalance: true };
const drainHook = {
  AutoScalingGroupName: 'm',
  LifecycleHookName: 'drain',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
};

const resourcesOf = (records: ReturnType<typeof worldUnderTest>, detailType: string): unknown =>
  only(ofKind(records, 'event').filter(({ event }) => event['detail-type'] === detailType)).event['resources'];

describe('a rebalance recommendation', () => {
  it('EC2 user guide, rebalance recommendations: is an event, and does nothing by itself', async () => {
    const { under, first, other } = await spotGroup();

    under.world.recommendRebalance(first);
    await under.pass(30 * minute);

    expect(only(detailsOf(under, 'EC2 Instance Rebalance Recommendation'))).toEqual({ 'instance-id': first });
    expect(resourcesOf(under, 'EC2 Instance Rebalance Recommendation')).toEqual([
      `arn:aws:ec2:eu-west-1:123456789012:instance/${first}`,
    ]);
    expect(idsOf(under, 'm')).toEqual([first, other]);
  });

  it('Auto Scaling user guide, Capacity Rebalancing: launches a Spot Instance first, above the maximum if need be, then terminates the old one', async () => {
    const { under, first, other } = await spotGroup(rebalancing);

    under.world.recommendRebalance(first);
    await under.pass(12 * second);
    const during = membersOf(under, 'm').length;
    const old = stateOf(under, first, 'm');
    await under.pass(5 * minute);

    expect(during).toBe(3);
    expect(old).toBe('InService');
    expect(idsOf(under, 'm')).toHaveLength(2);
    expect(idsOf(under, 'm')).toContain(other);
    expect(idsOf(under, 'm')).not.toContain(first);
    expect(under.world.view.groups.get('m')?.tally).toMatchObject({ total: 2, spot: 2 });
    const [inService, terminating] = [
      ofKind(under, 'instance').filter((it) => it.change === 'inService')[2],
      only(ofKind(under, 'instance').filter((it) => it.change === 'terminating')),
    ];
    expect(terminating.at).toBeGreaterThanOrEqual(inService?.at ?? Number.POSITIVE_INFINITY);
    expect(terminating.cause).toEqual({ kind: 'group', process: 'capacityRebalance' });
  });

  it('Auto Scaling user guide, Capacity Rebalancing: keeps trying to launch while there is no capacity', async () => {
    const { under, first } = await spotGroup(rebalancing);
    const end = under.world.setCapacityError({ instanceTypes: [], availabilityZones: [], market: 'spot' });

    under.world.recommendRebalance(first);
    await under.pass(10 * minute);
    const during = idsOf(under, 'm');
    end();
    await under.pass(15 * minute);

    expect(during).toContain(first);
    expect(idsOf(under, 'm')).not.toContain(first);
    expect(idsOf(under, 'm')).toHaveLength(2);
  });

  it('Auto Scaling user guide, Capacity Rebalancing: the old instance leaves through the termination hooks', async () => {
    const { under, first } = await spotGroup(rebalancing);
    under.autoScaling('PutLifecycleHook', drainHook);

    under.world.recommendRebalance(first);
    await under.pass(2 * minute);

    expect(stateOf(under, first, 'm')).toBe('Terminating:Wait');
    expect(membersOf(under, 'm')).toHaveLength(3);
  });
});

describe('a Spot interruption', () => {
  it('EC2 user guide, Spot interruption notices: names the instance two minutes ahead; nothing happens before', async () => {
    const { under, first } = await spotGroup();

    under.world.interruptSpot(first);
    await under.pass(2 * minute - second);
    const before = ofKind(under, 'instanceTerminated').length;
    await under.pass(5 * minute);

    expect(only(detailsOf(under, 'EC2 Spot Instance Interruption Warning'))).toEqual({
      'instance-id': first,
      'instance-action': 'terminate',
    });
    expect(resourcesOf(under, 'EC2 Spot Instance Interruption Warning')).toEqual([
      `arn:aws:ec2:eu-west-1a:instance/${first}`,
    ]);
    expect(before).toBe(0);
    expect(only(ofKind(under, 'instanceTerminated')).cause).toEqual({ kind: 'fault', fault: 'spotInterruption' });
    expect(idsOf(under, 'm')).toHaveLength(2);
    expect(instancesOf(under)).toHaveLength(2);
  });

  it('Auto Scaling user guide, Capacity Rebalancing: with it the notice calls the termination hook and launches the replacement at once', async () => {
    const { under, first } = await spotGroup(rebalancing);
    under.autoScaling('PutLifecycleHook', drainHook);

    under.world.interruptSpot(first);
    await under.pass(minute);
    const state = stateOf(under, first, 'm');
    const during = membersOf(under, 'm').length;
    await under.pass(90 * second);

    expect(state).toBe('Terminating:Wait');
    expect(during).toBe(3);
    expect(only(ofKind(under, 'instanceTerminated')).cause).toEqual({ kind: 'fault', fault: 'spotInterruption' });
  });
});
