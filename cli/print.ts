import { stripVTControlCharacters, styleText } from 'node:util';
import Table from 'cli-table3';

/** Of the terminal; where there is none COLUMNS may say it, and else a line is as long as it is. */
export const terminalWidth = (): number => {
  const told = Number(process.env['COLUMNS']);
  if (process.stdout.isTTY) return process.stdout.columns;
  return Number.isInteger(told) && told > 0 ? told : Number.POSITIVE_INFINITY;
};

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

/** Only on a terminal, and there unless NO_COLOR is set (no-color.org). */
export const styled = (style: Style, text: string): string =>
  styleText(style, text, { validateStream: true, stream: process.stdout });

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

const gap = noLines.middle.length;

/** No column of sentences is narrower than this, however narrow the terminal. */
const leastSentence = 24;

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const widthOf = (text: string): number =>
  Math.max(0, ...text.split('\n').map((it) => stripVTControlCharacters(it).length));

/** A word longer than a line, such as an ARN, is broken: nothing of it is lost. */
const pieces = (word: string, width: number): readonly string[] =>
  word.length <= width ? [word] : [word.slice(0, width), ...pieces(word.slice(width), width)];

const wrapLine = (line: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ').flatMap((it) => pieces(it, width))) {
    if (current !== '' && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
};

const wrapped = (text: string, width: number): string =>
  text
    .split('\n')
    .flatMap((it) => (widthOf(it) <= width ? [it] : wrapLine(it, width)))
    .join('\n');

/** Lines no wider than that; what a line is too long for stands below it, a little further in. */
export const within = (text: string, width: number): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const indent = /^ */.exec(line)?.[0].length ?? 0;
      if (widthOf(line) <= width) return [line];
      const [first = '', ...rest] = wrapLine(line.slice(indent), Math.max(leastSentence, width - indent - gap));
      return [' '.repeat(indent) + first, ...rest.map((it) => ' '.repeat(indent + gap) + it)];
    })
    .join('\n');

/** And no other column is wider than this. */
const longestName = 40;

/**
 * Rows under their titles, without lines around them: easy to read, to search and to cut. The last column has sentences:
 * it takes what room the others leave and goes on below. Nothing where there are no rows.
 */
export const columns = (titles: readonly Column[], rows: readonly (readonly string[])[], width: number): string => {
  if (rows.length === 0) return '';
  const isLast = (n: number): boolean => n === titles.length - 1;
  const names = rows.map((it) => it.map((cell, n) => (isLast(n) ? cell : wrapped(cell, longestName))));
  const widths = titles.map(({ title }, n) => Math.max(title.length, ...names.map((it) => widthOf(it[n] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, it) => sum + it + gap, 0);
  const last = Math.max(leastSentence, width - before);
  const table = new Table({
    head: titles.map((it) => styled('dim', it.title)),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: titles.map((it) => it.align ?? 'left'),
  });
  table.push(...names.map((it) => it.map((cell, n) => (isLast(n) ? wrapped(cell, last) : cell))));
  return table
    .toString()
    .split('\n')
    .map((it) => it.trimEnd())
    .join('\n');
};

/** What a command found: as JSON for programs, else as text for people. */
export const print = (json: boolean | undefined, data: unknown, text: () => string): void => {
  console.log(json === true ? JSON.stringify(data, undefined, 2) : text());
};
