import type { RatePoint } from '../scenario.ts';
import { type CsvRecord, firstOf, type LineProblem, readRows } from './csv.ts';

/** A time series of work, with the wall-clock time it begins at and the length of one period. */
export interface Series {
  readonly startMs: number;
  readonly periodMs: number;
  readonly points: readonly RatePoint[];
}

export type ReadSeries =
  | { readonly ok: true; readonly series: Series }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

interface Row {
  readonly line: number;
  readonly at: number;
  readonly value: number;
}

const zone = /(?:Z|[+-]\d\d:?\d\d)$/;
const dateTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;

/** Epoch milliseconds; a time without a zone is UTC. */
const timeOf = (text: string): number | undefined => {
  if (!dateTime.test(text)) return undefined;
  const iso = text.replace(' ', 'T');
  const at = Date.parse(zone.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(at) ? undefined : at;
};

const rowOf = ({ line, fields }: CsvRecord): Row | string => {
  const [timestamp = '', text = ''] = fields;
  const at = timeOf(timestamp);
  if (at === undefined) return `"${timestamp}" is no time; expected e.g. 2014-04-10 00:04:00 or 2014-04-10T00:04:00Z`;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0)
    return `"${text}" is no value; expected a number of zero or more`;
  return { line, at, value };
};

/** The most frequent distance between rows, which is the period where none was given. */
const usualStep = (rows: readonly Row[]): number => {
  const counts = new Map<number, number>();
  rows.forEach((row, n) => {
    const before = rows[n - 1];
    if (before !== undefined) counts.set(row.at - before.at, (counts.get(row.at - before.at) ?? 0) + 1);
  });
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 60_000;
};

/** After a gap longer than this many periods nobody can say what the load was. */
const longestGap = 3;

const disorder = (rows: readonly Row[], periodMs: number): readonly LineProblem[] =>
  rows.flatMap((row, n) => {
    const before = rows[n - 1];
    if (before === undefined) return [];
    if (row.at <= before.at) return [{ line: row.line, text: `not after line ${before.line}; expected rising times` }];
    const gap = row.at - before.at;
    if (gap <= longestGap * periodMs) return [];
    const text =
      `${gap / 1000} s after line ${before.line}; expected at most ${longestGap} periods of ` +
      `${periodMs / 1000} s: fill the gap or give another period`;
    return [{ line: row.line, text }];
  });

/**
 * Reads a CSV `timestamp,value` whose values are sums over a period (`periodMs`, else the usual distance of its rows);
 * a value holds until the next one.
 */
export const parseSeries = (text: string, periodMs?: number): ReadSeries => {
  const read = readRows(text, 'timestamp,value', '2014-04-10 00:04:00,94.0', rowOf);
  if (!read.ok) return read;
  const { rows } = read;
  const inOrder = usualStep(rows) > 0;
  const period = periodMs ?? (inOrder ? usualStep(rows) : 60_000);
  const problems = disorder(rows, period);
  if (problems.length > 0) return { ok: false, problems: firstOf(problems) };
  const startMs = rows[0]?.at ?? 0;
  const points = rows.map((row) => ({ atMs: row.at - startMs, rate: row.value / (period / 1000) }));
  return { ok: true, series: { startMs, periodMs: period, points } };
};
