import type { EpochMs } from '../model/time.ts';
import type { MetricQuery } from './metric-api.ts';
import type { Reading } from './reading.ts';

/** What CloudWatch has of a metric, one datapoint a period, in no order. Periods without data are left out. */
export interface MetricHistory {
  readonly id: string;
  readonly points: readonly { readonly at: EpochMs; readonly value: number }[];
}

/** The past of metrics, as far as CloudWatch keeps it at their period: 15 days a minute, 63 days five minutes. */
export interface MetricHistoryReader {
  /** From `from` up to, and without, `to`. A query that is refused is a gap; the others are answered. */
  history(queries: readonly MetricQuery[], from: EpochMs, to: EpochMs): Promise<Reading<MetricHistory>>;
}
