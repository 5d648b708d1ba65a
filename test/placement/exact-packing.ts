import { createRequire } from 'node:module';
import type { Candidate, Shape } from '../../lib/placement/pack.ts';
import { type Room } from '../../lib/placement/room.ts';
import type { PackingCase } from './packing-cases.ts';
import { howManyFit, take } from './plain-room.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

/** Every way to fill one instance to which nothing could be added. */
const fillings = (candidate: Candidate, shapes: readonly Shape[]): readonly (readonly number[])[] => {
  const found: (readonly number[])[] = [];
  const descend = (depth: number, room: Room, counts: readonly number[]): void => {
    const shape = shapes[depth];
    if (shape === undefined) {
      const more = shapes.some(
        (it, n) =>
          it.mayUseCandidate(candidate) && (counts[n] ?? 0) < it.count && howManyFit(room, it.requirements, 1) > 0,
      );
      if (!more) found.push(counts);
      return;
    }
    const most = shape.mayUseCandidate(candidate) ? howManyFit(room, shape.requirements, shape.count) : 0;
    for (let count = 0; count <= most; count++)
      descend(depth + 1, count === 0 ? room : take(room, shape.requirements, count), [...counts, count]);
  };
  descend(0, candidate.room, []);
  return found;
};

/**
 * The least price at which new instances hold every task, by integer programming over all fillings; undefined where
 * they cannot. For small cases: the fillings are all written down.
 */
export const exactCost = async (): Promise<(given: PackingCase) => number | undefined> => {
  const highs = await loadHighs();
  return ({ shapes, candidates }) => {
    const columns = candidates.flatMap((it) => fillings(it, shapes).map((counts) => ({ candidate: it, counts })));
    const terms = (factor: (column: (typeof columns)[number]) => number): string => {
      const parts = columns.flatMap((it, n) => (factor(it) === 0 ? [] : [`${factor(it)} x${n}`]));
      return parts.length === 0 ? '0 x0' : parts.join(' + ');
    };
    const demand = shapes.map((it, n) => ` d${n}: ${terms(({ counts }) => counts[n] ?? 0)} >= ${it.count}`);
    const supply = candidates.map(
      (its, n) => ` s${n}: ${terms(({ candidate }) => (candidate === its ? 1 : 0))} <= ${its.available}`,
    );
    const program = [
      'Minimize',
      ` cost: ${terms(({ candidate }) => candidate.price)}`,
      'Subject To',
      ...demand,
      ...supply,
      'General',
      ` ${columns.map((_, n) => `x${n}`).join(' ')}`,
      'End',
    ].join('\n');
    const solved = highs.solve(program, { mip_rel_gap: 0, mip_abs_gap: 0 });
    return solved.Status === 'Optimal' ? solved.ObjectiveValue : undefined;
  };
};
