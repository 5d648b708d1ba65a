import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Change,
  emptyMirror,
  endedLastsMs,
  folded,
  instanceChange,
  instancesIn,
  type Mirror,
  merge,
  taskChange,
  tasksIn,
} from '../../lib/mirror/mirror.ts';
import { instance, now, task } from '../support/builders.ts';

const entriesOf = ({ instances, tasks }: Mirror) => ({
  instances: [...instances].sort(([a], [b]) => (a < b ? -1 : 1)),
  tasks: [...tasks].sort(([a], [b]) => (a < b ? -1 : 1)),
});

/** A few resources in a few versions, the last of which ends them; of one version there is one truth. */
const changes = fc.array(
  fc
    .record({ n: fc.integer({ min: 1, max: 4 }), version: fc.integer({ min: 1, max: 5 }), isTask: fc.boolean() })
    .map(({ n, version, isTask }): Change => {
      const at = now - 1_000 * (5 - version);
      return isTask
        ? taskChange(task(n, 1, { version, lastStatus: version === 5 ? 'STOPPED' : 'RUNNING' }), at)
        : instanceChange(instance(n, { version, status: version === 5 ? 'INACTIVE' : 'ACTIVE' }), at);
    }),
  { maxLength: 30 },
);

const asOne = (batches: readonly (readonly Change[])[]) => merge(emptyMirror, batches.map(folded), now);

describe('mirror', () => {
  it('is the same whatever the order, the batches and the repetitions of what it was told', () => {
    const told = changes.chain((all) =>
      fc.record({
        all: fc.constant(all),
        shuffled: fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }),
        cuts: fc.array(fc.nat({ max: 2 * all.length }), { maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(told, ({ all, shuffled, cuts }) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), shuffled.length];
        const batches = at.slice(1).map((to, n) => shuffled.slice(at[n], to));
        expect(entriesOf(asOne(batches))).toEqual(entriesOf(asOne([all])));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whether what came was merged at once or in two steps', () => {
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const twice = merge(merge(emptyMirror, [folded(first)], now), [folded(second)], now);
        expect(entriesOf(twice)).toEqual(entriesOf(asOne([first, second])));
      }),
      { numRuns: 500 },
    );
  });

  it('has nothing that has ended, and gives no task that is stopping', () => {
    const told = folded([
      taskChange(task(1, 1), now),
      taskChange(task(2, 1, { desiredStatus: 'STOPPED' }), now),
      taskChange(task(3, 1, { lastStatus: 'STOPPED' }), now),
      instanceChange(instance(1, { status: 'DRAINING' }), now),
      instanceChange(instance(2, { status: 'INACTIVE' }), now),
    ]);
    expect(tasksIn(told)).toEqual([task(1, 1)]);
    expect(instancesIn(told)).toEqual([instance(1, { status: 'DRAINING' })]);
    expect(told.tasks.size).toBe(3);
  });

  it('believes no older event of what has ended, nor a late one of what it has forgotten', () => {
    const over = folded([taskChange(task(1, 1, { version: 4, lastStatus: 'STOPPED' }), now)]);
    const late = folded([taskChange(task(1, 1, { version: 3 }), now - 1_000)]);
    expect(tasksIn(merge(over, [late], now + endedLastsMs - 1))).toEqual([]);
    const forgotten = merge(over, [], now + endedLastsMs);
    expect(forgotten.tasks.size).toBe(0);
    expect(tasksIn(merge(forgotten, [late], now + endedLastsMs))).toEqual([]);
  });

  it('keeps what has long been so', () => {
    const told = folded([taskChange(task(1, 1), now)]);
    expect(tasksIn(merge(told, [], now + 10 * endedLastsMs))).toHaveLength(1);
  });
});
