import { describe, expect, it } from '@jest/globals';
import type { ClusterMemory, GroupSize } from '../../lib/model/memory.ts';
import { noMemory } from '../../lib/model/memory.ts';
import { raisedNote, withRaisedMinimum } from '../../lib/planning/keeping/raised.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { group, input, instance, member, now, service } from '../support/builders.ts';

const second = 1_000;
const minute = 60 * second;

const remembering = (size: GroupSize | undefined): ClusterMemory => ({
  ...noMemory,
  sizes: size === undefined ? {} : { web: size },
});

const raised = (to: number, minutesAgo: number): ClusterMemory =>
  remembering({ highest: to, at: now, raised: { to, at: now - minutesAgo * minute } });

describe('a desired capacity that somebody raised', () => {
  const web = group([member(1), member(2)], { desiredCapacity: 2, minSize: 0 });

  it('is a minimum for an hour', () => {
    expect(withRaisedMinimum(web, { memory: raised(2, 59), now }).minSize).toBe(2);
    expect(withRaisedMinimum(web, { memory: raised(2, 60), now }).minSize).toBe(0);
  });

  it('is none any more once it was lowered again', () => {
    expect(withRaisedMinimum(web, { memory: raised(3, 1), now }).minSize).toBe(0);
    expect(raisedNote({ memory: raised(3, 1), now }, web)).toBeUndefined();
  });

  it('lowers no minimum', () => {
    expect(withRaisedMinimum({ ...web, minSize: 2 }, { memory: raised(1, 1), now }).minSize).toBe(2);
  });

  it('says how long it is kept', () => {
    expect(raisedNote({ memory: raised(2, 50), now }, web)).toBe(
      'somebody else raised its desired capacity to 2: kept for 10 min more',
    );
  });
});

describe('what is remembered of sizes', () => {
  const after = (memory: ClusterMemory, desiredCapacity: number, over: Parameters<typeof group>[1] = {}) =>
    planCluster(input({ groups: [group([member(1)], { desiredCapacity, ...over })] }, { memory })).memory.sizes['web'];

  it.each([
    ['first seen', undefined, 3, { highest: 3, at: now, raised: undefined }],
    [
      'higher than any before',
      { highest: 2, at: now - minute, raised: undefined },
      3,
      { highest: 3, at: now, raised: { to: 3, at: now } },
    ],
    [
      'lower for the first time: the read may be late',
      { highest: 3, at: now - minute, raised: { to: 3, at: now - minute } },
      2,
      { highest: 3, at: now, isLower: true, raised: { to: 3, at: now - minute } },
    ],
    [
      'still lower',
      { highest: 3, at: now - 9 * second, isLower: true, raised: { to: 3, at: now - minute } },
      2,
      { highest: 3, at: now - 9 * second, isLower: true, raised: { to: 3, at: now - minute } },
    ],
    [
      'lower for longer than a read is late',
      { highest: 3, at: now - 10 * second, isLower: true, raised: { to: 3, at: now - minute } },
      2,
      { highest: 2, at: now, raised: undefined },
    ],
    [
      'what it was, after a read that was late',
      { highest: 3, at: now - second, isLower: true, raised: { to: 3, at: now - minute } },
      3,
      { highest: 3, at: now, raised: { to: 3, at: now - minute } },
    ],
    [
      'raised once more',
      { highest: 3, at: now, raised: { to: 3, at: now - 50 * minute } },
      4,
      { highest: 4, at: now, raised: { to: 4, at: now } },
    ],
  ] as const)('of a size that is %s', (_, before, desired, expected) => {
    expect(after(remembering(before), desired)).toEqual({ ...expected, launchSource: 'lt-1:1' });
  });

  it('takes what Berth asks for as its own', () => {
    const short = input({
      containerInstances: [instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 })],
      services: [service(4)],
      groups: [group([member(1)])],
    });
    const { memory } = planCluster(short);

    expect(memory.sizes['web']).toEqual({ highest: 2, at: now, raised: undefined, launchSource: 'lt-1:1' });
  });

  it('takes no change for a person’s where something else sizes the group', () => {
    const before = remembering({ highest: 1, at: now, raised: undefined });

    expect(after(before, 3, { conflicts: ['weightedCapacity'] })?.raised).toBeUndefined();
  });
});
