import type { JsonObject } from '../world/api.ts';
import { epochSeconds, numbers, objects } from '../world/json.ts';
import type { World } from '../world/world.ts';

/** A metric as CloudWatch names it. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What one minute of a metric came to; the time is the minute's start. */
export interface Datapoint {
  readonly atMs: number;
  readonly value: number;
}

const minuteMs = 60_000;
/** A datapoint becomes readable a while after its minute: so much further back alarms look (assumed). */
const slackMinutes = 4;

export const dimensionsJson = ({ dimensions }: MetricName): readonly JsonObject[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

/** The newest minutes of a metric that can be read by now, at most so many, oldest first. */
export const newestMinutes = (
  world: World,
  now: number,
  metric: MetricName,
  count: number,
  caller: string,
): readonly Datapoint[] => {
  const answer = world.call(
    'monitoring',
    'GetMetricData',
    {
      StartTime: epochSeconds(Math.floor(now / minuteMs) * minuteMs - (count + slackMinutes) * minuteMs),
      EndTime: epochSeconds(now),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        {
          Id: 'metric',
          MetricStat: {
            Metric: { Namespace: metric.namespace, MetricName: metric.name, Dimensions: dimensionsJson(metric) },
            Period: 60,
            Stat: 'Average',
          },
        },
      ],
    },
    caller,
  );
  const [found] = objects(answer, 'MetricDataResults') ?? [];
  const values = numbers(found ?? {}, 'Values') ?? [];
  const points = (numbers(found ?? {}, 'Timestamps') ?? []).map((at, n) => ({
    atMs: at * 1_000,
    value: values[n] ?? 0,
  }));
  return points.slice(-count);
};

/** Whether the newest so many datapoints all breach; too few of them say nothing. */
export const breaches = (points: readonly Datapoint[], count: number, test: (value: number) => boolean): boolean =>
  points.length >= count && points.slice(-count).every((it) => test(it.value));
