import type {
  CalendarWindow,
  CountChange,
  CountStep,
  CountWindow,
  CronWindow,
  DirectionSettings,
  MetricSettings,
  MetricStat,
  ScalingSettings,
  ScalingSignal,
  ServiceSettings,
  SignalMeasure,
  SignalSource,
} from '../model/settings.ts';
import { minuteMs, secondMs } from '../model/time.ts';
import { minuteOf } from './calendar.ts';
import { cronFieldsOf } from './cron.ts';
import { durationMs } from './duration.ts';
import { scalingDefaults as defaults } from './scaling-defaults.ts';
import { weekdaysOf } from './schema-leaving.ts';
import { type ServiceSection, signalNameOf } from './schema-services.ts';
import { shareOf } from './share.ts';

type Of<Key extends keyof ServiceSection> = NonNullable<ServiceSection[Key]>;
type ScalingSection = Of<'scaling'>;
type SignalSection = NonNullable<ScalingSection['signals']>[number];
type DirectionSection = NonNullable<ScalingSection['scaleOut']>;
type StepSection = NonNullable<SignalSection['steps']>[number];
type WindowSection = NonNullable<ScalingSection['calendar']>[number];

const msOf = (text: string): number => durationMs(text) ?? 0;

type StatSection = Omit<MetricStat, 'dimensions'> & {
  readonly dimensions?: Readonly<Record<string, string>> | null | undefined;
};

const statOf = ({ namespace, metricName, dimensions, statistic }: StatSection): MetricStat => ({
  namespace,
  metricName,
  dimensions: dimensions ?? {},
  statistic,
});

const metricsOf = ({ metrics, metricMath }: ServiceSection): readonly MetricSettings[] => [
  ...(metrics ?? []).map(({ name, period, ...it }) => ({ name, ...statOf(it), periodMs: msOf(period) })),
  ...(metricMath ?? []).map(({ name, expression, inputs, period }) => ({
    name,
    expression,
    inputs: Object.fromEntries(Object.entries(inputs).map(([id, it]) => [id, statOf(it)])),
    periodMs: msOf(period),
  })),
];

const sourceOf = (it: SignalSection, metrics: readonly MetricSettings[]): SignalSource | undefined => {
  switch (it.kind) {
    case 'cpu':
    case 'memory':
      return { kind: it.kind };
    case 'requestsPerTarget':
      return { kind: it.kind, targetGroup: it.targetGroup, loadBalancer: it.loadBalancer };
    case 'responseTime': {
      const { kind, targetGroup, loadBalancer, statistic = 'Average' } = it;
      return { kind, targetGroup, loadBalancer, statistic };
    }
    case 'backlog':
      return { kind: it.kind, queue: it.queue, inFlight: it.inFlight ?? defaults.inFlight.value };
    case 'metric': {
      const metric = metrics.find((one) => one.name === it.metric);
      return metric && { kind: it.kind, metric };
    }
    case 'taskQueue':
      return { kind: it.kind, family: it.family };
  }
};

const measureOf = (it: SignalSection): SignalMeasure => {
  switch (it.kind) {
    case 'cpu':
    case 'memory':
    case 'requestsPerTarget':
      return 'perTask';
    case 'responseTime':
      return 'ofService';
    case 'backlog':
    case 'taskQueue':
      return 'total';
    case 'metric':
      return it.measures;
  }
};

const changeBy = (by: number | string, sign: 1 | -1): CountChange =>
  typeof by === 'number' ? { kind: 'tasks', tasks: sign * by } : { kind: 'share', share: sign * (shareOf(by) ?? 0) };

const changeOf = ({ add, remove, set }: StepSection): CountChange => {
  if (add !== undefined) return changeBy(add, 1);
  return remove === undefined ? { kind: 'exactly', tasks: set ?? 0 } : changeBy(remove, -1);
};

/** JSON has no infinity, and the settings lie beside the functions as JSON. */
const stepOf = (it: StepSection): CountStep => ({
  from: it.from ?? -Number.MAX_VALUE,
  to: it.to ?? Number.MAX_VALUE,
  change: changeOf(it),
});

