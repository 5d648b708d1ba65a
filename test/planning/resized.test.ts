import { describe, expect, it } from '@jest/globals';
import type { Resized } from '../../lib/model/memory.ts';
import { secondMs } from '../../lib/model/time.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { group, input, instance, member, now, service } from '../support/builders.ts';
import { decideLaunches, sizes } from './launching-decision.ts';

const set = (from: number, to: number, ago = secondMs): Resized => ({ group: 'web', from, to, at: now - ago });

const seenAs = (desiredCapacity: number, resized: readonly Resized[]) =>
  viewOf(input({ groups: [group([], { desiredCapacity })] }, { memory: { resized } })).observation.groups[0]
    ?.desiredCapacity;

describe('a size that Berth gave a group a moment ago', () => {
  it.each<readonly [string, number, readonly Resized[], number]>([
    ['is believed, raised, where the read shows the one before', 2, [set(2, 10)], 10],
    ['is believed, lowered, where the read shows the one before', 10, [set(10, 2)], 2],
    ['is the last of several, whichever of those before is read', 2, [set(2, 10, 3_000), set(10, 4)], 4],
    ['is what it is where the read shows it', 10, [set(2, 10)], 10],
    ['gives way to what somebody else has made of it', 7, [set(2, 10)], 7],
    ['is no news after ten seconds', 2, [set(2, 10, 10 * secondMs)], 2],
    ['is another group’s', 2, [{ ...set(2, 10), group: 'other' }], 2],
    ['may be one that it had before', 2, [set(2, 10, 3_000), set(10, 2)], 2],
  ])('%s', (_, read, resized, believed) => {
    expect(seenAs(read, resized)).toBe(believed);
  });

  it('is no less than the minimum, which a read may show before the size', () => {
    const web = group([], { desiredCapacity: 0, minSize: 2 });

    expect(viewOf(input({ groups: [web] })).observation.groups[0]?.desiredCapacity).toBe(2);
  });

  const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });
  const short = { containerInstances: [full], services: [service(4)], groups: [group([member(1)])] };

  it('is remembered, and not asked for twice', () => {
    const first = decideLaunches(input(short));
    const second = decideLaunches(input(short, { memory: first.memory }));

    expect(sizes(first)).toEqual({ web: 2 });
    expect(first.memory.resized).toEqual([{ group: 'web', from: 1, to: 2, at: now }]);
    expect(sizes(second)).toEqual({});
  });

  it('is not remembered where Berth only observes', () => {
    expect(decideLaunches(input(short, { settings: { mode: 'observe' } })).memory.resized).toEqual([]);
  });
});
