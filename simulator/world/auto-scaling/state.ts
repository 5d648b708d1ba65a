import type { JsonObject } from '../api.ts';
import type { Market } from '../ec2/capacity.ts';
import type { Ec2Instance } from '../ec2/instances.ts';
import type { Cause } from '../log.ts';

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminating:Retained'
  | 'Standby'
  | 'Detached'
  | 'Warmed:Pending'
  | 'Warmed:Pending:Wait'
  | 'Warmed:Pending:Proceed'
  | 'Warmed:Stopped'
  | 'Warmed:Running'
  | 'Warmed:Terminating'
  | 'Warmed:Terminating:Wait'
  | 'Warmed:Terminating:Proceed';

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

/** The launch template an instance was launched from, its version by number. */
export interface LaunchSource {
  readonly templateId: string;
  readonly templateName: string;
  readonly version: number;
}

/** What readers still see after a write, and until when. `undefined`: nothing yet. */
export interface Seen<T> {
  readonly was: T | undefined;
  readonly untilMs: number;
}

export interface GroupInstance {
  readonly ec2: Ec2Instance;
  readonly source: LaunchSource;
  /** Changed by the roster only, which counts. */
  readonly state: LifecycleState;
  healthStatus: 'Healthy' | 'Unhealthy';
  isProtected: boolean;
  /** By hook name. */
  readonly actions: Map<string, LifecycleAction>;
  /** Why it is to go. */
  cause: Cause | undefined;
  /** Launched above the desired capacity, until it is in service; then the instance named is to go, or any. */
  extra: Extra | undefined;
  inServiceAt: number | undefined;
  seenState: Seen<LifecycleState> | undefined;
}

export interface Extra {
  readonly replaces: string | undefined;
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
  /** The zone it happens in, where it is about an instance. */
  readonly zone: string | undefined;
  endedAt: number | undefined;
  statusCode: 'InProgress' | 'Successful' | 'Failed' | 'Cancelled';
  statusMessage: string | undefined;
}

/** How many, in all, by Availability Zone and by market. */
export interface Tally {
  total: number;
  spot: number;
  readonly zones: Map<string, number>;
}

/** A zone and market in which EC2 had no capacity: not tried again before `untilMs`. */
export interface Refusal {
  readonly untilMs: number;
  readonly attempts: number;
}

export interface WarmPool {
  /** As put, by AWS's names. */
  json: JsonObject;
  /** By instance id. */
  readonly instances: Map<string, GroupInstance>;
  /** Asked of EC2, not there yet. */
  asked: number;
  isDeleting: boolean;
}

/** A rolling replacement of a group's instances. */
export interface InstanceRefresh {
  readonly id: string;
  readonly startedAt: number;
  /** As asked for, by AWS's names. */
  readonly preferences: JsonObject;
  readonly desiredConfiguration: JsonObject | undefined;
  /** How many it found to replace when it began, and the ids of those still to go. */
  readonly total: number;
  readonly toReplace: Set<string>;
  /** Since when it waits for protection to be lifted. */
  waitingSince: number | undefined;
  endedAt: number | undefined;
  status: 'InProgress' | 'Successful' | 'Failed' | 'Cancelled';
  statusReason: string | undefined;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  minSize: number;
  maxSize: number;
  desired: number;
  seenDesired: Seen<number> | undefined;
  /** The request's members that only answers need. */
  json: JsonObject;
  zones: readonly string[];
  subnets: readonly string[];
  protectNew: boolean;
  retainAbandoned: boolean;
  readonly tags: Map<string, GroupTag>;
  readonly hooks: Map<string, LifecycleHook>;
  /** Scaling policies as put, by name. */
  readonly policies: Map<string, JsonObject>;
  readonly suspended: Set<string>;
  /** By instance id; changed by the roster only. */
  readonly instances: Map<string, GroupInstance>;
  /** What counts towards the desired capacity: instances that are Pending or InService, and those asked of EC2. */
  readonly tally: Tally;
  /** Instances asked of EC2 that do not exist yet. */
  asked: number;
  /** Of all that count, how many were launched above the desired capacity and are not in service yet. */
  extra: number;
  /** By zone and market. */
  readonly refusals: Map<string, Refusal>;
  /** Spot instances at risk that Capacity Rebalancing is to replace; true once the replacement is asked for. */
  readonly atRisk: Map<string, boolean>;
  warmPool: WarmPool | undefined;
  /** Newest last. */
  readonly refreshes: InstanceRefresh[];
  /** Instances that went and are to be replaced, oldest first. */
  readonly missing: string[];
  /** Newest last. */
  readonly activities: Activity[];
  /** What last changed the desired capacity. */
  cause: Cause;
  wakeAt: number | undefined;
  /** When its zones are looked at next, where they were found unequal. */
  balanceAt: number | undefined;
  cooldownUntil: number;
  deleted: boolean;
}

export const marketOf = (it: Ec2Instance): Market => (it.spot ? 'spot' : 'onDemand');

export const isCounted = (it: GroupInstance): boolean => it.state.startsWith('Pending') || it.state === 'InService';
export const isLeaving = (it: GroupInstance): boolean => it.state.startsWith('Terminating');

/** What a reader sees of something that was just written. */
export const seenAt = <T>(now: number, is: T, seen: Seen<T> | undefined): T | undefined =>
  seen !== undefined && now < seen.untilMs ? seen.was : is;
