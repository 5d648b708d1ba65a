import { parse } from 'csv-parse/sync';
import type { Point } from './curve.ts';

/** A trace that cannot be played: which line, what was found, what was expected. */
class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

/** A time series with the wall-clock time it begins at and the length of one period. */
export interface Trace {
  readonly startMs: number;
  readonly periodMs: number;
  readonly points: readonly Point[];
}

const expected = 'expected a first line "timestamp,value", then lines such as "2014-04-10 00:04:00,94.0"';

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

const rowOf = (file: string, line: number, fields: readonly string[]): Row => {
  const [timestamp = '', text = '', ...rest] = fields.map((it) => it.trim());
  if (rest.length > 0 || fields.length < 2)
    throw new TraceError(file, line, `${fields.length} fields; expected two: timestamp,value`);
  const at = timeOf(timestamp);
  if (at === undefined)
    throw new TraceError(
      file,
      line,
      `"${timestamp}" is no time; expected e.g. 2014-04-10 00:04:00 or 2014-04-10T00:04:00Z`,
    );
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0)
    throw new TraceError(file, line, `"${text}" is no value; expected a number of zero or more`);
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

const checkOrder = (file: string, rows: readonly Row[], periodMs: number): void => {
  rows.forEach((row, n) => {
    const before = rows[n - 1];
    if (before === undefined) return;
    if (row.at <= before.at)
      throw new TraceError(file, row.line, `not after line ${before.line}; expected rising times`);
    const gap = row.at - before.at;
    if (gap > longestGap * periodMs)
      throw new TraceError(
        file,
        row.line,
        `${gap / 1000} s after line ${before.line}; expected at most ${longestGap} periods of ${periodMs / 1000} s: fill the gap or give --period`,
      );
  });
};

/**
 * Reads a CSV `timestamp,value` whose values are sums over a period (`periodMs`, else the usual distance of its rows);
 * a value holds until the next one.
 * @throws TraceError with the line at fault
 */
export const parseTrace = (file: string, text: string, periodMs?: number): Trace => {
  const records = readRecords(file, text);
  const [header, ...body] = records;
  if (header?.fields.map((it) => it.trim()).join(',') !== 'timestamp,value')
    throw new TraceError(file, header?.line ?? 1, `first line is "${header?.fields.join(',') ?? ''}"; ${expected}`);
  const rows = body.map(({ line, fields }) => rowOf(file, line, fields));
  const first = rows[0];
  if (first === undefined) throw new TraceError(file, 2, `no values; ${expected}`);
  const period = periodMs ?? usualStep(rows);
  checkOrder(file, rows, period);
  return {
    startMs: first.at,
    periodMs: period,
    points: rows.map((row) => ({ atMs: row.at - first.at, rate: row.value / (period / 1000) })),
  };
};

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const readRecords = (file: string, text: string): readonly CsvRecord[] => {
  try {
    const parsed = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as readonly {
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }[];
    return parsed.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : 1;
    throw new TraceError(file, line, error instanceof Error ? error.message : String(error));
  }
};
