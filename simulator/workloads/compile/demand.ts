import type { Dice } from '../../kernel/dice.ts';
import type { DemandDocument } from '../file/demand-schema.ts';
import type { Series } from '../file/series.ts';
import type { CountPoint, RatePoint } from '../scenario.ts';

/** Tasks, or work a second: the value holds from its time until the next point's. */
interface ValuePoint {
  readonly atMs: number;
  readonly value: number;
}

/** The run that demand is made for. */
export interface Span {
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A standard normal number (Box and Muller). */
const normal = (dice: Dice): number => Math.sqrt(-2 * Math.log(1 - dice.next())) * Math.cos(2 * Math.PI * dice.next());

/** A disturbance fades to a third in this time. */
const disturbanceMs = 30 * 60_000;

/** A slow disturbance around 0 with standard deviation 1, point by point: an autoregressive process of the first order. */
const disturbance = (dice: Dice, everyMs: number): (() => number) => {
  const persistence = Math.exp(-everyMs / disturbanceMs);
  let level = normal(dice);
  return () => {
    level = persistence * level + Math.sqrt(1 - persistence ** 2) * normal(dice);
    return level;
  };
};

type Calendar = NonNullable<DemandDocument['calendar']>;

const isWeekend = (at: number): boolean => {
  const day = new Date(at).getUTCDay();
  return day === 0 || day === 6;
};

/** A cosine with its top at the peak hour and its foot twelve hours from there. */
const calendarValues = (it: Calendar, { startMs, durationMs }: Span, dice: Dice): readonly ValuePoint[] => {
  const next = disturbance(dice, it.every);
  return Array.from({ length: Math.ceil(durationMs / it.every) }, (_, n) => {
    const atMs = n * it.every;
    const hour = ((startMs + atMs) % dayMs) / hourMs;
    const height = (1 + Math.cos(((hour - it.peakHour) / 12) * Math.PI)) / 2;
    const factor = (isWeekend(startMs + atMs) ? it.weekend : 1) * (it.noise === 0 ? 1 : 1 + it.noise * next());
    return { atMs, value: (it.low + (it.high - it.low) * height) * factor };
  });
};

const squareValues = (
  { low, high, period, phase }: NonNullable<DemandDocument['square']>,
  { durationMs }: Span,
): readonly ValuePoint[] => {
  const points: ValuePoint[] = phase === 0 ? [] : [{ atMs: 0, value: low }];
  for (let atMs = phase; atMs < durationMs; atMs += period)
    points.push({ atMs, value: high }, { atMs: atMs + period / 2, value: low });
  return points;
};

const seriesValues = (
  { scale, from = 0 }: NonNullable<DemandDocument['series']>,
  series: Series,
): readonly ValuePoint[] => {
  const before = series.points.findLast((it) => it.atMs <= from);
  const rest = series.points.filter((it) => it.atMs > from);
  const first = before === undefined ? [] : [{ ...before, atMs: from }];
  return [...first, ...rest].map(({ atMs, rate }) => ({ atMs: atMs - from, value: rate * scale }));
};

const plainValues = (it: DemandDocument, span: Span, dice: Dice, series: Series | undefined): readonly ValuePoint[] => {
  if (it.calendar !== undefined) return calendarValues(it.calendar, span, dice);
  if (it.square !== undefined) return squareValues(it.square, span);
  if (it.steps !== undefined) return it.steps.map(({ at, value }) => ({ atMs: at, value }));
  if (it.series !== undefined && series !== undefined) return seriesValues(it.series, series);
  return [{ atMs: 0, value: it.count ?? 0 }];
};

/** What a list of values says at a time. */
const valueAt = (points: readonly ValuePoint[], atMs: number): number =>
  points.findLast((it) => it.atMs <= atMs)?.value ?? 0;

/** Crowds begin and end between points, so their edges become points too. */
const withCrowds = (points: readonly ValuePoint[], crowds: DemandDocument['flashCrowds']): readonly ValuePoint[] => {
  if (crowds.length === 0) return points;
  const times = new Set([...points.map((it) => it.atMs), ...crowds.flatMap((it) => [it.at, it.at + it.for])]);
  const factorAt = (atMs: number): number =>
    crowds.reduce((factor, it) => (atMs >= it.at && atMs < it.at + it.for ? factor * it.factor : factor), 1);
  return [...times].sort((a, b) => a - b).map((atMs) => ({ atMs, value: valueAt(points, atMs) * factorAt(atMs) }));
};

/** Tasks it takes to serve a rate; the allowance keeps 3.0000000001 from taking four. */
export const tasksFor = (rate: number, perTask: number, minimum: number): number =>
  Math.max(minimum, Math.ceil(rate / perTask - 1e-9));

/** The same without its crowds, before the run; times are below 0. */
const pastRates = (
  it: DemandDocument,
  { startMs }: Span,
  dice: Dice,
  series: Series | undefined,
): readonly RatePoint[] | undefined => {
  const { history } = it;
  if (history === undefined) return undefined;
  const from = it.series?.from ?? 0;
  const before = { startMs: startMs - history, durationMs: history };
  const values =
    it.series === undefined || series === undefined
      ? plainValues(it, before, dice, series).map(({ atMs, value }) => ({ atMs: atMs - history, value }))
      : seriesValues({ ...it.series, from: 0 }, series).map(({ atMs, value }) => ({ atMs: atMs - from, value }));
  return values
    .filter(({ atMs }) => atMs >= -history && atMs < 0)
    .map(({ atMs, value }) => ({ atMs, rate: Math.max(0, value) }));
};

const changesOnly = (points: readonly CountPoint[]): readonly CountPoint[] =>
  points.filter((it, n) => it.count !== points[n - 1]?.count);

export interface Demand {
  readonly counts: readonly CountPoint[];
  readonly rates: readonly RatePoint[] | undefined;
  readonly pastRates: readonly RatePoint[] | undefined;
  readonly perTask: number | undefined;
}

/** A service's counts over the run, and the work they were made from where the scenario gives work. */
export const compileDemand = (it: DemandDocument, span: Span, dice: Dice, series: Series | undefined): Demand => {
  const all = withCrowds(plainValues(it, span, dice, series), it.flashCrowds);
  const points = all.filter(({ atMs }) => atMs < span.durationMs);
  const { perTask, minimum } = it;
  return {
    counts: changesOnly(points.map(({ atMs, value }) => ({ atMs, count: tasksFor(value, perTask ?? 1, minimum) }))),
    rates: perTask === undefined ? undefined : points.map(({ atMs, value }) => ({ atMs, rate: Math.max(0, value) })),
    pastRates: pastRates(it, span, dice.fork('past'), series),
    perTask,
  };
};
