import { AwsApiError } from '../api.ts';
import { type Metric, type Minute, minuteMs, statisticOf } from './metrics.ts';

/** Values by the start of their period, epoch milliseconds, in order of time. */
export interface Series {
  readonly periodMs: number;
  readonly points: ReadonlyMap<number, number>;
}

/** From and to, epoch milliseconds, and the moment at which it is read. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

export const invalid = (message: string): AwsApiError => new AwsApiError('ValidationError', message);

/** The starts of the periods of a span that are over. */
export const periodsOf = ({ from, to, now }: Span, periodMs: number): readonly number[] => {
  const starts: number[] = [];
  for (let at = Math.ceil(from / periodMs) * periodMs; at < to && at + periodMs <= now; at += periodMs) starts.push(at);
  return starts;
};

const dayMs = 86_400_000;

/** How long a datapoint can be asked for at a period: a shorter one is rolled up after that (CloudWatch user guide, concepts). */
const retention = [
  { periodMs: 3_600_000, keptMs: 455 * dayMs },
  { periodMs: 5 * minuteMs, keptMs: 63 * dayMs },
  { periodMs: minuteMs, keptMs: 15 * dayMs },
];

const keptFor = (periodMs: number): number => retention.find((it) => periodMs % it.periodMs === 0)?.keptMs ?? 0;

/** What a metric shows of a span: a period appears once all its minutes can be read. */
export const seriesOf = (metric: Metric | undefined, statistic: string, periodMs: number, span: Span): Series => {
  if (periodMs <= 0 || periodMs % minuteMs !== 0) throw invalid('Only periods of whole minutes are modelled.');
  const points = new Map<number, number>();
  if (metric === undefined) return { periodMs, points };
  const oldest = span.now - keptFor(periodMs);
  for (const at of periodsOf({ ...span, from: Math.max(span.from, oldest) }, periodMs)) {
    const minutes: Minute[] = [];
    for (let minute = at; minute < at + periodMs; minute += minuteMs) {
      const held = metric.minutes.get(minute);
      if (held !== undefined) minutes.push(held);
    }
    if (minutes.length === 0 || minutes.some((it) => it.visibleAt > span.now)) continue;
    const value = statisticOf(minutes, statistic);
    if (value === undefined) throw invalid(`The value ${statistic} for parameter Stat is not supported.`);
    points.set(at, value);
  }
  return { periodMs, points };
};
