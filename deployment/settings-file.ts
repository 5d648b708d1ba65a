import { type Document, isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type Settings, settingsOf } from '../lib/model/settings.ts';
import { parseSettings } from '../lib/settings/parse-settings.ts';
import { pathText, type SettingsProblem } from '../lib/settings/problems.ts';
import type { Asked } from './permissions.ts';

export type SettingsFile =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What the settings of these clusters ask permissions for. */
export const askedBy = (settings: Settings, clusters: readonly string[]): Asked => {
  const all = clusters.map((name) => ({ name, ...settingsOf(settings, name) }));
  const queues = all.flatMap(({ name, taskQueue }) => (taskQueue === undefined ? [] : [{ name, ...taskQueue }]));
  const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();
  return {
    launchesInstances: all.some((it) => Object.values(it.groups).some((group) => group.launchInstances)),
    queuedTasks: {
      clusters: queues.map((it) => it.name),
      families: distinct(queues.flatMap((it) => it.taskDefinitionFamilies)),
      roles: distinct(queues.flatMap((it) => it.roles)),
    },
    forecasts: all.some((it) => Object.values(it.services).some(({ scaling }) => scaling?.forecast !== undefined)),
    hearsRefusedTasks: all.some((it) => it.refusedTasksMs !== undefined),
    mirrored: all.filter((it) => it.mirror).map((it) => it.name),
  };
};

/** Where the part of a document at `path` begins: at its key, so that unknown keys are found too. */
const offsetOf = (root: Node | null, path: SettingsProblem['path']): number => {
  let at: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(at)) {
      const pair = at.items.find((it) => isPair(it) && isNode(it.key) && String(it.key) === step);
      if (pair === undefined) return offset; // missing: point at what should hold it
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      at = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(at) && typeof step === 'number') {
      const item: unknown = at.items[step];
      at = isNode(item) ? item : null;
      offset = at?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
};

interface Located {
  readonly offset: number;
  readonly text: string;
}

const inOrder = (file: string, lines: LineCounter, problems: readonly Located[]): readonly string[] =>
  problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, text }) => {
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col} ${text}`;
    });

/** What the parser repeats of the file is cut: a mistake may be as long as the file. */
const brief = (message: string): string => (message.length > 300 ? `${message.slice(0, 300)}…` : message);

type PlainValue = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** Aliases that stand for each other would unfold without end, and are refused. */
const valueOf = (document: Document): PlainValue => {
  try {
    const value: unknown = document.toJS();
    return { ok: true, value };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `cannot be unfolded: ${said}; write out what its aliases stand for` };
  }
};

/** A settings file's text as settings; or all its problems, each with its place, what was found and the remedy. */
export const readSettings = (text: string, file: string): SettingsFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((it) => ({ offset: it.pos[0], text: `is not YAML: ${brief(it.message)}` }));
    return { ok: false, problems: inOrder(file, lines, problems) };
  }
  const value = valueOf(document);
  if (!value.ok) return { ok: false, problems: inOrder(file, lines, [{ offset: 0, text: value.problem }]) };
  const parsed = parseSettings(value.value);
  if (parsed.ok) return parsed;
  const problems = parsed.problems.map(({ path, found, remedy }) => ({
    offset: offsetOf(document.contents, path),
    text: `${pathText(path) === '' ? 'the file' : pathText(path)}: found ${found}; ${remedy}`,
  }));
  return { ok: false, problems: inOrder(file, lines, problems) };
};
