import type { JsonObject } from '../api.ts';
import type { Bounds } from '../constants.ts';
import type { WantKind } from '../log.ts';
import type { Fleet, Place } from './fleet.ts';
import type { Need, Pool } from './pool.ts';

export type { Need, Pool } from './pool.ts';

export type Tags = Map<string, string>;

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
  /** What attributes of an instance must say by its runtime platform, where they are there. */
  readonly platform: Readonly<Record<string, string>>;
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
  /** The same instances, as placement sees them. */
  readonly fleet: Fleet<ContainerInstance>;
  /** By name; INACTIVE ones for a while. */
  readonly services: Map<string, Service>;
  /** By ARN; stopped ones for an hour. */
  readonly tasks: Map<string, Task>;
  /** Tasks in PROVISIONING that have no container instance yet, oldest first. */
  readonly queued: Set<Task>;
  /** Services with wants that found no room. */
  readonly starved: Set<Service>;
}

/** What reads show of a resource for a moment after a write: its state before. */
export interface Before {
  readonly until: number;
  /** As answered, with times in epoch seconds and with tags. Of a service only what the write changes. */
  readonly json: JsonObject;
}

export interface ContainerInstance extends Place {
  readonly id: string;
  readonly cluster: Cluster;
  readonly availabilityZone: string;
  readonly attributes: Map<string, string | undefined>;
  readonly registered: Readonly<Pool>;
  readonly remaining: Pool;
  /** Resources of the user's own, as registered; what is left of them is counted with what remains. */
  customResources: readonly JsonObject[];
  readonly tags: Tags;
  capacityProviderName: string | undefined;
  /** REGISTERING: its trunk network interface is being attached. */
  status: 'REGISTERING' | 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  agentConnected: boolean;
  version: number;
  /** Not yet STOPPED. */
  readonly tasks: Set<Task>;
  /** Those, and what stopped here within the last hour. */
  readonly knownTasks: Set<Task>;
  runningTasks: number;
  pendingTasks: number;
  before: Before | undefined;
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
  /** A container health check fails. */
  unhealthy: boolean;
  /** From when on reads find it: a task just made by RunTask may be missing for a moment. */
  visibleAt: number;
  before: Before | undefined;
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
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
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
  /** Tasks that failed before RUNNING since the last one that ran. */
  failedTasks: number;
  /** How many of them the present throttle answers. */
  failuresThrottled: number;
  throttledUntil: number;
  /** Made by a circuit breaker. */
  isRollback: boolean;
}

/** When a failing deployment is given up. (ECS API, DeploymentCircuitBreaker.) */
export interface CircuitBreaker {
  readonly enabled: boolean;
  readonly rollsBack: boolean;
  /** Failed tasks that trip it, of so many desired. */
  readonly threshold: (desired: number) => number;
  /** As given, for answers. */
  readonly json: JsonObject;
}

/** Evening out a service's tasks over Availability Zones, one task at a time. */
export interface ZoneRebalancing {
  /** When the imbalance will be looked at again. */
  checkAt: number | undefined;
  /** The task started in the emptier zone, until one in the fuller zone may go for it. */
  extra: Task | undefined;
  /** Told as begun, and not yet as completed. */
  underWay: boolean;
  /** When it was last told that the emptier zone has no room. */
  toldAt: number | undefined;
}

/** What the program in a family's containers does. Undefined: what the world's constants say. */
export interface TaskBehaviour {
  /** Share of starts that die before RUNNING, from 0 to 1. */
  readonly failingStarts?: number;
  /** From SIGTERM to its end. */
  readonly stoppingMs?: Bounds;
  /** Pulling images and starting, until RUNNING. */
  readonly activatingMs?: Bounds;
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
  circuitBreaker: CircuitBreaker;
  hasLoadBalancer: boolean;
  availabilityZoneRebalancing: 'ENABLED' | 'DISABLED';
  readonly rebalancing: ZoneRebalancing;
  placementConstraints: readonly PlacementRule[];
  placementStrategy: readonly PlacementRule[];
  /** Newest first. */
  deployments: Deployment[];
  /** The last deployment that completed, which a rollback goes back to. */
  lastCompleted: Deployment | undefined;
  /** Of all deployments, not yet STOPPED. */
  readonly tasks: Set<Task>;
  /** As answered, newest first. */
  readonly events: JsonObject[];
  steady: boolean;
  lastFailure: { readonly message: string; readonly at: number } | undefined;
  /** When the scheduler will next look. */
  wakeAt: number | undefined;
  /** Daemon wants by container instance ARN. */
  readonly daemonWants: Map<string, Want>;
  launchWindowStart: number;
  launchesInWindow: number;
  before: Before | undefined;
}

/** An account setting, and since when it has its value. */
export interface AccountSetting {
  readonly value: string;
  readonly since: number;
  readonly principalArn: string;
}

/** All of ECS in this account and region. */
export interface EcsState {
  readonly clusters: Map<string, Cluster>;
  readonly definitions: Map<string, TaskDefinition>;
  /** By family, oldest revision first. */
  readonly families: Map<string, TaskDefinition[]>;
  readonly providers: Map<string, CapacityProvider>;
  readonly instancesByEc2Id: Map<string, ContainerInstance>;
  /** By name; each with its former values, oldest first. */
  readonly accountSettings: Map<string, readonly AccountSetting[]>;
  /** By task definition family. */
  readonly behaviours: Map<string, TaskBehaviour>;
}

export const createEcsState = (): EcsState => ({
  clusters: new Map(),
  definitions: new Map(),
  families: new Map(),
  providers: new Map(),
  instancesByEc2Id: new Map(),
  accountSettings: new Map(),
  behaviours: new Map(),
});

const beforeRunning: ReadonlySet<TaskStatus> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING']);

/** On its way to RUNNING. */
export const isStarting = (task: Task): boolean => beforeRunning.has(task.lastStatus);
export const isWanted = (task: Task): boolean => task.desiredStatus === 'RUNNING';
/** Holds, or will hold, a place: PENDING to DEPROVISIONING, not a daemon's. */
export const isLive = (task: Task): boolean => task.lastStatus !== 'STOPPED' && task.want.kind !== 'DAEMON';
export const onDrainingInstance = (task: Task): boolean => task.instance?.status === 'DRAINING';
