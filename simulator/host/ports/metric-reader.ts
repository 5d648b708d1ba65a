import { callsFor, dataQueriesFor } from '../../../lib/aws/cloud-watch-queries.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import type { MetricQuery, MetricReader, MetricValue } from '../../../lib/ports/metric-api.ts';
import type { JsonObject } from '../../world/api.ts';
import { numbers, objects, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { concurrentCalls, gap } from './readings.ts';
import type { Requests } from './requests.ts';

/** As the adapter has it (`lib/aws/cloud-watch-metric-reader.ts`). */
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

/** The newest datapoint whose period is over. */
const newestComplete = (result: JsonObject | undefined, query: MetricQuery, now: number): MetricValue => {
  const values = numbers(result ?? {}, 'Values') ?? [];
  const times = (numbers(result ?? {}, 'Timestamps') ?? []).map((seconds) => seconds * 1_000);
  const newest = times.findIndex((at) => at + query.metric.periodMs <= now);
  return { id: query.id, value: values[newest], at: times[newest] };
};

/** CloudWatch asked without the wire: a handful of metrics a minute. */
export const portsMetricReader = (world: World, requests: Requests): MetricReader => {
  const readCall = (queries: readonly MetricQuery[], now: number): readonly MetricValue[] => {
    const periodMs = queries[0]?.metric.periodMs ?? minuteMs;
    const end = Math.ceil(now / periodMs) * periodMs;
    const asked = queries.flatMap(dataQueriesFor);
    const answer = world.apis.monitoring['GetMetricData']?.({
      MetricDataQueries: JSON.parse(JSON.stringify(asked)) as readonly JsonObject[],
      StartTime: (end - windowMs(periodMs)) / 1_000,
      EndTime: end / 1_000,
      ScanBy: 'TimestampDescending',
    });
    const results = new Map((objects(answer ?? {}, 'MetricDataResults') ?? []).map((it) => [text(it, 'Id'), it]));
    return queries.map((query, at) => newestComplete(results.get(`q${at}`), query, now));
  };

  return {
    async read(queries, now) {
      const calls = callsFor(queries);
      const series = {
        service: 'monitoring',
        operation: 'GetMetricData',
        count: calls.length,
        atOnce: concurrentCalls,
      } as const;
      const refused = await requests.send(series);
      if (refused > 0) return { items: [], gaps: [gap('metrics', 'throttled', 'GetMetricData: Rate exceeded')] };
      return { items: calls.flatMap((it) => readCall(it, now)), gaps: [] };
    },
  };
};
