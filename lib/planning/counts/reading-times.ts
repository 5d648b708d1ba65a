import type { CountHistory } from '../../model/service-counts.ts';
import type { ScalingSignal } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { Judged } from './recommend.ts';
import { isSurging } from './surges.ts';

/**
 * How far a signal is from asking for more tasks, as a share of its target; undefined where that cannot be told.
 * A total is over all tasks that are desired.
 */
const distance = ({ rule, measure, activation }: ScalingSignal, value: number, judged: Judged): number | undefined => {
  if (rule.kind === 'steps') return undefined;
  const { desired } = judged.history;
  const target = measure === 'total' ? rule.target * desired : rule.target;
  if (target === 0) return (activation - value) / rule.target;
  return 1 + judged.settings.scaleOut.tolerance - value / target;
};

/** As if a signal had moved by at least so much of its target within a minute: a calm one may stir. */
const leastPerMinute = 0.01;

const calmMs = (signal: ScalingSignal, judged: Judged, before: CountHistory | undefined): number => {
  const [reading, earlier] = [judged.history.readings[signal.name], before?.readings[signal.name]];
  if (reading?.value === undefined || reading.at === undefined) return 0;
  if (earlier?.value === undefined || earlier.at === undefined || earlier.at >= reading.at) return 0;
  const [far, was] = [distance(signal, reading.value, judged), distance(signal, earlier.value, judged)];
  if (far === undefined || was === undefined || far <= 0) return 0;
  const perMs = Math.max(Math.abs(far - was) / (reading.at - earlier.at), leastPerMinute / minuteMs);
  return far / perMs;
};

/** Checks come once a minute, a little early or late. */
const earlyMs = minuteMs / 2;

export const isDue = (history: CountHistory | undefined, now: EpochMs): boolean =>
  history === undefined || history.nextReadAt <= now + earlyMs;

/**
 * When the signals of a service are read next. Each metric that is asked for costs money, so one that is far from asking
 * for more tasks, and does not move that way fast, is read less often: by when it could have come that far. Not for an
 * hour after a surge: what comes out of calm once is no calm.
 * @param before as it was known before what was read now
 */
export const nextReadAt = (judged: Judged, before: CountHistory | undefined, isChanging: boolean): EpochMs => {
  const { settings, history, now } = judged;
  if (!isDue(before, now)) return history.nextReadAt;
  const calm = Math.min(...settings.signals.map((it) => calmMs(it, judged, before)));
  const ms =
    isChanging || isSurging(history, now) ? minuteMs : Math.max(minuteMs, Math.min(settings.quietReadIntervalMs, calm));
  return now + Math.floor(ms / minuteMs) * minuteMs;
};
