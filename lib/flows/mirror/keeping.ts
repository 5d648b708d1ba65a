import { driftOf, settledTasks } from '../../mirror/drift.ts';
import { type Change, folded, merge, tasksIn } from '../../mirror/mirror.ts';
import type { Service } from '../../model/service.ts';
import { type Settings, settingsOf } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterReader } from '../../ports/cluster-api.ts';
import type { KeptMirror, MirrorStore, TaskReader } from '../../ports/mirror-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { definitionsIn } from '../observe.ts';
import { mirroredAmong } from './telling.ts';

export interface MirrorKeeping {
  readonly mirrors: MirrorStore;
  readonly cluster: ClusterReader & TaskReader;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: Settings;
}

/** What has come is gathered once it is as large as this share of the rest, or so many items: each is read by every decision. */
const shareOfNews = 0.25;
const leastNewsBytes = 256 * 1024;
const mostNews = 200;

/** A full comparison of the container instances begins this often. */
const compareEveryMs = 10 * minuteMs;

/** So many instances have their tasks listed in one run: two listings and a description each, of 20 reads a second. */
const listedAtOnce = 100;

/** Past this share of a cluster's instances one listing of all tasks is less than one of each instance. */
const shareListedAlone = 0.2;

/** Keeps the mirrors of the clusters that have one; a slow or broken cluster delays no other. */
export const keepMirrors = async (deps: MirrorKeeping & { readonly clusters: readonly string[] }): Promise<void> => {
  const mirrored = mirroredAmong(deps.clusters, deps.settings);
  const kept = await Promise.allSettled(mirrored.map((it) => keepMirror(it, deps)));
  const failed = kept.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  if (failed.length > 0)
    throw new AggregateError(
      failed,
      `${failed.length} of ${mirrored.length} mirrors: ${failed.map(String).join('; ')}`,
    );
};

/**
 * Keeps the mirror of a cluster: gathers what has come, reads what no event tells (services, task definitions), and
 * compares it with what ECS describes. Each part rests on what was read at its beginning; run twice, it does the same twice.
 */
export const keepMirror = async (cluster: string, deps: MirrorKeeping): Promise<void> => {
  const now = deps.clock.now();
  const kept = await deps.mirrors.recallMirror(cluster, now);
  const parts = await Promise.allSettled([
    gatherNews(cluster, kept, now, deps),
    readUntold(cluster, kept, now, deps),
    compare(cluster, kept, now, deps),
  ]);
  const failed = parts.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  if (failed.length > 0)
    throw new AggregateError(failed, `the mirror of ${cluster} was not kept in full: ${failed.map(String).join('; ')}`);
};

const gatherNews = async (
  cluster: string,
  kept: KeptMirror,
  now: EpochMs,
  { mirrors }: MirrorKeeping,
): Promise<void> => {
  const { news, bytes } = kept;
  const isDue = news.bytes > Math.max(leastNewsBytes, shareOfNews * bytes) || news.keys.length > mostNews;
  if (isDue) await mirrors.gather(cluster, kept, now);
};

/** Only what was read without a gap replaces what is there. */
const readUntold = async (
  cluster: string,
  kept: KeptMirror,
  now: EpochMs,
  { mirrors, cluster: reader, telemetry, settings }: MirrorKeeping,
): Promise<void> => {
  const { items: services, gaps } = await reader.services(
    cluster,
    settingsOf(settings, cluster).scalingByTags !== undefined,
  );
  if (gaps.length > 0) {
    telemetry.warn('services could not be read in full', { cluster, problems: gaps.map((it) => it.detail) });
    telemetry.count('ObservationGaps', gaps.length);
    return;
  }
  await mirrors.keepServices(cluster, areSame(services, kept.services?.services) ? undefined : services, now);
  const used = definitionsIn(services, tasksIn(kept.mirror));
  const known = new Map(kept.taskDefinitions.map((it) => [it.arn, it]));
  const missing = used.filter((it) => !known.has(it));
  if (missing.length === 0) return;
  const read = await reader.taskDefinitions(missing);
  const definitions = [...used.flatMap((it) => known.get(it) ?? []), ...read.items];
  if (read.items.length > 0) await mirrors.keepTaskDefinitions(cluster, definitions, now);
};

const areSame = (services: readonly Service[], kept: readonly Service[] | undefined): boolean =>
  kept !== undefined && JSON.stringify(services) === JSON.stringify(kept);

const compare = async (cluster: string, kept: KeptMirror, now: EpochMs, deps: MirrorKeeping): Promise<void> => {
  const { mirrors, cluster: reader, clock, telemetry } = deps;
  if (kept.comparedAt !== undefined && now - kept.comparedAt < compareEveryMs) return;
  const described = await reader.containerInstances(cluster);
  if (described.gaps.length > 0) throw new Error(described.gaps.map((it) => it.detail).join('; '));
  const drift = driftOf(kept.mirror, described.items, { from: now, at: clock.now() });
  const known = merge(kept.mirror, [folded(drift.changes)], clock.now());
  const tasks = await tasksToCompare(cluster, drift, described.items.length, { ...kept, mirror: known }, deps);
  const changes = [...drift.changes, ...tasks];
  if (changes.length > 0) await mirrors.tell(cluster, `comparison ${now}`, folded(changes), clock.now());
  await mirrors.keepCompared(cluster, now);
  // The first comparison finds everything missing, which is no drift.
  if (kept.comparedAt === undefined) return;
  telemetry.count('MirrorDrift', drift.drifted);
  if (drift.drifted > 0) telemetry.info('the mirror was put right', { cluster, drifted: drift.drifted });
};

const tasksToCompare = async (
  cluster: string,
  { instancesToList, tasksToDescribe }: ReturnType<typeof driftOf>,
  instances: number,
  { mirror }: KeptMirror,
  { cluster: reader, clock }: MirrorKeeping,
): Promise<readonly Change[]> => {
  const from = clock.now();
  if (instancesToList.length > shareListedAlone * instances) {
    const { items, gaps } = await reader.tasks(cluster);
    return settledTasks(gaps.length === 0 ? tasksIn(mirror) : [], items, mirror, { from, at: clock.now() });
  }
  const wanted = new Set(instancesToList.slice(0, listedAtOnce));
  const expected = [...mirror.tasks.values()].flatMap(({ value }) => value ?? []);
  const changes: Change[] = [];
  for (const arn of wanted) {
    const { items, gaps } = await reader.tasksOn(cluster, arn);
    const its = gaps.length === 0 ? expected.filter((it) => it.containerInstanceArn === arn) : [];
    changes.push(...settledTasks(its, items, mirror, { from, at: clock.now() }));
  }
  const asked = await reader.tasksByArn(cluster, tasksToDescribe);
  const named = new Set(asked.gaps.length === 0 ? tasksToDescribe : []);
  const its = expected.filter((it) => named.has(it.arn));
  return [...changes, ...settledTasks(its, asked.items, mirror, { from, at: clock.now() })];
};
