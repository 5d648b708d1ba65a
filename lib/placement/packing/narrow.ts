import { type Filling, holds, type Solution } from './pattern.ts';
import type { Kind, Problem } from './problem.ts';
import { at } from './rooms.ts';

const cheaperHosts = (problem: Problem, filling: Filling): readonly Kind[] =>
  problem.kinds
    .filter((it) => it.candidate.price < filling.kind.candidate.price && holds(problem, it, filling.portions))
    .sort((a, b) => a.candidate.price - b.candidate.price || a.index - b.index);

/** Moves what an instance was given to the cheapest kind that holds it all, as far as the launches of that kind go. */
export const narrow = (problem: Problem, solution: Solution): Solution => {
  if (problem.kinds.length < 2) return solution;
  const spare = Float64Array.from(problem.kinds, (it) => it.candidate.available);
  for (const it of solution.fillings) spare[it.kind.index] = at(spare, it.kind.index) - it.repeat;
  const fillings = solution.fillings.flatMap((filling) => {
    const moved: Filling[] = [];
    let { repeat } = filling;
    for (const kind of cheaperHosts(problem, filling)) {
      const number = Math.min(repeat, at(spare, kind.index));
      if (number === 0) continue;
      moved.push({ ...filling, kind, repeat: number });
      spare[kind.index] = at(spare, kind.index) - number;
      spare[filling.kind.index] = at(spare, filling.kind.index) + number;
      repeat -= number;
    }
    return repeat > 0 ? [...moved, { ...filling, repeat }] : moved;
  });
  return { ...solution, fillings };
};
