import type { z } from 'zod';

/** One thing to change in `berth.yml`. */
export interface SettingsProblem {
  /** Where: keys and list positions from the root; of an unknown key, the key itself. */
  readonly path: readonly (string | number)[];
  /** What stands there, as a reader would recognise it. */
  readonly found: string;
  /** What to write instead. */
  readonly remedy: string;
}

const at = (document: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined,
    document,
  );

/** How a value is named to the person who wrote it; long texts are cut. */
const describe = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

const problemOf = (document: unknown, path: readonly PropertyKey[], remedy: string): SettingsProblem => ({
  path: path.map((key) => (typeof key === 'number' ? key : String(key))),
  found: describe(at(document, path)),
  remedy,
});

type Issue = z.core.$ZodIssue;

const problemsOfIssue = (document: unknown, issue: Issue): readonly SettingsProblem[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...problemOf(document, [...issue.path, key], issue.message),
      found: 'an unknown key',
    }));
  }
  if (issue.code === 'invalid_union') {
    // Where a section was written, what is wrong inside it says more than that a word would do as well.
    const inside = issue.errors.find((its) => its.every((it) => it.path.length > 0 || it.code === 'unrecognized_keys'));
    if (inside !== undefined && inside.length > 0)
      return inside.flatMap((it) => problemsOfIssue(document, { ...it, path: [...issue.path, ...it.path] }));
  }
  if (issue.code === 'custom' && issue.params?.['ofTheName'] === true) {
    const found = `the name ${describe(String(issue.path.at(-1)))}`;
    return [{ ...problemOf(document, issue.path, issue.message), found }];
  }
  return [problemOf(document, issue.path, issue.message)];
};

/** Everything the schema objects to, in the words of the file. */
export const problemsOf = (document: unknown, issues: readonly Issue[]): readonly SettingsProblem[] =>
  issues.flatMap((issue) => problemsOfIssue(document, issue));

/** `clusters.production.quietTime`; names that would be misread are quoted, list positions are in brackets. */
export const pathText = (path: SettingsProblem['path']): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}`))
    .join('')
    .replace(/^\./, '');
