import { createHash } from 'node:crypto';
import type { Head } from '../model/memory.ts';
import type { Service } from '../model/service.ts';
import { settingsOf } from '../model/settings.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { MirrorStore } from '../ports/mirror-store.ts';
import type { WakeUps } from '../ports/queues.ts';
import type { Reading } from '../ports/reading.ts';
import type { ShapeReader } from '../ports/shape-api.ts';
import { askForDecisions } from './ingest.ts';
import { mirroredServices } from './mirror/mirrored-reader.ts';
import { checkServiceCounts, type ServiceCountsDependencies } from './service-counts.ts';
import { learnShapes } from './shapes.ts';

export interface MetricCheckDependencies extends ServiceCountsDependencies {
  readonly cluster: ClusterReader;
  readonly groups: GroupReader;
  readonly wakeUps: WakeUps;
  readonly shapes: ShapeReader;
  readonly clock: Clock;
  /** Of clusters that have one. */
  readonly mirrors?: Pick<MirrorStore, 'recallServices'> | undefined;
}

/** A cluster in which nothing seems to happen is looked at this often all the same: events may have been lost. */
const fullLookMs = 10 * minuteMs;

/**
 * Where nothing was decided for this long, one cluster is woken through the urgent queue: it keeps both functions of
 * that path warm. Lambda does not say how long it keeps an idle environment; observers report five minutes and more.
 */
const keepWarmMs = 4 * minuteMs;

/**
 * The minute check: asks for a decision about each cluster whose counts have changed, whose timer is due, or that was
 * not looked at for ten minutes; learns what new instances of never-seen groups will register; and finds the counts that
 * services should have by their signals. A part that fails does not stop the others.
 */
export const checkClusters = async (deps: MetricCheckDependencies): Promise<void> => {
  const now = deps.clock.now();
  // Before anything is asked: a decision that does not know what a new instance registers launches nothing.
  const learned = await Promise.allSettled([learnShapes(deps.clusters, deps)]);
  const services = readServices(deps);
  const results = [
    ...learned,
    ...(await Promise.allSettled([
      askAboutChanged(now, services, deps),
      services.then((it) => checkServiceCounts(now, it, deps)),
    ])),
  ];
  const failed = results.filter((it) => it.status === 'rejected');
  if (failed.length > 0)
    throw new AggregateError(
      failed.map((it) => it.reason as unknown),
      `${failed.length} of 3 parts of the minute check failed: ${failed.map((it) => String(it.reason)).join('; ')}`,
    );
};

/** The services of each cluster: both the look for changes and the counts rest on them. */
const readServices = async (deps: MetricCheckDependencies): Promise<ReadonlyMap<string, Reading<Service>>> => {
  const { clusters, telemetry } = deps;
  return new Map(
    await Promise.all(
      clusters.map(async (name) => {
        const reading = await servicesOf(name, deps);
        if (reading.gaps.length > 0) {
          const problems = reading.gaps.map((it) => it.detail);
          telemetry.warn('services could not be read in full', { cluster: name, problems });
          telemetry.count('ObservationGaps', problems.length);
        }
        return [name, reading] as const;
      }),
    ),
  );
};

/** Those of a mirrored cluster were read within the minute by who keeps it. */
const servicesOf = async (name: string, deps: MetricCheckDependencies): Promise<Reading<Service>> => {
  const { mirrors, cluster } = deps;
  const settings = settingsOf(deps.settings, name);
  const kept =
    settings.mirror && mirrors !== undefined ? await mirroredServices(name, { ...deps, mirrors }) : undefined;
  return kept ?? cluster.services(name, settings.scalingByTags !== undefined);
};

