import type { ScenarioGroup } from '../../workloads/scenario.ts';
import type { Coefficients } from './covering-program.ts';
import type { Demand } from './demand.ts';
import type { Measure, Reach } from './measures.ts';

/** The rows of a covering program with what each demands, given what the measures come to. */
export interface Constraints {
  readonly rows: readonly Coefficients[];
  demands(sums: Float64Array): readonly number[];
}

/** Numbers are whole up to what dividing may have lost. */
const up = (value: number): number => Math.ceil(value - 1e-9);

/** A measure's demand is its sum over the tasks. */
const plain = (measures: readonly Measure[]): Constraints => ({
  rows: measures.map((it) => it.holds),
  demands: (sums) => measures.map((it) => sums[it.id] ?? 0),
});

/** Instances of a reach are counted whole: no fewer than hold the sum of any measure, all being of the roomiest offer. */
const whole = (demand: Demand, { offers }: Reach, measures: readonly Measure[]): Constraints => {
  const counted = measures.map(({ id, holds }) => ({ id, most: Math.max(...holds) })).filter((it) => it.most > 0);
  return {
    rows: [demand.offers.map((_, index) => (offers.includes(index) ? 1 : 0))],
    demands: (sums) => [up(Math.max(0, ...counted.map(({ id, most }) => (sums[id] ?? 0) / most)))],
  };
};

/** Every group has its minimum size at all times. */
const minimums = (demand: Demand, groups: readonly ScenarioGroup[]): Constraints => ({
  rows: groups.map((group) => demand.offers.map((it) => (it.group === group.name ? 1 : 0))),
  demands: () => groups.map((it) => it.minSize),
});

const together = (parts: readonly Constraints[]): Constraints => ({
  rows: parts.flatMap((it) => it.rows),
  demands: (sums) => parts.flatMap((it) => it.demands(sums)),
});

/** Tasks may be cut up and moved about freely; instances are whole only where one kind of room is all there is. */
export const fluid = (demand: Demand, all: readonly Reach[], groups: readonly ScenarioGroup[]): Constraints =>
  together([
    minimums(demand, groups),
    ...all.map((it) => (it.uniform ? whole(demand, it, it.volumes) : plain(it.volumes))),
  ]);

/** Tasks are whole: each is on one instance at a time. */
export const integral = (demand: Demand, all: readonly Reach[], groups: readonly ScenarioGroup[]): Constraints =>
  together([
    minimums(demand, groups),
    ...all.flatMap((it) => {
      const measures = [...it.volumes, ...it.steps];
      return it.uniform ? [whole(demand, it, measures)] : [plain(measures), whole(demand, it, measures)];
    }),
  ]);
