import type { ServiceForecast } from '../../model/forecast.ts';
import type { Service } from '../../model/service.ts';
import type { CountHistory, CountHold, CountReport, WantedCount } from '../../model/service-counts.ts';
import type { ScalingSettings } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';
import { forecastFloor } from '../forecast/floor.ts';
import { type Bounds, boundsAt, clamped } from './bounds.ts';
import { changedBySomebodyElse, type Datapoint, isInVain, readingOf, seenNow } from './history.ts';
import { withinRates } from './rates.ts';
import { nextReadAt } from './reading-times.ts';
import { canActivate, isActive, type Judged, type Recommendation, recommend } from './recommend.ts';
import { stabilised, stillToStabilise } from './stabilise.ts';
import { holdWording, isDeploying, reasonNotToScale } from './standing.ts';
import { inSurge, withAsked } from './surges.ts';

/** All that the count of a service rests on. */
export interface CountInput {
  readonly name: string;
  /** Undefined: the cluster has none of that name. */
  readonly service: Service | undefined;
  readonly settings: ScalingSettings;
  readonly history: CountHistory | undefined;
  /** What was read now, by signal name; signals that were not due are not in it. */
  readonly datapoints: ReadonlyMap<string, Datapoint>;
  /** Whether Application Auto Scaling has the service's count. */
  readonly hasScalableTarget: boolean;
  readonly forecast?: ServiceForecast | undefined;
  /** Whether what is wanted is done: not in observe mode. */
  readonly acts: boolean;
  /** What is wrong with the tags that are to say how it is scaled: its count stays. */
  readonly problems?: readonly string[] | undefined;
  /** What else a person should know of where its settings come from. */
  readonly remarks?: readonly string[] | undefined;
  readonly now: EpochMs;
}

export interface Counted {
  readonly report: CountReport;
  /** What the next check must know; undefined where there is nothing to know. */
  readonly history: CountHistory | undefined;
  /** Undefined: the count is to stay. */
  readonly wanted: WantedCount | undefined;
}

/** A count on its way through the rules, with what held it up. */
interface Way {
  readonly tasks: number;
  readonly holds: readonly CountHold[];
}

const heldAt = (way: Way, tasks: number, hold: CountHold): Way =>
  tasks === way.tasks ? way : { tasks, holds: [...way.holds, hold] };

const directionOff = (
  desired: number,
  tasks: number,
  { scaleOut, scaleIn }: ScalingSettings,
): CountHold | undefined => {
  if (tasks > desired && scaleOut.select === 'off') return 'scaleOutOff';
  return tasks < desired && scaleIn.select === 'off' ? 'scaleInOff' : undefined;
};

/** Through windows, rates and cooldowns, from where the bounds would have the count already. */
const paced = (start: number, asked: number, { settings, history, now }: Judged): Way => {
  let way: Way = { tasks: asked, holds: [] };
  way = heldAt(way, stabilised(start, way.tasks, history.recommendations, settings, now), 'stabilisation');
  const off = directionOff(start, way.tasks, settings);
  if (off !== undefined) return heldAt(way, start, off);
  way = heldAt(way, withinRates(start, way.tasks, history.changes, settings, now), 'ratePolicy');
  const cools = history.changes.some((it) => it.tasks < 0 && it.at > now - settings.scaleIn.cooldownMs);
  return cools && way.tasks < start ? heldAt(way, start, 'cooldown') : way;
};

/**
 * To the first task and from the last one. Whether there is one at all, activation says, whatever the signals ask for;
 * the last one goes at once when nothing was active for long enough. (KEDA, activation and scaling thresholds.)
 */
const aroundZero = (judged: Judged, { minimum }: Bounds, recommended: Recommendation): Way | undefined => {
  const { settings, history, now } = judged;
  if (minimum > 0 || !settings.signals.some(canActivate)) return undefined;
  if (history.desired === 0) {
    const first = isActive(settings, history) ? Math.max(1, recommended.tasks) : 0;
    return { tasks: settings.scaleOut.select === 'off' ? 0 : first, holds: [] };
  }
  const isOver = !recommended.isMissingOne && now - (history.activeAt ?? now) >= settings.zeroAfterMs;
  return isOver && settings.scaleIn.select !== 'off' ? { tasks: 0, holds: [] } : undefined;
};

const isPaused = ({ pause }: ScalingSettings, what: 'all' | 'scaleIn', now: EpochMs): boolean =>
  pause?.what === what && (pause.until === undefined || now < pause.until);

/** What forbids to lower the count; upwards nothing does. */
const reasonNotToLower = (service: Service, settings: ScalingSettings, now: EpochMs): CountHold | undefined => {
  if (isPaused(settings, 'scaleIn', now)) return 'paused';
  return isDeploying(service) ? 'deployment' : undefined;
};

const asked = (judged: Judged, bounds: Bounds, recommended: Recommendation): Way => {
  const start = clamped(judged.history.desired, bounds);
  const least = bounds.minimum === 0 && judged.history.desired > 0 ? 1 : 0;
  const way = aroundZero(judged, bounds, recommended) ?? paced(start, Math.max(least, recommended.tasks), judged);
  return { ...way, tasks: clamped(way.tasks, bounds) };
};

