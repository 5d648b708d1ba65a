import type { Simulation } from '../../simulator/score/simulation.ts';

/** One run: a scenario file with a seed, and which setting of which controller. */
export interface Job {
  readonly path: string;
  readonly seed: number;
  readonly controller: string;
  readonly setting: number;
}

export type JobResult = { readonly simulation: Simulation } | { readonly failure: string };
