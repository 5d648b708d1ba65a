import type { EpochMs } from './time.ts';

/** Another count that a service should have, as the minute check found it; the next decision makes it so. */
export interface WantedCount {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly at: EpochMs;
  /** Asked for some times, and never set: it is asked for again, but no instance is launched for it before it is. */
  readonly isInVain?: boolean | undefined;
}

/** For so long a wanted count is news: three minute checks. */
export const wantedCountLastsMs = 180_000;

/** How many tasks there were, or would have been right, at a time. */
export interface TasksAt {
  readonly at: EpochMs;
  readonly tasks: number;
}

/** What a signal last said; no value: it said nothing. */
export interface SignalReading {
  readonly value: number | undefined;
  /** When the period of the datapoint began. */
  readonly at: EpochMs | undefined;
  readonly readAt: EpochMs;
  /** How often in a row it said nothing. */
  readonly failures: number;
}

/** What one minute check leaves for the next about one service: windows and rates reach back over it. */
export interface CountHistory {
  readonly desired: number;
  /** What would have been right, before windows and rates; as far back as the windows reach. */
  readonly recommendations: readonly TasksAt[];
  /** By how much the desired count changed, whoever changed it; as far back as rates and cooldowns reach. */
  readonly changes: readonly TasksAt[];
  /** How many ran, as far back as datapoints may be. */
  readonly running: readonly TasksAt[];
  /** By signal name. */
  readonly readings: Readonly<Record<string, SignalReading>>;
  /** When a signal last was above its activation. */
  readonly activeAt: EpochMs | undefined;
  readonly nextReadAt: EpochMs;
  /** What Berth last asked for. */
  readonly wanted: TasksAt | undefined;
  /** Whether Application Auto Scaling had the count when that was last read. */
  readonly hasScalableTarget: boolean;
  /** At how many checks in a row a count was found as it had been, though Berth had asked for another. */
  readonly unheeded?: number | undefined;
  /** When its signals last asked for far more tasks than there were. */
  readonly surgedAt?: EpochMs | undefined;
  /** The most that its signals asked for in the last hour. */
  readonly busiest?: TasksAt | undefined;
}

/** By service name. */
export type CountHistories = Readonly<Record<string, CountHistory>>;

/** Why a count is not what its signals and calendar would have it be. */
export type CountHold =
  | 'paused'
  | 'stoppedByHand'
  | 'missingSignal'
  | 'stabilisation'
  | 'ratePolicy'
  | 'cooldown'
  | 'scaleInOff'
  | 'scaleOutOff'
  | 'deployment'
  | 'scalableTarget'
  | 'externalDeployment'
  | 'daemon'
  | 'notActive'
  | 'tags'
  | 'notFound';

/** What one signal made of itself. */
export interface SignalReport {
  readonly signal: string;
  readonly value: number | undefined;
  /** How many tasks it asks for; undefined where it says nothing. */
  readonly tasks: number | undefined;
}

/** How one service stands: the count it has, the one that is right, the one that is asked for, and why they differ. */
export interface CountReport {
  readonly service: string;
  readonly desired: number;
  readonly recommended: number;
  readonly wanted: number;
  readonly reason: string;
  readonly holds: readonly CountHold[];
  readonly signals: readonly SignalReport[];
  /** Sentences about what somebody else did, or must mend. */
  readonly notices: readonly string[];
}
