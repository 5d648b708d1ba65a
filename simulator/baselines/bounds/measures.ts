import type { Demand, Kind, Offer } from './demand.ts';

/**
 * Something that adds up over the tasks on an instance and of which an instance of each offer can hold only so much.
 * Counted over the tasks that can run on nothing but a set of offers, it is a constraint on how much of those is there.
 */
export interface Measure {
  /** Its place in the tally. */
  readonly id: number;
  /** What an instance of each offer can hold; 0 for offers outside the set. */
  readonly holds: readonly number[];
  /** What a task of each kind weighs; 0 for kinds that could also run elsewhere. */
  readonly weights: readonly number[];
}

/** Offers, by index, on which some tasks can run and beside which they cannot, and what adds up over those tasks. */
export interface Reach {
  readonly offers: readonly number[];
  /** Whether an instance is an instance: all its offers hold the same. */
  readonly uniform: boolean;
  /** CPU, memory, GPUs, network interfaces, and each claim. */
  readonly volumes: readonly Measure[];
  /** What whole tasks weigh when sizes are counted in steps of some length, remainders dropped. */
  readonly steps: readonly Measure[];
}

const mostReaches = 32;
const mostStepsADimension = 12;

const union = (a: readonly number[], b: readonly number[]): readonly number[] =>
  [...new Set([...a, ...b])].sort((x, y) => x - y);

/** The kinds' own sets of offers and their unions, as many as are worth it: to leave some out only lowers a bound. */
const offerSets = (kinds: readonly Kind[]): readonly (readonly number[])[] => {
  const own = new Map(kinds.map((it) => [it.offers.join(), it.offers]));
  const all = [...own.values()].reduce<readonly number[]>(union, []);
  const found = new Map(own);
  if (all.length > 0) found.set(all.join(), all);
  for (const a of found.values()) {
    for (const b of own.values()) {
      if (found.size >= mostReaches) break;
      const both = union(a, b);
      found.set(both.join(), both);
    }
  }
  return [...found.values()];
};

/** So many of a list, evenly chosen, if it is longer. */
const thinned = (values: readonly number[], most: number): readonly number[] =>
  values.length <= most
    ? values
    : Array.from({ length: most }, (_, n) => values[Math.floor((n * values.length) / most)] ?? 0);

/** The lengths that tell most: the sizes that occur. A task as long as a step cannot be had in parts. */
const stepLengths = (kinds: readonly Kind[], d: number): readonly number[] => {
  const sizes = [...new Set(kinds.map((it) => it.takes[d] ?? 0))].filter((it) => it > 0).sort((a, b) => a - b);
  return thinned(sizes, mostStepsADimension);
};

const dimensions = [0, 1, 2, 3];

/** Every reach of a demand; what is measured is numbered through. */
export const reachesOf = ({ offers, kinds }: Demand): readonly Reach[] => {
  let measured = 0;
  return offerSets(kinds).map((mine) => {
    const set = new Set(mine);
    const isInside = kinds.map((it) => it.offers.every((offer) => set.has(offer)));
    const inside = kinds.filter((_, kind) => isInside[kind]);
    const measure = (holds: (it: Offer) => number, weight: (it: Kind) => number): Measure => ({
      id: measured++,
      holds: offers.map((it, index) => (set.has(index) ? Math.max(0, holds(it)) : 0)),
      weights: kinds.map((it, kind) => (isInside[kind] === true ? weight(it) : 0)),
    });
    const volume = (d: number): Measure =>
      measure(
        (it) => it.holds[d] ?? 0,
        (it) => it.takes[d] ?? 0,
      );
    const inSteps = (d: number, step: number): Measure =>
      measure(
        (it) => Math.floor((it.holds[d] ?? 0) / step),
        (it) => Math.floor((it.takes[d] ?? 0) / step),
      );
    const claimed = (claim: string): Measure =>
      measure(
        () => 1,
        (it) => (it.claims.includes(claim) ? 1 : 0),
      );
    const used = dimensions.filter((d) => inside.some((it) => (it.takes[d] ?? 0) > 0));
    const claims = new Set(inside.flatMap((it) => it.claims));
    return {
      offers: mine,
      uniform: new Set(mine.map((it) => offers[it]?.holds.join())).size === 1,
      volumes: [...used.map(volume), ...[...claims].map(claimed)],
      steps: used.flatMap((d) => stepLengths(inside, d).map((step) => inSteps(d, step))),
    };
  });
};

/** What each measure comes to over the tasks that are there. */
export interface Tally {
  /** By the measures' numbers. */
  readonly sums: Float64Array;
  /** So many tasks of a kind more; fewer when negative. */
  add(kind: number, by: number): void;
}

export const tallyOf = ({ kinds }: Demand, reaches: readonly Reach[]): Tally => {
  const measures = reaches.flatMap((it) => [...it.volumes, ...it.steps]);
  const byKind = kinds.map((_, kind) =>
    measures.map(({ id, weights }) => ({ id, weight: weights[kind] ?? 0 })).filter((it) => it.weight > 0),
  );
  const sums = new Float64Array(measures.length);
  return {
    sums,
    add: (kind, by) => {
      for (const { id, weight } of byKind[kind] ?? []) sums[id] = (sums[id] ?? 0) + weight * by;
    },
  };
};