/** Messages that may wait for each task: those it works off in time. (Application Auto Scaling user guide, backlog per instance.) */
const targetOf = (it: SignalSection): number => {
  if (it.kind === 'backlog' && it.drainWithin !== undefined && it.secondsPerMessage !== undefined)
    return msOf(it.drainWithin) / secondMs / it.secondsPerMessage;
  return it.target ?? 1;
};

const signalOf =
  (metrics: readonly MetricSettings[]) =>
  (it: SignalSection): readonly ScalingSignal[] => {
    const source = sourceOf(it, metrics);
    if (source === undefined) return [];
    return [
      {
        name: signalNameOf(it),
        source,
        measure: measureOf(it),
        rule:
          it.steps === undefined
            ? { kind: 'target', target: targetOf(it) }
            : { kind: 'steps', steps: it.steps.map(stepOf) },
        activation: ('activation' in it ? it.activation : undefined) ?? defaults.activation.value,
        noDataIsZero: it.noDataIsZero ?? defaults.noDataIsZero.value,
      },
    ];
  };

const directionOf = (
  it: DirectionSection | null | undefined,
  stabilisation: string,
  hasSteps: boolean,
): DirectionSettings => {
  const cooldown = it?.cooldown ?? defaults.cooldown.value;
  return {
    tolerance: shareOf(it?.tolerance ?? defaults.tolerance.value) ?? 0,
    stabilisationMs: msOf(it?.stabilisation ?? stabilisation),
    policies: (it?.policies ?? []).map(({ tasks, share, period }) => ({
      tasks,
      share: share === undefined ? undefined : shareOf(share),
      periodMs: msOf(period),
    })),
    select: it?.select ?? defaults.select.value,
    cooldownMs: durationMs(cooldown) ?? (hasSteps ? 5 * minuteMs : 0),
  };
};

const weekOf = ({ days, from = '00:00', to = '24:00', timeZone }: WindowSection): CalendarWindow => ({
  days: weekdaysOf(days),
  fromMinute: minuteOf(from) ?? 0,
  toMinute: minuteOf(to) ?? 0,
  timeZone,
});

const cronOf = (it: WindowSection): CronWindow | undefined => {
  const fields = it.cron === undefined ? undefined : cronFieldsOf(it.cron);
  return fields && { ...fields, lastsMs: msOf(it.for ?? '0s'), timeZone: it.timeZone };
};

const windowOf = (it: WindowSection): CountWindow => ({
  when: cronOf(it) ?? weekOf(it),
  minimum: it.count ?? it.minimum,
  maximum: it.count ?? it.maximum,
});

export const scalingOf = (it: ScalingSection, metrics: readonly MetricSettings[]): ScalingSettings => {
  const signals = (it.signals ?? []).flatMap(signalOf(metrics));
  const hasSteps = signals.some(({ rule }) => rule.kind === 'steps');
  const { fallback, forecast, pause } = it;
  return {
    minimum: it.minimum ?? defaults.minimum.value,
    maximum: it.maximum,
    signals,
    scaleOut: directionOf(it.scaleOut, defaults.stabilisation.scaleOut.value, hasSteps),
    scaleIn: directionOf(it.scaleIn, defaults.stabilisation.scaleIn.value, hasSteps),
    zeroAfterMs: msOf(it.zeroAfter ?? defaults.zeroAfter.value),
    fallback: fallback
      ? { tasks: fallback.tasks, afterFailures: fallback.afterFailures ?? defaults.afterFailures.value }
      : undefined,
    calendar: (it.calendar ?? []).map(windowOf),
    forecast: forecast
      ? {
          quantile: forecast.quantile ?? defaults.forecast.quantile.value,
          aheadMs: msOf(forecast.ahead ?? defaults.forecast.ahead.value),
          timeZone: forecast.timeZone ?? defaults.forecast.timeZone.value,
        }
      : undefined,
    pause: pause
      ? { what: pause.what, until: pause.until === undefined ? undefined : Date.parse(pause.until) }
      : undefined,
    quietReadIntervalMs: msOf(it.quietReadInterval ?? defaults.quietReadInterval.value),
  };
};

export const serviceOf = (it: ServiceSection | null): ServiceSettings => {
  const metrics = it === null ? [] : metricsOf(it);
  return { metrics, scaling: it?.scaling ? scalingOf(it.scaling, metrics) : undefined };
};
