import type { Pattern, Rest } from './pattern.ts';
import type { Problem } from './problem.ts';
import { at } from './rooms.ts';
import { spend, type Work } from './work.ts';

const tiny = 1e-9;

/** A column of the linear program: a pattern, or what fills a gap between the two sides of a row. */
interface Column {
  readonly price: number;
  readonly rows: Float64Array;
  readonly factors: Float64Array;
  readonly pattern: Pattern | undefined;
}

/** How many instances get a pattern, in the linear program: a fraction, mostly. */
export interface Share {
  readonly pattern: Pattern;
  readonly instances: number;
}

/**
 * The linear program of Gilmore and Gomory (1961) over the patterns it was shown so far: the least price at which they
 * hold every task, with no more launches of a kind than there are. Revised simplex with the inverse of the basis kept
 * whole, for there are as many rows as items, some dozens.
 */
export interface Master {
  /** By row, first the items, then the kinds: what one more task is worth, what one launch less would cost. */
  readonly duals: Float64Array;
  /** What a pattern would save an instance; it is worth entering where this is above zero. */
  readonly saving: (pattern: Pattern) => number;
  readonly enter: (pattern: Pattern) => void;
  /** Lets a gap enter where that saves something; false where none does. */
  readonly enterGap: () => boolean;
  readonly shares: () => readonly Share[];
}

/** A task left over costs more than an instance of its own, so that none is while there are instances. */
const penalties = (problem: Problem): readonly number[] =>
  problem.items.map((_, item) => {
    const able = problem.kinds.filter((it) => at(it.most, item) > 0);
    return able.reduce((most, it) => Math.max(most, it.candidate.price), 1) * 4;
  });

export const masterOf = (problem: Problem, rest: Rest, work: Work): Master => {
  const items = problem.items.length;
  const size = items + problem.kinds.length;
  const amounts = Float64Array.from([...rest.tasks, ...rest.launches]);
  const inverse = new Float64Array(size * size);
  const duals = new Float64Array(size);
  const gap = (row: number, price: number, factor: number): Column => ({
    price,
    rows: Float64Array.of(row),
    factors: Float64Array.of(factor),
    pattern: undefined,
  });
  const basis: Column[] = [
    ...penalties(problem).map((price, row) => gap(row, price, 1)),
    ...problem.kinds.map((_, index) => gap(items + index, 0, 1)),
  ];
  for (let row = 0; row < size; row++) inverse[row * size + row] = 1;
  for (const [row, it] of basis.entries()) duals[row] = it.price;

  const entering = ({ rows, factors }: Column): Float64Array => {
    const direction = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let n = 0; n < rows.length; n++) sum += at(inverse, row * size + at(rows, n)) * at(factors, n);
      direction[row] = sum;
    }
    return direction;
  };
  const leaving = (direction: Float64Array): number => {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < size; row++) {
      if (at(direction, row) <= tiny) continue;
      const ratio = Math.max(0, at(amounts, row)) / at(direction, row);
      if (ratio > least + tiny || (ratio >= least - tiny && best >= 0 && at(direction, row) <= at(direction, best)))
        continue;
      least = Math.min(least, ratio);
      best = row;
    }
    return best;
  };
  const pivot = (row: number, direction: Float64Array): void => {
    const factor = at(direction, row);
    for (let n = 0; n < size; n++) inverse[row * size + n] = at(inverse, row * size + n) / factor;
    amounts[row] = at(amounts, row) / factor;
    for (let other = 0; other < size; other++) {
      const by = at(direction, other);
      if (other === row || Math.abs(by) <= tiny) continue;
      for (let n = 0; n < size; n++)
        inverse[other * size + n] = at(inverse, other * size + n) - by * at(inverse, row * size + n);
      amounts[other] = at(amounts, other) - by * at(amounts, row);
    }
  };
  const price = (): void => {
    duals.fill(0);
    for (let row = 0; row < size; row++) {
      const cost = basis[row]?.price ?? 0;
      if (cost === 0) continue;
      for (let n = 0; n < size; n++) duals[n] = at(duals, n) + cost * at(inverse, row * size + n);
    }
  };
  const enter = (column: Column): void => {
    spend(work, 2 * size * size);
    const direction = entering(column);
    const row = leaving(direction);
    if (row < 0) return;
    pivot(row, direction);
    basis[row] = column;
    price();
  };
  const saving = ({ kind, portions }: Pattern): number =>
    portions.reduce((sum, it) => sum + it.count * at(duals, it.item), at(duals, items + kind.index)) -
    kind.candidate.price;

  return {
    duals,
    saving,
    enter: (pattern) => {
      const { kind, portions } = pattern;
      const rows = Float64Array.of(...portions.map((it) => it.item), items + kind.index);
      const factors = Float64Array.of(...portions.map((it) => it.count), 1);
      enter({ price: kind.candidate.price, rows, factors, pattern });
    },
    enterGap: () => {
      const surplus = duals.findIndex((it, row) => row < items && it < -tiny);
      if (surplus >= 0) enter(gap(surplus, 0, -1));
      const unused = surplus >= 0 ? -1 : duals.findIndex((it, row) => row >= items && it > tiny);
      if (unused >= 0) enter(gap(unused, 0, 1));
      return surplus >= 0 || unused >= 0;
    },
    shares: () =>
      basis.flatMap(({ pattern }, row) =>
        pattern !== undefined && at(amounts, row) > tiny ? [{ pattern, instances: at(amounts, row) }] : [],
      ),
  };
};
