import type { ForecastSettings, ScalingSignal, Settings } from '../model/settings.ts';
import { settingsOf } from '../model/settings.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import { type Forecast, forecastOf, type SignalPast } from '../planning/forecast/forecast.ts';
import { type LoadMetric, loadMetricOf } from '../planning/forecast/load-metrics.ts';
import { pastDays } from '../planning/forecast/season.ts';
import { errorPercent, verdictWording } from '../planning/forecast/wording.ts';
import type { Clock } from '../ports/clock.ts';
import type { ForecastStore } from '../ports/forecast-store.ts';
import type { MetricQuery } from '../ports/metric-api.ts';
import type { MetricHistoryReader } from '../ports/metric-history.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface ForecastDependencies {
  readonly clusters: readonly string[];
  readonly settings: Settings;
  readonly metrics: MetricHistoryReader;
  readonly store: Pick<ForecastStore, 'keepForecast'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const dayMs = 24 * 60 * minuteMs;

/** So many services at a time: two weeks of their metrics are held at once. */
const servicesAtOnce = 50;

interface Asking {
  readonly cluster: string;
  readonly service: string;
  readonly settings: ForecastSettings;
  readonly signals: readonly (MetricQuery & LoadMetric & { readonly signal: ScalingSignal })[];
}

const asking = (settings: Settings, clusters: readonly string[]): readonly Asking[] =>
  clusters.flatMap((cluster) =>
    Object.entries(settingsOf(settings, cluster).services)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([service, { scaling }]) => {
        if (scaling?.forecast === undefined) return [];
        const signals = scaling.signals.flatMap((signal) => {
          const load = loadMetricOf(signal, cluster, service);
          if (load === undefined) return [];
          const perTask = load.perTask * (1 + scaling.scaleOut.tolerance); // as much as its signal leaves a task
          return [{ ...load, perTask, signal, id: `${cluster}/${service} ${signal.name}` }];
        });
        return [{ cluster, service, settings: scaling.forecast, signals }];
      }),
  );

/** Of one that could not be read in full, the forecast before stays until it is over. */
const forecastIfRead = (
  { service, settings, signals }: Asking,
  points: ReadonlyMap<string, SignalPast['points']>,
  now: EpochMs,
): Forecast | undefined => {
  const pasts = signals.flatMap(({ id, signal, metric: { periodMs }, perTask }) => {
    const its = points.get(id);
    return its === undefined ? [] : [{ signal: signal.name, points: its, periodMs, perTask }];
  });
  return pasts.length < signals.length ? undefined : forecastOf({ service, settings, signals: pasts, now });
};

const tell = ({ cluster, service }: Asking, { forecast, verdicts }: Forecast, telemetry: Telemetry): void => {
  telemetry.info('forecast', {
    cluster,
    service,
    signals: verdicts.map((it) => ({ signal: it.signal, verdict: verdictWording(it.verdict) })),
    mostTasks: Math.max(0, ...forecast.floors),
  });
};

/** Of those in use; 0: none is. */
const worstError = (forecasts: readonly Forecast[]): number =>
  Math.max(
    0,
    ...forecasts.flatMap(({ verdicts }) =>
      verdicts.flatMap(({ verdict }) => (verdict.kind === 'used' ? [errorPercent(verdict.proof)] : [])),
    ),
  );

/**
 * Makes the floors of all services that ask for a forecast from two weeks of their metrics, and keeps them where the
 * minute check finds them. A service whose metrics could not be read keeps the floors it has until they are over; a write
 * that fails does not stop the others.
 */
export const makeForecasts = async (deps: ForecastDependencies): Promise<void> => {
  const { telemetry } = deps;
  const now = deps.clock.now();
  const to = Math.floor(now / minuteMs) * minuteMs;
  const services = asking(deps.settings, deps.clusters);
  const made: Forecast[] = [];
  const failures: unknown[] = [];
  for (let n = 0; n < services.length; n += servicesAtOnce) {
    const some = services.slice(n, n + servicesAtOnce);
    const queries = some.flatMap((it) => it.signals);
    const { items, gaps } = await deps.metrics.history(queries, to - pastDays * dayMs, to);
    const points = new Map(items.map((it) => [it.id, it.points]));
    const found = some.flatMap((it) => {
      const forecast = forecastIfRead(it, points, now);
      return forecast === undefined ? [] : [{ of: it, forecast }];
    });
    const unread = some.filter((it) => !found.some(({ of }) => of === it)).map((it) => `${it.cluster}/${it.service}`);
    if (unread.length > 0)
      telemetry.warn('the past of metrics could not be read', {
        services: unread,
        problems: gaps.map((it) => it.detail),
        remedy: 'correct the signal in berth.yml; until then their last forecast holds, for two days at most',
      });
    const kept = await Promise.allSettled(
      found.map(({ of, forecast }) => deps.store.keepForecast(of.cluster, forecast.forecast)),
    );
    failures.push(...kept.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : [])));
    for (const { of, forecast } of found) tell(of, forecast, telemetry);
    made.push(...found.map((it) => it.forecast));
  }
  telemetry.count('ForecastError', Math.round(worstError(made)));
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${made.length} forecasts could not be kept`);
};
