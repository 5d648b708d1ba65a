import type { AskedFor } from '../model/asked-for.ts';
import { type AutoScalingGroup, countsTowardsDesired } from '../model/auto-scaling-group.ts';
import type { ClusterFacts, Drain, LaunchIntent } from '../model/memory.ts';
import type { FailedActivity, Gap, Observation } from '../model/observation.ts';
import type { Service } from '../model/service.ts';
import type { ClusterSettings } from '../model/settings.ts';
import { taskGroupOf } from '../model/task.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import { type Listed, toLookInto } from '../planning/draining/looking.ts';
import { taskListOf } from '../planning/task-list.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { Reading } from '../ports/reading.ts';

/** What an observation is read through. */
export interface Observers {
  readonly cluster: ClusterReader;
  readonly groups: GroupReader;
}

/** Cluster, capacity providers and what stands around the groups are read again once they are as old as this: within a minute of a change. */
const factsLastMs = minuteMs;

/** Cluster and providers as they were read, and what stands around the groups where that was kept with them. */
interface Facts extends Pick<Observation, 'cluster' | 'capacityProviders' | 'factsReadAt' | 'gaps'> {
  readonly surroundings: ClusterFacts['surroundings'] | undefined;
}

/**
 * The cluster and its providers, from memory while they are fresh. Capacity providers decide who sizes a group; what
 * was read with a gap is not kept.
 */
const readFacts = async (
  name: string,
  known: ClusterFacts | undefined,
  { cluster: reader }: Observers,
  now: EpochMs,
): Promise<Facts> => {
  if (known !== undefined && now - known.readAt < factsLastMs) {
    const { cluster, capacityProviders, surroundings, readAt } = known;
    return { cluster, capacityProviders, surroundings, factsReadAt: readAt, gaps: [] };
  }
  const description = await reader.cluster(name);
  const cluster = description.items[0];
  const providers = await reader.capacityProviders(cluster?.capacityProviders ?? []);
  const gaps = [...description.gaps, ...providers.gaps];
  const factsReadAt = gaps.length === 0 ? now : undefined;
  return { cluster, capacityProviders: providers.items, surroundings: undefined, factsReadAt, gaps };
};

/** They belong to the facts: read with them, and kept only where they too were read without a gap, of every group. */
const withSurroundings = async (
  facts: Facts,
  groups: Reading<AutoScalingGroup>,
  { groups: reader }: Observers,
): Promise<Facts & Pick<Observation, 'surroundings'>> => {
  const { surroundings: known } = facts;
  if (known !== undefined) return { ...facts, surroundings: known };
  const { items, gaps } = await reader.surroundings(groups.items.map((it) => it.name).sort());
  const complete = groups.gaps.length === 0 && gaps.length === 0;
  return {
    ...facts,
    surroundings: items,
    factsReadAt: complete ? facts.factsReadAt : undefined,
    gaps: [...facts.gaps, ...gaps],
  };
};

/** A launch that failed longer ago says nothing about the next one. */
const failuresCountMs = 15 * minuteMs;

/**
 * Failed launches, asked for only where there may be some: where a group has fewer instances than it is to have, or had
 * so lately.
 */
const readFailedLaunches = (
  groups: readonly AutoScalingGroup[],
  intents: readonly LaunchIntent[],
  { groups: reader }: Observers,
  now: EpochMs,
): Promise<Reading<FailedActivity>> => {
  const asked = new Set(intents.filter((it) => now - it.at < failuresCountMs).map((it) => it.group));
  const lacking = groups.filter(
    (it) => asked.has(it.name) || it.instances.filter(countsTowardsDesired).length < it.desiredCapacity,
  );
  const names = lacking.map((it) => it.name).sort();
  return names.length === 0
    ? Promise.resolve({ items: [], gaps: [] })
    : reader.failedActivities(names, now - failuresCountMs);
};

/** Waits for all before the first failure is passed on: no read is left behind when an invocation ends. */
const allSettled = async <T extends readonly Promise<unknown>[]>(
  reads: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(reads);
  return Promise.all(reads);
};

/** What earlier decisions left that a look rests on. */
export interface RememberedForLook {
  readonly drains: Promise<readonly Drain[]>;
  readonly facts: ClusterFacts | undefined;
  /** How long daemons on an emptied instance are left to flush what they hold; none unless given. */
  readonly daemonGraceMs?: number;
  /** Whether what was not certain in the look before is to be taken as it is now. */
  readonly confirms?: boolean;
  readonly intents?: readonly LaunchIntent[] | undefined;
  /** Task definitions that were asked for by name, whether anything runs from them or not. */
  readonly definitions?: (() => Promise<readonly string[]>) | undefined;
}

/** What people and settings ask room for by task definition. */
export const definitionsAskedFor = (
  { capacity, queued, refused }: AskedFor,
  { headroom }: ClusterSettings,
): readonly string[] => [
  ...capacity.flatMap(({ target }) => (target.kind === 'taskDefinition' ? [target.taskDefinitionArn] : [])),
  ...queued.map((it) => it.taskDefinitionArn),
  ...refused.map((it) => it.taskDefinition),
  ...headroom.flatMap((it) => (it.kind === 'taskDefinition' ? [it.taskDefinition] : [])),
];

