import { createRequire } from 'node:module';
import type { Candidate, Shape } from '../../lib/placement/pack.ts';
import { poolOf, relax } from '../../lib/placement/packing/columns.ts';
import { restOf } from '../../lib/placement/packing/pattern.ts';
import { problemOf } from '../../lib/placement/packing/problem.ts';
import { at, dimensions } from '../../lib/placement/packing/rooms.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

/** What no packing of all tasks costs less than by the linear program over all fillings, and what that program came to. */
export interface LpBound {
  readonly bound: number;
  readonly price: number;
}

/**
 * Our own column generation with a wide beam, and HiGHS to keep it honest: whatever the duals are, divided by the most
 * that any filling saves by them (an integer program for each kind of instance) they give a valid bound (Farley 1990).
 */
export const lpBound = async (): Promise<
  (shapes: readonly Shape[], candidates: readonly Candidate[], width?: number) => LpBound
> => {
  const highs = await loadHighs();
  return (shapes, candidates, width = 200) => {
    const problem = problemOf(shapes, candidates);
    const { worths, price } = relax(problem, restOf(problem), poolOf(), width, { left: Number.POSITIVE_INFINITY });
    const mostFor = problem.kinds.map(({ candidate, room, most }) => {
      const terms = (factor: (item: number) => number): string =>
        problem.items.map((_, item) => `${factor(item).toFixed(9)} x${item}`).join(' + ');
      const rows = Array.from(
        room,
        (it, d) => ` r${d}: ${terms((item) => at(problem.needs, item * dimensions + d))} <= ${it}`,
      );
      const limits = problem.items.map((_, item) => ` 0 <= x${item} <= ${at(most, item)}`);
      const names = problem.items.map((_, item) => `x${item}`).join(' ');
      const objective = terms((item) => Math.max(0, at(worths, item)));
      const program = [
        'Maximize',
        ` worth: ${objective}`,
        'Subject To',
        ...rows,
        'Bounds',
        ...limits,
        'General',
        ` ${names}`,
        'End',
      ];
      const solved = highs.solve(program.join('\n'), { mip_rel_gap: 1e-6, time_limit: 20 });
      if (solved.Status !== 'Optimal') return Number.POSITIVE_INFINITY;
      return solved.ObjectiveValue / candidate.price;
    });
    const worth = problem.items.reduce((sum, it, item) => sum + it.count * Math.max(0, at(worths, item)), 0);
    return { bound: worth / Math.max(1, ...mostFor), price };
  };
};
