import type { ClusterMemory, Peak } from '../model/memory.ts';

/**
 * An item has at most 400 KB, attribute names included (DynamoDB developer guide, quotas). So many bytes are for each
 * part of the memory, 370 KB together; what is left is for facts, shapes, intents, sizes and boot times, which grow with
 * the groups alone.
 * Counted as JSON, which is the longer: DynamoDB takes a byte for two digits.
 */
const bytesFor = {
  emptySince: 80_000,
  unregisteredSince: 30_000,
  disconnectedSince: 30_000,
  leftAloneUntil: 20_000,
  retiring: 30_000,
  peaks: 50_000,
  swings: 10_000,
  stopping: 20_000,
  stopTimes: 20_000,
  moves: 20_000,
  launches: 20_000,
  launchFailures: 10_000,
  unstartedSince: 20_000,
  grownAt: 10_000,
} satisfies { [Part in keyof ClusterMemory]?: number };

type Entry<T> = readonly [key: string, value: T];

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const listWithin = <T>(items: readonly T[], limit: number, firstOf: (a: T, b: T) => number): readonly T[] => {
  if (bytesOf(items) <= limit) return items;
  let bytes = 0;
  return items.toSorted(firstOf).filter((it) => {
    bytes += bytesOf(it) + 1;
    return bytes <= limit;
  });
};

const mapWithin = <T>(
  map: Readonly<Record<string, T>>,
  limit: number,
  firstOf: (a: T, b: T) => number,
): Readonly<Record<string, T>> =>
  bytesOf(map) <= limit
    ? map
    : Object.fromEntries(
        listWithin<Entry<T>>(Object.entries(map), limit, ([k, a], [l, b]) => firstOf(a, b) || (k < l ? -1 : 1)),
      );

const earliest = (a: number, b: number): number => a - b;
const latest = (a: number, b: number): number => b - a;
const newest = (a: { readonly at: number }, b: { readonly at: number }): number => b.at - a.at;

const most = (a: readonly Peak[], b: readonly Peak[]): number => (b[0]?.tasks ?? 0) - (a[0]?.tasks ?? 0);

/**
 * The memory as it fits in one item. What is left out is seen anew by a later decision, when there is less of it: some of
 * two thousand empty instances stay longer, or a small service's recent peak is forgotten.
 */
export const withinItem = (memory: ClusterMemory): ClusterMemory => ({
  ...memory,
  emptySince: mapWithin(memory.emptySince, bytesFor.emptySince, earliest),
  unregisteredSince: mapWithin(memory.unregisteredSince, bytesFor.unregisteredSince, earliest),
  disconnectedSince: mapWithin(memory.disconnectedSince, bytesFor.disconnectedSince, earliest),
  leftAloneUntil: mapWithin(memory.leftAloneUntil, bytesFor.leftAloneUntil, latest),
  retiring: mapWithin(memory.retiring, bytesFor.retiring, (a, b) => a.since - b.since),
  peaks: mapWithin(memory.peaks, bytesFor.peaks, most),
  swings: mapWithin(memory.swings, bytesFor.swings, (a, b) => most(a.levels, b.levels)),
  stopping: listWithin(memory.stopping, bytesFor.stopping, newest),
  stopTimes: listWithin(memory.stopTimes, bytesFor.stopTimes, () => 0),
  moves: listWithin(memory.moves, bytesFor.moves, newest),
  launches: listWithin(memory.launches, bytesFor.launches, newest),
  launchFailures: listWithin(memory.launchFailures, bytesFor.launchFailures, newest),
  unstartedSince: mapWithin(memory.unstartedSince, bytesFor.unstartedSince, earliest),
  grownAt: mapWithin(memory.grownAt, bytesFor.grownAt, latest),
});
