import { type CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Gap } from '../model/observation.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import type { MetricQuery, MetricReader, MetricValue } from '../ports/metric-api.ts';
import type { Reading } from '../ports/reading.ts';
import { meaningOf } from './aws-error.ts';
import { callsFor, dataQueriesFor, idAt } from './cloud-watch-queries.ts';
import { joined, readBatches, readPages } from './reads.ts';

/**
 * How far back a datapoint is looked for: AWS's own metrics are one to several minutes late, and those of a queue that
 * was quiet take up to fifteen to come back (SQS developer guide).
 */
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

/** A datapoint carries the start of its period, and is complete when that period is over. */
const newestComplete = (results: readonly MetricDataResult[], query: MetricQuery, now: EpochMs): MetricValue => {
  const complete = results
    .flatMap((it) => (it.Timestamps ?? []).map((time, at) => ({ at: time.getTime(), value: it.Values?.[at] })))
    .filter((it) => it.value !== undefined && it.at + query.metric.periodMs <= now)
    .sort((a, b) => b.at - a.at);
  return { id: query.id, value: complete[0]?.value, at: complete[0]?.at };
};

const refused = (it: MetricDataResult): boolean => it.StatusCode === 'Forbidden' || it.StatusCode === 'InternalError';

const gapFor = (it: MetricDataResult, query: MetricQuery): Gap => ({
  subject: 'metrics',
  cause: it.StatusCode === 'Forbidden' ? 'accessDenied' : 'failed',
  detail: [`metric ${query.id}:`, it.StatusCode, ...(it.Messages ?? []).map((one) => one.Value ?? '')].join(' '),
});

export const cloudWatchMetricReader = (client: CloudWatchClient): MetricReader => {
  /**
   * All of one call. CloudWatch refuses the whole call for one expression that is wrong: then each half is asked for by
   * itself, until that one stands alone.
   */
  const readSome = async (queries: readonly MetricQuery[], now: EpochMs): Promise<Reading<MetricValue>> => {
    const periodMs = queries[0]?.metric.periodMs ?? minuteMs;
    const end = Math.ceil(now / periodMs) * periodMs;
    const refusals: unknown[] = [];
    const answers = await readPages('metrics', 'GetMetricData', async (NextToken) => {
      try {
        const page = await client.send(
          new GetMetricDataCommand({
            MetricDataQueries: queries.flatMap(dataQueriesFor),
            StartTime: new Date(end - windowMs(periodMs)),
            EndTime: new Date(end),
            ScanBy: 'TimestampDescending',
            NextToken,
          }),
        );
        return { items: page.MetricDataResults, next: page.NextToken };
      } catch (error) {
        if (meaningOf(error) === 'invalid') refusals.push(error);
        throw error;
      }
    });
    const isRefused = refusals.length > 0;
    if (isRefused && queries.length > 1) {
      const half = Math.ceil(queries.length / 2);
      return joined([await readSome(queries.slice(0, half), now), await readSome(queries.slice(half), now)]);
    }
    const answered = queries
      .map((query, at) => ({ query, results: answers.items.filter((it) => it.Id === idAt(at)) }))
      .filter(({ results }) => results.length > 0); // one whose page did not come is no metric without data
    const failed = answered.flatMap(({ query, results }) => results.filter(refused).map((it) => gapFor(it, query)));
    const gaps = isRefused
      ? answers.gaps.map((it) => ({ ...it, detail: `metric ${queries[0]?.id ?? ''}: ${it.detail}` }))
      : answers.gaps;
    return {
      items: answered
        .filter(({ results }) => !results.some(refused))
        .map(({ query, results }) => newestComplete(results, query, now)),
      gaps: [...gaps, ...failed],
    };
  };

  return {
    read: (queries, now) => readBatches('metrics', 'GetMetricData', callsFor(queries), (batch) => readSome(batch, now)),
  };
};
