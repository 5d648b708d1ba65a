import { createRequire } from 'node:module';
import type { Candidate, Shape } from '../../lib/placement/pack.ts';
import { poolOf, relax } from '../../lib/placement/packing/columns.ts';
import { type Pattern, restOf } from '../../lib/placement/packing/pattern.ts';
import { type Kind, type Problem, problemOf } from '../../lib/placement/packing/problem.ts';
import { at, dimensions } from '../../lib/placement/packing/rooms.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;
type Highs = Awaited<ReturnType<typeof loadHighs>>;

/** How far an integer program may stop from its optimum; the bound allows for it. */
const gap = 5e-4;
const secondsEach = 2;
const rounds = 8;

/** The filling worth most by given worths, as a program; without `General` fractions of tasks may be taken. */
const knapsack = (problem: Problem, { room, most }: Kind, worths: Float64Array, whole: boolean): string => {
  const items = problem.items.map((_, item) => item);
  const terms = (factor: (item: number) => number): string =>
    items.map((item) => `${factor(item).toFixed(9)} x${item}`).join(' + ');
  return [
    'Maximize',
    ` worth: ${terms((item) => Math.max(0, at(worths, item)))}`,
    'Subject To',
    ...Array.from(room, (it, d) => ` r${d}: ${terms((item) => at(problem.needs, item * dimensions + d))} <= ${it}`),
    'Bounds',
    ...items.map((item) => ` 0 <= x${item} <= ${at(most, item)}`),
    ...(whole ? ['General', ` ${items.map((item) => `x${item}`).join(' ')}`] : []),
    'End',
  ].join('\n');
};

interface Best {
  /** No filling is worth more. */
  readonly atMost: number;
  readonly pattern: Pattern | undefined;
}

const bestFilling = (highs: Highs, problem: Problem, kind: Kind, worths: Float64Array): Best => {
  const options = { mip_rel_gap: gap, time_limit: secondsEach };
  const whole = highs.solve(knapsack(problem, kind, worths, true), options);
  if (whole.Status !== 'Optimal') {
    const fractional = highs.solve(knapsack(problem, kind, worths, false));
    return { atMost: fractional.ObjectiveValue, pattern: undefined };
  }
  const portions = problem.items.flatMap((_, item) => {
    const count = Math.round(whole.Columns[`x${item}`]?.Primal ?? 0);
    return count > 0 ? [{ item, count }] : [];
  });
  return { atMost: (1 + gap) * whole.ObjectiveValue, pattern: { kind, portions } };
};

export interface LpBound {
  /** No packing of all tasks costs less. */
  readonly bound: number;
  /** The linear program over the fillings that were found: its optimum lies between the bound and this. */
  readonly price: number;
}

/**
 * The linear program over all fillings, bounded from below: the duals of our own column generation, whatever they are,
 * divided by the most that any filling is worth by them are a bound (Farley 1990), and that most is found by HiGHS, so
 * that nothing of ours is taken on trust. What HiGHS finds goes back into the program, a few times.
 */
export const lpBound = async (): Promise<
  (shapes: readonly Shape[], candidates: readonly Candidate[], enough: number) => LpBound
> => {
  const highs = await loadHighs();
  return (shapes, candidates, enough) => {
    const problem = problemOf(shapes, candidates);
    const pool = poolOf();
    let bound = 0;
    let price = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds && bound < enough * (1 - 1e-6); round++) {
      const program = relax(problem, restOf(problem), pool, 40, { left: Number.POSITIVE_INFINITY });
      const best = problem.kinds.map((it) => bestFilling(highs, problem, it, program.worths));
      const most = best.map((it, n) => it.atMost / (problem.kinds[n]?.candidate.price ?? 1));
      const worth = problem.items.reduce((sum, it, item) => sum + it.count * Math.max(0, at(program.worths, item)), 0);
      bound = Math.max(bound, worth / Math.max(1, ...most));
      price = Math.min(price, program.price);
      for (const { pattern } of best) if (pattern !== undefined) pool.add(pattern);
    }
    return { bound, price };
  };
};