/** Without signals the calendar alone says: as many as its floor. */
const recommended = (judged: Judged, { minimum }: Bounds): Recommendation =>
  judged.settings.signals.length > 0
    ? recommend(judged)
    : { tasks: minimum, signals: [], reason: 'the calendar alone says', holds: [], isMissingOne: false };

const boundsReason = (tasks: number, recommendedTasks: number, { minimum, maximum }: Bounds): string | undefined => {
  if (tasks === minimum && recommendedTasks < minimum) return `at least ${minimum}`;
  return tasks === maximum && recommendedTasks > maximum ? `at most ${maximum}` : undefined;
};

const reportOf = (name: string, desired: number, hold: CountHold, notices: readonly string[] = []): CountReport => ({
  service: name,
  desired,
  recommended: desired,
  wanted: desired,
  reason: holdWording[hold],
  holds: [hold],
  signals: [],
  notices,
});

const withReadings = (history: CountHistory, { settings, datapoints, now }: CountInput): CountHistory => {
  const readings = settings.signals.flatMap((it) => {
    const datapoint = datapoints.get(it.name);
    const before = history.readings[it.name];
    const reading = datapoint === undefined ? before : readingOf(it, datapoint, before, now);
    return reading === undefined ? [] : [[it.name, reading] as const];
  });
  return { ...history, readings: Object.fromEntries(readings) };
};

/** Whether a person has stopped a service that is to have tasks. (Kubernetes HPA, implicit maintenance-mode deactivation.) */
const isStopped = (desired: number, { minimum }: Bounds, history: CountHistory | undefined): boolean =>
  desired === 0 && minimum > 0 && history?.wanted?.tasks !== 0;

const inVainNotice = ({ unheeded = 0 }: CountHistory): string =>
  `its count was asked for ${unheeded} times in vain: no instance is launched for it before it is set; the decisions say what ECS answered`;

/**
 * How many tasks a service is to have, and why. Upwards at once, as far as bounds and rates allow; downwards only where
 * every signal says so, no window or cooldown holds it, and no deployment is under way.
 */
export const countOf = (input: CountInput): Counted => {
  const { name, service, settings, now } = input;
  if (service === undefined)
    return { report: reportOf(name, 0, 'notFound'), history: input.history, wanted: undefined };
  const desired = service.desiredCount;
  const { hasScalableTarget } = input;
  const seen = { ...withReadings(seenNow(input.history, service, settings, now), input), hasScalableTarget };
  const inVain = input.acts && isInVain(seen);
  const notices = [
    ...(changedBySomebodyElse(input.history, desired, now)
      ? [`its desired count was set from ${input.history?.desired ?? 0} to ${desired} by somebody else`]
      : []),
    ...(inVain ? [inVainNotice(seen)] : []),
    ...(input.problems ?? []),
    ...(input.remarks ?? []),
  ];
  const byCalendar = boundsAt(settings, now);
  const bounds = boundsAt(settings, now, forecastFloor(input.forecast, settings.forecast?.aheadMs ?? 0, now));
  const hold =
    (input.problems === undefined ? undefined : 'tags') ??
    reasonNotToScale(service, hasScalableTarget) ??
    (isPaused(settings, 'all', now) ? 'paused' : undefined) ??
    (isStopped(desired, byCalendar, input.history) ? 'stoppedByHand' : undefined);
  if (hold !== undefined) return { report: reportOf(name, desired, hold, notices), history: seen, wanted: undefined };

  const history = { ...seen, activeAt: isActive(settings, seen) ? now : (seen.activeAt ?? now) };
  const judged: Judged = { settings, history, running: service.runningCount, now };
  const bySignals = recommended(judged, bounds);
  const right = inSurge(bySignals, settings, history, now);
  const way = asked(judged, bounds, right);
  const notLower = way.tasks < desired ? reasonNotToLower(service, settings, now) : undefined;
  const last = notLower === undefined ? way : heldAt(way, desired, notLower);
  const isForecast = last.tasks === bounds.minimum && bounds.minimum > byCalendar.minimum;
  const bounded = boundsReason(last.tasks, right.tasks, bounds);
  const reasons = [right.reason, isForecast && bounded !== undefined ? `${bounded} by its forecast` : bounded];
  const holds = [...right.holds, ...last.holds];
  const reason = [...reasons, ...holds.map((it) => holdWording[it])].filter((it) => it !== undefined).join('; ');
  const wanted: WantedCount | undefined =
    last.tasks === desired
      ? undefined
      : { service: name, from: desired, to: last.tasks, reason, at: now, ...(inVain && { isInVain: true }) };
  const recommendations = [...history.recommendations, { at: now, tasks: right.tasks }];
  const kept = settings.signals.length > 0 ? withAsked(history, bySignals.tasks, now) : history;
  return {
    report: {
      service: name,
      desired,
      recommended: right.tasks,
      wanted: last.tasks,
      reason,
      holds,
      signals: right.signals,
      notices,
    },
    history: {
      ...kept,
      recommendations: stillToStabilise(recommendations, settings, now),
      nextReadAt: nextReadAt({ ...judged, history: kept }, input.history, wanted !== undefined),
      wanted: wanted === undefined ? history.wanted : { at: now, tasks: wanted.to },
    },
    wanted,
  };
};
