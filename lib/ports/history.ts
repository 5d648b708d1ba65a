import type { DecisionRecord } from '../model/decision.ts';
import type { EpochMs } from '../model/time.ts';

/** The decisions that `Store.keepDecision` kept. Read by people's tools alone: no decision rests on another. */
export interface History {
  /** Those at `since` or later, the oldest first. */
  decisions(cluster: string, since: EpochMs): Promise<readonly DecisionRecord[]>;
}
