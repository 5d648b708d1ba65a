import { dirname, join } from 'node:path';
import { sizeOfRow } from '../compile/tasks.ts';
import { firstOf, type LineProblem, type Rows } from './csv.ts';
import { reasonNotHeld } from './holding.ts';
import type { Parts } from './parts.ts';
import { type DocumentPath, type DocumentProblem, problemAt, type ScenarioProblem } from './problem.ts';
import { parseSeries, type Series } from './series.ts';
import { parseTaskList, type TaskRow } from './task-list.ts';

/** Gives a file's text; throws where it cannot. */
export type ReadFile = (path: string) => string;

/** What the files say that a scenario names. */
export interface Sources {
  /** By service entry. */
  readonly series: ReadonlyMap<string, Series>;
  /** By position in `tasks`. */
  readonly tasks: ReadonlyMap<number, readonly TaskRow[]>;
  /** In the scenario: a file that cannot be read, a window with nothing in it. */
  readonly problems: readonly DocumentProblem[];
  /** In the files. */
  readonly fileProblems: readonly ScenarioProblem[];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const inFile = (file: string, problems: readonly LineProblem[]): readonly ScenarioProblem[] =>
  problems.map(({ line, text }) => ({ file, line, column: undefined, path: '', text }));

/** Rows that no type of the groups could ever hold, at the size they are played with. */
const tooLarge = (parts: Parts, rows: readonly TaskRow[], size: number, groups: readonly string[]) =>
  rows.flatMap((row): LineProblem[] => {
    const played = sizeOfRow(row, size);
    const { cpuUnits, memoryMiB } = played;
    const most = reasonNotHeld(parts, played, groups);
    if (most === undefined) return [];
    return [
      { line: row.line, text: `no type of its groups holds ${cpuUnits} CPU units and ${memoryMiB} MiB: ${most}` },
    ];
  });

/** Reads every file that the right parts of a scenario name; each file once. */
export const readSources = (document: unknown, scenarioFile: string, parts: Parts, readFile: ReadFile): Sources => {
  const series = new Map<string, Series>();
  const tasks = new Map<number, readonly TaskRow[]>();
  const problems: DocumentProblem[] = [];
  const fileProblems: ScenarioProblem[] = [];
  const texts = new Map<string, string>();

  const textOf = (file: string, path: DocumentPath): string | undefined => {
    try {
      const text = texts.get(file) ?? readFile(file);
      texts.set(file, text);
      return text;
    } catch (error) {
      problems.push(problemAt(document, path, `write the path of a file that can be read (${messageOf(error)})`));
      return undefined;
    }
  };
  const fullPath = (path: string): string => join(dirname(scenarioFile), path);

  for (const [name, { demand }] of parts.services) {
    if (demand?.series === undefined) continue;
    const path = ['services', name, 'demand', 'series'];
    const file = fullPath(demand.series.file);
    const text = textOf(file, [...path, 'file']);
    if (text === undefined) continue;
    const read = parseSeries(text, demand.series.period);
    if (!read.ok) fileProblems.push(...inFile(file, read.problems));
    else if ((demand.series.from ?? 0) > (read.series.points.at(-1)?.atMs ?? 0))
      problems.push(problemAt(document, [...path, 'from'], 'write a time within the series'));
    else series.set(name, read.series);
  }
  parts.tasks.forEach((source, index) => {
    if (source?.file === undefined) return;
    const { path: named, from, to = Number.POSITIVE_INFINITY, limit, size } = source.file;
    const file = fullPath(named);
    const text = textOf(file, ['tasks', index, 'file', 'path']);
    if (text === undefined) return;
    const read: Rows<TaskRow> = parseTaskList(text);
    if (!read.ok) {
      fileProblems.push(...inFile(file, read.problems));
      return;
    }
    const rows = read.rows.filter((it) => it.arrivalMs >= from && it.arrivalMs < to).slice(0, limit);
    fileProblems.push(...inFile(file, firstOf(tooLarge(parts, rows, size, source.groups))));
    if (rows.length === 0)
      problems.push({
        path: ['tasks', index, 'file'],
        found: 'a window with no task in it',
        remedy: 'widen from and to',
      });
    tasks.set(index, rows);
  });
  return { series, tasks, problems, fileProblems };
};
