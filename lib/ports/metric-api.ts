import type { MetricSettings } from '../model/settings.ts';
import type { EpochMs } from '../model/time.ts';
import type { Reading } from './reading.ts';

/** One metric that somebody's settings name. `id` is unique within a read. */
export interface MetricQuery {
  readonly id: string;
  readonly metric: MetricSettings;
}

/** The newest complete datapoint; `value` is undefined where the window holds none. */
export interface MetricValue {
  readonly id: string;
  readonly value: number | undefined;
  readonly at: EpochMs | undefined;
}

/** CloudWatch, read in batches of up to 500 metrics a call. */
export interface MetricReader {
  read(queries: readonly MetricQuery[], now: EpochMs): Promise<Reading<MetricValue>>;
}
