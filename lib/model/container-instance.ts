import type { Resources } from './resources.ts';
import type { HostPort } from './task-definition.ts';
import type { EpochMs } from './time.ts';

export type ContainerInstanceStatus =
  | 'REGISTERING'
  | 'REGISTRATION_FAILED'
  | 'ACTIVE'
  | 'DRAINING'
  | 'DEREGISTERING'
  | 'INACTIVE';

export interface ContainerInstance {
  readonly arn: string;
  /** `i-…` on EC2, `mi-…` for ECS Anywhere. */
  readonly ec2InstanceId: string;
  readonly status: ContainerInstanceStatus;
  /** Only ACTIVE instances whose agent is connected are given tasks. */
  readonly agentConnected: boolean;
  /** Of the container agent, such as 1.89.2; undefined where it did not say. */
  readonly agentVersion?: string | undefined;
  readonly registeredAt: EpochMs;
  readonly version: number;
  readonly registered: Resources;
  readonly remaining: Resources;
  /** Host ports in use, those reserved by the agent and the system included. */
  readonly portsInUse: readonly HostPort[];
  readonly gpusRemaining: number;
  /** Undefined where it was not said: as many as remain. */
  readonly gpusRegistered?: number | undefined;
  /** What is left of resources of the user's own, by name; of a set of strings, how many. */
  readonly customRemaining?: Readonly<Record<string, number>> | undefined;
  /** Counts tasks whose desired status is RUNNING; tasks that are stopping are in neither count. */
  readonly runningTasksCount: number;
  readonly pendingTasksCount: number;
  readonly capacityProviderName: string | undefined;
  /** Attribute values by name; an attribute without a value has the empty string. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const instanceTypeOf = (it: ContainerInstance): string | undefined => it.attributes['ecs.instance-type'];

/** ECS Anywhere registers machines outside EC2 under Systems Manager ids; no Auto Scaling group can hold one. */
export const isExternal = (it: ContainerInstance): boolean => it.ec2InstanceId.startsWith('mi-');
