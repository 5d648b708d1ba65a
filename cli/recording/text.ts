import { Document, isMap, isSeq, visit } from 'yaml';
import { within } from '../print.ts';
import type { RecordedDocument } from './recording.ts';

const lineWidth = 120;

const comment = (lines: readonly string[]): string =>
  lines
    .flatMap((it) => within(it, lineWidth - 2).split('\n'))
    .map((it) => (it === '' ? '#' : `# ${it}`))
    .join('\n');

/** Flow style for what has nothing but plain values in it: a step, a type, a constraint. */
const inLines = (document: Document): void => {
  visit(document, {
    Collection: (_key, node) => {
      if (node.items.length === 0) return;
      const values: readonly unknown[] = isMap(node) ? node.items.map((it) => it.value) : node.items;
      if (values.every((it) => !isMap(it) && !isSeq(it)) && node !== document.contents) node.flow = true;
    },
  });
};

/** The scenario's file, headed by what is not in it. */
export const recordingText = (document: RecordedDocument, notes: readonly string[], madeBy: string): string => {
  const yaml = new Document(document);
  inLines(yaml);
  const head = comment([
    `Made by "${madeBy}"; docs/record.md says how, docs/scenarios.md what else may stand here.`,
    '',
    'What it does not know, or has otherwise than in life:',
    ...notes.map((it) => `- ${it}`),
  ]);
  return `${head}\n${yaml.toString({ lineWidth, flowCollectionPadding: true })}`;
};
