import type { CapacityProvider } from '../../model/capacity-provider.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Gap } from '../../model/observation.ts';
import type { Service } from '../../model/service.ts';
import type { Task } from '../../model/task.ts';
import type { TaskDefinition } from '../../model/task-definition.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchingGroup, LaunchingGroupReader } from '../../ports/launching-group-api.ts';
import type { MetricQuery } from '../../ports/metric-api.ts';
import type { MetricHistory, MetricHistoryReader } from '../../ports/metric-history.ts';
import type { Reading } from '../../ports/reading.ts';
import { definitionsIn, type Observers } from '../observe.ts';

/** A cluster as it is at a moment, whoever looks after it. */
export interface Shape {
  readonly at: EpochMs;
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
  readonly taskDefinitions: Readonly<Record<string, TaskDefinition>>;
  readonly containerInstances: readonly ContainerInstance[];
  readonly capacityProviders: readonly CapacityProvider[];
  readonly groups: readonly LaunchingGroup[];
  /** Of container instances by EC2 instance id. */
  readonly groupOf: Readonly<Record<string, string>>;
  readonly gaps: readonly Gap[];
}

/** Everything of a cluster that a recording is made of; nothing of containers but what they reserve is kept. */
export const captureShape = async (
  name: string,
  read: Observers & { readonly launching: LaunchingGroupReader },
  clock: Pick<Clock, 'now'>,
): Promise<Shape> => {
  const [cluster, instances, services, tasks, optedIn] = await Promise.all([
    read.cluster.cluster(name),
    read.cluster.containerInstances(name),
    read.cluster.services(name),
    read.cluster.tasks(name),
    read.groups.groupsOfClusters([name]),
  ]);
  const [providers, members, definitions] = await Promise.all([
    read.cluster.capacityProviders(cluster.items[0]?.capacityProviders ?? []),
    read.groups.memberships(instances.items.map((it) => it.ec2InstanceId).filter((it) => it.startsWith('i-'))),
    read.cluster.taskDefinitions(definitionsIn(services.items, tasks.items)),
  ]);
  const names = new Set([
    ...providers.items.flatMap((it) => it.autoScalingGroupName ?? []),
    ...members.items.map((it) => it.group),
    ...optedIn.items.map((it) => it.name),
  ]);
  const groups = await read.launching.launchingGroups([...names].sort());
  return {
    at: clock.now(),
    services: services.items.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    tasks: tasks.items,
    taskDefinitions: Object.fromEntries(definitions.items.map((it) => [it.arn, it])),
    containerInstances: instances.items,
    capacityProviders: providers.items,
    groups: groups.items.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    groupOf: Object.fromEntries(members.items.map((it) => [it.ec2InstanceId, it.group])),
    gaps: [cluster, instances, services, tasks, optedIn, providers, members, definitions, groups].flatMap(
      (it) => it.gaps,
    ),
  };
};

/** Of two weeks 4,032 datapoints a metric, which CloudWatch keeps for 63 days. */
export const historyPeriodMs = 5 * minuteMs;

/** A value for each period that has a datapoint, by its start, in order of time. */
export type Samples = ReadonlyMap<EpochMs, number>;

/** What CloudWatch knows of a cluster's past; a service or group without datapoints has no entry. */
export interface Past {
  readonly from: EpochMs;
  /** Not included: everything before it can be read. */
  readonly to: EpochMs;
  /** Tasks of a service that were running, by its name; a mean over the period. */
  readonly running: ReadonlyMap<string, Samples>;
  /** Instances in service and wanted, by group; only where group metrics collection is on. */
  readonly inService: ReadonlyMap<string, Samples>;
  readonly gaps: readonly Gap[];
}

/**
 * Each RUNNING task of a service is one sample of CPUUtilization a minute, so that their number tells how many ran (Amazon
 * ECS developer guide, service RUNNING task count).
 */
const runningQuery = (cluster: string, service: string): MetricQuery => ({
  id: `running ${service}`,
  metric: {
    namespace: 'AWS/ECS',
    metricName: 'CPUUtilization',
    dimensions: { ClusterName: cluster, ServiceName: service },
    statistic: 'SampleCount',
    periodMs: historyPeriodMs,
  },
});

const inServiceQuery = (group: string): MetricQuery => ({
  id: `inService ${group}`,
  metric: {
    namespace: 'AWS/AutoScaling',
    metricName: 'GroupInServiceInstances',
    dimensions: { AutoScalingGroupName: group },
    statistic: 'Average',
    periodMs: historyPeriodMs,
  },
});

/** The metrics that the past of a cluster is read from: one a service that has a count, one a group. */
export const pastQueries = (cluster: string, { services, groups }: Shape): readonly MetricQuery[] => [
  ...services.filter((it) => it.schedulingStrategy === 'REPLICA').map((it) => runningQuery(cluster, it.name)),
  ...groups.map((it) => inServiceQuery(it.name)),
];

/** The newest datapoints come minutes late: what is younger than this is not looked for. */
const lateMs = 2 * historyPeriodMs;

/** GetMetricData is limited by the datapoints a second (CloudWatch user guide, service quotas): so many metrics are two calls. */
const metricsAtOnce = 50;

export const capturePast = async (
  queries: readonly MetricQuery[],
  spanMs: number,
  now: EpochMs,
  metrics: MetricHistoryReader,
): Promise<Past> => {
  const to = Math.floor((now - lateMs) / historyPeriodMs) * historyPeriodMs;
  const from = to - spanMs;
  const readings: Reading<MetricHistory>[] = [];
  for (let n = 0; n < queries.length; n += metricsAtOnce)
    readings.push(await metrics.history(queries.slice(n, n + metricsAtOnce), from, to));
  const items = readings.flatMap((it) => it.items);
  const gaps = readings.flatMap((it) => it.gaps);
  const samplesOf = (prefix: string, factor: number): ReadonlyMap<string, Samples> =>
    new Map(
      items
        .filter((it) => it.id.startsWith(prefix) && it.points.length > 0)
        .map(({ id, points }) => [
          id.slice(prefix.length),
          new Map(points.toSorted((a, b) => a.at - b.at).map(({ at, value }) => [at, value * factor])),
        ]),
    );
  return {
    from,
    to,
    running: samplesOf('running ', minuteMs / historyPeriodMs),
    inService: samplesOf('inService ', 1),
    gaps,
  };
};
