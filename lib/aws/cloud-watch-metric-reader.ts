import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { type EpochMs, minuteMs } from '../model/time.ts';
import type { MetricReader, MetricValue } from '../ports/metric-api.ts';
import { type Answered, pointsOf, readMetricData } from './cloud-watch-data.ts';
import { callsFor } from './cloud-watch-queries.ts';
import { readBatches } from './reads.ts';

/**
 * How far back a datapoint is looked for: AWS's own metrics are one to several minutes late, and those of a queue that
 * was quiet take up to fifteen to come back (SQS developer guide).
 */
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

/** A datapoint is complete when its period is over. */
const newestComplete = ({ query, results }: Answered, now: EpochMs): MetricValue => {
  const complete = pointsOf(results).filter((it) => it.at + query.metric.periodMs <= now);
  const [newest] = complete.toSorted((a, b) => b.at - a.at);
  return { id: query.id, value: newest?.value, at: newest?.at };
};

export const cloudWatchMetricReader = (client: CloudWatchClient): MetricReader => ({
  read: (queries, now) =>
    readBatches('metrics', 'GetMetricData', callsFor(queries), async (batch) => {
      const periodMs = batch[0]?.metric.periodMs ?? minuteMs;
      const end = Math.ceil(now / periodMs) * periodMs;
      const { items, gaps } = await readMetricData(client, batch, end - windowMs(periodMs), end);
      return { items: items.map((it) => newestComplete(it, now)), gaps };
    }),
});
