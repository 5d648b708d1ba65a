import type { Distribution } from './quantiles.ts';

/** Waits in milliseconds, asked for → RUNNING. */
export interface WaitScore {
  readonly all: Distribution | undefined;
  readonly needingLaunch: Distribution | undefined;
  /** trigger + queue + decision + launch call; undefined for controllers whose path is not known. */
  readonly ownShare: Distribution | undefined;
  /** Of those that needed a launch: until the call that made it, from then until registered, from then until RUNNING. */
  readonly decision: Distribution | undefined;
  readonly launch: Distribution | undefined;
  readonly placement: Distribution | undefined;
  readonly wanted: number;
  readonly ran: number;
  readonly withdrawn: number;
  readonly waitingAtEnd: number;
  readonly backlogTaskSeconds: number;
}

export interface CostScore {
  /** From launch to stop by EC2; 60 s at least for each launch. */
  readonly instanceHours: number;
  readonly dollars: number;
  readonly freeMigrationDollars: number;
  readonly noMigrationDollars: number;
  /** Undefined where the bound is nothing, or the run did not get to the end. */
  readonly overFreeMigration: number | undefined;
  readonly overNoMigration: number | undefined;
  /** Instance-hours with no task but daemons, and those held in Terminating:Wait (part of both). */
  readonly emptyInstanceHours: number;
  readonly terminatingWaitHours: number;
  /** Reserved ÷ registered of the scarcer dimension, and 1 − that of the ampler one, weighted by time; 0 to 1. */
  readonly reservedUtilisation: number;
  readonly strandedCapacity: number;
}

/** SPEC-RG-2016-01; in per cent. Demand and supply in instances of the bound's mix. */
export interface ElasticityScore {
  readonly underAccuracy: number;
  readonly overAccuracy: number;
  readonly underTimeshare: number;
  readonly overTimeshare: number;
  readonly instability: number;
}

export interface DisruptionScore {
  readonly tasksMoved: number;
  /** Moved twice within 30 minutes by the controller's decisions. */
  readonly tasksMovedTwice: number;
  readonly interruptedTaskSeconds: number;
}

export interface ChurnScore {
  readonly launches: number;
  readonly terminations: number;
  readonly drains: number;
  readonly restores: number;
  readonly uselessLaunches: number;
  /** Launched by the group in place of an instance that went, never used, and terminated by the controller. */
  readonly unusedReplacements: number;
  /** Launches whose demand was withdrawn before they could help. */
  readonly withdrawnLaunches: number;
  readonly regrettedRemovals: number;
  readonly flaps: number;
}

export interface CallScore {
  readonly calls: number;
  readonly throttled: number;
  /** By `service:Operation`. */
  readonly byOperation: Readonly<Record<string, number>>;
}

export interface Score {
  readonly wait: WaitScore;
  readonly cost: CostScore;
  readonly elasticity: ElasticityScore;
  readonly disruption: DisruptionScore;
  readonly churn: ChurnScore;
  readonly calls: CallScore;
  /** Instances that EC2 stopped while a non-daemon task was live, not forced from outside. */
  readonly safety: {
    readonly terminationsWithLiveTask: number;
    readonly violationsByLaw: Readonly<Record<string, number>>;
  };
}
