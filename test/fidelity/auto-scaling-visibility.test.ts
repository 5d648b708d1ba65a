import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { membersOf, minute, second, withGroup, worldUnderTest } from '../world/world-under-test.ts';
import { desiredOf, idsOf, recount, setDesired, stateOf } from './auto-scaling-under-test.ts';

const slow = { groupWriteVisibleAfterMs: { low: 5 * second, high: 5 * second } };

describe('a read soon after a write', () => {
  it('shows the desired capacity from before; the write itself acts on what is', async () => {
    const under = worldUnderTest(1, slow);
    withGroup(under, { size: 1 });
    await under.pass(3 * minute);

    setDesired(under, 4);
    const atOnce = desiredOf(under);
    setDesired(under, 3);
    await under.pass(4 * second);
    const soon = desiredOf(under);
    await under.pass(2 * second);

    expect([atOnce, soon, desiredOf(under)]).toEqual([1, 1, 3]);
    await under.pass(2 * minute);
    expect(membersOf(under)).toHaveLength(3);
  });

  it('shows a terminated instance as it was, and an instance just launched not at all', async () => {
    const under = worldUnderTest(1, { ...slow, groupReactionMs: { low: minute, high: minute } });
    withGroup(under, { size: 1 });
    await under.pass(3 * minute);
    const [id = ''] = idsOf(under);

    under.autoScaling('LaunchInstances', { AutoScalingGroupName: 'g', RequestedCapacity: 1 });
    under.autoScaling('TerminateInstanceInAutoScalingGroup', { InstanceId: id, ShouldDecrementDesiredCapacity: true });
    const atOnce = [stateOf(under, id), idsOf(under).length];
    await under.pass(6 * second);

    expect(atOnce).toEqual(['InService', 1]);
    expect(stateOf(under, id)).toBe('Terminating:Proceed');
    expect(idsOf(under)).toHaveLength(2);
  });

  it('shows what was written at once where no delay is set', () => {
    const under = worldUnderTest(1, { groupWriteVisibleAfterMs: { low: 0, high: 0 } });
    withGroup(under, { size: 1 });

    setDesired(under, 4);

    expect(desiredOf(under)).toBe(4);
  });
});

describe('the running count of a group', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('desired' as const), size: fc.nat(12) }),
    fc.record({ kind: fc.constant('terminate' as const), nth: fc.nat(11), decrement: fc.boolean() }),
    fc.record({ kind: fc.constant('standby' as const), nth: fc.nat(11) }),
    fc.record({ kind: fc.constant('detach' as const), nth: fc.nat(11) }),
    fc.record({ kind: fc.constant('kill' as const), nth: fc.nat(11) }),
    fc.record({ kind: fc.constant('shortage' as const), zone: fc.constantFrom('eu-west-1a', 'eu-west-1b') }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 5 * minute }) }),
  );

  it('equals a count of its instances after whatever happens, and in the end the group is as large as desired', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(1_000), async (steps, seed) => {
        const under = worldUnderTest(seed, { apiThrottling: false, groupWriteVisibleAfterMs: { low: 0, high: 0 } });
        withGroup(under, { size: 4, max: 20, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
        const ends: (() => void)[] = [];
        for (const it of steps) {
          const id = idsOf(under)['nth' in it ? it.nth : 0] ?? 'i-0';
          const call = (operation: string, input: Record<string, string | boolean | string[]>): void => {
            try {
              under.autoScaling(operation, { AutoScalingGroupName: 'g', ...input });
            } catch {
              // refused: the instance is not there or not in that state
            }
          };
          if (it.kind === 'desired') setDesired(under, it.size);
          if (it.kind === 'terminate')
            call('TerminateInstanceInAutoScalingGroup', {
              InstanceIds: [id],
              ShouldDecrementDesiredCapacity: it.decrement,
            });
          if (it.kind === 'standby') call('EnterStandby', { InstanceIds: [id], ShouldDecrementDesiredCapacity: false });
          if (it.kind === 'detach')
            call('DetachInstances', { InstanceIds: [id], ShouldDecrementDesiredCapacity: false });
          if (it.kind === 'kill' && id !== 'i-0') under.world.killInstance(id);
          if (it.kind === 'shortage')
            ends.push(
              under.world.setCapacityError({ instanceTypes: [], availabilityZones: [it.zone], market: undefined }),
            );
          if (it.kind === 'wait') await under.pass(it.ms);
          const { total, zones, tally, asked } = recount(under);
          expect(tally.total).toBe(total);
          if (asked === 0) expect(tally.zones).toEqual(zones);
        }
        for (const end of ends) end();
        await under.pass(60 * minute);

        const { total, zones, tally, asked, extra } = recount(under);
        expect({ total, asked, extra }).toEqual({ total: desiredOf(under), asked: 0, extra: 0 });
        expect(tally.zones).toEqual(zones);
        const counts = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'].map((zone) => zones[zone] ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a group of 5,000', () => {
  it('grows, is read and shrinks without work that grows with the square of its size', async () => {
    const spent = [];
    for (const size of [1_000, 4_000]) {
      const under = worldUnderTest(1, { apiThrottling: false });
      const began = performance.now();
      withGroup(under, { size, max: size, zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
      await under.pass(minute);
      for (let i = 0; i < 20; i++) membersOf(under);
      setDesired(under, 0);
      await under.pass(3 * minute);
      spent.push(performance.now() - began);
      expect(membersOf(under)).toEqual([]);
    }

    const [small = 0, large = 0] = spent;
    expect(large / small).toBeLessThan(12); // four times the size; sixteen times the work would be the square
  });
});
