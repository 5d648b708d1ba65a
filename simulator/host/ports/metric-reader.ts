import { callsFor, dataQueriesFor } from '../../../lib/aws/cloud-watch-queries.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import type { MetricQuery, MetricReader, MetricValue } from '../../../lib/ports/metric-api.ts';
import type { MetricHistory, MetricHistoryReader } from '../../../lib/ports/metric-history.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import type { JsonObject } from '../../world/api.ts';
import { numbers, objects, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { concurrentCalls, gap } from './readings.ts';
import type { Requests } from './requests.ts';

/** As the adapter has it (`lib/aws/cloud-watch-metric-reader.ts`). */
const windowMs = (periodMs: number): number => Math.max(3 * periodMs, 15 * minuteMs);

/** The datapoints of each query of a call, newest first. */
const askWorld = (
  world: World,
  queries: readonly MetricQuery[],
  from: number,
  to: number,
): readonly MetricHistory[] => {
  const asked = queries.flatMap(dataQueriesFor);
  const answer = world.apis.monitoring['GetMetricData']?.({
    MetricDataQueries: JSON.parse(JSON.stringify(asked)) as readonly JsonObject[],
    StartTime: from / 1_000,
    EndTime: to / 1_000,
    ScanBy: 'TimestampDescending',
  });
  const results = new Map((objects(answer ?? {}, 'MetricDataResults') ?? []).map((it) => [text(it, 'Id'), it]));
  return queries.map(({ id }, at) => {
    const result = results.get(`q${at}`) ?? {};
    const values = numbers(result, 'Values') ?? [];
    const times = numbers(result, 'Timestamps') ?? [];
    return { id, points: times.map((seconds, n) => ({ at: seconds * 1_000, value: values[n] ?? Number.NaN })) };
  });
};

/** So many calls sent, and what they bring. */
const asking = async <T>(
  requests: Requests,
  calls: readonly (readonly MetricQuery[])[],
  ask: (queries: readonly MetricQuery[]) => readonly T[],
): Promise<Reading<T>> => {
  const series = {
    service: 'monitoring',
    operation: 'GetMetricData',
    count: calls.length,
    atOnce: concurrentCalls,
  } as const;
  const refused = await requests.send(series);
  if (refused > 0) return { items: [], gaps: [gap('metrics', 'throttled', 'GetMetricData: Rate exceeded')] };
  return { items: calls.flatMap(ask), gaps: [] };
};

/** CloudWatch asked without the wire: a handful of metrics a minute. */
export const portsMetricReader = (world: World, requests: Requests): MetricReader => {
  const readCall = (queries: readonly MetricQuery[], now: number): readonly MetricValue[] => {
    const periodMs = queries[0]?.metric.periodMs ?? minuteMs;
    const end = Math.ceil(now / periodMs) * periodMs;
    const newest = askWorld(world, queries, end - windowMs(periodMs), end).map(({ points }) =>
      points.find(({ at }) => at + periodMs <= now),
    );
    return queries.map(({ id }, n) => ({ id, value: newest[n]?.value, at: newest[n]?.at }));
  };
  return { read: (queries, now) => asking(requests, callsFor(queries), (it) => readCall(it, now)) };
};

/** The past of metrics, asked without the wire. */
export const portsMetricHistory = (world: World, requests: Requests): MetricHistoryReader => ({
  history: (queries, from, to) => asking(requests, callsFor(queries), (it) => askWorld(world, it, from, to)),
});
