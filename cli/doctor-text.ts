import type { Finding, Severity } from '../lib/doctor/finding.ts';
import { type Style, styled } from './print.ts';
import { counted } from './texts.ts';

const styles: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'dim' };

/** Lines of at most `width`, those after the first as far in as the text of the first begins. */
const wrapped = (head: string, text: string, width: number): readonly string[] => {
  const room = Math.max(30, width - head.length);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((it, n) => (n === 0 ? `${head}${it}` : `${' '.repeat(head.length)}${it}`));
};

const findingText = ({ severity, subject, what, remedy }: Finding, width: number): string => {
  const head = `${severity.padEnd('warning'.length)}  `;
  const [first = '', ...rest] = wrapped(head, `${subject}: ${what}`, width);
  const remedies = wrapped(`${' '.repeat(head.length)}→ `, remedy, width);
  return [first.replace(severity, styled(styles[severity], severity)), ...rest, ...remedies].join('\n');
};

const count = (findings: readonly Finding[], severity: Severity): string =>
  counted(findings.filter((it) => it.severity === severity).length, severity);

/** Each finding with its remedy, the worst first, and how many there are. */
export const doctorText = (title: string, findings: readonly Finding[], width: number): string =>
  findings.length === 0
    ? `${styled('bold', title)}: nothing found`
    : [
        `${styled('bold', title)}: ${count(findings, 'error')}, ${count(findings, 'warning')}, ${count(findings, 'note')}`,
        ...findings.map((it) => findingText(it, width)),
      ].join('\n');
