import type { MetricSource } from '../model/settings.ts';
import type { EpochMs } from '../model/time.ts';
import type { Reading } from './reading.ts';

/** A metric, or what CloudWatch computes of several. `id` is unique within a read, and told where it fails. */
export interface MetricQuery {
  readonly id: string;
  readonly metric: MetricSource;
}

/** The newest complete datapoint; `value` is undefined where the window holds none. */
export interface MetricValue {
  readonly id: string;
  readonly value: number | undefined;
  readonly at: EpochMs | undefined;
}

/** CloudWatch, read in batches of up to 500 metrics a call. A query that CloudWatch refuses is a gap; the others are answered. */
export interface MetricReader {
  read(queries: readonly MetricQuery[], now: EpochMs): Promise<Reading<MetricValue>>;
}
