import type { CountHistories, WantedCount } from '../model/service-counts.ts';
import type { EpochMs } from '../model/time.ts';
import type { ForecastStore } from './forecast-store.ts';

/** What one minute check leaves for the next about the counts of a cluster's services, and for the decision. */
export interface CountStore extends ForecastStore {
  countHistories(cluster: string): Promise<CountHistories>;
  /** Takes the place of what was there; forgotten a week after the last. */
  keepCountHistories(cluster: string, histories: CountHistories, at: EpochMs): Promise<void>;
  /** Takes the place of what was wanted before; `Store.drainsAndAsked` reads it. */
  keepWantedCounts(cluster: string, wanted: readonly WantedCount[], at: EpochMs): Promise<void>;
}
