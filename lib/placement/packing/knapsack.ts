import type { Pattern, Portion } from './pattern.ts';
import type { Kind, Problem } from './problem.ts';
import { at, dimensions } from './rooms.ts';
import { spend, type Work } from './work.ts';

const tiny = 1e-9;

/** How dear a share of CPU is taken to be, that of memory being the rest up to 1; GPUs are as dear as both, interfaces cost nothing. */
const cpuDearness = [0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98];
const refinements = 10;
const dearnessOf = (cpu: number): Float64Array => Float64Array.of(cpu, 1 - cpu, 1, 0);
/** Where tasks are given interfaces, these may be what an instance runs out of. */
const dearInterfaces = Float64Array.of(0.05, 0.05, 0.1, 1);

/** One measure for all dimensions, by how dear each is: room is so much, and no task is worth more than `ratio` of it. */
interface Measure {
  readonly dear: Float64Array;
  /** By place in the order: the best worth for size of this and all later items. */
  readonly ratios: Float64Array;
}

/** Items that are worth something on this kind of instance, large ones first: the small ones fill the gaps. */
interface Wanted {
  readonly items: readonly number[];
  readonly measures: readonly Measure[];
}

const sizeBy = (dear: Float64Array, shares: Float64Array, item: number): number => {
  let size = tiny;
  for (let d = 0; d < dimensions; d++) size += at(dear, d) * at(shares, item * dimensions + d);
  return size;
};

const measureOf = (dear: Float64Array, kind: Kind, items: readonly number[], worths: Float64Array): Measure => {
  const ratios = new Float64Array(items.length + 1);
  for (let place = items.length - 1; place >= 0; place--) {
    const item = items[place] ?? 0;
    ratios[place] = Math.max(at(ratios, place + 1), at(worths, item) / sizeBy(dear, kind.shares, item));
  }
  return { dear, ratios };
};

const highestRatio = (cpu: number, { shares }: Kind, items: readonly number[], worths: Float64Array): number => {
  const dear = dearnessOf(cpu);
  let highest = 0;
  for (const item of items) highest = Math.max(highest, at(worths, item) / sizeBy(dear, shares, item));
  return highest;
};

/** The dearness by which the whole instance can be worth least: near the optimum of the program that is nearly exact. */
const tightest = (ratio: (cpu: number) => number): number => {
  const start = cpuDearness.reduce((best, it) => (ratio(it) < ratio(best) ? it : best));
  let low = Math.max(0, start - 0.15);
  let high = Math.min(1, start + 0.15);
  for (let n = 0; n < refinements; n++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (ratio(left) <= ratio(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
};

const wantedOf = (kind: Kind, tasks: Float64Array, worths: Float64Array): Wanted => {
  const items: number[] = [];
  for (let item = 0; item < tasks.length; item++)
    if (at(worths, item) > tiny && at(tasks, item) > 0 && at(kind.most, item) > 0) items.push(item);
  const size = (item: number): number => sizeBy(dearnessOf(0.5), kind.shares, item);
  items.sort((a, b) => size(b) - size(a) || a - b);
  const cpu = tightest((it) => highestRatio(it, kind, items, worths));
  const dearness = [...[cpu, 0.05, 0.95].map(dearnessOf), ...(at(kind.room, 3) > 0 ? [dearInterfaces] : [])];
  const measures = dearness.map((it) => measureOf(it, kind, items, worths));
  return { items, measures };
};

/** A partial filling: what is left of the room, what is in it, and what it could come to at best. */
interface Partial {
  readonly left: Float64Array;
  readonly worth: number;
  readonly bound: number;
  readonly item: number;
  readonly count: number;
  readonly before: Partial | undefined;
}

const boundOf = (kind: Kind, measures: readonly Measure[], place: number, left: Float64Array): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const { dear, ratios } of measures) {
    let room = tiny;
    for (let d = 0; d < dimensions; d++)
      if (at(kind.room, d) > 0) room += (at(dear, d) * at(left, d)) / at(kind.room, d);
    least = Math.min(least, room * at(ratios, place));
  }
  return least;
};

const spaceLeft = (problem: Problem, kind: Kind, tasks: Float64Array, from: Partial, item: number): number => {
  let most = Math.min(at(tasks, item), at(kind.most, item));
  for (let d = 0; d < dimensions; d++) {
    const need = at(problem.needs, item * dimensions + d);
    if (need > 0 && need * most > at(from.left, d)) most = Math.floor(at(from.left, d) / need);
  }
  const claims = problem.items[item]?.need.claims ?? [];
  if (claims.length === 0) return most;
  for (let it: Partial | undefined = from; it !== undefined; it = it.before)
    if (it.count > 0 && problem.items[it.item]?.need.claims.some((claim) => claims.includes(claim)) === true) return 0;
  return most;
};

const portionsOf = (filled: Partial): readonly Portion[] => {
  const portions: Portion[] = [];
  for (let it: Partial | undefined = filled; it !== undefined; it = it.before)
    if (it.count > 0) portions.push({ item: it.item, count: it.count });
  return portions.sort((a, b) => a.item - b.item);
};

const isSame = (a: Partial, b: Partial | undefined): boolean =>
  b !== undefined && a.worth === b.worth && a.left.every((it, d) => it === b.left[d]);

/** The most promising, each once. */
const mostPromising = (partials: Partial[], width: number): readonly Partial[] => {
  partials.sort((a, b) => b.bound - a.bound || b.worth - a.worth || at(a.left, 0) - at(b.left, 0));
  return partials.filter((it, n) => !isSame(it, partials[n - 1])).slice(0, width);
};

/**
 * The fillings of one instance worth most, by the worth of each item, best first, of those worth more than `threshold`:
 * a bounded knapsack in several dimensions. Item by item, each partial filling is continued with every count that fits;
 * what cannot come to more than the threshold is dropped, and of the rest the `width` most promising go on (a beam; with
 * a beam wide enough nothing is lost and the answer is exact, with a narrow one it is good).
 */
export const mostWorth = (
  problem: Problem,
  kind: Kind,
  tasks: Float64Array,
  worths: Float64Array,
  { threshold, width }: { readonly threshold: number; readonly width: number },
  work: Work,
): readonly Pattern[] => {
  const { items, measures } = wantedOf(kind, tasks, worths);
  spend(work, items.length * (cpuDearness.length + 2 * refinements));
  const left = new Float64Array(dimensions);
  let beam: readonly Partial[] = [
    { left: kind.room.slice(), worth: 0, bound: Number.POSITIVE_INFINITY, item: -1, count: 0, before: undefined },
  ];
  for (const [place, item] of items.entries()) {
    const next: Partial[] = [];
    const isLast = place === items.length - 1;
    for (const from of beam) {
      const most = spaceLeft(problem, kind, tasks, from, item);
      for (let count = isLast ? most : 0; count <= most; count++) {
        const worth = from.worth + count * at(worths, item);
        for (let d = 0; d < dimensions; d++)
          left[d] = at(from.left, d) - count * at(problem.needs, item * dimensions + d);
        const bound = worth + boundOf(kind, measures, place + 1, left);
        if (bound > threshold) next.push({ left: left.slice(), worth, bound, item, count, before: from });
      }
      spend(work, 8 * (most + 1));
    }
    spend(work, 10 * next.length);
    beam = mostPromising(next, width);
  }
  return beam
    .toSorted((a, b) => b.worth - a.worth)
    .slice(0, 3)
    .filter((it) => it.worth > threshold)
    .map((it) => ({ kind, portions: portionsOf(it) }));
};
