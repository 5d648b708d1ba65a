import type { z } from 'zod';

/** Keys and list positions from a document's root. */
export type DocumentPath = readonly (string | number)[];

/** One thing to change in a document: where, what stands there, and what to write instead. */
export interface DocumentProblem {
  readonly path: DocumentPath;
  readonly found: string;
  readonly remedy: string;
}

/** One thing to change in a scenario or in a file that it names. */
export interface ScenarioProblem {
  readonly file: string;
  readonly line: number;
  /** Undefined in files that are read line by line. */
  readonly column: number | undefined;
  /** `groups.web.minSize`; empty where a whole line or file is meant. */
  readonly path: string;
  /** What was found and what to write instead. */
  readonly text: string;
}

/** As compilers print them: `day.yml:12:5 groups.web.minSize: found 7; write at most maxSize, 5`. */
export const problemText = ({ file, line, column, path, text }: ScenarioProblem): string =>
  `${file}:${line}${column === undefined ? '' : `:${column}`} ${path === '' ? '' : `${path}: `}${text}`;

/** `groups.web.types[0]`; names that would be misread are quoted. */
export const pathText = (path: DocumentPath): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}`))
    .join('')
    .replace(/^\./, '');

/** What a message repeats of a file is cut: a mistake may be as long as the file. */
export const brief = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (document: unknown, path: DocumentPath): unknown => {
  let value = document;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isMapping(value)) value = value[key];
    else return undefined;
  }
  return value;
};

const longestQuote = 60;

/** How a value is named to the person who wrote it; long texts are cut. */
const described = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a section';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > longestQuote ? `${text.slice(0, longestQuote - 1)}…` : text;
};

/** A problem with what stands at a path. */
export const problemAt = (document: unknown, path: DocumentPath, remedy: string): DocumentProblem => ({
  path,
  found: described(valueAt(document, path)),
  remedy,
});

const documentPath = (path: readonly PropertyKey[]): DocumentPath =>
  path.map((key) => (typeof key === 'number' ? key : String(key)));

/** Everything the schema objects to. */
export const problemsOfIssues = (document: unknown, issues: readonly z.core.$ZodIssue[]): readonly DocumentProblem[] =>
  issues.flatMap((issue) => {
    const path = documentPath(issue.path);
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], found: 'an unknown key', remedy: issue.message }))
      : [problemAt(document, path, issue.message)];
  });
