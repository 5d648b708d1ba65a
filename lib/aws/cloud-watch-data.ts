import { type CloudWatchClient, GetMetricDataCommand, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Gap } from '../model/observation.ts';
import type { EpochMs } from '../model/time.ts';
import type { MetricQuery } from '../ports/metric-api.ts';
import type { Reading } from '../ports/reading.ts';
import { meaningOf } from './aws-error.ts';
import { dataQueriesFor, idAt } from './cloud-watch-queries.ts';
import { joined, readPages } from './reads.ts';

/** What CloudWatch answered to one query, over all pages. */
export interface Answered {
  readonly query: MetricQuery;
  readonly results: readonly MetricDataResult[];
}

const isRefused = (it: MetricDataResult): boolean => it.StatusCode === 'Forbidden' || it.StatusCode === 'InternalError';

const gapFor = (it: MetricDataResult, query: MetricQuery): Gap => ({
  subject: 'metrics',
  cause: it.StatusCode === 'Forbidden' ? 'accessDenied' : 'failed',
  detail: [`metric ${query.id}:`, it.StatusCode, ...(it.Messages ?? []).map((one) => one.Value ?? '')].join(' '),
});

/**
 * All that one call of GetMetricData asks for, page by page. CloudWatch refuses the whole call for one expression that is
 * wrong: then each half is asked for by itself, until that one stands alone.
 */
export const readMetricData = async (
  client: CloudWatchClient,
  queries: readonly MetricQuery[],
  from: EpochMs,
  to: EpochMs,
): Promise<Reading<Answered>> => {
  const refusals: unknown[] = [];
  const answers = await readPages('metrics', 'GetMetricData', async (NextToken) => {
    try {
      const page = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries: queries.flatMap(dataQueriesFor),
          StartTime: new Date(from),
          EndTime: new Date(to),
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
  if (refusals.length > 0 && queries.length > 1) {
    const half = Math.ceil(queries.length / 2);
    return joined([
      await readMetricData(client, queries.slice(0, half), from, to),
      await readMetricData(client, queries.slice(half), from, to),
    ]);
  }
  const answered = queries
    .map((query, at) => ({ query, results: answers.items.filter((it) => it.Id === idAt(at)) }))
    .filter(({ results }) => results.length > 0); // one whose page did not come is no metric without data
  const failed = answered.flatMap(({ query, results }) => results.filter(isRefused).map((it) => gapFor(it, query)));
  const gaps =
    refusals.length > 0
      ? answers.gaps.map((it) => ({ ...it, detail: `metric ${queries[0]?.id ?? ''}: ${it.detail}` }))
      : answers.gaps;
  return { items: answered.filter(({ results }) => !results.some(isRefused)), gaps: [...gaps, ...failed] };
};

/** The datapoints of results that are of one query; each carries the start of its period. */
export const pointsOf = (
  results: readonly MetricDataResult[],
): readonly { readonly at: EpochMs; readonly value: number }[] =>
  results.flatMap((it) =>
    (it.Timestamps ?? []).flatMap((time, at) => {
      const value = it.Values?.[at];
      return value === undefined ? [] : [{ at: time.getTime(), value }];
    }),
  );
