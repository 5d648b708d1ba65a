import type { Service } from '../../model/service.ts';
import type { CountHistory, SignalReading, TasksAt } from '../../model/service-counts.ts';
import { wantedCountLastsMs } from '../../model/service-counts.ts';
import type { ScalingSettings, ScalingSignal } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { isStale, metricOf } from './metrics.ts';

/** Before anything was seen of a service. */
const noHistory = ({ desiredCount }: Service): CountHistory => ({
  desired: desiredCount,
  recommendations: [],
  changes: [],
  running: [],
  readings: {},
  activeAt: undefined,
  nextReadAt: 0,
  wanted: undefined,
  hasScalableTarget: false,
});

/** As far back as a datapoint may be that is still believed, read as seldom as settings allow. */
const runningLastsMs = 60 * minuteMs;

/** What rates and cooldowns still ask about. */
const changesLastMs = ({ scaleOut, scaleIn }: ScalingSettings): number =>
  Math.max(
    scaleOut.cooldownMs,
    scaleIn.cooldownMs,
    ...[...scaleOut.policies, ...scaleIn.policies].map((it) => it.periodMs),
  );

/** Whether a changed count is the one that Berth asked for not long ago. */
const isOurs = (history: CountHistory, desired: number, now: EpochMs): boolean =>
  history.wanted?.tasks === desired && now - history.wanted.at <= wantedCountLastsMs;

/** Who changed the desired count since the last check, if anybody did. */
export const changedBySomebodyElse = (history: CountHistory | undefined, desired: number, now: EpochMs): boolean =>
  history !== undefined && history.desired !== desired && !isOurs(history, desired, now);

/** A change of Berth's own is as old as its wish: it was made so within seconds. */
const changesWith = (history: CountHistory, desired: number, lastMs: number, now: EpochMs): readonly TasksAt[] => {
  const tasks = desired - history.desired;
  const at = isOurs(history, desired, now) ? (history.wanted?.at ?? now) : now;
  return [...history.changes, ...(tasks === 0 ? [] : [{ at, tasks }])].filter((it) => it.at > now - lastMs);
};

/** Each holds until the next: one that says the same need not be kept, but for the last that is older than all asked for. */
const runningWith = (past: readonly TasksAt[], tasks: number, now: EpochMs): readonly TasksAt[] => {
  const all = past.at(-1)?.tasks === tasks ? past : [...past, { at: now, tasks }];
  const first = all.findLastIndex((it) => it.at <= now - runningLastsMs);
  return all.slice(Math.max(0, first));
};

/** A wish of the check before, or of the one before that, should one have been missed. */
const freshMs = 2.5 * minuteMs;

const unheededBy = ({ wanted, desired: before, unheeded = 0 }: CountHistory, desired: number, now: EpochMs): number =>
  wanted !== undefined && wanted.tasks !== before && before === desired && now - wanted.at < freshMs ? unheeded + 1 : 0;

/** So often a count is asked for with its instances; ECS may be busy, and forty others more urgent. */
const patience = 3;

export const isInVain = ({ unheeded = 0 }: CountHistory): boolean => unheeded >= patience;

/** The history with what the service shows now. */
export const seenNow = (
  history: CountHistory | undefined,
  service: Service,
  settings: ScalingSettings,
  now: EpochMs,
): CountHistory => {
  const past = history ?? noHistory(service);
  return {
    ...past,
    desired: service.desiredCount,
    changes: changesWith(past, service.desiredCount, changesLastMs(settings), now),
    running: runningWith(past.running, service.runningCount, now),
    unheeded: unheededBy(past, service.desiredCount, now),
  };
};

/** The least and the most that ran in a period; the oldest that is known where it reaches further back. */
export const runningDuring = (
  { running }: CountHistory,
  from: EpochMs,
  periodMs: number,
): { readonly least: number; readonly most: number } => {
  const first = running.findLast((it) => it.at <= from) ?? running[0];
  const later = running.filter((it) => it.at > from && it.at < from + periodMs).map((it) => it.tasks);
  const all = [first?.tasks ?? 0, ...later];
  return { least: Math.min(...all), most: Math.max(...all) };
};

/** A datapoint as CloudWatch gave it. */
export interface Datapoint {
  readonly value: number | undefined;
  readonly at: EpochMs | undefined;
}

/** What a signal says by a datapoint: nothing, where it is missing, no number or stale. */
export const readingOf = (
  signal: ScalingSignal,
  { value, at }: Datapoint,
  before: SignalReading | undefined,
  now: EpochMs,
): SignalReading => {
  const periodMs = metricOf(signal, '', '')?.periodMs ?? minuteMs;
  const isKnown = value !== undefined && Number.isFinite(value) && at !== undefined && !isStale(at, periodMs, now);
  if (isKnown) return { value, at, readAt: now, failures: 0 };
  if (signal.noDataIsZero) return { value: 0, at: now, readAt: now, failures: 0 };
  return { value: undefined, at: undefined, readAt: now, failures: (before?.failures ?? 0) + 1 };
};
