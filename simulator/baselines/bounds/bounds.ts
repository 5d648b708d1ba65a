import type { Scenario } from '../../workloads/scenario.ts';
import { type Constraints, fluid, integral } from './constraints.ts';
import { CoveringProgram } from './covering-program.ts';
import { type Demand, demandOf } from './demand.ts';
import { type Reach, reachesOf, tallyOf } from './measures.ts';
import { type CostStep, leastDollars } from './minimum-charge.ts';

/** What a scenario costs at least, by whoever looks after it, if no task is ever to wait. */
export interface Bounds {
  /** Tasks move at will and for nothing, and may be cut up. */
  readonly freeMigrationDollars: number;
  /** Tasks are whole, and standalone ones stay where they began. */
  readonly noMigrationDollars: number;
  /** How many instances the mix of the first bound has, in fractions, from each moment until the next. */
  readonly freeMigrationInstances: readonly { readonly atMs: number; readonly instances: number }[];
}

interface Reading {
  readonly steps: readonly CostStep[];
  readonly instances: readonly { readonly atMs: number; readonly instances: number }[];
  /** The most of each offer that any moment's mix has. */
  readonly peak: readonly number[];
}

/** Solves the program at each moment at which the demand changes, 0 first. */
const read = (demand: Demand, all: readonly Reach[], constraints: Constraints): Reading => {
  const program = new CoveringProgram(
    demand.offers.map((it) => it.pricePerHour),
    constraints.rows,
  );
  const tally = tallyOf(demand, all);
  const steps: CostStep[] = [];
  const instances: { readonly atMs: number; readonly instances: number }[] = [];
  const peak: number[] = demand.offers.map(() => 0);
  const solve = (atMs: number): void => {
    const { cost, amounts } = program.solve(constraints.demands(tally.sums));
    amounts.forEach((amount, offer) => {
      peak[offer] = Math.max(peak[offer] ?? 0, amount);
    });
    if (cost !== steps.at(-1)?.dollarsPerHour) steps.push({ atMs, dollarsPerHour: cost });
    const sum = Math.round(amounts.reduce((before, it) => before + it, 0) * 1e6) / 1e6;
    if (sum !== instances.at(-1)?.instances) instances.push({ atMs, instances: sum });
  };
  let atMs = 0;
  for (const change of demand.changes) {
    if (change.atMs > atMs) {
      solve(atMs);
      atMs = change.atMs;
    }
    tally.add(change.kind, change.by);
  }
  solve(atMs);
  return { steps, instances, peak };
};

/** Both bounds, from the scenario alone; `docs/bounds.md` says why nothing can cost less. */
export const bounds = (scenario: Scenario): Bounds => {
  const demand = demandOf(scenario);
  const all = reachesOf(demand);
  const free = read(demand, all, fluid(demand, all, scenario.groups));
  const staying = read(demand, all, integral(demand, all, scenario.groups));
  const freeMigrationDollars = leastDollars(free.steps, scenario.durationMs);
  return {
    freeMigrationDollars,
    noMigrationDollars: Math.max(freeMigrationDollars, leastDollars(staying.steps, scenario.durationMs)),
    freeMigrationInstances: free.instances,
  };
};

/** For each group, how many instances the cheapest mix of whole tasks has at its largest; no plan of ours, only a size. */
export const peakSizes = (scenario: Scenario): ReadonlyMap<string, number> => {
  const demand = demandOf(scenario);
  const all = reachesOf(demand);
  const { peak } = read(demand, all, integral(demand, all, scenario.groups));
  const sizes = new Map<string, number>(scenario.groups.map((it) => [it.name, 0]));
  demand.offers.forEach(({ group }, offer) => {
    sizes.set(group, (sizes.get(group) ?? 0) + (peak[offer] ?? 0));
  });
  return new Map([...sizes].map(([group, size]) => [group, Math.ceil(size - 1e-6)]));
};
