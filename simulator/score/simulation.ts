import type { Score } from './score.ts';

/** One sample of a run; everything that a plot over time needs. */
export interface TimelinePoint {
  readonly atMs: number;
  /** Registered ACTIVE instances, those on their way or not yet registered, and those DRAINING or terminating. */
  readonly active: number;
  readonly incoming: number;
  readonly leaving: number;
  /** Sum of the groups' desired capacities. */
  readonly desiredCapacity: number;
  /** Instances that the free-migration bound needs now, fractional. */
  readonly boundInstances: number;
  readonly runningTasks: number;
  readonly waitingTasks: number;
  /** Of what the tasks that should run now need, and of what ACTIVE instances registered; CPU units and MiB. */
  readonly demandCpuUnits: number;
  readonly demandMemoryMiB: number;
  readonly supplyCpuUnits: number;
  readonly supplyMemoryMiB: number;
  readonly dollarsPerHour: number;
}

/** An instance's life; times are undefined where they did not come. */
export interface InstanceLife {
  readonly ec2InstanceId: string;
  readonly group: string | undefined;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly launchedAtMs: number;
  readonly registeredAtMs: number | undefined;
  readonly terminatedAtMs: number | undefined;
  readonly drains: readonly {
    readonly fromMs: number;
    readonly toMs: number | undefined;
    readonly endedBy: 'restored' | 'terminated' | 'open';
  }[];
  /** Spans in which it held a non-daemon task, merged. */
  readonly busy: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** Something a controller decided, with its reasons. */
export interface DecisionRecord {
  readonly atMs: number;
  readonly text: string;
  readonly reasons: readonly string[];
}

/** A law that was broken: enough to find the step again. */
export interface Violation {
  readonly law: string;
  readonly atMs: number;
  readonly detail: string;
}

/** What one run of one controller on one scenario came to. Plain data; the same seed gives the same bytes. */
export interface Simulation {
  readonly scenario: string;
  readonly controller: string;
  /** The controller's own settings where it has a grid of them, in words. */
  readonly setting: string | undefined;
  readonly seed: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** How far it got: less than the duration where it was interrupted. */
  readonly ranMs: number;
  readonly decisions: number;
  readonly score: Score;
  readonly violations: readonly Violation[];
  readonly timeline: readonly TimelinePoint[];
  readonly instances: readonly InstanceLife[];
  readonly waitsMs: readonly number[];
  readonly decisionLog: readonly DecisionRecord[];
}
