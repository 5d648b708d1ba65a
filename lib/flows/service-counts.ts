import type { ServiceForecast } from '../model/forecast.ts';
import type { Service } from '../model/service.ts';
import type { CountHistories, CountHistory, CountReport, WantedCount } from '../model/service-counts.ts';
import { type ScalingSettings, type ScalingSignal, type Settings, settingsOf } from '../model/settings.ts';
import type { EpochMs } from '../model/time.ts';
import type { Datapoint } from '../planning/counts/history.ts';
import { metricOf } from '../planning/counts/metrics.ts';
import { isDue } from '../planning/counts/reading-times.ts';
import { byUrgency } from '../planning/counts/set-counts.ts';
import { type Counted, countOf } from '../planning/counts/wanted-count.ts';
import type { CountStore } from '../ports/count-store.ts';
import type { MetricQuery, MetricReader } from '../ports/metric-api.ts';
import type { Reading } from '../ports/reading.ts';
import type { ScalableTargetReader } from '../ports/scalable-targets.ts';
import { scalingFromTags } from '../settings/service-tags.ts';
import { askForDecisions, type IngestDependencies } from './ingest.ts';

export interface ServiceCountsDependencies extends IngestDependencies {
  readonly metrics: MetricReader;
  readonly counts: CountStore;
  readonly scalableTargets: ScalableTargetReader;
  readonly settings: Settings;
}

/** A service that Berth was asked to scale. */
interface Scaled {
  readonly cluster: string;
  readonly name: string;
  readonly settings: ScalingSettings;
  /** What is wrong with its tags. */
  readonly problems?: readonly string[] | undefined;
  readonly remarks?: readonly string[] | undefined;
  readonly service: Service | undefined;
  readonly history: CountHistory | undefined;
}

