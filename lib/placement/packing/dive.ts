import { binCentric } from './bin-centric.ts';
import { type Pool, type Relaxation, relax } from './columns.ts';
import { fillUp, openOf, putIn } from './fill.ts';
import type { Share } from './master.ts';
import { copyOf, type Filling, isPlaced, type Pattern, type Rest, repeatsIn, type Solution, take } from './pattern.ts';
import type { Problem } from './problem.ts';
import { at } from './rooms.ts';
import { quickRules, topUp } from './rules.ts';
import type { Work } from './work.ts';

const almost = 1e-6;
/** For what is left of one level, which is a few tasks of each item. */
const workForRules = 200_000;

/** As much of a pattern as there are tasks for; a pattern may hold more of an item than is left. */
const trimmed = (rest: Rest, { kind, portions }: Pattern): Pattern => ({
  kind,
  portions: portions
    .map(({ item, count }) => ({ item, count: Math.min(count, at(rest.tasks, item)) }))
    .filter((it) => it.count > 0),
});

/** Up to `number` instances by a pattern, trimmed anew as items run out. */
const settleOn = (rest: Rest, pattern: Pattern, number: number): readonly Filling[] => {
  const fillings: Filling[] = [];
  for (let left = number; left > 0; ) {
    const trim = trimmed(rest, pattern);
    const repeat = Math.min(left, trim.portions.length === 0 ? 0 : repeatsIn(rest, trim));
    if (repeat === 0) break;
    const filling = { ...trim, repeat };
    take(rest, filling);
    fillings.push(filling);
    left -= repeat;
  }
  return fillings;
};

/** One instance by a pattern, and what else goes in: rounding up buys room that the linear program had not. */
const settleOnOne = (problem: Problem, rest: Rest, pattern: Pattern, work: Work): readonly Filling[] => {
  const trim = trimmed(rest, pattern);
  const open = openOf(trim.kind);
  for (const { item, count } of trim.portions) putIn(problem, open, item, count);
  return settleOn(rest, fillUp(problem, open, rest.tasks, topUp, work, trim.portions), 1);
};

const wholePart = (shares: readonly Share[], rest: Rest): readonly Filling[] =>
  shares.flatMap(({ pattern, instances }) => settleOn(rest, pattern, Math.floor(instances + almost)));

const fraction = ({ instances }: Share): number => instances - Math.floor(instances + almost);

/** The pattern nearest to a whole instance more; `skip` takes the next nearest, which leads down another branch. */
const nearest = (shares: readonly Share[], skip: number): Share | undefined =>
  shares.toSorted((a, b) => fraction(b) - fraction(a)).at(Math.min(skip, shares.length - 1));

/** What is left by the linear program, packed by the rules at once. */
const complete = (problem: Problem, rest: Rest, fillings: readonly Filling[], worths: Float64Array, work: Work) =>
  quickRules.flatMap((rule): readonly Solution[] => {
    const tail = binCentric(problem, rest, rule, worths, work);
    return tail === undefined ? [] : [{ fillings: [...fillings, ...tail.fillings], unplaced: tail.unplaced }];
  });

/** How a dive goes: `skips` says at which of its choices to take another than the nearest. */
export interface Course {
  readonly skips: readonly number[];
  /** Of the knapsack's beam. */
  readonly width: number;
  /** Hears of every packing on the way; true ends the dive. */
  readonly offer: (solution: Solution) => boolean;
}

/**
 * From the linear program to whole instances: launch the whole part of each pattern, then one instance of the pattern
 * nearest to one, solve again for what is left, and so on; where that is done otherwise than nearest first it is
 * a dive with limited discrepancy (Harvey and Ginsberg 1995). At each level the rules pack what is left, so that
 * there is something to show whenever the work runs out. Gives the linear program at its start.
 */
export const dive = (problem: Problem, start: Rest, pool: Pool, course: Course, work: Work): Relaxation => {
  const rest = copyOf(start);
  const fillings: Filling[] = [];
  const first = relax(problem, rest, pool, course.width, work);
  for (let choice = 0, relaxation = first; ; choice++) {
    fillings.push(...wholePart(relaxation.shares, rest));
    const done = complete(problem, rest, fillings, relaxation.worths, { left: workForRules }).some(course.offer);
    const one = nearest(relaxation.shares, course.skips[choice] ?? 0);
    if (done || one === undefined || isPlaced(rest) || work.left <= 0) return first;
    const settled = settleOnOne(problem, rest, one.pattern, work);
    if (settled.length === 0) return first;
    fillings.push(...settled);
    relaxation = relax(problem, rest, pool, course.width, work);
  }
};
