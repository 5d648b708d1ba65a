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

/** What a metric shows of a span: a period appears once all its minutes can be read. */
export const seriesOf = (metric: Metric | undefined, statistic: string, periodMs: number, span: Span): Series => {
  if (periodMs <= 0 || periodMs % minuteMs !== 0) throw invalid('Only periods of whole minutes are modelled.');
  const points = new Map<number, number>();
  if (metric === undefined) return { periodMs, points };
  for (const at of periodsOf(span, periodMs)) {
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
