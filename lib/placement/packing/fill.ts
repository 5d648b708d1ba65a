import type { Pattern, Portion } from './pattern.ts';
import type { Kind, Problem } from './problem.ts';
import { at, dimensions } from './rooms.ts';
import { spend, type Work } from './work.ts';

const tiny = 1e-9;
/** Of small tasks several are put in before looking again: an eighth of what fits, so that the end is done one by one. */
const stride = 8;

/**
 * Which task an instance wants next, of which `free` is left in shares of its room: the one with the highest
 * `Σ w·v·f − distance·Σ w·v²/2`, where `f` is `free`, or 1 for a rule that does not look at it. All rules have this
 * form, so that the innermost loop is the same for all of them.
 */
export interface Rule {
  readonly name: string;
  /** Whether what is wanted depends on what is left; if not, the rule is an ordering, and needs no second look. */
  readonly looksAtFree: boolean;
  /** 1 to be near what is left, 0 to be large in its direction. */
  readonly distance: number;
  readonly weights: (kind: Kind, tasks: Float64Array) => Float64Array;
}

/** One instance while it is being filled. */
export interface Open {
  readonly kind: Kind;
  readonly left: Float64Array;
  readonly claims: Set<string>;
}

export const openOf = (kind: Kind): Open => ({ kind, left: kind.room.slice(), claims: new Set() });

/** How many of `wanted` tasks of an item still go in. */
const spaceFor = (problem: Problem, open: Open, item: number, wanted: number): number => {
  let most = Math.min(wanted, at(open.kind.most, item));
  for (let d = 0; d < dimensions && most > 0; d++) {
    const need = at(problem.needs, item * dimensions + d);
    if (need > 0 && need * most > at(open.left, d)) most = Math.floor(at(open.left, d) / need);
  }
  if (open.claims.size === 0) return most;
  return problem.items[item]?.need.claims.some((it) => open.claims.has(it)) === true ? 0 : most;
};

export const putIn = (problem: Problem, open: Open, item: number, count: number): void => {
  for (let d = 0; d < dimensions; d++)
    open.left[d] = at(open.left, d) - count * at(problem.needs, item * dimensions + d);
  for (const claim of problem.items[item]?.need.claims ?? []) open.claims.add(claim);
};

/** What a task of each dimension counts for now. */
const factorsOf = ({ kind, left }: Open, { looksAtFree }: Rule, weights: Float64Array): Float64Array =>
  looksAtFree ? weights.map((it, d) => (it * at(left, d)) / Math.max(tiny, at(kind.room, d))) : weights;

const distancesOf = ({ shares }: Kind, { distance }: Rule, weights: Float64Array, count: number): Float64Array => {
  const distances = new Float64Array(count);
  if (distance === 0) return distances;
  for (let item = 0; item < count; item++) {
    let sum = 0;
    for (let d = 0; d < dimensions; d++) sum += at(weights, d) * at(shares, item * dimensions + d) ** 2;
    distances[item] = (distance * sum) / 2;
  }
  return distances;
};

/** CPU and memory are looked at where they stand; most problems are about nothing else. */
const firstOther = 2;

const lacksOthers = (needs: Float64Array, cell: number, left: Float64Array): boolean => {
  for (let d = firstOther; d < dimensions; d++) if (at(needs, cell + d) > at(left, d)) return true;
  return false;
};

const dotOthers = (factors: Float64Array, shares: Float64Array, cell: number): number => {
  let sum = 0;
  for (let d = firstOther; d < dimensions; d++) sum += at(factors, d) * at(shares, cell + d);
  return sum;
};

const without = (items: Int32Array, count: number, item: number): number => {
  const place = items.indexOf(item);
  items.copyWithin(place, place + 1, count);
  return count - 1;
};

/**
 * Fills one instance by a rule with what there is, on top of what is in it. Bin-centric, as Panigrahy et al. (2011) have
 * it: not "where does this task go" but "which task does this instance want next". With an ordering for a rule, and
 * one kind of instance, filling them one after another is first-fit decreasing.
 */
export const fillUp = (
  problem: Problem,
  open: Open,
  tasks: Float64Array,
  rule: Rule,
  work: Work,
  already: readonly Portion[] = [],
): Pattern => {
  const { needs, isPlain } = problem;
  const { shares, most } = open.kind;
  const counts = new Float64Array(tasks.length);
  for (const it of already) counts[it.item] = it.count;
  const weights = rule.weights(open.kind, tasks);
  const distances = distancesOf(open.kind, rule, weights, tasks.length);
  const wanting = new Int32Array(tasks.length);
  let candidates = 0;
  for (let item = 0; item < tasks.length; item++)
    if (at(tasks, item) > at(counts, item) && at(most, item) > 0) wanting[candidates++] = item;
  for (;;) {
    spend(work, candidates);
    const [cpu = 0, memory = 0] = open.left;
    const factors = factorsOf(open, rule, weights);
    const [byCpu = 0, byMemory = 0] = factors;
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    let kept = 0;
    for (let n = 0; n < candidates; n++) {
      const item = wanting[n] ?? 0;
      const cell = item * dimensions;
      // What does not fit now will not fit later.
      if ((needs[cell] ?? 0) > cpu || (needs[cell + 1] ?? 0) > memory) continue;
      if (!isPlain && lacksOthers(needs, cell, open.left)) continue;
      wanting[kept++] = item;
      const aligned =
        byCpu * (shares[cell] ?? 0) +
        byMemory * (shares[cell + 1] ?? 0) +
        (isPlain ? 0 : dotOthers(factors, shares, cell));
      const score = aligned - (distances[item] ?? 0);
      if (score <= highest) continue;
      highest = score;
      best = item;
    }
    candidates = kept;
    if (best < 0) break;
    const wanted = at(tasks, best) - at(counts, best);
    const fitting = spaceFor(problem, open, best, wanted);
    const space = rule.looksAtFree ? Math.ceil(fitting / stride) : fitting;
    if (space > 0) putIn(problem, open, best, space);
    counts[best] = at(counts, best) + space;
    // Used up, or what it claims is taken: either way it is wanted no more.
    if (space === 0 || space === wanted) candidates = without(wanting, candidates, best);
  }
  const portions: Portion[] = [];
  for (const [item, count] of counts.entries()) if (count > 0) portions.push({ item, count });
  return { kind: open.kind, portions };
};
