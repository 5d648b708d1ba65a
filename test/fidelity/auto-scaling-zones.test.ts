import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../simulator/world/api.ts';
import { movesToEven } from '../../simulator/world/auto-scaling/zone-balance.ts';
import {
  countBy,
  groupNamed,
  membersOf,
  minute,
  ofKind,
  textAt,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { activitiesOf, idOf, setDesired } from './auto-scaling-under-test.ts';

const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const sizesOf = (it: UnderTest): readonly number[] => {
  const counts = countBy(membersOf(it), 'AvailabilityZone');
  return zones.map((zone) => counts[zone] ?? 0);
};

/** Terminates with decrement so many instances of one zone. */
const emptyZone = (it: UnderTest, zone: string, count: number): void => {
  const InstanceIds = membersOf(it)
    .filter((member) => textAt(member, 'AvailabilityZone') === zone)
    .slice(0, count)
    .map(idOf);
  it.autoScaling('TerminateInstanceInAutoScalingGroup', {
    AutoScalingGroupName: 'g',
    InstanceIds,
    ShouldDecrementDesiredCapacity: true,
  });
};

const settled = async (size: number, more: JsonObject = {}) => {
  const under = worldUnderTest();
  withGroup(under, { size, max: size, zones, more });
  await under.pass(3 * minute);
  return under;
};

const rebalancingLaunches = (it: UnderTest) =>
  ofKind(it, 'instance').filter(
    ({ change, cause }) => change === 'launched' && cause.kind === 'group' && cause.process === 'zoneRebalance',
  );

describe('AZRebalance', () => {
  it('Auto Scaling API, TerminateInstanceInAutoScalingGroup: a decrement that unbalances the zones makes it terminate instances in others', async () => {
    const under = await settled(9);

    emptyZone(under, 'eu-west-1a', 3);
    await under.pass(10 * minute);

    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 6 });
    expect(sizesOf(under)).toEqual([2, 2, 2]);
    expect(rebalancingLaunches(under).map((it) => it.availabilityZone)).toEqual(['eu-west-1a', 'eu-west-1a']);
    expect(
      ofKind(under, 'instanceTerminated')
        .map((it) => it.availabilityZone)
        .slice(3)
        .sort(),
    ).toEqual(['eu-west-1b', 'eu-west-1c']);
  });

  it('Auto Scaling user guide, rebalancing activities: launches new instances before it terminates the earlier ones', async () => {
    const under = await settled(9);

    emptyZone(under, 'eu-west-1a', 3);
    await under.pass(10 * minute);

    const launched = ofKind(under, 'instance')
      .filter((it) => it.change === 'inService')
      .slice(9);
    const terminated = ofKind(under, 'instance')
      .filter((it) => it.change === 'terminating')
      .slice(3);
    expect(launched).toHaveLength(2);
    expect(terminated).toHaveLength(2);
    expect(terminated[0]?.at).toBeGreaterThan(launched[0]?.at ?? Number.POSITIVE_INFINITY);
    expect(activitiesOf(under).some((it) => textAt(it, 'Cause').includes('aid in balancing'))).toBe(true);
  });

  it('Auto Scaling user guide, rebalancing activities: may exceed the maximum by ten percent, or by one instance', async () => {
    const peaks = [];
    for (const size of [9, 30]) {
      const under = await settled(size);
      under.autoScaling('DetachInstances', {
        AutoScalingGroupName: 'g',
        InstanceIds: membersOf(under)
          .filter((it) => textAt(it, 'AvailabilityZone') === 'eu-west-1a')
          .map(idOf),
        ShouldDecrementDesiredCapacity: true,
      });
      const kept = size - size / 3;
      under.autoScaling('UpdateAutoScalingGroup', { AutoScalingGroupName: 'g', MaxSize: kept });
      let peak = 0;
      for (let i = 0; i < 600; i++) {
        await under.pass(2_000);
        peak = Math.max(peak, under.world.view.groups.get('g')?.tally.total ?? 0);
      }
      expect(Math.max(...sizesOf(under)) - Math.min(...sizesOf(under))).toBeLessThanOrEqual(1);
      peaks.push(peak - kept);
    }

    expect(peaks).toEqual([1, 2]); // of 6 and of 20
  });

  it('Auto Scaling user guide, instance scale-in protection: takes no protected instance', async () => {
    const under = await settled(9, { NewInstancesProtectedFromScaleIn: true });

    emptyZone(under, 'eu-west-1a', 3);
    await under.pass(20 * minute);

    expect(sizesOf(under)).toEqual([0, 3, 3]);
    expect(rebalancingLaunches(under)).toEqual([]);
  });

  it('Auto Scaling user guide, suspended processes: does nothing while AZRebalance or Launch is suspended', async () => {
    const results = [];
    for (const process of ['AZRebalance', 'Launch']) {
      const under = await settled(9);
      under.autoScaling('SuspendProcesses', { AutoScalingGroupName: 'g', ScalingProcesses: [process] });
      emptyZone(under, 'eu-west-1a', 3);
      await under.pass(20 * minute);
      results.push(sizesOf(under));
    }

    expect(results).toEqual([
      [0, 3, 3],
      [0, 3, 3],
    ]);
  });

  it('Auto Scaling user guide, suspended processes: with Terminate suspended it launches without terminating, within the margin', async () => {
    const under = await settled(9);
    under.autoScaling('SuspendProcesses', { AutoScalingGroupName: 'g', ScalingProcesses: ['Terminate'] });

    emptyZone(under, 'eu-west-1a', 3);
    await under.pass(30 * minute);

    expect(sizesOf(under)).toEqual([2, 3, 3]);
  });

  it('Auto Scaling user guide, rebalancing activities: follows a change of the zones of the group', async () => {
    const under = await settled(6);

    under.autoScaling('UpdateAutoScalingGroup', {
      AutoScalingGroupName: 'g',
      AvailabilityZones: zones.slice(0, 2),
    });
    await under.pass(30 * minute);

    expect(sizesOf(under)).toEqual([3, 3, 0]);
  });

  it('Auto Scaling user guide, rebalancing activities: makes good for a zone that had no capacity once it has', async () => {
    const under = worldUnderTest();
    const end = under.world.setCapacityError({
      instanceTypes: [],
      availabilityZones: ['eu-west-1c'],
      market: undefined,
    });
    withGroup(under, { size: 6, zones });
    await under.pass(5 * minute);
    const during = sizesOf(under);
    end();
    await under.pass(30 * minute);

    expect(during).toEqual([3, 3, 0]);
    expect(sizesOf(under)).toEqual([2, 2, 2]);
  });

  it('leaves zones alone that differ by one', async () => {
    const under = await settled(8);
    await under.pass(30 * minute);

    expect(ofKind(under, 'instanceTerminated')).toEqual([]);
  });

  it('scaling in keeps the zones even by itself', async () => {
    const under = await settled(9);

    setDesired(under, 4);
    await under.pass(10 * minute);

    expect([...sizesOf(under)].sort()).toEqual([1, 1, 2]);
    expect(rebalancingLaunches(under)).toEqual([]);
  });
});

describe('movesToEven', () => {
  const zone = fc.record({ count: fc.nat(40), share: fc.double({ min: 0, max: 1, noNaN: true }), isOwn: fc.boolean() });

  it('leaves no two zones more than one apart, unless nothing is left to move', () => {
    fc.assert(
      fc.property(fc.array(zone, { maxLength: 6 }), (drawn) => {
        const before = drawn.map(({ count, share, isOwn }, n) => ({
          zone: `z${n}`,
          count,
          movable: Math.floor(count * share),
          isOwn,
        }));
        const moves = movesToEven(before);
        const gained = (name: string): number => moves.filter((it) => it === name).length;
        const own = before.filter((it) => it.isOwn);
        const least = Math.min(...own.map((it) => it.count + gained(it.zone)));

        expect(moves.every((name) => own.some((it) => it.zone === name))).toBe(true);
        expect(moves.length).toBeLessThanOrEqual(before.reduce((sum, it) => sum + it.movable, 0));
        for (const it of own) {
          // a zone that could give all it needs to is at most one above the emptiest
          if (it.movable === it.count) expect(it.count - moves.length).toBeLessThanOrEqual(least + 1);
        }
      }),
    );
  });
});
