import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import type { Subject } from '../../../lib/model/observation.ts';
import type { Service } from '../../../lib/model/service.ts';
import type { Task } from '../../../lib/model/task.ts';
import type { TaskDefinition } from '../../../lib/model/task-definition.ts';
import type { ClusterReader } from '../../../lib/ports/cluster-api.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import {
  isWanted,
  type Cluster as WorldCluster,
  type ContainerInstance as WorldInstance,
} from '../../world/ecs/state.ts';
import { objects } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { ArnList } from './arn-list.ts';
import { modelOfCluster, modelOfProvider, statisticsFromJson } from './model-of-clusters.ts';
import { modelOfInstance } from './model-of-instances.ts';
import { modelOfService, withTagsOf } from './model-of-services.ts';
import { definitionNamed, modelOfTaskDefinition } from './model-of-task-definitions.ts';
import { modelOfTask } from './model-of-tasks.ts';
import { callsFor, concurrentCalls, gap, pagesFor, readingWithout } from './readings.ts';
import type { Requests } from './requests.ts';
import { SameList } from './same-list.ts';
import { followTasks } from './task-lists.ts';

/** What the adapters ask for in one call (`lib/aws`). */
const perPage = 100;
const servicesPerCall = 10;
const protectionsPerCall = 100;
const providersPerPage = 10;
const idsPerFilter = 40;

const nothing = { items: [], gaps: [] };

interface Listed<T> {
  readonly subject: Subject;
  readonly list: string;
  readonly describe: string;
  readonly perCall: number;
  /** How many there are when they are listed. */
  readonly count: number;
  /** As they are when the last of them has been described. */
  readonly items: () => readonly T[];
}

/**
 * ECS read from the world's own objects. A read costs the calls that the adapter would make, and shows one moment: that
 * of its last answer. (Over the SDK its pages and batches are of several.)
 */
