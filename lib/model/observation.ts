import type { AutoScalingGroup } from './auto-scaling-group.ts';
import type { CapacityProvider, Cluster } from './capacity-provider.ts';
import type { ContainerInstance } from './container-instance.ts';
import type { GroupSurroundings } from './memory.ts';
import type { Service } from './service.ts';
import type { Task } from './task.ts';
import type { TaskDefinition } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** What a read was about. */
export type Subject =
  | 'cluster'
  | 'containerInstances'
  | 'tasks'
  | 'services'
  | 'taskDefinitions'
  | 'capacityProviders'
  | 'groups'
  | 'surroundings'
  | 'activities'
  | 'taskProtection'
  | 'tasksOnDraining'
  | 'metrics'
  // What only `berth doctor` reads:
  | 'deployments'
  | 'permissions'
  | 'quotas';

/** Why a read did not bring all it asked for. */
export type GapCause = 'throttled' | 'accessDenied' | 'notFound' | 'missing' | 'malformed' | 'failed';

/** A hole in an observation. While there is one, nothing that rests on its subject is scaled in. */
export interface Gap {
  readonly subject: Subject;
  readonly cause: GapCause;
  /** The resource that is missing, or what AWS said. */
  readonly detail: string;
}

/** A launch that a group tried and that failed. */
export interface FailedActivity {
  readonly group: string;
  readonly activityId: string;
  readonly at: EpochMs;
  /** What AWS said, such as "We currently do not have sufficient m5.large capacity in the Availability Zone …". */
  readonly cause: string;
  readonly availabilityZone: string | undefined;
}

/** Everything seen of one cluster in one look. Immutable; `gaps` says what could not be seen. */
export interface Observation {
  readonly observedAt: EpochMs;
  /** Undefined only where the cluster could not be read; `gaps` then says why. */
  readonly cluster: Cluster | undefined;
  readonly containerInstances: readonly ContainerInstance[];
  /** Tasks with desired status RUNNING; those that are stopping are seen by the resources they still hold. */
  readonly tasks: readonly Task[];
  readonly services: readonly Service[];
  /**
   * Every task, stopping ones included, that still holds something of an instance Berth is draining, by container
   * instance ARN. No entry: not read, which proves nothing.
   */
  readonly tasksOnDraining: Readonly<Record<string, readonly Task[]>>;
  readonly taskDefinitions: Readonly<Record<string, TaskDefinition>>;
  readonly capacityProviders: readonly CapacityProvider[];
  /** Hooks, policies and refreshes of the groups, read with the capacity providers. */
  readonly surroundings: readonly GroupSurroundings[];
  /**
   * Whether tasks are protected (GetTaskProtection), by task ARN, of those that a plan asked about. No entry: not asked,
   * or not answered, and then the task is not moved.
   */
  readonly taskProtection: Readonly<Record<string, boolean>>;
  /** Instances that Auto Scaling could not launch in the last minutes, where an event told of it. */
  readonly failedActivities: readonly FailedActivity[];
  /** When cluster and capacity providers were read, where they were read without a gap: at most a minute ago. */
  readonly factsReadAt: EpochMs | undefined;
  /** The groups that the tag `berth:cluster` opts in. */
  readonly groups: readonly AutoScalingGroup[];
  readonly gaps: readonly Gap[];
}
