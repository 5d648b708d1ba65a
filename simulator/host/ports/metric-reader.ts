import { minuteMs } from '../../../lib/model/time.ts';
import type { MetricQuery, MetricReader, MetricValue } from '../../../lib/ports/metric-api.ts';
import type { JsonObject } from '../../world/api.ts';
import { numbers, objects, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { callsFor, concurrentCalls, gap } from './readings.ts';
import type { Requests } from './requests.ts';

/** As the adapter has them (`lib/aws/cloud-watch-metric-reader.ts`). */
const queriesPerCall = 500;
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

const queryJson = ({ metric }: MetricQuery, at: number): JsonObject => ({
  Id: `q${at}`,
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

/** The newest datapoint whose period is over. */
const newestComplete = (result: JsonObject | undefined, query: MetricQuery, now: number): MetricValue => {
  const values = numbers(result ?? {}, 'Values') ?? [];
  const times = (numbers(result ?? {}, 'Timestamps') ?? []).map((seconds) => seconds * 1_000);
  const newest = times.findIndex((at) => at + query.metric.periodMs <= now);
  return { id: query.id, value: values[newest], at: times[newest] };
};

/** CloudWatch asked without the wire: a handful of metrics a minute. */
export const portsMetricReader = (world: World, requests: Requests): MetricReader => {
  const readPeriod = (queries: readonly MetricQuery[], periodMs: number, now: number): readonly MetricValue[] => {
    const end = Math.ceil(now / periodMs) * periodMs;
    const answer = world.apis.monitoring['GetMetricData']?.({
      MetricDataQueries: queries.map(queryJson),
      StartTime: (end - windowMs(periodMs)) / 1_000,
      EndTime: end / 1_000,
      ScanBy: 'TimestampDescending',
    });
    const results = new Map((objects(answer ?? {}, 'MetricDataResults') ?? []).map((it) => [text(it, 'Id'), it]));
    return queries.map((query, at) => newestComplete(results.get(`q${at}`), query, now));
  };

  return {
    async read(queries, now) {
      const byPeriod = Map.groupBy(queries, (it) => it.metric.periodMs);
      const count = [...byPeriod.values()].reduce((sum, it) => sum + callsFor(it.length, queriesPerCall), 0);
      const series = { service: 'monitoring', operation: 'GetMetricData', count, atOnce: concurrentCalls } as const;
      const refused = await requests.send(series);
      if (refused > 0) return { items: [], gaps: [gap('metrics', 'throttled', 'GetMetricData: Rate exceeded')] };
      return { items: [...byPeriod].flatMap(([periodMs, its]) => readPeriod(its, periodMs, now)), gaps: [] };
    },
  };
};
