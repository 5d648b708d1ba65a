import type { ServiceForecast } from '../../../lib/model/forecast.ts';
import type { CountHistory } from '../../../lib/model/service-counts.ts';
import type { DirectionSettings, ScalingSettings, ScalingSignal } from '../../../lib/model/settings.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import { type Counted, type CountInput, countOf } from '../../../lib/planning/counts/wanted-count.ts';
import { now, service } from '../../support/builders.ts';

export const cpu = (over: Partial<ScalingSignal> = {}): ScalingSignal => ({
  name: 'cpu',
  source: { kind: 'cpu' },
  measure: 'perTask',
  rule: { kind: 'target', target: 60 },
  activation: 0,
  noDataIsZero: false,
  ...over,
});

export const backlog = (over: Partial<ScalingSignal> = {}): ScalingSignal => ({
  name: 'backlog',
  source: { kind: 'backlog', queue: 'jobs', inFlight: false },
  measure: 'total',
  rule: { kind: 'target', target: 10 },
  activation: 0,
  noDataIsZero: false,
  ...over,
});

export const direction = (over: Partial<DirectionSettings> = {}): DirectionSettings => ({
  tolerance: 0.1,
  stabilisationMs: 0,
  policies: [],
  select: 'largest',
  cooldownMs: 0,
  ...over,
});

export const scaling = (over: Partial<ScalingSettings> = {}): ScalingSettings => ({
  minimum: 1,
  maximum: 100,
  signals: [cpu()],
  scaleOut: direction(),
  scaleIn: direction({ stabilisationMs: 5 * minuteMs }),
  zeroAfterMs: 5 * minuteMs,
  fallback: undefined,
  calendar: [],
  pause: undefined,
  quietReadIntervalMs: minuteMs,
  ...over,
});

/** What a minute of a service is like; values by signal, undefined where it says nothing. */
export interface Minute {
  readonly desired: number;
  readonly running?: number;
  readonly values: Readonly<Record<string, number | undefined>>;
  readonly at?: number;
  readonly over?: Partial<Parameters<typeof service>[1]>;
  readonly hasScalableTarget?: boolean;
  readonly forecast?: ServiceForecast;
}

/** One check of a service, each datapoint of the minute that has just passed. */
export const check = (
  settings: ScalingSettings,
  { desired, running = desired, values, at = now, over = {}, hasScalableTarget = false, forecast }: Minute,
  history?: CountHistory,
): Counted => {
  const input: CountInput = {
    name: 'api',
    service: service(desired, { runningCount: running, ...over }),
    settings,
    history,
    datapoints: new Map(
      Object.entries(values).map(([name, value]) => [
        name,
        { value, at: value === undefined ? undefined : at - minuteMs },
      ]),
    ),
    hasScalableTarget,
    forecast,
    acts: true,
    now: at,
  };
  return countOf(input);
};

export interface Course {
  readonly counts: readonly number[];
  readonly history: CountHistory | undefined;
}

/** Minute after minute with what is wanted done at once; `values` says what is measured at so many tasks. */
export const course = (
  settings: ScalingSettings,
  from: number,
  minutes: number,
  values: (minute: number, tasks: number) => Readonly<Record<string, number | undefined>>,
  forget: (history: CountHistory) => CountHistory = (it) => it,
): Course => {
  let desired = from;
  let history: CountHistory | undefined;
  const counts: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    const it = check(settings, { desired, values: values(minute, desired), at: now + minute * minuteMs }, history);
    desired = it.wanted?.to ?? desired;
    history = it.history === undefined ? undefined : forget(it.history);
    counts.push(desired);
  }
  return { counts, history };
};
