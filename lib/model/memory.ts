import type { CapacityProvider, Cluster } from './capacity-provider.ts';
import type { Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

/** Instances that a group lacks of a desired capacity, whoever asked for it, since when it was seen to. */
export interface LaunchIntent {
  readonly group: string;
  readonly desiredCapacity: number;
  readonly at: EpochMs;
}

/** What an instance of a launch source was seen to register. */
export interface LearnedShape {
  readonly launchSource: string;
  readonly instanceType: string;
  readonly registered: Resources;
  readonly gpus?: number | undefined;
  /**
   * On which the group's instances agree, and then all that a new one has; of one that was never seen those that its
   * launch template names. Undefined where nothing is known.
   */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Seen on a live instance, or computed from EC2's figures. */
  readonly from: 'instance' | 'ec2';
}

/** What is set up around a group, besides what its description says. */
export interface GroupSurroundings {
  readonly group: string;
  readonly hooks: readonly TerminationHook[];
  /** Names of scaling policies that are not ECS's own, and enabled. */
  readonly scalingPolicies: readonly string[];
  /** Whether an instance refresh is under way. */
  readonly isRefreshing: boolean;
}

export interface TerminationHook {
  readonly name: string;
  readonly heartbeatTimeoutMs: number;
  /** The longest that heartbeats can hold an instance. */
  readonly globalTimeoutMs: number;
}

/** A cluster and its capacity providers as they were read: they change seldom, and are read once a minute. */
export interface ClusterFacts {
  readonly cluster: Cluster;
  readonly capacityProviders: readonly CapacityProvider[];
  readonly surroundings: readonly GroupSurroundings[];
  readonly readAt: EpochMs;
}

/** The most tasks that a service wanted at once, from `at` on until it is too long ago to count. */
export interface Peak {
  readonly tasks: number;
  readonly at: EpochMs;
}

/** Demand that went, and whether it came back in time. */
export interface Fall {
  /** When it came back, or was no longer waited for. */
  readonly at: EpochMs;
  /** How deep it was, of what was wanted before: 0 is more than a half, 1 more than a quarter, and so on. */
  readonly depth: number;
  /** How much it was: 1 is a vCPU with 4 GiB. */
  readonly units: number;
  /** How long it was gone; undefined where it did not come back while room was worth keeping. */
  readonly backAfterMs: number | undefined;
}

/** How the demand of services that share room comes and goes. */
export interface Swing {
  /** What all of them together wanted, in units, as `Peak`s are kept of one service. */
  readonly levels: readonly Peak[];
  /** Of each depth the oldest first. */
  readonly falls: readonly Fall[];
}

/** What a task holds of an instance that is stopping there. */
export interface StoppingRoom extends Resources {
  /** Of the container instance. */
  readonly arn: string;
  readonly at: EpochMs;
}

/** How long a task of this size took to stop. */
export interface StopTime extends Resources {
  readonly ms: number;
}

/** Tasks of a group (`service:NAME`) that a drain of Berth's own made ECS move. */
export interface RecentMove {
  readonly group: string;
  readonly at: EpochMs;
}

/** Why an instance is to leave as soon as there is room elsewhere for what it runs. */
export type RetireCause = 'consolidation' | 'rotation' | 'rebalance' | 'repair';

/** An instance that is to leave, and stays ACTIVE until what it runs has room elsewhere. */
export interface Retiring {
  readonly cause: RetireCause;
  readonly since: EpochMs;
}

/** How many instances of a group were asked for at a time; counted against its launch budget for an hour. */
export interface LaunchCount {
  readonly group: string;
  readonly at: EpochMs;
  readonly instances: number;
}

/** A size that Berth gave a group: for a moment reads may show the one before. */
export interface Resized {
  readonly group: string;
  readonly from: number;
  readonly to: number;
  readonly at: EpochMs;
}

/** What is known of a group's desired capacity from earlier looks. */
export interface GroupSize {
  /** The highest that was seen, or that Berth asked for, and that a read which comes late may still show. */
  readonly highest: number;
  /** When that was seen last, or since when a lower one is seen. */
  readonly at: EpochMs;
  readonly isLower?: true | undefined;
  /** What somebody else raised it to, and when that was first seen. */
  readonly raised: { readonly to: number; readonly at: EpochMs } | undefined;
  /** What the group launched from when it was last looked at. */
  readonly launchSource?: string | undefined;
}

/** How long instances of a launch source took from being seen in their group until they registered; the newest last. */
export interface BootTimes {
  readonly launchSource: string;
  readonly timesMs: readonly number[];
}

/** A failed launch of a group: how many instances it may be asked for at once until it shows that it has some again. */
export interface LaunchFailure {
  readonly group: string;
  readonly at: EpochMs;
  /** Rises twofold each time a launch succeeds, falls to 1 when one fails. */
  readonly budget: number;
  /** What AWS said. */
  readonly cause: string;
  /** The one zone that it was about, of several that the group has. */
  readonly availabilityZone?: string | undefined;
  /** How long after it one more instance is asked for; doubles while launches go on failing. */
  readonly waitMs?: number | undefined;
}

/** What one decision leaves for the next about a cluster. One item of the table. */
export interface ClusterMemory {
  readonly intents: readonly LaunchIntent[];
  /** Since when an instance holds nothing but daemons, by EC2 instance id. */
  readonly emptySince: Readonly<Record<string, EpochMs>>;
  /** Since when an instance is in its group and not registered with ECS, by EC2 instance id. */
  readonly unregisteredSince: Readonly<Record<string, EpochMs>>;
  /** By group name. */
  readonly shapes: Readonly<Record<string, LearnedShape>>;
  /** Undefined until they were once read without a gap. */
  readonly facts: ClusterFacts | undefined;
  /** By service name: falling counts with rising times, of services that recently wanted more than now. */
  readonly peaks: Readonly<Record<string, readonly Peak[]>>;
  /** By what the services share: names of capacity providers, or `anywhere`. */
  readonly swings: Readonly<Record<string, Swing>>;
  readonly stopping: readonly StoppingRoom[];
  /** Of each size of task the newest last. */
  readonly stopTimes: readonly StopTime[];
  readonly moves: readonly RecentMove[];
  /** By EC2 instance id. */
  readonly retiring: Readonly<Record<string, Retiring>>;
  /** Until when what a drain was given up of is left alone, by EC2 instance id and by task group (`service:NAME`). */
  readonly leftAloneUntil: Readonly<Record<string, EpochMs>>;
  /** Since when the agent of an instance is seen disconnected, by EC2 instance id. */
  readonly disconnectedSince: Readonly<Record<string, EpochMs>>;
  readonly launches: readonly LaunchCount[];
  readonly launchFailures: readonly LaunchFailure[];
  readonly resized: readonly Resized[];
  /** By group name. */
  readonly sizes: Readonly<Record<string, GroupSize>>;
  /** By group name. */
  readonly bootTimes: Readonly<Record<string, BootTimes>>;
  /** Since when tasks that fit where they may run have not been started, by demand id. */
  readonly unstartedSince: Readonly<Record<string, EpochMs>>;
  /** When a group was last made larger, by group name. */
  readonly grownAt: Readonly<Record<string, EpochMs>>;
  /** When instances to consolidate were last looked for. */
  readonly consolidatedAt: EpochMs | undefined;
}

export const noMemory: ClusterMemory = {
  intents: [],
  emptySince: {},
  unregisteredSince: {},
  shapes: {},
  facts: undefined,
  peaks: {},
  swings: {},
  stopping: [],
  stopTimes: [],
  moves: [],
  retiring: {},
  leftAloneUntil: {},
  disconnectedSince: {},
  launches: [],
  launchFailures: [],
  resized: [],
  sizes: {},
  bootTimes: {},
  unstartedSince: {},
  grownAt: {},
  consolidatedAt: undefined,
};

/** Of Berth's own choice, so that it can be taken back until the termination is asked for. */
export type OwnCause = 'empty' | 'byHand' | RetireCause;

export type DrainCause = OwnCause | 'lifecycleAction' | 'spotInterruption';

const endedByOthers: readonly DrainCause[] = ['lifecycleAction', 'spotInterruption'];

/** Whether Auto Scaling or EC2 ends the instance, whatever Berth does. */
export const isEndedByOthers = (cause: DrainCause): cause is 'lifecycleAction' | 'spotInterruption' =>
  endedByOthers.includes(cause);

/**
 * One instance that Berth is taking out of service. `draining`: DRAINING was asked for. `emptied`: seen once with
 * nothing but daemons. `terminating`: proven empty, cannot be undone. `restoring`: ACTIVE was asked for again. A drain
 * ends by being deleted from the store, once the world shows that it is over.
 */
export type DrainState = 'draining' | 'emptied' | 'terminating' | 'restoring';

export interface Drain {
  readonly ec2InstanceId: string;
  readonly containerInstanceArn: string;
  readonly group: string | undefined;
  readonly cause: DrainCause;
  readonly state: DrainState;
  readonly startedAt: EpochMs;
  /** When the current state was entered; the second look counts from here. */
  readonly since: EpochMs;
  /** When it is to be over; what then, the settings say. Undefined: it may take as long as it takes. */
  readonly deadlineAt?: EpochMs | undefined;
  /** When its lifecycle hook was last told to wait longer. */
  readonly heartbeatAt?: EpochMs | undefined;
}

/** The head item of a cluster. `generation` rises with each decision, `epoch` when a person or a tool takes over. */
export interface Head {
  readonly cluster: string;
  readonly generation: number;
  readonly epoch: number;
  /** The earliest time at which a timer wants a decision. */
  readonly nextTimerAt: EpochMs | undefined;
  /** When the delayed message that was sent last arrives: while it is under way no other is needed. */
  readonly wakeAt: EpochMs | undefined;
  readonly lastDecisionAt: EpochMs | undefined;
  /** The cluster's statistics at the last minute check that saw it change. */
  readonly fingerprint: string | undefined;
}
