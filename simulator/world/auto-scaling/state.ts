import type { JsonObject } from '../api.ts';
import type { Ec2Instance } from '../ec2/instances.ts';
import type { Cause } from '../log.ts';

type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminating:Retained'
  | 'Standby'
  | 'Detached';

export interface LifecycleHook {
  readonly name: string;
  readonly transition: string;
  readonly heartbeatMs: number;
  readonly defaultResult: 'CONTINUE' | 'ABANDON';
  readonly metadata: string | undefined;
  readonly notificationTargetArn: string | undefined;
  readonly roleArn: string | undefined;
}

/** A hook that holds an instance. */
export interface LifecycleAction {
  readonly token: string;
  readonly hook: LifecycleHook;
  readonly expiresAt: number;
  deadline: number;
}

export interface GroupInstance {
  readonly ec2: Ec2Instance;
  state: LifecycleState;
  healthStatus: 'Healthy' | 'Unhealthy';
  isProtected: boolean;
  /** By hook name. */
  readonly actions: Map<string, LifecycleAction>;
  /** Why it is to go. */
  cause: Cause | undefined;
}

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface Activity {
  readonly id: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  statusCode: string;
  statusMessage: string | undefined;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  minSize: number;
  maxSize: number;
  desired: number;
  /** The request's members that only answers need. */
  json: JsonObject;
  zones: readonly string[];
  subnets: readonly string[];
  protectNew: boolean;
  retainAbandoned: boolean;
  readonly tags: Map<string, GroupTag>;
  readonly hooks: Map<string, LifecycleHook>;
  readonly suspended: Set<string>;
  /** By instance id. */
  readonly instances: Map<string, GroupInstance>;
  /** Zones of instances asked of EC2 that do not exist yet. */
  readonly launching: string[];
  /** Instances that went and are to be replaced, oldest first. */
  readonly missing: string[];
  /** Newest last. */
  readonly activities: Activity[];
  /** What last changed the desired capacity. */
  cause: Cause;
  wakeAt: number | undefined;
  cooldownUntil: number;
  deleted: boolean;
}

export const isCounted = (it: GroupInstance): boolean => it.state.startsWith('Pending') || it.state === 'InService';
export const isLeaving = (it: GroupInstance): boolean => it.state.startsWith('Terminating');

/** What counts towards the desired capacity, instances still asked for included. */
export const countedSize = (group: Group): number => {
  let count = group.launching.length;
  for (const it of group.instances.values()) if (isCounted(it)) count++;
  return count;
};
