import { parseBody } from '../events/parse.ts';
import type { Trigger } from '../events/trigger.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Drain, DrainCause } from '../model/memory.ts';
import { type Settings, settingsOf } from '../model/settings.ts';
import { secondMs } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, ClusterWriter } from '../ports/cluster-api.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { WakeUps } from '../ports/queues.ts';
import type { ShapeReader } from '../ports/shape-api.ts';
import { clustersOf, reasonOf } from './cluster-events.ts';
import { askForDecisions, type IngestDependencies, type Message, parseBatch } from './ingest.ts';
import { type TellingDependencies, tellMirrors } from './mirror/telling.ts';
import { noteReason, secondLookReason } from './pace.ts';
import { makesRoomIn, noteRefused } from './refused-runs.ts';
import { learnShapes, unknownShapeReason } from './shapes.ts';

export interface UrgentEventsDependencies extends IngestDependencies, TellingDependencies {
  readonly wakeUps: WakeUps;
  readonly cluster: ClusterReader;
  readonly clusterWriter: ClusterWriter;
  readonly groups: GroupReader;
  readonly shapes: ShapeReader;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** An instance that somebody else ends, and where it lives. */
interface Ending {
  readonly cluster: string;
  readonly group: string;
  readonly ec2InstanceId: string;
  readonly cause: DrainCause;
}

/**
 * Does at once what commutes with every decision, draining instances that are ending anyway, and asks for decisions
 * about the rest. Returns the ids of the messages to be handed out again.
 */
export const handleUrgentEvents = async (
  messages: readonly Message[],
  deps: UrgentEventsDependencies,
): Promise<readonly string[]> => {
  const { parsed, failedIds } = await parseBatch(messages, parseBody, 'urgent', deps);
  const triggers = parsed.map((it) => it.trigger);
  const [lookup, spot] = await Promise.all([clustersOf(triggers, deps.groups), homesOfSpot(triggers, deps)]);
  const endings = [...endingsOfGroups(triggers, lookup.of), ...endingsOfSpot(triggers, spot)];
  const [notDrained, notNoted, notKept, untold] = await Promise.all([
    drainEndings(endings, deps),
    noteRecommended(triggers, spot, deps),
    noteRefused(triggers, deps),
    tellMirrors(
      parsed.map((it) => it.message),
      deps,
    ),
    learnUnknown(triggers, deps),
  ]);

  const clusterFor = (it: Trigger): string | undefined => {
    if (it.kind === 'runTaskRefused') return makesRoomIn(it, deps);
    if (it.kind === 'spotInterruption') return spot.homes.get(it.ec2InstanceId)?.cluster;
    return it.kind === 'rebalanceRecommended' ? recommendedIn(it.ec2InstanceId, spot, deps) : lookup.of(it);
  };
  const reasons = new Map<string, string>();
  for (const trigger of triggers) {
    const cluster = clusterFor(trigger);
    if (cluster !== undefined) noteReason(reasons, cluster, reasonOf(trigger));
  }
  const notAsked = await askForDecisions(reasons, deps);
  await lookTwice(triggers, deps);
  const again = parsed.filter(({ message, trigger }) => {
    const undone =
      (isEnding(trigger) && notDrained.has(trigger.ec2InstanceId)) ||
      (trigger.kind === 'rebalanceRecommended' && notNoted.has(trigger.ec2InstanceId)) ||
      (trigger.kind === 'runTaskRefused' && notKept.has(trigger.run.id));
    const unresolved = lookup.isUnresolved(trigger) || (isAboutSpot(trigger, deps) && isHomeless(trigger, spot));
    return undone || unresolved || untold.has(message.id) || notAsked.has(clusterFor(trigger) ?? '');
  });
  return [...failedIds, ...again.map(({ message }) => message.id)];
};

/** Before a decision is asked for, which launches nothing for want of it. Where it fails, the minute check does it. */
const learnUnknown = async (triggers: readonly Trigger[], deps: UrgentEventsDependencies): Promise<void> => {
  const unknown = triggers.flatMap((it) =>
    it.kind === 'wakeUp' && it.reason === unknownShapeReason && deps.clusters.includes(it.cluster) ? it.cluster : [],
  );
  if (unknown.length === 0) return;
  try {
    await learnShapes([...new Set(unknown)], deps);
  } catch (error) {
    deps.telemetry.warn('what new instances register was not learned', { clusters: unknown, error: String(error) });
  }
};

/** By then ECS answers with what led to the event; a wake-up is answered at once, so it comes after the first look. */
const secondLookMs = 3 * secondMs;

/**
 * What ECS tells by event it may not yet tell by API: a read soon after a write can still show what was before (ECS API
 * reference, eventual consistency). Such a look sees no demand, and ECS does not repeat the event.
 */
const lookTwice = async (
  triggers: readonly Trigger[],
  { wakeUps, clusters }: UrgentEventsDependencies,
): Promise<void> => {
  const failing = triggers.flatMap((it) => (it.kind === 'placementFailure' ? [it.cluster] : []));
  const ours = [...new Set(failing)].filter((it) => clusters.includes(it));
  // Lost, it is made up for by the minute check.
  await Promise.allSettled(ours.map((it) => wakeUps.wake(it, secondLookMs, secondLookReason)));
};

const endingsOfGroups = (
  triggers: readonly Trigger[],
  clusterOf: (trigger: Trigger) => string | undefined,
): readonly Ending[] =>
  triggers.flatMap((it): readonly Ending[] => {
    const cluster = clusterOf(it);
    if (it.kind !== 'instanceTerminating' || cluster === undefined) return [];
    return [{ cluster, group: it.group, ec2InstanceId: it.ec2InstanceId, cause: 'lifecycleAction' }];
  });

type AboutSpot = Extract<Trigger, { readonly kind: 'spotInterruption' | 'rebalanceRecommended' }>;

const isEnding = (it: Trigger): it is Extract<Trigger, { readonly kind: 'instanceTerminating' | 'spotInterruption' }> =>
  it.kind === 'instanceTerminating' || it.kind === 'spotInterruption';

/** Whether a cluster is one that acts on rebalance recommendations. */
const actsOnRecommendations = (cluster: string, { clusters, settings }: UrgentEventsDependencies): boolean => {
  const { mode, rebalanceRecommendations } = settingsOf(settings, cluster);
  return clusters.includes(cluster) && mode === 'act' && rebalanceRecommendations;
};

/** Recommendations come for the whole account: where no cluster acts on them, not one is looked into. */
const isAboutSpot = (it: Trigger, deps: UrgentEventsDependencies): it is AboutSpot =>
  it.kind === 'spotInterruption' ||
  (it.kind === 'rebalanceRecommended' && deps.clusters.some((cluster) => actsOnRecommendations(cluster, deps)));

interface SpotHomes {
  /** By EC2 instance id. */
  readonly homes: ReadonlyMap<string, { readonly cluster: string; readonly group: string }>;
  /** A read failed: an instance without a home may have one all the same. */
  readonly partial: boolean;
}

/** What EC2 says of a spot instance names an instance only: Auto Scaling knows its group, the group's tag its cluster. */
const homesOfSpot = async (triggers: readonly Trigger[], deps: UrgentEventsDependencies): Promise<SpotHomes> => {
  const { groups } = deps;
  const about = triggers.filter((it) => isAboutSpot(it, deps));
  const ids = [...new Set(about.map((it) => it.ec2InstanceId))];
  if (ids.length === 0) return { homes: new Map(), partial: false };
  const memberships = await groups.memberships(ids);
  const found = await groups.groupsByName([...new Set(memberships.items.map((it) => it.group))].sort());
  const clusterOfGroup = new Map(found.items.map((it) => [it.name, it.cluster]));
  const homes = memberships.items.flatMap(({ ec2InstanceId, group }) => {
    const cluster = clusterOfGroup.get(group);
    return cluster === undefined ? [] : [[ec2InstanceId, { cluster, group }] as const];
  });
  return { homes: new Map(homes), partial: memberships.gaps.length + found.gaps.length > 0 };
};

const isHomeless = ({ ec2InstanceId }: AboutSpot, { homes, partial }: SpotHomes): boolean =>
  partial && !homes.has(ec2InstanceId);

const endingsOfSpot = (triggers: readonly Trigger[], { homes }: SpotHomes): readonly Ending[] =>
  triggers.flatMap((it): readonly Ending[] => {
    const home = it.kind === 'spotInterruption' ? homes.get(it.ec2InstanceId) : undefined;
    if (it.kind !== 'spotInterruption' || home === undefined) return [];
    return [{ ...home, ec2InstanceId: it.ec2InstanceId, cause: 'spotInterruption' }];
  });

/** The cluster of an instance that EC2 recommends to replace, where it is one that acts on that. */
const recommendedIn = (
  ec2InstanceId: string,
  { homes }: SpotHomes,
  deps: UrgentEventsDependencies,
): string | undefined => {
  const cluster = homes.get(ec2InstanceId)?.cluster;
  return cluster !== undefined && actsOnRecommendations(cluster, deps) ? cluster : undefined;
};

/**
 * Keeps what EC2 recommends, for the decision to act on: unlike a warning it leaves the time to replace the instance
 * first. Returns the EC2 instance ids whose recommendation could not be kept.
 */
const noteRecommended = async (
  triggers: readonly Trigger[],
  spot: SpotHomes,
  deps: UrgentEventsDependencies,
): Promise<ReadonlySet<string>> => {
  const ids = new Set(triggers.flatMap((it) => (it.kind === 'rebalanceRecommended' ? [it.ec2InstanceId] : [])));
  const at = deps.clock.now();
  const failed = new Set<string>();
  await Promise.all(
    [...ids].map(async (ec2InstanceId) => {
      const cluster = recommendedIn(ec2InstanceId, spot, deps);
      if (cluster === undefined) return;
      try {
        await deps.store.noteRebalance(cluster, { ec2InstanceId, at });
      } catch (error) {
        failed.add(ec2InstanceId);
        deps.telemetry.error('could not note a rebalance recommendation', { cluster, error: String(error) });
      }
    }),
  );
  return failed;
};

/** Drains what ends in clusters that are ours and in act mode. Returns the EC2 instance ids that could not be. */
const drainEndings = async (
  endings: readonly Ending[],
  deps: UrgentEventsDependencies,
): Promise<ReadonlySet<string>> => {
  const acting = endings.filter(
    (it) => deps.clusters.includes(it.cluster) && settingsOf(deps.settings, it.cluster).mode === 'act',
  );
  const failed = new Set<string>();
  for (const [cluster, its] of Map.groupBy(acting, (it) => it.cluster))
    for (const id of await drainIn(cluster, its, deps)) failed.add(id);
  return failed;
};

const drainIn = async (
  cluster: string,
  endings: readonly Ending[],
  deps: UrgentEventsDependencies,
): Promise<readonly string[]> => {
  const ids = endings.map((it) => it.ec2InstanceId);
  const { items: instances, gaps } = await deps.cluster.containerInstancesByEc2Id(cluster, ids);
  if (gaps.length > 0) return ids;
  const byId = new Map(instances.map((it) => [it.ec2InstanceId, it]));
  const opened = await Promise.allSettled(
    endings.flatMap((ending) => {
      const instance = byId.get(ending.ec2InstanceId);
      return instance === undefined ? [] : [deps.store.openDrain(cluster, drainOf(ending, instance, deps.clock.now()))];
    }),
  );
  if (opened.some((it) => it.status === 'rejected')) return ids;
  const active = instances.filter((it) => it.status === 'ACTIVE');
  const outcomes = await deps.clusterWriter.setContainerInstancesState(
    cluster,
    active.map((it) => it.arn),
    'DRAINING',
  );
  const notDone = new Set(outcomes.filter((it) => it.result === 'failed' || it.result === 'busy').map((it) => it.id));
  deps.telemetry.info('drained instances that are ending', { cluster, instances: ids, notDone: [...notDone] });
  return active.filter((it) => notDone.has(it.arn)).map((it) => it.ec2InstanceId);
};

const drainOf = (ending: Ending, instance: ContainerInstance, now: number): Drain => ({
  ec2InstanceId: ending.ec2InstanceId,
  containerInstanceArn: instance.arn,
  group: ending.group,
  cause: ending.cause,
  state: 'draining',
  startedAt: now,
  since: now,
});
