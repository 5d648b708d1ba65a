import type { ContainerInstance } from '../model/container-instance.ts';
import type { ClusterFacts, Drain } from '../model/memory.ts';
import type { Gap, Observation } from '../model/observation.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { GroupReader } from '../ports/group-api.ts';

/** What an observation is read through. */
export interface Observers {
  readonly cluster: ClusterReader;
  readonly groups: GroupReader;
}

/** Cluster and capacity providers are read again once they are as old as this: within a minute of a change. */
const factsLastMs = minuteMs;

/**
 * The cluster and its providers, from memory while they are fresh. Capacity providers decide who sizes a group; what
 * was read with a gap is not kept.
 */
const readFacts = async (
  name: string,
  known: ClusterFacts | undefined,
  { cluster: reader }: Observers,
  now: EpochMs,
): Promise<Pick<Observation, 'cluster' | 'capacityProviders' | 'factsReadAt' | 'gaps'>> => {
  if (known !== undefined && now - known.readAt < factsLastMs)
    return { cluster: known.cluster, capacityProviders: known.capacityProviders, factsReadAt: known.readAt, gaps: [] };
  const description = await reader.cluster(name);
  const cluster = description.items[0];
  const providers = await reader.capacityProviders(cluster?.capacityProviders ?? []);
  const gaps = [...description.gaps, ...providers.gaps];
  return { cluster, capacityProviders: providers.items, factsReadAt: gaps.length === 0 ? now : undefined, gaps };
};

/** Waits for all before the first failure is passed on: no read is left behind when an invocation ends. */
const allSettled = async <T extends readonly Promise<unknown>[]>(
  reads: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(reads);
  return Promise.all(reads);
};

/**
 * One look at a cluster, as complete as AWS allows: what could not be read stands in `gaps`. Readers never throw for
 * what AWS answers.
 */
export const observe = async (
  name: string,
  remembered: { readonly drains: Promise<readonly Drain[]>; readonly facts: ClusterFacts | undefined },
  read: Observers,
  now: EpochMs,
): Promise<Observation> => {
  const [facts, instances, services, groups, known] = await allSettled([
    readFacts(name, remembered.facts, read, now),
    read.cluster.containerInstances(name),
    read.cluster.services(name),
    read.groups.groupsOfClusters([name]),
    remembered.drains,
  ] as const);
  // After the instances: a task placed in between is then seen twice as room, which the next look heals; the other way
  // round it would be missing although its room is taken, and an instance would be launched for it.
  const tasks = await read.cluster.tasks(name);
  const [definitions, draining] = await Promise.all([
    read.cluster.taskDefinitions(definitionsIn(services.items, tasks.items)),
    readDraining(name, known.filter(canEnd(instances.items, services.items, groups.items)), instances.items, read),
  ]);
  return {
    observedAt: now,
    cluster: facts.cluster,
    containerInstances: instances.items,
    tasks: tasks.items,
    tasksOnDraining: draining.tasks,
    services: services.items,
    taskDefinitions: Object.fromEntries(definitions.items.map((it) => [it.arn, it])),
    capacityProviders: facts.capacityProviders,
    factsReadAt: facts.factsReadAt,
    groups: groups.items,
    gaps: [
      ...facts.gaps,
      ...[instances, tasks, services, groups, definitions].flatMap((it) => it.gaps),
      ...draining.gaps,
    ],
  };
};

/** Every revision that something runs or is to run from, each once. */
const definitionsIn = (services: Observation['services'], tasks: Observation['tasks']): readonly string[] => {
  const arns = new Set<string>();
  for (const { taskDefinitionArn, deployments, taskSets } of services) {
    arns.add(taskDefinitionArn);
    for (const it of deployments) arns.add(it.taskDefinitionArn);
    for (const it of taskSets) arns.add(it.taskDefinitionArn);
  }
  for (const it of tasks) arns.add(it.taskDefinitionArn);
  arns.delete('');
  return [...arns].sort();
};

/**
 * So many draining instances are looked into at once. Each takes three calls, of which ECS answers a hundred at once and
 * twenty a second (ECS API reference, request throttling): more would leave a gap in every look, and no drain would end.
 */
const drainingPerLook = 12;

/**
 * Whether looking into a drain can change anything. An empty instance that Berth drains may get work, which it must see;
 * one that somebody else ends is waited for only while a hook holds it, and is not empty while ECS still counts more
 * running tasks than there are daemons.
 */
const canEnd = (
  instances: Observation['containerInstances'],
  services: Observation['services'],
  groups: Observation['groups'],
): ((drain: Drain) => boolean) => {
  const byArn = new Map(instances.map((it) => [it.arn, it]));
  const daemons = services.filter((it) => it.schedulingStrategy === 'DAEMON').length;
  const held = new Set(
    groups.flatMap((it) =>
      it.instances.filter((one) => one.lifecycleState === 'Terminating:Wait').map((one) => one.ec2InstanceId),
    ),
  );
  return ({ cause, ec2InstanceId, containerInstanceArn }) => {
    if (cause === 'empty') return true;
    const instance = byArn.get(containerInstanceArn);
    const counted = instance === undefined ? 0 : instance.runningTasksCount + instance.pendingTasksCount;
    return held.has(ec2InstanceId) && counted <= daemons;
  };
};

/** What is held by tasks, those that are stopping included. */
const heldMemoryMiB = (it: ContainerInstance): number => it.registered.memoryMiB - it.remaining.memoryMiB;

/** Those that await their second look, then those that hold least, then the oldest: the rest have nothing to prove yet. */
const nextToLookInto = (
  drains: readonly Drain[],
  instances: Observation['containerInstances'],
): readonly ContainerInstance[] => {
  if (drains.length === 0) return [];
  const byArn = new Map(instances.map((it) => [it.arn, it]));
  return drains
    .flatMap((drain) => {
      const instance = byArn.get(drain.containerInstanceArn);
      return instance === undefined ? [] : [{ drain, instance, isFirst: drain.state === 'draining' }];
    })
    .toSorted(
      (a, b) =>
        Number(a.isFirst) - Number(b.isFirst) ||
        heldMemoryMiB(a.instance) - heldMemoryMiB(b.instance) ||
        a.drain.since - b.drain.since,
    )
    .slice(0, drainingPerLook)
    .map(({ instance }) => instance);
};

/**
 * The full task lists of instances we drain: the only reads that see tasks which are stopping. ECS refuses to list the
 * tasks of an instance that is no longer registered, and there is none to ask about.
 */
const readDraining = async (
  cluster: string,
  drains: readonly Drain[],
  instances: Observation['containerInstances'],
  read: Observers,
): Promise<{ tasks: Observation['tasksOnDraining']; gaps: readonly Gap[] }> => {
  const readings = await Promise.all(
    nextToLookInto(drains, instances).map(async ({ arn }) => ({
      arn,
      reading: await read.cluster.tasksOn(cluster, arn),
    })),
  );
  const complete = readings.filter(({ reading }) => reading.gaps.length === 0);
  return {
    tasks: Object.fromEntries(complete.map(({ arn, reading }) => [arn, reading.items])),
    // Deregistered since it was listed: that proves nothing, and nothing is missing.
    gaps: readings.flatMap(({ reading }) => reading.gaps).filter((gap) => gap.cause !== 'notFound'),
  };
};
