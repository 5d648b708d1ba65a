import type { Rule } from './fill.ts';
import type { Kind } from './problem.ts';
import { at, dimensions } from './rooms.ts';

const even = (): Float64Array => new Float64Array(dimensions).fill(1);

/** The average need in each dimension, the weights Panigrahy et al. found best: what is scarce counts more. */
const byDemand = ({ shares }: Kind, tasks: Float64Array): Float64Array => {
  const sums = new Float64Array(dimensions);
  for (let item = 0; item < tasks.length; item++)
    for (let d = 0; d < dimensions; d++) sums[d] = at(sums, d) + at(tasks, item) * at(shares, item * dimensions + d);
  const most = Math.max(...sums, 1e-9);
  return sums.map((it) => it / most);
};

const byDemandSquared: Rule['weights'] = (...args) => byDemand(...args).map((it) => it * it);

/** Weights so far apart that the sum compares one dimension after another. */
const lexicographic = (...weights: readonly number[]): Rule['weights'] => {
  const fixed = Float64Array.from(weights);
  return () => fixed;
};

/** `Σ w·v·r`: a task is wanted for what is left, in the proportions in which it is left. */
const dotProduct = (name: string, weights: Rule['weights']): Rule => ({
  name,
  weights,
  looksAtFree: true,
  distance: 0,
});

/** `Σ w·(v − r)²` at its least: the task nearest to filling the instance in every dimension at once. */
const euclidean = (name: string, weights: Rule['weights']): Rule => ({ name, weights, looksAtFree: true, distance: 1 });

/** The largest first, whatever is left. */
const ordering = (name: string, weights: Rule['weights']): Rule => ({ name, weights, looksAtFree: false, distance: 0 });

/** Which instance is filled how; the likeliest to win first, for the work may run out. */
export const rules: readonly Rule[] = [
  dotProduct('dot product', byDemand),
  ordering('sum of shares', even),
  euclidean('L2', byDemand),
  ordering('GPU, CPU, memory', lexicographic(1e3, 1, 1e6)),
  ordering('GPU, memory, CPU', lexicographic(1, 1e3, 1e6)),
  euclidean('L2, even', even),
  dotProduct('dot product, scarcest', byDemandSquared),
  dotProduct('dot product, even', even),
  euclidean('L2, scarcest', byDemandSquared),
];

/** One of each sort, for where there is little to pack, and often. */
export const quickRules: readonly Rule[] = rules.slice(0, 3);

/** What is best taken along by an instance that is nearly full already: the largest that still goes in. */
export const topUp: Rule = ordering('sum of shares, by demand', byDemand);
