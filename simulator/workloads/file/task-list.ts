import { type CsvRecord, firstOf, type LineProblem, type Rows, readRows } from './csv.ts';

/** One standalone task as a file has it. */
export interface TaskRow {
  readonly line: number;
  readonly arrivalMs: number;
  readonly durationMs: number;
  /** Thousandths of a vCPU. */
  readonly cpuMilli: number;
  readonly memoryMiB: number;
}

const columns = ['arrival_s', 'duration_s', 'cpu_milli', 'memory_mib'];

const rowOf = ({ line, fields }: CsvRecord): TaskRow | string => {
  const values = fields.map(Number);
  const wrong = values.findIndex((it, n) => fields[n] === '' || !Number.isFinite(it) || it < 0);
  if (wrong >= 0) return `${columns[wrong] ?? ''} is "${fields[wrong] ?? ''}"; expected a number of zero or more`;
  const [arrival = 0, duration = 0, cpuMilli = 0, memoryMiB = 0] = values;
  return { line, arrivalMs: arrival * 1_000, durationMs: duration * 1_000, cpuMilli, memoryMiB };
};

const disorder = (rows: readonly TaskRow[]): readonly LineProblem[] =>
  rows.flatMap((row, n) => {
    const before = rows[n - 1];
    if (before === undefined || row.arrivalMs >= before.arrivalMs) return [];
    return [{ line: row.line, text: `arrives before line ${before.line}; expected arrivals in order` }];
  });

/** Reads a CSV of standalone tasks, in order of arrival. */
export const parseTaskList = (text: string): Rows<TaskRow> => {
  const read = readRows(text, columns.join(','), '120,600,1000,2048', rowOf);
  if (!read.ok) return read;
  const problems = disorder(read.rows);
  return problems.length === 0 ? read : { ok: false, problems: firstOf(problems) };
};
