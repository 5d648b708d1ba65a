import type { DirectionSettings, SignalMeasure } from '../../model/settings.ts';

/** The tasks of a service as a signal sees them. */
export interface Present {
  readonly desired: number;
  /** Those that ran when the signal was measured. */
  readonly ready: number;
  /** Those that are wanted, or have come since, and are not in what was measured. */
  readonly unready: number;
}

type Tolerances = Readonly<Record<'scaleOut' | 'scaleIn', Pick<DirectionSettings, 'tolerance'>>>;

const isWithin = (ratio: number, { scaleOut, scaleIn }: Tolerances): boolean =>
  ratio >= 1 - scaleIn.tolerance && ratio <= 1 + scaleOut.tolerance;

/** The allowance keeps 3.0000000001 tasks from becoming four. */
const roundUp = (tasks: number): number => Math.ceil(tasks - 1e-9);

/** Less work never raises the count and more never lowers it, however many tasks a deployment runs meanwhile. */
const inDirectionOf = (ratio: number, desired: number, tasks: number): number =>
  ratio > 1 ? Math.max(desired, tasks) : Math.min(desired, tasks);

/**
 * An average over the tasks that run. Where it asks for more, tasks that are on their way count as idle: what they will
 * take over is known. If that leaves nothing to ask for, the count stays. (Kubernetes documentation, horizontal pod
 * autoscaling, algorithm details; replica_calculator.go.)
 */
const byAverage = (ratio: number, { desired, ready, unready }: Present, tolerances: Tolerances): number => {
  if (ready === 0) return desired;
  const all = ratio > 1 ? ready + unready : ready;
  const spread = (ratio * ready) / all;
  if (isWithin(spread, tolerances)) return desired;
  return ratio > 1 && spread < 1 ? desired : inDirectionOf(ratio, desired, roundUp(spread * all));
};

/** A sum that is divided among tasks: how many there are only says whether it is worth a change. */
const byTotal = (value: number, target: number, { desired }: Present, tolerances: Tolerances): number =>
  desired > 0 && isWithin(value / (target * desired), tolerances) ? desired : Math.max(0, roundUp(value / target));

/** One number of the whole service; without a task, its ratio is the count. (HPA, target type Value.) */
const byValue = (ratio: number, { desired, ready }: Present, tolerances: Tolerances): number => {
  if (ready === 0) return desired === 0 ? Math.max(0, roundUp(ratio)) : desired;
  return isWithin(ratio, tolerances) ? desired : inDirectionOf(ratio, desired, roundUp(ratio * ready));
};

/**
 * How many tasks bring a signal to its target: `ceil(ratio × ready)`, or the desired count where it is near enough.
 * Divided by the tasks that run, written as the desired count: where a deployment runs more than are desired, the
 * desired count must not follow them (kubernetes/kubernetes#138505).
 */
export const tasksFor = (
  signal: { readonly measure: SignalMeasure; readonly target: number },
  value: number,
  present: Present,
  tolerances: Tolerances,
): number => {
  const { measure, target } = signal;
  switch (measure) {
    case 'perTask':
      return byAverage(value / target, present, tolerances);
    case 'total':
      return byTotal(value, target, present, tolerances);
    case 'ofService':
      return byValue(value / target, present, tolerances);
  }
};
