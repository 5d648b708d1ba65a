import type { Simulation } from '../score/simulation.ts';
import type { Scenario } from '../workloads/scenario.ts';
import type { Controller } from './controller.ts';
import { fixedSize, staticPeak } from './fixed-size.ts';
import { managedScalings } from './managed-scaling/controllers.ts';
import { reservationAlarms } from './reservation-alarm.ts';

const rivals: Readonly<Record<string, (scenario: Scenario) => readonly Controller[]>> = {
  'managed-scaling': () => managedScalings,
  'reservation-alarm': () => reservationAlarms,
  none: () => [fixedSize],
  'static-peak': (scenario) => [staticPeak(scenario)],
};

/** What can be named as a rival. */
export const rivalNames: readonly string[] = Object.keys(rivals);

/** The grid of a rival's own settings, each as a controller; empty for a name that is none. */
export const rivalControllers = (name: string, scenario: Scenario): readonly Controller[] =>
  Object.hasOwn(rivals, name) ? (rivals[name]?.(scenario) ?? []) : [];

/** How one setting did over its runs, medians of each. */
interface SettingResult {
  readonly setting: string | undefined;
  /** Task-seconds of wait, asked for → RUNNING, of all tasks together. */
  readonly backlogTaskSeconds: number;
  readonly dollars: number;
  /** Tasks that had no place at the end of the run. */
  readonly waitingAtEnd: number;
}

export interface BestSetting {
  readonly setting: string | undefined;
  readonly simulations: readonly Simulation[];
  /** All that were tried, best first. */
  readonly results: readonly SettingResult[];
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? 0) + (high ?? 0)) / 2;
};

const bySetting = (simulations: readonly Simulation[]): ReadonlyMap<string | undefined, readonly Simulation[]> => {
  const groups = new Map<string | undefined, readonly Simulation[]>();
  for (const it of simulations) groups.set(it.setting, [...(groups.get(it.setting) ?? []), it]);
  return groups;
};

/**
 * Which of a rival's settings counts as its best, from runs of all of them over the same seeds, medians over the seeds.
 * First those that left fewest tasks waiting at the end, for what is not served costs nothing; of those the least
 * product of backlog and dollars, so that twice the cost is worth half the waiting; of equals the one of fewer dollars,
 * then the first given. Undefined for no runs.
 */
export const bestOf = (simulations: readonly Simulation[]): BestSetting | undefined => {
  const groups = bySetting(simulations);
  const results = [...groups]
    .map(([setting, runs]) => ({
      setting,
      backlogTaskSeconds: median(runs.map((it) => it.score.wait.backlogTaskSeconds)),
      dollars: median(runs.map((it) => it.score.cost.dollars)),
      waitingAtEnd: median(runs.map((it) => it.score.wait.waitingAtEnd)),
    }))
    .sort((a, b) => a.waitingAtEnd - b.waitingAtEnd || weight(a) - weight(b) || a.dollars - b.dollars);
  const [best] = results;
  if (best === undefined) return undefined;
  return { setting: best.setting, simulations: groups.get(best.setting) ?? [], results };
};

const weight = ({ backlogTaskSeconds, dollars }: SettingResult): number => backlogTaskSeconds * dollars;
