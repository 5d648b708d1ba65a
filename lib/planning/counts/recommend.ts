import type { CountHistory, CountHold, SignalReport } from '../../model/service-counts.ts';
import type { ScalingSettings, ScalingSignal } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';
import { runningDuring } from './history.ts';
import { metricOf } from './metrics.ts';
import { tasksByStep } from './steps.ts';
import { tasksFor } from './tasks-for.ts';

/** A service as its signals judge it. */
export interface Judged {
  readonly settings: ScalingSettings;
  /** With what is seen now. */
  readonly history: CountHistory;
  readonly running: number;
  readonly now: EpochMs;
}

/** What the signals together ask for. */
export interface Recommendation {
  readonly tasks: number;
  readonly signals: readonly SignalReport[];
  /** The signal that asks for the most, in words. */
  readonly reason: string;
  readonly holds: readonly CountHold[];
  readonly isMissingOne: boolean;
}

/** By how much the count was last raised, while that cools down. */
const coolingRaise = ({ history, settings, now }: Judged): number =>
  history.changes.findLast((it) => it.tasks > 0 && it.at > now - settings.scaleOut.cooldownMs)?.tasks ?? 0;

/** Where nothing runs, what is measured on tasks says nothing, and that is no fault of it. */
const isSilentAtZero = ({ measure, source }: ScalingSignal, { running, history }: Judged): boolean =>
  running === 0 && history.desired === 0 && measure !== 'total' && source.kind !== 'metric';

const tasksOf = (signal: ScalingSignal, value: number, judged: Judged): number => {
  const { settings, history, running } = judged;
  const { desired } = history;
  const raised = coolingRaise(judged);
  if (signal.rule.kind === 'steps')
    return tasksByStep(signal.rule.steps, value, { desired, before: Math.max(0, desired - raised) });
  const { target } = signal.rule;
  const at = history.readings[signal.name]?.at ?? judged.now;
  const ran = runningDuring(history, at, metricOf(signal, '', '')?.periodMs ?? 0);
  const ready = value > target ? ran.least : ran.most; // who came or went meanwhile: in doubt the count stays
  const unready = Math.max(0, Math.max(desired, running) - ready);
  const tasks = tasksFor({ measure: signal.measure, target }, value, { desired, ready, unready }, settings);
  return raised > 0 ? Math.min(tasks, desired) : tasks;
};

const worded = (signal: ScalingSignal, value: number, tasks: number): string => {
  const shown = Number(value.toPrecision(4));
  const rule = signal.rule.kind === 'target' ? `its target is ${signal.rule.target}` : 'by its steps';
  return `${signal.name} is ${shown}, ${rule}: ${tasks} task${tasks === 1 ? '' : 's'}`;
};

interface Said extends SignalReport {
  readonly isMissing: boolean;
  readonly reason: string;
}

const saidBy = (signal: ScalingSignal, judged: Judged): Said => {
  const reading = judged.history.readings[signal.name];
  const { fallback } = judged.settings;
  if (reading?.value !== undefined) {
    const tasks = tasksOf(signal, reading.value, judged);
    const reason = worded(signal, reading.value, tasks);
    return { signal: signal.name, value: reading.value, tasks, isMissing: false, reason };
  }
  const nothing = { signal: signal.name, value: undefined, tasks: undefined, reason: `${signal.name} says nothing` };
  if (isSilentAtZero(signal, judged)) return { ...nothing, isMissing: false };
  if (fallback === undefined || (reading?.failures ?? 0) < fallback.afterFailures)
    return { ...nothing, isMissing: true };
  const reason = `${signal.name} has said nothing ${reading?.failures ?? 0} times: the fallback of ${fallback.tasks} tasks`;
  return { ...nothing, tasks: fallback.tasks, isMissing: true, reason };
};

/**
 * What all signals together ask for: the largest wins. While one says nothing, the others raise the count and do not
 * lower it. (Kubernetes HPA, scaling on multiple metrics.)
 */
export const recommend = (judged: Judged): Recommendation => {
  const { desired } = judged.history;
  const said = judged.settings.signals.map((it) => saidBy(it, judged));
  const isMissingOne = said.some((it) => it.isMissing);
  const asking = said.filter((it) => it.tasks !== undefined);
  const most = asking.reduce<Said | undefined>(
    (found, it) => (found === undefined || (it.tasks ?? 0) > (found.tasks ?? 0) ? it : found),
    undefined,
  );
  const asked = most?.tasks ?? desired;
  const isKept = isMissingOne && asked < desired;
  return {
    tasks: isKept ? desired : asked,
    signals: said.map(({ signal, value, tasks }) => ({ signal, value, tasks })),
    reason: most?.reason ?? 'no signal says anything',
    holds: isKept ? ['missingSignal'] : [],
    isMissingOne,
  };
};

/** Signals that tell of work where nothing runs. (KEDA: resource metrics never activate.) */
export const canActivate = ({ measure, source }: ScalingSignal): boolean =>
  measure === 'total' || source.kind === 'metric';

/** Whether a signal is above its activation. */
export const isActive = ({ signals }: ScalingSettings, { readings }: CountHistory): boolean =>
  signals.some((it) => canActivate(it) && (readings[it.name]?.value ?? 0) > it.activation);