const scalingIn = (settings: Settings, cluster: string): readonly (readonly [string, ScalingSettings])[] =>
  Object.entries(settingsOf(settings, cluster).services)
    .flatMap(([name, { scaling }]) => (scaling === undefined ? [] : [[name, scaling] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** One whose tags cannot be read is in it all the same: left at its count, with what is wrong. */
const byTags = (
  cluster: string,
  services: readonly Service[],
  settings: Settings,
): readonly Omit<Scaled, 'history'>[] => {
  const { scalingByTags: template, services: inFile } = settingsOf(settings, cluster);
  if (template === undefined) return [];
  return services
    .filter(({ name }) => !Object.hasOwn(inFile, name) || inFile[name]?.scaling === undefined)
    .flatMap((service) => {
      const tagged = scalingFromTags(service.tags ?? {}, template);
      if (tagged === undefined) return [];
      const problems = tagged.problems.length > 0 ? tagged.problems : undefined;
      return [
        { cluster, name: service.name, settings: tagged.settings ?? { ...template, signals: [] }, problems, service },
      ];
    });
};

/** The file holds: it is what was reviewed and deployed with Berth. Two sources mixed would be neither. */
const remarksOn = ({ tags = {} }: Service, template: ScalingSettings | undefined): readonly string[] => {
  const own = template === undefined ? [] : Object.keys(tags).filter((it) => it.startsWith('berth:'));
  return own.length === 0
    ? []
    : [`berth.yml has a scaling section for it, so its tags ${own.sort().join(', ')} do not count: remove either`];
};

/** Of a list that was read in part, what is not in it is left alone: nothing is known of it. */
const scaledIn = (
  cluster: string,
  { items, gaps }: Reading<Service>,
  histories: CountHistories,
  settings: Settings,
): readonly Scaled[] => {
  const serviceByName = new Map(items.map((it) => [it.name, it]));
  const { scalingByTags } = settingsOf(settings, cluster);
  const inFile = scalingIn(settings, cluster).flatMap(([name, scaling]) => {
    const service = serviceByName.get(name);
    const isUnread = service === undefined && gaps.length > 0;
    const remarks = service === undefined ? undefined : remarksOn(service, scalingByTags);
    return isUnread ? [] : [{ cluster, name, settings: scaling, remarks, service }];
  });
  return [...inFile, ...byTags(cluster, items, settings)]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((it) => ({ ...it, history: Object.hasOwn(histories, it.name) ? histories[it.name] : undefined }));
};

interface SignalQuery extends MetricQuery {
  readonly of: Scaled;
  readonly signal: ScalingSignal;
}

const queriesFor = (scaled: readonly Scaled[], now: EpochMs): readonly SignalQuery[] =>
  scaled
    .filter((it) => it.service !== undefined && isDue(it.history, now))
    .flatMap((of) =>
      of.settings.signals.flatMap((signal) => {
        const metric = metricOf(signal, of.cluster, of.name);
        return metric === undefined ? [] : [{ id: `${of.cluster}/${of.name} ${signal.name}`, metric, of, signal }];
      }),
    );

type Datapoints = Map<Scaled, Map<string, Datapoint>>;

const note = (all: Datapoints, of: Scaled, signal: string, datapoint: Datapoint): void => {
  const its = all.get(of) ?? new Map<string, Datapoint>();
  all.set(of, its.set(signal, datapoint));
};

const familyOf = (taskDefinitionArn: string): string => taskDefinitionArn.replace(/^.*\//, '').replace(/:\d+$/, '');

/** How many tasks of a family wait in Berth's own queue; read only where a signal asks. */
const noteQueued = async (
  scaled: readonly Scaled[],
  datapoints: Datapoints,
  now: EpochMs,
  { store }: ServiceCountsDependencies,
): Promise<void> => {
  const asking = scaled.flatMap((of) =>
    of.settings.signals.flatMap((signal) =>
      signal.source.kind === 'taskQueue' ? [{ of, name: signal.name, family: signal.source.family }] : [],
    ),
  );
  for (const [cluster, its] of Map.groupBy(asking, (it) => it.of.cluster)) {
    const { queued } = (await store.drainsAndAsked(cluster)).asked;
    for (const { of, name, family } of its) {
      const value = queued
        .filter((it) => familyOf(it.taskDefinitionArn) === family)
        .reduce((sum, it) => sum + it.tasks, 0);
      note(datapoints, of, name, { value, at: now });
    }
  }
};

/** One batch for all services of all clusters. */
const readSignals = async (
  scaled: readonly Scaled[],
  now: EpochMs,
  deps: ServiceCountsDependencies,
): Promise<Datapoints> => {
  const datapoints: Datapoints = new Map();
  const queries = queriesFor(scaled, now);
  const { items, gaps } = queries.length === 0 ? { items: [], gaps: [] } : await deps.metrics.read(queries, now);
  const valueOf = new Map(items.map((it) => [it.id, it]));
  for (const { id, of, signal } of queries)
    note(datapoints, of, signal.name, { value: valueOf.get(id)?.value, at: valueOf.get(id)?.at });
  const silent = queries.filter((it) => valueOf.get(it.id)?.value === undefined).map((it) => it.id);
  deps.telemetry.count('MetricsWithoutData', silent.length);
  if (silent.length > 0 || gaps.length > 0)
    deps.telemetry.warn('metrics without data', {
      silent,
      problems: gaps.map((it) => it.detail),
      remedy: 'correct the signal in berth.yml, or wait: a metric without datapoints never scales in',
    });
  await noteQueued(scaled, datapoints, now, deps);
  return datapoints;
};

/** Whether Application Auto Scaling has a count; while that cannot be read, as it was known, and at first as if it had. */
const scalableTargets = async (
  scaled: readonly Scaled[],
  { scalableTargets: reader, telemetry }: ServiceCountsDependencies,
): Promise<(it: Scaled) => boolean> => {
  const asked = scaled
    .filter((it) => it.service !== undefined)
    .map(({ cluster, name }) => ({ cluster, service: name }));
  const { items, gaps } = await reader.scalableTargets(asked);
  const names = new Set(items.map((it) => `${it.cluster}/${it.service}`));
  if (gaps.length > 0) telemetry.warn('scalable targets could not be read', { problems: gaps.map((it) => it.detail) });
  return ({ cluster, name, history }) =>
    names.has(`${cluster}/${name}`) || (gaps.length > 0 && (history?.hasScalableTarget ?? true));
};

const hasForecast = (it: Scaled): boolean => it.settings.forecast !== undefined;

/** Read only where a service asks for one; without it, counts have the floors of their calendars. */
const forecastsIn = async (
  cluster: string,
  its: readonly Scaled[],
  { counts, telemetry }: ServiceCountsDependencies,
): Promise<ReadonlyMap<string, ServiceForecast>> => {
  if (!its.some(hasForecast)) return new Map();
  try {
    return new Map((await counts.forecasts(cluster)).map((it) => [it.service, it]));
  } catch (error) {
    telemetry.warn('forecasts could not be read: none holds', { cluster, problem: String(error) });
    return new Map();
  }
};

const isWorthTelling = ({ desired, wanted, notices, holds }: CountReport): boolean =>
  wanted !== desired || notices.length > 0 || holds.length > 0;

/** Of those that only tags ask for, nothing is known while services are read in part. */
const namesToKeep = (
  cluster: string,
  before: CountHistories,
  counted: readonly Counted[],
  isPartial: boolean,
  settings: Settings,
): ReadonlySet<string> =>
  new Set([
    ...scalingIn(settings, cluster).map(([name]) => name),
    ...counted.map((it) => it.report.service),
    ...(isPartial && settingsOf(settings, cluster).scalingByTags !== undefined ? Object.keys(before) : []),
  ]);

/**
 * As many wishes are kept, the most urgent: five times what one decision sets, well within the 400 KB of an item (DynamoDB
 * developer guide, quotas), and the next check asks for the others.
 */
const mostWanted = 200;

const keep = async (
  cluster: string,
  before: CountHistories,
  counted: readonly Counted[],
  isPartial: boolean,
  now: EpochMs,
  { counts, settings }: ServiceCountsDependencies,
): Promise<boolean> => {
  const wanted = counted
    .flatMap((it) => it.wanted ?? [])
    .toSorted(byUrgency)
    .slice(0, mostWanted);
  const histories: Readonly<Record<string, CountHistory>> = {
    ...before,
    ...Object.fromEntries(
      counted.flatMap(({ report, history }) => (history === undefined ? [] : [[report.service, history]])),
    ),
  };
  const known = namesToKeep(cluster, before, counted, isPartial, settings);
  const kept = Object.fromEntries(Object.entries(histories).filter(([name]) => known.has(name)));
  await counts.keepCountHistories(cluster, kept, now);
  const isNews = (it: WantedCount): boolean => before[it.service]?.wanted?.tasks !== it.to;
  const wasWanted = counted.some(({ report }) => {
    const past = before[report.service];
    return past?.wanted !== undefined && past.wanted.tasks !== past.desired;
  });
  if (wanted.length > 0 || wasWanted) await counts.keepWantedCounts(cluster, wanted, now);
  const acts = settingsOf(settings, cluster).mode === 'act';
  return wanted.some((it) => acts || isNews(it));
};

/**
 * The counts that the services of all clusters should have: reads the signals of those that have a scaling section,
 * keeps what is wanted where the next decision finds it, and asks for that decision. History is written first: a check
 * that dies afterwards is repeated by the next one.
 */
export const checkServiceCounts = async (
  now: EpochMs,
  services: ReadonlyMap<string, Reading<Service>>,
  deps: ServiceCountsDependencies,
): Promise<void> => {
  const clusters = deps.clusters.filter(
    (it) => scalingIn(deps.settings, it).length > 0 || settingsOf(deps.settings, it).scalingByTags !== undefined,
  );
  if (clusters.length === 0) return;
  const failures: unknown[] = [];
  const read = await Promise.allSettled(
    clusters.map(async (it) => [it, await deps.counts.countHistories(it)] as const),
  );
  failures.push(...read.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : [])));
  const histories = new Map(read.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : [])));
  const scaled = [...histories].flatMap(([it, history]) =>
    scaledIn(it, services.get(it) ?? { items: [], gaps: [] }, history, deps.settings),
  );
  const [datapoints, hasScalableTarget] = await Promise.all([
    readSignals(scaled, now, deps),
    scalableTargets(scaled, deps),
  ]);
  const reasons = new Map<string, string>();
  for (const [cluster, its] of Map.groupBy(scaled, (it) => it.cluster)) {
    const isPartial = (services.get(cluster)?.gaps.length ?? 0) > 0;
    const forecasts = await forecastsIn(cluster, its, deps);
    const counted = its.map((it) =>
      countOf({
        ...it,
        forecast: hasForecast(it) ? forecasts.get(it.name) : undefined,
        datapoints: datapoints.get(it) ?? new Map<string, Datapoint>(),
        hasScalableTarget: hasScalableTarget(it),
        acts: settingsOf(deps.settings, cluster).mode === 'act',
        now,
      }),
    );
    try {
      const asks = await keep(cluster, histories.get(cluster) ?? {}, counted, isPartial, now, deps);
      if (asks) reasons.set(cluster, 'a service should have another count');
    } catch (error) {
      failures.push(error);
    }
    const told = counted.map((it) => it.report).filter(isWorthTelling);
    if (told.length > 0) deps.telemetry.info('service counts', { cluster, services: told });
  }
  await askForDecisions(reasons, deps);
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `the counts of ${failures.length} of ${clusters.length} clusters could not be kept: ${failures.map(String).join('; ')}`,
    );
};
