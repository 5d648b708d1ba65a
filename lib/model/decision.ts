import type { Step, StepResult, UnplacedVerdict } from './plan.ts';
import type { EpochMs } from './time.ts';

/** A step as it is kept: what it was about, why, and what became of it. */
export interface StepRecord {
  readonly kind: Step['kind'];
  readonly group: string | undefined;
  /** Whose desired count it sets. */
  readonly service?: string | undefined;
  /** EC2 instance ids, the first of them. */
  readonly instances: readonly string[];
  /** How many more there were. */
  readonly moreInstances: number;
  /** Desired capacity, or count, before and after, where the step is about it. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly reason: string;
  readonly result: StepResult;
  readonly detail: string | undefined;
}

/** Tasks of one source that had no place, as a decision saw them. */
export interface WaitingRecord {
  readonly source: string;
  readonly tasks: number;
  readonly verdict: UnplacedVerdict['kind'];
}

/** A decision that took steps. Kept for a week, so that it can be told why an instance came or went. */
export interface DecisionRecord {
  readonly at: EpochMs;
  /** Which decision of the cluster it was. */
  readonly generation: number;
  /** What asked for it. */
  readonly reason: string;
  readonly steps: readonly StepRecord[];
  readonly moreSteps: number;
  readonly waiting: readonly WaitingRecord[];
  readonly moreWaiting: number;
}

export const decisionsLastMs = 7 * 24 * 60 * 60_000;