const askAboutChanged = async (
  now: EpochMs,
  services: Promise<ReadonlyMap<string, Reading<Service>>>,
  deps: MetricCheckDependencies,
): Promise<void> => {
  const [statistics, heads, counts] = await Promise.all([
    deps.cluster.statistics(deps.clusters),
    deps.store.heads(deps.clusters),
    services.then(desiredCounts),
  ]);
  for (const gap of statistics.gaps)
    deps.telemetry.warn('cluster statistics could not be read', { cause: gap.cause, detail: gap.detail });
  deps.telemetry.count('ObservationGaps', statistics.gaps.length);
  const headOf = new Map(heads.map((it) => [it.cluster, it]));
  const fingerprintOf = new Map(
    statistics.items.map(({ cluster: { name }, fingerprint }) => [name, `${fingerprint} ${counts.get(name) ?? ''}`]),
  );
  const reasons = new Map<string, string>();
  for (const cluster of deps.clusters) {
    const reason = reasonToLook(headOf.get(cluster), fingerprintOf.get(cluster), now);
    if (reason !== undefined) reasons.set(cluster, reason);
  }
  const failed = await askForDecisions(reasons, deps);
  if (reasons.size === 0) await keepWarm(heads, now, deps);
  // Kept only once the ask has gone out: a check that dies here is repeated by the next one.
  const changed = [...reasons.keys()].flatMap((cluster) => {
    const fingerprint = fingerprintOf.get(cluster);
    const kept = failed.has(cluster) || headOf.get(cluster)?.fingerprint === fingerprint;
    return fingerprint === undefined || kept ? [] : [deps.store.keepFingerprint(cluster, fingerprint)];
  });
  await Promise.all(changed);
};

/**
 * What the services of each cluster ask for, as a digest. A desired count that is raised sends no event, and moves none
 * of the cluster's statistics until a task of it has found a place (ECS developer guide, service deployment events).
 */
const desiredCounts = (services: ReadonlyMap<string, Reading<Service>>): ReadonlyMap<string, string> =>
  new Map(
    [...services].map(([name, { items, gaps }]) => {
      if (gaps.length > 0) return [name, 'unknown'] as const; // the same each time: half a list would look like a change each minute
      const lines = items.map((it) => `${it.arn} ${it.desiredCount} ${it.taskDefinitionArn}`).sort();
      return [name, createHash('sha256').update(lines.join('\n')).digest('base64url')] as const;
    }),
  );

const keepWarm = async (heads: readonly Head[], now: EpochMs, deps: MetricCheckDependencies): Promise<void> => {
  const decided = heads.filter((it) => it.lastDecisionAt !== undefined && deps.clusters.includes(it.cluster));
  const [stalest, ...others] = decided.toSorted((a, b) => (a.lastDecisionAt ?? 0) - (b.lastDecisionAt ?? 0));
  const newest = others.at(-1) ?? stalest;
  if (stalest === undefined || now - (newest?.lastDecisionAt ?? now) < keepWarmMs) return;
  await deps.wakeUps.wake(stalest.cluster, 0, 'nothing was decided for a while');
};

/**
 * What ECS counts changes with events, and who decided this lately has heard of them; if not of the last, then the next
 * check asks, for the fingerprint is only kept with an ask.
 */
const heardMs = 20 * secondMs;

/** The part of a fingerprint that changes without any event: what services ask for. */
const wishesIn = (fingerprint: string | undefined): string | undefined =>
  fingerprint?.slice(fingerprint.lastIndexOf(' ') + 1);

/** Without statistics a cluster keeps its timers and its full looks, but one that was never seen is not looked for. */
const reasonToLook = (head: Head | undefined, fingerprint: string | undefined, now: EpochMs): string | undefined => {
  if (head?.lastDecisionAt === undefined) return fingerprint === undefined ? undefined : 'never looked at';
  if (fingerprint !== undefined && head.fingerprint !== fingerprint) {
    const isHeard = now - head.lastDecisionAt < heardMs && wishesIn(head.fingerprint) === wishesIn(fingerprint);
    if (!isHeard) return 'its counts have changed';
  }
  if (head.nextTimerAt !== undefined && head.nextTimerAt <= now) return 'timer';
  return now - head.lastDecisionAt >= fullLookMs ? 'not looked at for ten minutes' : undefined;
};
