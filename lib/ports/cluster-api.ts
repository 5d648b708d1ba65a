import type { CapacityProvider, Cluster } from '../model/capacity-provider.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { DrainCause } from '../model/memory.ts';
import type { PlacementConstraint, PlacementStrategy, Service } from '../model/service.ts';
import type { Task } from '../model/task.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import type { ItemOutcome, Reading } from './reading.ts';

/** A cluster with the counts by which the minute check sees that it changed. */
export interface ClusterStatistics {
  readonly cluster: Cluster;
  /** Equal fingerprints: nothing that ECS counts has changed. */
  readonly fingerprint: string;
}

/** Whether a task of a service may be stopped by a scale-in or a deployment (ECS API, GetTaskProtection). */
export interface TaskProtection {
  readonly taskArn: string;
  readonly isProtected: boolean;
}

/** A revision, and what alone may change of one. */
export interface TaskDefinitionNow {
  readonly definition: TaskDefinition;
  /** It was deregistered: nothing new can be run from it, while services that have it go on (ECS API, DeregisterTaskDefinition). */
  readonly isInactive: boolean;
}

/** What Berth reads from ECS. Every page and every batch is read; `failures[]` become gaps. */
export interface ClusterReader {
  cluster(name: string): Promise<Reading<Cluster>>;
  /** Up to any number of clusters, with statistics. */
  statistics(names: readonly string[]): Promise<Reading<ClusterStatistics>>;
  /** All container instances of a cluster but INACTIVE ones. */
  containerInstances(cluster: string): Promise<Reading<ContainerInstance>>;
  /** The named ones, read afresh. */
  containerInstancesByArn(cluster: string, arns: readonly string[]): Promise<Reading<ContainerInstance>>;
  /** The container instances behind EC2 instance ids, as far as this cluster has them. */
  containerInstancesByEc2Id(cluster: string, ec2InstanceIds: readonly string[]): Promise<Reading<ContainerInstance>>;
  /** Tasks with desired status RUNNING. */
  tasks(cluster: string): Promise<Reading<Task>>;
  /** Every task that still holds something of an instance: running, and stopping but not yet STOPPED. */
  tasksOn(cluster: string, containerInstanceArn: string): Promise<Reading<Task>>;
  /**
   * By 100. A task that cannot be protected, because it is no service's or has ended, has no entry, and that is no gap:
   * ECS names it among the failures.
   */
  taskProtection(cluster: string, taskArns: readonly string[]): Promise<Reading<TaskProtection>>;
  services(cluster: string, withTags?: boolean): Promise<Reading<Service>>;
  /** The named ones, read afresh; none of them twice. */
  servicesByName(cluster: string, names: readonly string[]): Promise<Reading<Service>>;
  /** By ARN, `family:revision`, or `family` for its newest. Revisions are kept for the life of the process: they never change. */
  taskDefinitions(names: readonly string[]): Promise<Reading<TaskDefinition>>;
  /** Read afresh, whatever is kept. */
  taskDefinitionNow(name: string): Promise<Reading<TaskDefinitionNow>>;
  capacityProviders(names: readonly string[]): Promise<Reading<CapacityProvider>>;
}

/** A value that came as JSON and goes on as it came. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Tasks to run, with what RunTask takes of it. */
export interface RunTaskRequest {
  /** Up to 64 characters; asked twice with the same one, ECS runs the tasks once and answers the same. */
  readonly clientToken: string;
  /** `family`, `family:revision` or an ARN. */
  readonly taskDefinition: string;
  /** 1 to 10. */
  readonly count: number;
  readonly group?: string | undefined;
  /** Without one the tasks run by launch type EC2, on any container instance. */
  readonly capacityProvider?: string | undefined;
  /** As RunTask takes them; never logged, for environments may hold secrets. */
  readonly overrides?: JsonObject | undefined;
  readonly networkConfiguration?: JsonObject | undefined;
  readonly startedBy?: string | undefined;
  readonly placementConstraints?: readonly PlacementConstraint[] | undefined;
  readonly placementStrategy?: readonly PlacementStrategy[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export type RunTaskOutcome =
  /** `missing` says why there are fewer than asked for; the same token never runs the rest. */
  | { readonly kind: 'started'; readonly taskArns: readonly string[]; readonly missing: string | undefined }
  /** No container instance can take one now. */
  | { readonly kind: 'noRoom'; readonly detail: string }
  /** Nothing is wrong with the request, as far as ECS says: the same may succeed later. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** ECS will never run this. */
  | { readonly kind: 'rejected'; readonly detail: string };

/** Why an instance is being taken out of service, as its tag `berth:drain` says to whoever looks at it. */
export type DrainMark = DrainCause;

/** What Berth writes to ECS. Idempotent: asking for what is already so is done. */
export interface ClusterWriter {
  /** Batches of ten. Outcomes are by container instance ARN. */
  setContainerInstancesState(
    cluster: string,
    arns: readonly string[],
    status: 'DRAINING' | 'ACTIVE',
  ): Promise<readonly ItemOutcome[]>;
  /** Outcomes are by task ARN. `reason` is what DescribeTasks will show. */
  stopTasks(cluster: string, taskArns: readonly string[], reason: string): Promise<readonly ItemOutcome[]>;
  /** Whatever runs on them: ECS forgets the instances, and their services start what is missing elsewhere. */
  deregisterInstances(cluster: string, arns: readonly string[]): Promise<readonly ItemOutcome[]>;
  /** Sets the tag `berth:drain` of container instances, or removes it. */
  markInstances(cluster: string, arns: readonly string[], mark: DrainMark | undefined): Promise<readonly ItemOutcome[]>;
  runTask(cluster: string, request: RunTaskRequest): Promise<RunTaskOutcome>;
  /** Changes the desired count and nothing else: no deployment begins. The outcome is by service name. */
  setServiceDesiredCount(cluster: string, service: string, desiredCount: number): Promise<ItemOutcome>;
}