/**
 * One look at a cluster, as complete as AWS allows: what could not be read stands in `gaps`. Readers never throw for
 * what AWS answers.
 */
export const observe = async (
  name: string,
  remembered: RememberedForLook,
  read: Observers,
  now: EpochMs,
): Promise<Observation> => {
  const [ofCluster, instances, services, groups, known] = await allSettled([
    readFacts(name, remembered.facts, read, now),
    read.cluster.containerInstances(name),
    read.cluster.services(name),
    read.groups.groupsOfClusters([name]),
    remembered.drains,
  ] as const);
  // After the instances: a task placed in between is then seen twice as room, which the next look heals; the other way
  // round it would be missing although its room is taken, and an instance would be launched for it.
  const [tasks, facts, failedLaunches] = await allSettled([
    read.cluster.tasks(name),
    withSurroundings(ofCluster, groups, read),
    readFailedLaunches(groups.items, remembered.intents ?? [], read, now),
  ] as const);
  const [definitions, asked] = await Promise.all([
    read.cluster.taskDefinitions(definitionsIn(services.items, tasks.items)),
    readAskedFor(remembered.definitions, read),
  ]);
  const listed: Listed = {
    observedAt: now,
    containerInstances: instances.items,
    tasks: tasks.items,
    services: remembered.confirms === true ? services.items : settled(services.items, tasks.items),
    taskDefinitions: Object.fromEntries([...asked.items, ...definitions.items].map((it) => [it.arn, it])),
    groups: groups.items,
  };
  const draining = await readDraining(name, toLookInto(listed, known, remembered.daemonGraceMs ?? 0), read);
  return {
    ...listed,
    cluster: facts.cluster,
    tasksOnDraining: draining.tasks,
    capacityProviders: facts.capacityProviders,
    surroundings: facts.surroundings,
    taskProtection: {},
    failedActivities: failedLaunches.items,
    factsReadAt: facts.factsReadAt,
    gaps: [
      ...facts.gaps,
      ...[instances, tasks, services, groups, definitions, asked, failedLaunches].flatMap((it) => it.gaps),
      ...draining.gaps,
    ],
  };
};

/**
 * A service that counts more tasks of its own than were listed, and lacks some by the list, was read before a change or
 * shows what was before it (ECS API reference, eventual consistency): when its desired count falls, what was stopped for
 * it would be taken for missing.
 */
const settled = (services: Observation['services'], tasks: Observation['tasks']): Observation['services'] => {
  const { byGroup } = taskListOf(tasks);
  const listedOf = ({ name }: Service): number =>
    (byGroup.get(taskGroupOf(name))?.alike ?? []).reduce(
      (sum, it) => (it.task.desiredStatus === 'RUNNING' ? sum + it.tasks : sum),
      0,
    );
  const isUnsettled = (it: Service): boolean => {
    const seen = it.schedulingStrategy === 'REPLICA' ? listedOf(it) : Infinity;
    return seen < it.desiredCount && seen < it.runningCount + it.pendingCount;
  };
  return services.some(isUnsettled)
    ? services.map((it) => (isUnsettled(it) ? { ...it, isUnsettled: true } : it))
    : services;
};

/** One that does not exist is no hole in the view of what does: it is said where it was asked for. */
const readAskedFor = async (
  names: RememberedForLook['definitions'],
  read: Observers,
): Promise<Reading<TaskDefinition>> => {
  const wanted = [...new Set(await names?.())].sort();
  if (wanted.length === 0) return { items: [], gaps: [] };
  const { items, gaps } = await read.cluster.taskDefinitions(wanted);
  return { items, gaps: gaps.filter((it) => it.cause !== 'notFound') };
};

/** Every revision that something runs or is to run from, each once. */
export const definitionsIn = (services: Observation['services'], tasks: Observation['tasks']): readonly string[] => {
  const arns = new Set<string>();
  for (const { taskDefinitionArn, deployments, taskSets } of services) {
    arns.add(taskDefinitionArn);
    for (const it of deployments) arns.add(it.taskDefinitionArn);
    for (const it of taskSets) arns.add(it.taskDefinitionArn);
  }
  for (const it of taskListOf(tasks).alike) arns.add(it.task.taskDefinitionArn);
  arns.delete('');
  return [...arns].sort();
};

/**
 * The full task lists of instances we drain: the only reads that see tasks which are stopping. ECS refuses to list the
 * tasks of an instance that is no longer registered, and there is none to ask about.
 */
const readDraining = async (
  cluster: string,
  instances: Observation['containerInstances'],
  read: Observers,
): Promise<{ tasks: Observation['tasksOnDraining']; gaps: readonly Gap[] }> => {
  const readings = await Promise.all(
    instances.map(async ({ arn }) => ({
      arn,
      reading: await read.cluster.tasksOn(cluster, arn),
    })),
  );
  const complete = readings.filter(({ reading }) => reading.gaps.length === 0);
  return {
    tasks: Object.fromEntries(complete.map(({ arn, reading }) => [arn, reading.items])),
    // Deregistered since it was listed: that proves nothing, and nothing is missing.
    // Else the drain in question waits, and nothing else has to.
    gaps: readings
      .flatMap(({ reading }) => reading.gaps)
      .filter((gap) => gap.cause !== 'notFound')
      .map((gap) => ({ ...gap, subject: 'tasksOnDraining' as const })),
  };
};
