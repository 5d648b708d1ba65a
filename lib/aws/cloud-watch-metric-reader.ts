import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type { Gap } from '../model/observation.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import type { MetricQuery, MetricReader, MetricValue } from '../ports/metric-api.ts';
import type { Reading } from '../ports/reading.ts';
import { inBatches, joined, readBatches, readPages } from './reads.ts';

/** GetMetricData takes up to 500 queries (AWS API model). */
const queriesPerCall = 500;

/**
 * How far back a datapoint is looked for: AWS's own metrics are one to several minutes late, and those of a queue that
 * was quiet take up to fifteen to come back (SQS developer guide).
 */
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

/** Query ids must begin with a small letter and hold letters, digits and underscores only: ours are by position. */
const idAt = (at: number): string => `q${at}`;

const queryFor = ({ metric }: MetricQuery, at: number): MetricDataQuery => ({
  Id: idAt(at),
  ReturnData: true,
  MetricStat: {
    Metric: {
      Namespace: metric.namespace,
      MetricName: metric.metricName,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: metric.periodMs / 1000,
    Stat: metric.statistic,
  },
});

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
  /** All of one period, since a call has one window. */
  const readSome = async (queries: readonly MetricQuery[], now: EpochMs): Promise<Reading<MetricValue>> => {
    const periodMs = queries[0]?.metric.periodMs ?? minuteMs;
    const end = Math.ceil(now / periodMs) * periodMs;
    const answers = await readPages('metrics', 'GetMetricData', async (NextToken) => {
      const page = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries.map(queryFor),
          StartTime: new Date(end - windowMs(periodMs)),
          EndTime: new Date(end),
          ScanBy: 'TimestampDescending',
          NextToken,
        }),
      );
      return { items: page.MetricDataResults, next: page.NextToken };
    });
    const answered = queries
      .map((query, at) => ({ query, results: answers.items.filter((it) => it.Id === idAt(at)) }))
      .filter(({ results }) => results.length > 0); // one whose page did not come is no metric without data
    const failed = answered.flatMap(({ query, results }) => results.filter(refused).map((it) => gapFor(it, query)));
    return {
      items: answered
        .filter(({ results }) => !results.some(refused))
        .map(({ query, results }) => newestComplete(results, query, now)),
      gaps: [...answers.gaps, ...failed],
    };
  };

  return {
    async read(queries, now) {
      const byPeriod = [...Map.groupBy(queries, (it) => it.metric.periodMs).values()];
      const batches = byPeriod.flatMap((it) => inBatches(it, queriesPerCall));
      return joined([await readBatches('metrics', 'GetMetricData', batches, (batch) => readSome(batch, now))]);
    },
  };
};
