import type { Kind, Problem } from './problem.ts';
import { at, dimensions } from './rooms.ts';

/** Dollars that one unit of a dimension costs where the item may go and it is cheapest. */
const leastPrice = (kinds: readonly Kind[], item: number, d: number): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const it of kinds)
    if (at(it.most, item) > 0 && at(it.room, d) > 0) least = Math.min(least, it.candidate.price / at(it.room, d));
  return least;
};

/** With one kind of instance a price is a whole number of them. */
export const wholeInstances = ({ kinds }: Problem, price: number): number => {
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1 || kind.candidate.price <= 0) return price;
  return Math.ceil(price / kind.candidate.price - 1e-6) * kind.candidate.price;
};

/** What no packing of all tasks costs less than: in one dimension, as if instances came in fractions. */
export const leastCost = (problem: Problem): number => {
  let most = 0;
  for (let d = 0; d < dimensions; d++) {
    let sum = 0;
    for (const [item, { count }] of problem.items.entries()) {
      const need = at(problem.needs, item * dimensions + d);
      if (need > 0) sum += need * count * leastPrice(problem.kinds, item, d);
    }
    most = Math.max(most, sum);
  }
  return wholeInstances(problem, most);
};
