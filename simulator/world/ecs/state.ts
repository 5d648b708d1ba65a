import type { JsonObject } from '../api.ts';
import type { WantKind } from '../log.ts';

export type Tags = Map<string, string>;

/** What a task takes of a container instance. */
export interface Need {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpus: number;
  readonly networkInterfaces: number;
}

/** What a container instance has left; ports are those in use, GPUs those still free. */
export interface Pool {
  cpuUnits: number;
  memoryMiB: number;
  readonly tcpPortsInUse: Set<number>;
  readonly udpPortsInUse: Set<number>;
  readonly freeGpus: Set<string>;
  networkInterfaces: number;
}

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly networkMode: string;
  readonly need: Need;
  readonly containers: readonly JsonObject[];
  /** memberOf expressions. */
  readonly constraints: readonly string[];
  readonly requiredAttributes: readonly string[];
  /** As registered, for answers. */
  readonly json: JsonObject;
  readonly registeredAt: number;
  deregisteredAt: number | undefined;
  readonly tags: Tags;
}

export interface StrategyItem {
  readonly capacityProvider: string;
  readonly base: number;
  readonly weight: number;
}

export interface CapacityProvider {
  readonly name: string;
  readonly arn: string;
  readonly autoScalingGroupArn: string;
  managedScaling: JsonObject;
  managedTerminationProtection: string;
  managedDraining: string;
  readonly tags: Tags;
}

export interface PlacementRule {
  readonly type: string;
  readonly field: string | undefined;
  readonly expression: string | undefined;
}

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  status: 'ACTIVE' | 'INACTIVE';
  settings: readonly JsonObject[];
  capacityProviders: readonly string[];
  defaultStrategy: readonly StrategyItem[];
  readonly tags: Tags;
  /** By ARN; deregistered ones are gone. */
  readonly instances: Map<string, ContainerInstance>;
  /** By name; INACTIVE ones for a while. */
  readonly services: Map<string, Service>;
  /** By ARN; stopped ones for an hour. */
  readonly tasks: Map<string, Task>;
  /** Tasks in PROVISIONING that have no container instance yet, oldest first. */
  readonly queued: Set<Task>;
  /** Services with wants that found no room. */
  readonly starved: Set<Service>;
}

export interface ContainerInstance {
  readonly arn: string;
  readonly id: string;
  readonly cluster: Cluster;
  readonly ec2InstanceId: string;
  readonly availabilityZone: string;
  readonly attributes: Map<string, string | undefined>;
  readonly registered: Readonly<Pool>;
  readonly remaining: Pool;
  readonly registeredAt: number;
  readonly tags: Tags;
  capacityProviderName: string | undefined;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  agentConnected: boolean;
  version: number;
  /** Not yet STOPPED. */
  readonly tasks: Set<Task>;
  /** Tasks wanted RUNNING here, by task group. */
  readonly tasksByGroup: Map<string, number>;
  runningTasks: number;
  pendingTasks: number;
  /** What waits for the agent to come back. */
  readonly onReconnect: (() => void)[];
}

/** A task the world wants but has not placed; it keeps its identity if its task dies before RUNNING. */
export interface Want {
  readonly id: string;
  readonly kind: WantKind;
  readonly capacityProvider: string | undefined;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface Task {
  readonly arn: string;
  readonly id: string;
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly need: Need;
  readonly want: Want;
  readonly service: Service | undefined;
  readonly deployment: Deployment | undefined;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly launchType: string | undefined;
  readonly overrides: JsonObject;
  readonly tags: Tags;
  readonly createdAt: number;
  /** Standalone: what RunTask asked; services have their own. */
  readonly constraints: readonly PlacementRule[];
  readonly strategy: readonly PlacementRule[];
  instance: ContainerInstance | undefined;
  gpuIds: readonly string[];
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  pullStartedAt: number | undefined;
  startedAt: number | undefined;
  stoppingAt: number | undefined;
  stoppedAt: number | undefined;
  stopCode: string | undefined;
  stoppedReason: string | undefined;
  exitCode: number | undefined;
  protectedUntil: number | undefined;
}

/** A deployment, or a task set (EXTERNAL and CODE_DEPLOY): tasks of one definition under one strategy. */
export interface Deployment {
  readonly id: string;
  /** Of a task set only. */
  readonly arn: string | undefined;
  readonly externalId: string | undefined;
  readonly service: Service;
  readonly definition: TaskDefinition;
  readonly launchType: string | undefined;
  readonly strategy: readonly StrategyItem[];
  readonly createdAt: number;
  updatedAt: number;
  status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
  rolloutState: 'IN_PROGRESS' | 'COMPLETED';
  rolloutStateReason: string;
  /** Of a task set: its share of the service's desired count. */
  scalePercent: number;
  /** Of a blue/green deployment: to be taken down. */
  retired: boolean;
  /** Of a green one: when its bake time is over. */
  bakedAt: number | undefined;
  /** Asked for and without a task, oldest first. */
  readonly wants: Want[];
  /** Not yet STOPPED. */
  readonly tasks: Set<Task>;
  failedTasks: number;
  failuresInRow: number;
  /** How many of them the present throttle answers. */
  failuresThrottled: number;
  throttledUntil: number;
}

interface ServiceEvent {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

export interface Service {
  readonly cluster: Cluster;
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly controller: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
  readonly tags: Tags;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  /** The request's members that only answers need. */
  json: JsonObject;
  deploymentStrategy: string;
  minimumHealthyPercent: number;
  maximumPercent: number;
  bakeMs: number;
  hasLoadBalancer: boolean;
  placementConstraints: readonly PlacementRule[];
  placementStrategy: readonly PlacementRule[];
  /** Newest first. */
  deployments: Deployment[];
  /** Of all deployments, not yet STOPPED. */
  readonly tasks: Set<Task>;
  readonly events: ServiceEvent[];
  steady: boolean;
  lastFailure: { readonly message: string; readonly at: number } | undefined;
  /** When the scheduler will next look. */
  wakeAt: number | undefined;
  /** Daemon wants by container instance ARN. */
  readonly daemonWants: Map<string, Want>;
  launchWindowStart: number;
  launchesInWindow: number;
}

/** All of ECS in this account and region. */
export interface EcsState {
  readonly clusters: Map<string, Cluster>;
  readonly definitions: Map<string, TaskDefinition>;
  /** By family, oldest revision first. */
  readonly families: Map<string, TaskDefinition[]>;
  readonly providers: Map<string, CapacityProvider>;
  readonly instancesByEc2Id: Map<string, ContainerInstance>;
}

export const createEcsState = (): EcsState => ({
  clusters: new Map(),
  definitions: new Map(),
  families: new Map(),
  providers: new Map(),
  instancesByEc2Id: new Map(),
});

const beforeRunning: ReadonlySet<TaskStatus> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING']);

/** On its way to RUNNING. */
export const isStarting = (task: Task): boolean => beforeRunning.has(task.lastStatus);
export const isWanted = (task: Task): boolean => task.desiredStatus === 'RUNNING';
/** Holds, or will hold, a place: PENDING to DEPROVISIONING, not a daemon's. */
export const isLive = (task: Task): boolean => task.lastStatus !== 'STOPPED' && task.want.kind !== 'DAEMON';
export const onDrainingInstance = (task: Task): boolean => task.instance?.status === 'DRAINING';
