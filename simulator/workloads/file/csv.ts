import { parse } from 'csv-parse/sync';
import { brief } from './problem.ts';

/** A record and the line it stands on. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What is wrong on a line of a file that is read line by line. */
export interface LineProblem {
  readonly line: number;
  readonly text: string;
}

export type Rows<Row> =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

const mostProblems = 10;

/** A file of thousands of wrong lines is told by its first ones. */
export const firstOf = (problems: readonly LineProblem[]): readonly LineProblem[] => {
  const next = problems[mostProblems];
  if (next === undefined) return problems;
  const rest = { line: next.line, text: `and ${problems.length - mostProblems} more lines` };
  return [...problems.slice(0, mostProblems), rest];
};

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

const isParsed = (value: unknown): value is Parsed =>
  typeof value === 'object' && value !== null && 'record' in value && 'info' in value;

const records = (text: string): Rows<CsvRecord> => {
  try {
    const parsed: unknown = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
    const found = Array.isArray(parsed) ? parsed.filter(isParsed) : [];
    const rows = found.map(({ record, info }) => ({ line: info.lines, fields: record.map((it) => it.trim()) }));
    return { ok: true, rows };
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : 1;
    return { ok: false, problems: [{ line, text: brief(error instanceof Error ? error.message : String(error)) }] };
  }
};

/**
 * The records of a CSV under its header, each made a row or a text that says what is wrong with it.
 * @param example a line as it should be, for the message about a wrong header
 */
export const readRows = <Row>(
  text: string,
  header: string,
  example: string,
  rowOf: (record: CsvRecord) => Row | string,
): Rows<Row> => {
  const read = records(text);
  if (!read.ok) return read;
  const [first, ...body] = read.rows;
  const expected = `expected a first line "${header}", then lines such as "${example}"`;
  if (first?.fields.join(',') !== header) {
    const found = brief(first?.fields.join(',') ?? '');
    return { ok: false, problems: [{ line: first?.line ?? 1, text: `first line is "${found}"; ${expected}` }] };
  }
  const rows: Row[] = [];
  const problems: LineProblem[] = [];
  const width = header.split(',').length;
  for (const record of body) {
    const row =
      record.fields.length === width ? rowOf(record) : `${record.fields.length} fields; expected ${width}: ${header}`;
    if (typeof row === 'string') problems.push({ line: record.line, text: brief(row) });
    else rows.push(row);
  }
  if (body.length === 0) problems.push({ line: 2, text: `no values; ${expected}` });
  return problems.length === 0 ? { ok: true, rows } : { ok: false, problems: firstOf(problems) };
};
