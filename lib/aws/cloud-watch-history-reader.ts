import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { MetricQuery } from '../ports/metric-api.ts';
import type { MetricHistoryReader } from '../ports/metric-history.ts';
import { pointsOf, readMetricData } from './cloud-watch-data.ts';
import { callsFor } from './cloud-watch-queries.ts';
import { inBatches, readBatches } from './reads.ts';

/**
 * A call answers with up to 100,800 datapoints a page (AWS API model, GetMetricData): two weeks of five minutes are 4,032,
 * so as many metrics come in one page.
 */
const queriesPerCall = 25;

const batchesOf = (queries: readonly MetricQuery[]): readonly (readonly MetricQuery[])[] =>
  callsFor(queries).flatMap((it) => inBatches(it, queriesPerCall));

export const cloudWatchHistoryReader = (client: CloudWatchClient): MetricHistoryReader => ({
  history: (queries, from, to) =>
    readBatches('metrics', 'GetMetricData', batchesOf(queries), async (batch) => {
      const { items, gaps } = await readMetricData(client, batch, from, to);
      return { items: items.map(({ query, results }) => ({ id: query.id, points: pointsOf(results) })), gaps };
    }),
});
