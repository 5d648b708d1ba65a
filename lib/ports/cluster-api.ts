import type { CapacityProvider, Cluster } from '../model/capacity-provider.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Service } from '../model/service.ts';
import type { Task } from '../model/task.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import type { ItemOutcome, Reading } from './reading.ts';

/** A cluster with the counts by which the minute check sees that it changed. */
export interface ClusterStatistics {
  readonly cluster: Cluster;
  /** Equal fingerprints: nothing that ECS counts has changed. */
  readonly fingerprint: string;
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
  services(cluster: string): Promise<Reading<Service>>;
  /** Kept for the life of the process: a revision never changes. */
  taskDefinitions(arns: readonly string[]): Promise<Reading<TaskDefinition>>;
  capacityProviders(names: readonly string[]): Promise<Reading<CapacityProvider>>;
}

/** What Berth writes to ECS. Idempotent: asking for what is already so is done. */
export interface ClusterWriter {
  /** Batches of ten. Outcomes are by container instance ARN. */
  setContainerInstancesState(
    cluster: string,
    arns: readonly string[],
    status: 'DRAINING' | 'ACTIVE',
  ): Promise<readonly ItemOutcome[]>;
}
