import { readFileSync } from 'node:fs';
import { compileScenario } from './compile/compile.ts';
import { checkParts } from './file/checks.ts';
import { partsOf } from './file/parts.ts';
import { type DocumentProblem, isMapping, pathText, problemsOfIssues, type ScenarioProblem } from './file/problem.ts';
import { scenarioSchema } from './file/schema.ts';
import { type ReadFile, readSources } from './file/sources.ts';
import { readYaml } from './file/yaml-text.ts';
import type { Scenario } from './scenario.ts';

export type ScenarioResult =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

export interface ScenarioOptions {
  /** In place of the scenario's own. */
  readonly seed?: number;
  /** What is wrong with the section `settings`, which is somebody else's document; paths begin in it. */
  readonly checkSettings?: (settings: unknown) => readonly DocumentProblem[];
}

const inOrder = (problems: readonly ScenarioProblem[]): readonly ScenarioProblem[] =>
  problems.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));

const settingsProblems = (
  document: unknown,
  check: (settings: unknown) => readonly DocumentProblem[],
): readonly DocumentProblem[] => {
  const settings = isMapping(document) ? document['settings'] : undefined;
  return isMapping(settings) ? check(settings).map((it) => ({ ...it, path: ['settings', ...it.path] })) : [];
};

/**
 * A scenario's text as a scenario, or everything that is wrong with it and with the files it names, in order of place.
 * @param readFile gives the text of files it names, by path; they are relative to the scenario's own
 */
export const parseScenario = (
  text: string,
  path: string,
  readFile: ReadFile,
  { seed, checkSettings = () => [] }: ScenarioOptions = {},
): ScenarioResult => {
  const yaml = readYaml(text);
  const located = (place: { line: number; column: number }, where: string, what: string): ScenarioProblem => ({
    file: path,
    ...place,
    path: where,
    text: what,
  });
  const broken = yaml.errors.map((it) => located(it.place, '', it.message));
  if (yaml.value === undefined) return { ok: false, problems: inOrder(broken) };
  const parsed = scenarioSchema.safeParse(yaml.value);
  const parts = partsOf(yaml.value);
  const sources = readSources(yaml.value, path, parts, readFile);
  const problems: readonly DocumentProblem[] = [
    ...problemsOfIssues(yaml.value, parsed.error?.issues ?? []),
    ...checkParts(yaml.value, parts),
    ...sources.problems,
    ...settingsProblems(yaml.value, checkSettings),
  ];
  const here = problems.map((it) =>
    located(yaml.placeOf(it.path), pathText(it.path), `found ${it.found}; ${it.remedy}`),
  );
  const all = [...inOrder([...broken, ...here]), ...sources.fileProblems];
  if (!parsed.success || all.length > 0) return { ok: false, problems: all };
  return { ok: true, scenario: compileScenario(parsed.data, sources, seed) };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads a scenario file. */
export const loadScenario = (path: string, options: ScenarioOptions = {}): ScenarioResult => {
  const readFile: ReadFile = (it) => readFileSync(it, 'utf8');
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const problem = { file: path, line: 1, column: undefined, path: '', text: `cannot be read: ${messageOf(error)}` };
    return { ok: false, problems: [problem] };
  }
  return parseScenario(text, path, readFile, options);
};
