import type { BrokenPlan } from '../simulator/host/simulate.ts';
import { describeViolation } from '../simulator/laws/law.ts';
import type { Simulation, Violation } from '../simulator/score/simulation.ts';

/** What of the options decides what comes out. */
export interface RunOptions {
  readonly controller: readonly string[];
  readonly seed?: number;
  readonly seeds: number;
  readonly allSettings?: boolean;
  readonly laws: boolean;
  readonly serve?: boolean;
}

/** The command that makes the same runs again. */
export const commandOf = (path: string, options: RunOptions): string =>
  [
    'npx berth simulate',
    path,
    ...options.controller.map((it) => `--controller ${it}`),
    ...(options.seed === undefined ? [] : [`--seed ${options.seed}`]),
    ...(options.seeds === 1 ? [] : [`--seeds ${options.seeds}`]),
    ...(options.allSettings === true ? ['--all-settings'] : []),
    ...(options.laws ? [] : ['--no-laws']),
    ...(options.serve === true ? ['--serve'] : []),
  ].join(' ');

export interface Where {
  readonly path: string;
  readonly scenario: string;
  readonly controller: string;
  readonly seed: number;
}

/** A broken law with all it takes to see it again. */
export const violationText = (violation: Violation, plan: BrokenPlan | undefined, where: Where): string => {
  const { path, scenario, controller, seed } = where;
  return describeViolation(violation, {
    scenario,
    controller,
    seed,
    step: plan?.step ?? 0,
    replay: `npx berth simulate ${path} --controller ${controller} --seed ${seed}`,
    input: plan?.decision.input,
    plan: plan?.decision.plan,
  });
};

const hours = (ms: number): string => (ms / 3_600_000).toLocaleString('en-US', { maximumFractionDigits: 1 });

/** The runs that did not come to the scenario's end, a line each. */
export const endedEarly = (simulations: readonly Simulation[]): readonly string[] =>
  simulations
    .filter((it) => it.ranMs < it.durationMs)
    .map((it) => `${it.controller}, seed ${it.seed}: ended after ${hours(it.ranMs)} of ${hours(it.durationMs)} hours`);
