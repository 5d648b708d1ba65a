import type { Scenario } from '../workloads/scenario.ts';

const after = <T extends { readonly atMs: number }>(list: readonly T[], by: number): readonly T[] =>
  list.map((it) => ({ ...it, atMs: it.atMs + by }));

/** The same scenario so many times in a row; what runs at the end of one runs on in the next. */
export const repeated = (scenario: Scenario, times: number): Scenario => {
  const { durationMs } = scenario;
  const shifts = Array.from({ length: times }, (_, n) => n * durationMs);
  const again = <T extends { readonly atMs: number }>(list: readonly T[]): readonly T[] =>
    shifts.flatMap((by) => after(list, by));
  return {
    ...scenario,
    durationMs: durationMs * times,
    services: scenario.services.map((it) => ({
      ...it,
      counts: again(it.counts),
      rates: it.rates === undefined ? undefined : again(it.rates),
      deployAtMs: shifts.flatMap((by) => it.deployAtMs.map((at) => at + by)),
    })),
    tasks: shifts.flatMap((by) => scenario.tasks.map((it) => ({ ...it, arrivalMs: it.arrivalMs + by }))),
    capacityRuns: again(scenario.capacityRuns),
    faults: again(scenario.faults),
  };
};
