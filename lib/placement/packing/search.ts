import { binCentric } from './bin-centric.ts';
import { leastCost, wholeInstances } from './bounds.ts';
import { type Pool, poolOf } from './columns.ts';
import { dive } from './dive.ts';
import { type Figures, isBetter } from './figures.ts';
import { narrow } from './narrow.ts';
import { priceOf, restOf, type Solution } from './pattern.ts';
import type { Problem } from './problem.ts';
import { rules } from './rules.ts';
import { total } from './shapes.ts';
import type { Work } from './work.ts';

/** Operations, some ten nanoseconds each; the first rule may take `workForOne`, the others share what is less. */
const workForOne = 20_000_000;
const workForRules = 2_000_000;
const workForPrograms = 6_000_000;
/** A step of the linear program costs the square of this; with more rows the rules alone decide. */
const maximumRows = 80;
const beamWidth = 12;

const figuresOf = ({ fillings, unplaced }: Solution): Figures => ({
  unplaced: total(unplaced),
  price: priceOf(fillings),
  instances: total(fillings.map((it) => it.repeat)),
});

/** The best packing so far, and the patterns of all. */
interface Search {
  best: Solution | undefined;
  readonly pool: Pool;
  /** At this price there is no more to be found. */
  enough: number;
}

const isWithin = ({ best, enough }: Search, share: number): boolean =>
  best !== undefined && total(best.unplaced) === 0 && priceOf(best.fillings) <= enough * (1 + share);

const isDone = (search: Search): boolean => isWithin(search, 1e-9);

/** So near to what may be possible an ordering, which looks at nothing, has never been the better rule. */
const near = 0.01;

const offer = (problem: Problem, search: Search, solution: Solution): void => {
  const narrowed = narrow(problem, solution);
  for (const it of narrowed.fillings) search.pool.add({ kind: it.kind, portions: it.portions });
  if (search.best === undefined || isBetter(figuresOf(narrowed), figuresOf(search.best))) search.best = narrowed;
};

/** All rules while the work lasts. Those that look at what is free cost much the same: one is not begun to no end. */
const tryRules = (problem: Problem, search: Search, values: Float64Array): void => {
  const work: Work = { left: workForRules };
  let dearest = 0;
  for (const [n, rule] of rules.entries()) {
    if (isDone(search) || (n > 0 && rule.looksAtFree && work.left < dearest)) continue;
    if (!rule.looksAtFree && isWithin(search, near)) continue;
    const own: Work = { left: n === 0 ? workForOne : work.left };
    const before = own.left;
    const solution = binCentric(problem, restOf(problem), rule, values, own);
    work.left -= before - own.left;
    dearest = Math.max(dearest, before - own.left);
    if (solution !== undefined) offer(problem, search, solution);
  }
};

/** First the nearest everywhere, then another choice at one place, the early ones first. */
const discrepancies: readonly (readonly number[])[] = [
  [],
  [1],
  [2],
  [0, 1],
  [0, 2],
  [0, 0, 1],
  [3],
  [1, 1],
  [0, 0, 0, 1],
  [4],
  [5],
];

const tryPrograms = (problem: Problem, search: Search): void => {
  if (problem.items.length + problem.kinds.length > maximumRows) return;
  const work: Work = { left: workForPrograms };
  const heard = (solution: Solution): boolean => {
    offer(problem, search, solution);
    return isDone(search);
  };
  for (const skips of discrepancies) {
    if (isDone(search) || work.left <= 0) return;
    const { worths, price } = dive(
      problem,
      restOf(problem),
      search.pool,
      { skips, width: beamWidth, offer: heard },
      work,
    );
    if (skips.length > 0) continue;
    search.enough = Math.max(search.enough, wholeInstances(problem, price));
    tryRules(problem, search, worths);
  }
};

/** The best of all passes; undefined only where the work did not suffice for a single one. */
export const search = (problem: Problem): Solution | undefined => {
  if (problem.items.length === 0) return undefined;
  const found: Search = { best: undefined, pool: poolOf(), enough: leastCost(problem) };
  tryRules(problem, found, problem.values);
  tryPrograms(problem, found);
  return found.best;
};
