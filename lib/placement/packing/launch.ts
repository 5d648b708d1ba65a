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

/** The cheapest new instances found for the shapes: never worse than first-fit decreasing, which is one of the passes. */
export const launch = (ordered: readonly Shape[], candidates: readonly Candidate[]): Launches => {
  const simple = firstFitDecreasing(ordered, candidates);
  const problem = problemOf(ordered, candidates);
  const solution = search(problem);
  if (solution === undefined) return simple;
  const searched = launchesOf(problem, solution);
  return isBetter(figuresOf(searched), figuresOf(simple)) ? searched : simple;
};