export const portsClusterReader = (world: World, requests: Requests): ClusterReader => {
  const { clusters, definitions, providers } = world.view.ecs;
  const tasksOf = followTasks(world);
  const knownDefinitions = new Set<string>();
  const instanceLists = new Map<string, ArnList<ContainerInstance>>();
  /** What stands for an instance in its list. */
  const shown = new WeakMap<WorldInstance, ContainerInstance>();
  const allServices = new SameList<Service>();

  const activeCluster = (name: string): WorldCluster | undefined => {
    const cluster = clusters.get(name);
    return cluster?.status === 'ACTIVE' ? cluster : undefined;
  };

  /** A listing and then its batches; either may be refused in part. */
  const listAndDescribe = async <T>(it: Listed<T>): Promise<Reading<T>> => {
    const pages = { service: 'ecs', operation: it.list, count: pagesFor(it.count, perPage), atOnce: 1 } as const;
    const unlisted = await requests.send(pages);
    const batches = { service: 'ecs', operation: it.describe, count: callsFor(it.count, it.perCall) } as const;
    const undescribed = await requests.send({ ...batches, atOnce: concurrentCalls });
    const listed = readingWithout(it.subject, it.items(), unlisted, { operation: it.list, perCall: perPage });
    const described = readingWithout(it.subject, listed.items, undescribed, {
      operation: it.describe,
      perCall: it.perCall,
    });
    return { items: described.items, gaps: [...listed.gaps, ...described.gaps] };
  };

  /** What ECS answers a listing of a cluster that is not there. */
  const noCluster = async (subject: Subject, list: string, name: string): Promise<Reading<never>> => {
    await requests.send({ service: 'ecs', operation: list, count: 1, atOnce: 1 });
    return {
      items: [],
      gaps: [gap(subject, 'notFound', `${list} of ${name}: ClusterNotFoundException: Cluster not found.`)],
    };
  };

  const clustersNamed = async <T>(
    names: readonly string[],
    translate: (cluster: WorldCluster) => readonly T[],
  ): Promise<Reading<T>> => {
    const count = callsFor(names.length, perPage);
    const refused = await requests.send({
      service: 'ecs',
      operation: 'DescribeClusters',
      count,
      atOnce: concurrentCalls,
    });
    if (refused > 0) return readingWithout('cluster', [], refused, { operation: 'DescribeClusters', perCall: perPage });
    const missing = names.filter((it) => !clusters.has(it));
    return {
      items: names.flatMap((it) => {
        const cluster = clusters.get(it);
        return cluster === undefined ? [] : translate(cluster);
      }),
      gaps: missing.map((it) => gap('cluster', 'missing', `cluster/${it}: MISSING`)),
    };
  };

  const instanceCalls = {
    subject: 'containerInstances',
    list: 'ListContainerInstances',
    describe: 'DescribeContainerInstances',
    perCall: perPage,
  } as const;

  const instancesOf = (worldInstances: Iterable<WorldInstance>): readonly ContainerInstance[] => {
    const now = requests.now();
    const instances: ContainerInstance[] = [];
    for (const it of worldInstances) instances.push(modelOfInstance(it, now));
    return instances;
  };

  const allInstancesOf = (cluster: WorldCluster): readonly ContainerInstance[] => {
    const now = requests.now();
    const list = instanceLists.get(cluster.arn) ?? new ArnList<ContainerInstance>();
    instanceLists.set(cluster.arn, list);
    for (const it of cluster.instances.values()) {
      const instance = modelOfInstance(it, now);
      if (shown.get(it) === instance) continue;
      shown.set(it, instance);
      list.put(instance);
    }
    if (list.all.length > cluster.instances.size)
      for (const { arn } of list.all) if (!cluster.instances.has(arn)) list.remove(arn);
    return list.all;
  };

  const servicesIn = (cluster: WorldCluster, withTags = false): readonly Service[] => {
    const now = requests.now();
    const touched = tasksOf(cluster).takeTouchedServices();
    const services: Service[] = [];
    for (const it of cluster.services.values())
      if (it.status !== 'INACTIVE') {
        const service = modelOfService(it, touched.has(it.name), now);
        services.push(withTags ? withTagsOf(it, service) : service);
      }
    return services;
  };

  /** Running ones first, as they are listed; those that have STOPPED hold nothing any more. */
  const tasksHolding = (instance: WorldInstance): readonly Task[] => {
    const tasks = Array.from(instance.tasks, (it) => modelOfTask(it, requests.now())).filter((it) => it !== undefined);
    return [
      ...tasks.filter((it) => it.desiredStatus === 'RUNNING'),
      ...tasks.filter((it) => it.desiredStatus === 'STOPPED'),
    ];
  };

  const definition = (name: string): TaskDefinition | undefined => {
    const it = definitionNamed(definitions, name);
    if (it === undefined) return undefined;
    if (/:\d+$/.test(name)) knownDefinitions.add(name);
    return modelOfTaskDefinition(it);
  };

  return {
    cluster: (name) => clustersNamed([name], (it) => [modelOfCluster(it)]),
    statistics: (names) =>
      clustersNamed(names, (it) => {
        const answer = world.apis.ecs['DescribeClusters']?.({ clusters: [it.name], include: ['STATISTICS'] }) ?? {};
        return (objects(answer, 'clusters') ?? []).map(statisticsFromJson);
      }),
    containerInstances: async (name) => {
      const cluster = activeCluster(name);
      if (cluster === undefined) return noCluster('containerInstances', 'ListContainerInstances', name);
      const items = () => allInstancesOf(cluster);
      return listAndDescribe({ ...instanceCalls, count: cluster.instances.size, items });
    },
    containerInstancesByArn: async (name, arns) => {
      const cluster = activeCluster(name);
      if (cluster === undefined) return noCluster('containerInstances', 'DescribeContainerInstances', name);
      const operation = 'DescribeContainerInstances';
      const count = callsFor(arns.length, perPage);
      const refused = await requests.send({ service: 'ecs', operation, count, atOnce: concurrentCalls });
      const found = instancesOf(arns.flatMap((arn) => cluster.instances.get(arn) ?? []));
      return readingWithout('containerInstances', found, refused, { operation, perCall: perPage });
    },
    containerInstancesByEc2Id: async (name, ids) => {
      const cluster = activeCluster(name);
      if (cluster === undefined) return noCluster('containerInstances', 'ListContainerInstances', name);
      const wanted = new Set(ids);
      // The first filter's page is among those of the reading.
      const more = Math.max(0, callsFor(ids.length, idsPerFilter) - 1);
      const refused = await requests.send({
        service: 'ecs',
        operation: 'ListContainerInstances',
        count: more,
        atOnce: concurrentCalls,
      });
      const found = () => Array.from(cluster.instances.values()).filter((it) => wanted.has(it.ec2InstanceId));
      const reading = await listAndDescribe({ ...instanceCalls, count: ids.length, items: () => instancesOf(found()) });
      if (refused === 0) return reading;
      return { ...reading, gaps: [...reading.gaps, gap('containerInstances', 'throttled', 'ListContainerInstances')] };
    },
    tasks: async (name) => {
      const cluster = activeCluster(name);
      if (cluster === undefined) return noCluster('tasks', 'ListTasks', name);
      const items = () => tasksOf(cluster).running(requests.now());
      const calls = { subject: 'tasks', list: 'ListTasks', describe: 'DescribeTasks', perCall: perPage } as const;
      return listAndDescribe({ ...calls, count: items().length, items });
    },
    tasksOn: async (name, arn) => {
      const instance = activeCluster(name)?.instances.get(arn);
      // Twice, running tasks and stopping ones: an instance lists no more than a hundred of either.
      const refused = await requests.send({ service: 'ecs', operation: 'ListTasks', count: 2, atOnce: 1 });
      if (instance === undefined) {
        const detail = `ListTasks of ${arn}: InvalidParameterException: Container instance not found.`;
        return { items: [], gaps: [gap('tasks', 'notFound', detail), gap('tasks', 'notFound', detail)] };
      }
      const count = callsFor(instance.tasks.size, perPage);
      const undescribed = await requests.send({
        service: 'ecs',
        operation: 'DescribeTasks',
        count,
        atOnce: concurrentCalls,
      });
      return readingWithout('tasks', tasksHolding(instance), refused + undescribed, {
        operation: 'DescribeTasks',
        perCall: perPage,
      });
    },
    taskProtection: async (name, taskArns) => {
      const cluster = activeCluster(name);
      if (cluster === undefined)
        return taskArns.length === 0 ? nothing : noCluster('taskProtection', 'GetTaskProtection', name);
      const operation = 'GetTaskProtection';
      const count = callsFor(taskArns.length, protectionsPerCall);
      const refused = await requests.send({ service: 'ecs', operation, count, atOnce: concurrentCalls });
      const items = taskArns
        .flatMap((arn) => cluster.tasks.get(arn) ?? [])
        .filter((it) => it.service !== undefined && isWanted(it))
        .map((it) => ({ taskArn: it.arn, isProtected: (it.protectedUntil ?? 0) > requests.now() }));
      return readingWithout('taskProtection', items, refused, { operation, perCall: protectionsPerCall });
    },
    services: async (name, withTags) => {
      const cluster = activeCluster(name);
      if (cluster === undefined) return noCluster('services', 'ListServices', name);
      return listAndDescribe({
        subject: 'services',
        list: 'ListServices',
        describe: 'DescribeServices',
        perCall: servicesPerCall,
        count: cluster.services.size,
        items: () => (withTags ? servicesIn(cluster, true) : allServices.of(servicesIn(cluster))),
      });
    },
    servicesByName: async (name, services) => {
      const count = callsFor(services.length, servicesPerCall);
      const operation = 'DescribeServices';
      const refused = await requests.send({ service: 'ecs', operation, count, atOnce: concurrentCalls });
      const cluster = activeCluster(name);
      if (refused > 0 || cluster === undefined)
        return readingWithout('services', [], count, { operation, perCall: servicesPerCall });
      return { ...nothing, items: servicesIn(cluster).filter((it) => services.includes(it.name)) };
    },
    taskDefinitions: async (arns) => {
      const wanted = [...new Set(arns)].filter((arn) => arn !== '');
      const unknown = wanted.filter((arn) => !knownDefinitions.has(arn));
      if (unknown.length === 0) return { ...nothing, items: wanted.flatMap((arn) => definition(arn) ?? []) };
      const operation = 'DescribeTaskDefinition';
      const refused = await requests.send({
        service: 'ecs',
        operation,
        count: unknown.length,
        atOnce: concurrentCalls,
      });
      const unread = new Set(unknown.slice(unknown.length - refused));
      const read = wanted.filter((arn) => !unread.has(arn));
      const missing = read.filter((arn) => definitionNamed(definitions, arn) === undefined);
      const failed = (cause: 'throttled' | 'notFound', why: string) => (arn: string) =>
        gap('taskDefinitions', cause, `${operation} ${arn}: ${why}`);
      return {
        items: read.flatMap((arn) => definition(arn) ?? []),
        gaps: [
          ...[...unread].map(failed('throttled', 'ThrottlingException: Rate exceeded')),
          ...missing.map(failed('notFound', 'ClientException: Unable to describe task definition.')),
        ],
      };
    },
    taskDefinitionNow: async (name) => {
      const operation = 'DescribeTaskDefinition';
      const refused = await requests.send({ service: 'ecs', operation, count: 1, atOnce: 1 });
      const it = definitionNamed(definitions, name);
      const failed = (cause: 'throttled' | 'notFound', why: string) => ({
        items: [],
        gaps: [gap('taskDefinitions', cause, `${operation} ${name}: ${why}`)],
      });
      if (refused > 0) return failed('throttled', 'ThrottlingException: Rate exceeded');
      if (it === undefined) return failed('notFound', 'ClientException: Unable to describe task definition.');
      const isInactive = it.deregisteredAt !== undefined;
      return { items: [{ definition: modelOfTaskDefinition(it), isInactive }], gaps: [] };
    },
    capacityProviders: async (names) => {
      const operation = 'DescribeCapacityProviders';
      const found = names.flatMap((name) => providers.get(name) ?? []);
      const count = names.length === 0 ? 0 : pagesFor(found.length, providersPerPage);
      const refused = await requests.send({ service: 'ecs', operation, count, atOnce: 1 });
      const reading = readingWithout('capacityProviders', found.map(modelOfProvider), refused, {
        operation,
        perCall: providersPerPage,
      });
      const missing = names.filter((name) => !providers.has(name));
      const gaps = missing.map((name) => gap('capacityProviders', 'missing', `${name}: MISSING`));
      return { items: reading.items, gaps: [...reading.gaps, ...gaps] };
    },
  };
};
