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
  /** On which the group's instances agree; undefined where none was ever seen. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Seen on a live instance, or computed from EC2's figures. */
  readonly from: 'instance' | 'ec2';
}

/** A cluster and its capacity providers as they were read: they change seldom, and are read once a minute. */
export interface ClusterFacts {
  readonly cluster: Cluster;
  readonly capacityProviders: readonly CapacityProvider[];
  readonly readAt: EpochMs;
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
}

export const noMemory: ClusterMemory = {
  intents: [],
  emptySince: {},
  unregisteredSince: {},
  shapes: {},
  facts: undefined,
};

export type DrainCause = 'empty' | 'lifecycleAction' | 'spotInterruption';

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
