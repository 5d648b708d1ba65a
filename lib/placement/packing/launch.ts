import { type Figures, isBetter } from './figures.ts';
import { firstFitDecreasing } from './first-fit.ts';
import { launchesOf } from './pattern.ts';
import { problemOf } from './problem.ts';
import { search } from './search.ts';
import { type Candidate, type Launches, type Shape, total } from './shapes.ts';

const figuresOf = ({ instances, unplaced }: Launches): Figures => ({
  unplaced: total(unplaced.values()),
  price: total(instances.map((it) => it.candidate.price)),
  instances: instances.length,
});

const better = (a: Launches, b: Launches): Launches => (isBetter(figuresOf(b), figuresOf(a)) ? b : a);

/**
 * The cheapest new instances found for the shapes: never worse than first-fit decreasing, over all candidates and on each
 * alone. The last matters for few tasks: a large instance that is not filled may still cost less than two small ones.
 */
export const launch = (ordered: readonly Shape[], candidates: readonly Candidate[]): Launches => {
  const alone = candidates.length > 1 ? candidates.map((it) => firstFitDecreasing(ordered, [it])) : [];
  const simple = alone.reduce(better, firstFitDecreasing(ordered, candidates));
  const problem = problemOf(ordered, candidates);
  const solution = search(problem);
  return solution === undefined ? simple : better(simple, launchesOf(problem, solution));
};
