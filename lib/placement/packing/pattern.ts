import type { Kind, Problem } from './problem.ts';
import { at, dimensions } from './rooms.ts';
import type { Launch, Launches, Load } from './shapes.ts';

/** So many tasks of one item on one instance. */
export interface Portion {
  readonly item: number;
  readonly count: number;
}

/** What one instance of a kind can hold together. Five thousand tasks need some fifty of these, each many times. */
export interface Pattern {
  readonly kind: Kind;
  readonly portions: readonly Portion[];
}

/** A pattern on `repeat` instances. */
export interface Filling extends Pattern {
  readonly repeat: number;
}

/** What is still to be packed and may still be launched; passes count it down. */
export interface Rest {
  /** By item. */
  readonly tasks: Float64Array;
  /** By kind. */
  readonly launches: Float64Array;
}

/** A whole packing: fillings, and by item the tasks left over. */
export interface Solution {
  readonly fillings: readonly Filling[];
  readonly unplaced: Float64Array;
}

export const restOf = (problem: Problem): Rest => ({
  tasks: Float64Array.from(problem.items, (it) => it.count),
  launches: Float64Array.from(problem.kinds, (it) => it.candidate.available),
});

export const copyOf = (rest: Rest): Rest => ({ tasks: rest.tasks.slice(), launches: rest.launches.slice() });

/** How often a pattern can be repeated before a count or the launches run out. */
export const repeatsIn = (rest: Rest, { kind, portions }: Pattern): number =>
  portions.reduce(
    (least, it) => Math.min(least, Math.floor(at(rest.tasks, it.item) / it.count)),
    at(rest.launches, kind.index),
  );

export const take = (rest: Rest, { kind, portions, repeat }: Filling): void => {
  rest.launches[kind.index] = at(rest.launches, kind.index) - repeat;
  for (const { item, count } of portions) rest.tasks[item] = at(rest.tasks, item) - count * repeat;
};

export const priceOf = (fillings: readonly Filling[]): number =>
  fillings.reduce((sum, it) => sum + it.kind.candidate.price * it.repeat, 0);

export const isPlaced = (rest: Rest): boolean => rest.tasks.every((it) => it === 0);

/** Whether an instance of the kind may hold these portions, and has the room for them. */
export const holds = (problem: Problem, kind: Kind, portions: readonly Portion[]): boolean => {
  if (portions.some((it) => at(kind.most, it.item) < it.count)) return false;
  for (let d = 0; d < dimensions; d++) {
    let sum = 0;
    for (const { item, count } of portions) sum += at(problem.needs, item * dimensions + d) * count;
    if (sum > at(kind.room, d)) return false;
  }
  return true; // claims: what shares an instance of one kind shares one of any other
};

/** Hands the shapes of each item out to the instances of a solution, by id. */
export const launchesOf = ({ items, unplaceable }: Problem, { fillings, unplaced }: Solution): Launches => {
  const queues = items.map((it) => it.shapes.map((load) => ({ ...load })));
  const draw = (item: number, count: number): readonly Load[] => {
    const drawn: Load[] = [];
    const queue = queues[item] ?? [];
    for (let rest = count; rest > 0; ) {
      const [next] = queue;
      if (next === undefined) break;
      const taken = Math.min(rest, next.count);
      drawn.push({ shape: next.shape, count: taken });
      rest -= taken;
      if (taken === next.count) queue.shift();
      else queue[0] = { shape: next.shape, count: next.count - taken };
    }
    return drawn;
  };
  const instances: Launch[] = [];
  for (const { kind, portions, repeat } of fillings)
    for (let n = 0; n < repeat; n++)
      instances.push({ candidate: kind.candidate, loads: portions.flatMap((it) => draw(it.item, it.count)) });
  const left = [...unplaceable, ...items.flatMap((_, item) => draw(item, at(unplaced, item)))];
  return { instances, unplaced: new Map(left.map((it) => [it.shape, it.count])) };
};
