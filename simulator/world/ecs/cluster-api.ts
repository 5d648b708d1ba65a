import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { objects, text, texts } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import { Fleet } from './fleet.ts';
import { atMost, clusterOf, ecsPage, foundAndMissing, idOf, strategyJson, strategyOf, tagsOf } from './lookup.ts';
import { type Cluster, type ContainerInstance, type EcsState, isStarting, isWanted } from './state.ts';

interface Counts {
  readonly runningEC2TasksCount: number;
  readonly pendingEC2TasksCount: number;
  readonly activeEC2ServiceCount: number;
  readonly drainingEC2ServiceCount: number;
}

const countsOf = (cluster: Cluster): Counts => {
  let [running, pending, active, draining] = [0, 0, 0, 0];
  for (const it of cluster.tasks.values()) {
    if (!isWanted(it)) continue;
    if (it.lastStatus === 'RUNNING') running++;
    else if (isStarting(it)) pending++;
  }
  for (const it of cluster.services.values()) {
    if (it.status === 'ACTIVE') active++;
    if (it.status === 'DRAINING') draining++;
  }
  return {
    runningEC2TasksCount: running,
    pendingEC2TasksCount: pending,
    activeEC2ServiceCount: active,
    drainingEC2ServiceCount: draining,
  };
};

const clusterJson = (cluster: Cluster, include: readonly string[]): JsonObject => {
  const counts = countsOf(cluster);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: cluster.instances.size,
    runningTasksCount: counts.runningEC2TasksCount,
    pendingTasksCount: counts.pendingEC2TasksCount,
    activeServicesCount: counts.activeEC2ServiceCount,
    statistics: include.includes('STATISTICS')
      ? Object.entries(counts).map(([name, value]) => ({ name, value: String(value) }))
      : [],
    tags: include.includes('TAGS') ? tagsJson(cluster.tags) : [],
    settings: include.includes('SETTINGS') ? cluster.settings : [],
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: strategyJson(cluster.defaultStrategy),
    ...(include.includes('ATTACHMENTS') ? { attachments: [] } : {}),
  };
};

const everything = ['STATISTICS', 'TAGS', 'SETTINGS'];

const newCluster = (ground: Ground, name: string, input: JsonObject): Cluster => {
  const instances = new Map<string, ContainerInstance>();
  return {
    name,
    arn: ground.arn('ecs', `cluster/${name}`),
    status: 'ACTIVE',
    settings: objects(input, 'settings') ?? [{ name: 'containerInsights', value: 'disabled' }],
    capacityProviders: texts(input, 'capacityProviders') ?? [],
    defaultStrategy: [],
    tags: tagsOf(input),
    instances,
    fleet: new Fleet(instances),
    services: new Map(),
    tasks: new Map(),
    queued: new Set(),
    starved: new Set(),
  };
};

/** Why a cluster cannot be deleted yet. */
const refuseDeletion = (cluster: Cluster): void => {
  const contains = (what: string, message: string): AwsApiError =>
    new AwsApiError(`ClusterContains${what}Exception`, message);
  if ([...cluster.services.values()].some((it) => it.status === 'ACTIVE')) {
    throw contains('Services', 'The Cluster cannot be deleted while Services are active.');
  }
  if (cluster.instances.size > 0) {
    throw contains(
      'ContainerInstances',
      'The Cluster cannot be deleted while Container Instances are active or draining.',
    );
  }
  if ([...cluster.tasks.values()].some((it) => it.lastStatus !== 'STOPPED')) {
    throw contains('Tasks', 'The Cluster cannot be deleted while Tasks are active.');
  }
};

export const clusterApi = (ground: Ground, state: EcsState): Api => ({
  CreateCluster: (input) => {
    const name = text(input, 'clusterName') ?? 'default';
    const known = state.clusters.get(name);
    if (known?.status === 'ACTIVE') return { cluster: clusterJson(known, everything) };
    const cluster = newCluster(ground, name, input);
    cluster.defaultStrategy = strategyOf(state, cluster, input, 'defaultCapacityProviderStrategy') ?? [];
    state.clusters.set(name, cluster);
    return { cluster: clusterJson(cluster, everything) };
  },
  DeleteCluster: (input) => {
    const cluster = clusterOf(state, input);
    refuseDeletion(cluster);
    cluster.status = 'INACTIVE';
    return { cluster: clusterJson(cluster, everything) };
  },
  DescribeClusters: (input) => {
    const names = texts(input, 'clusters') ?? ['default'];
    atMost(names, 100, 'Clusters');
    const { found, failures } = foundAndMissing(
      names,
      (name) => state.clusters.get(idOf(name)),
      (name) => ground.arn('ecs', `cluster/${idOf(name)}`),
    );
    return { clusters: found.map((it) => clusterJson(it, texts(input, 'include') ?? [])), failures };
  },
  ListClusters: (input) => {
    const active = [...state.clusters.values()].filter((it) => it.status === 'ACTIVE').map((it) => it.arn);
    const { items, nextToken } = ecsPage(active, input, 100, 100);
    return { clusterArns: items, nextToken };
  },
  PutClusterCapacityProviders: (input) => {
    const cluster = clusterOf(state, input);
    const names = texts(input, 'capacityProviders') ?? [];
    const unknown = names.find((it) => !state.providers.has(it));
    if (unknown !== undefined) {
      throw new AwsApiError('InvalidParameterException', `The specified capacity provider '${unknown}' was not found.`);
    }
    cluster.capacityProviders = names;
    cluster.defaultStrategy = strategyOf(state, cluster, input, 'defaultCapacityProviderStrategy') ?? [];
    return { cluster: clusterJson(cluster, everything) };
  },
});
