import type { JsonObject } from '../api.ts';
import { number, numbers, object, objects, text } from '../json.ts';

export const minuteMs = 60_000;

/** What one minute of a metric holds. */
export interface Minute {
  /** From when it can be read, epoch milliseconds. */
  readonly visibleAt: number;
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** Every value with its count, for percentiles. */
  readonly values: (readonly [value: number, count: number])[];
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly JsonObject[];
  /** By the minute's start, epoch milliseconds. */
  readonly minutes: Map<number, Minute>;
}

export const keyOf = (namespace: string, name: string, dimensions: readonly JsonObject[]): string => {
  const sorted = dimensions.map((it) => `${text(it, 'Name') ?? ''}=${text(it, 'Value') ?? ''}`).sort();
  return [namespace, name, ...sorted].join('\0');
};

const newMinute = (visibleAt: number): Minute => ({
  visibleAt,
  sum: 0,
  count: 0,
  minimum: Number.POSITIVE_INFINITY,
  maximum: Number.NEGATIVE_INFINITY,
  values: [],
});

const addValue = (minute: Minute, value: number, count: number): void => {
  minute.sum += value * count;
  minute.count += count;
  minute.minimum = Math.min(minute.minimum, value);
  minute.maximum = Math.max(minute.maximum, value);
  minute.values.push([value, count]);
};

/** A datum carries one value, values with counts, or a ready statistic set (of which percentiles know only the mean). */
const addDatum = (minute: Minute, datum: JsonObject): void => {
  const single = number(datum, 'Value');
  if (single !== undefined) addValue(minute, single, 1);
  const counts = numbers(datum, 'Counts') ?? [];
  for (const [index, value] of (numbers(datum, 'Values') ?? []).entries()) addValue(minute, value, counts[index] ?? 1);
  const set = object(datum, 'StatisticValues');
  const count = number(set ?? {}, 'SampleCount') ?? 0;
  if (set === undefined || count === 0) return;
  const sum = number(set, 'Sum') ?? 0;
  addValue(minute, sum / count, count);
  minute.minimum = Math.min(minute.minimum, number(set, 'Minimum') ?? sum / count);
  minute.maximum = Math.max(minute.maximum, number(set, 'Maximum') ?? sum / count);
};

export interface MetricStore {
  readonly keptMs: number;
  readonly now: number;
  /** How long after its end, or after its first datum where that comes later, a minute can be read. */
  readonly delayMs: () => number;
}

export const addTo = (metric: Metric, datum: JsonObject, at: number, { keptMs, now, delayMs }: MetricStore): void => {
  const start = Math.floor(at / minuteMs) * minuteMs;
  const minute = metric.minutes.get(start) ?? newMinute(Math.max(start + minuteMs, now) + delayMs());
  metric.minutes.set(start, minute);
  addDatum(minute, datum);
  for (const old of metric.minutes.keys()) {
    if (old >= at - keptMs) break; // put in order of time, near enough
    metric.minutes.delete(old);
  }
};

const percentile = (minutes: readonly Minute[], share: number): number => {
  const values = minutes.flatMap((it) => it.values).sort(([a], [b]) => a - b);
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= share * total) return value;
  }
  return values.at(-1)?.[0] ?? 0;
};

/** A statistic over some minutes, or undefined for one that is not modelled. */
export const statisticOf = (minutes: readonly Minute[], statistic: string): number | undefined => {
  const total = (of: (it: Minute) => number): number => minutes.reduce((sum, it) => sum + of(it), 0);
  const [, share] = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic) ?? [];
  if (share !== undefined) return percentile(minutes, Number(share) / 100);
  switch (statistic) {
    case 'Sum':
      return total((it) => it.sum);
    case 'SampleCount':
      return total((it) => it.count);
    case 'Average':
      return total((it) => it.sum) / total((it) => it.count);
    case 'Minimum':
      return Math.min(...minutes.map((it) => it.minimum));
    case 'Maximum':
      return Math.max(...minutes.map((it) => it.maximum));
    default:
      return undefined;
  }
};

export const dimensionsOf = (input: JsonObject): readonly JsonObject[] => objects(input, 'Dimensions') ?? [];
