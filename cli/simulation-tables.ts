import Table from 'cli-table3';
import { sections } from '../simulator/report/figures.ts';
import { labelsOf, settingsOf } from '../simulator/report/page-data.ts';
import { type Contender, type SummaryRow, spreadText, summaryOf } from '../simulator/report/summary.ts';

const noRowLines = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** As many contenders side by side as the terminal is wide for, one at least. */
const columnsThatFit = (rows: readonly SummaryRow[], names: readonly string[], from: number, width: number): number => {
  const label = Math.max(...rows.map((it) => labelText(it).length)) + 3;
  const widest = names
    .slice(from)
    .map((name, n) =>
      Math.max(name.length, ...rows.map((row) => spreadText(row.figure, row.spreads[from + n]).length)),
    );
  let used = label + 1;
  let fit = 0;
  for (const column of widest) {
    used += column + 3;
    if (used > width) break;
    fit++;
  }
  return Math.max(1, fit);
};

const labelText = ({ figure }: SummaryRow): string =>
  figure.unit === '' ? figure.label : `${figure.label}, ${figure.unit}`;

const tableOf = (rows: readonly SummaryRow[], names: readonly string[], from: number, to: number): string => {
  const shown = names.slice(from, to);
  const table = new Table({
    head: ['Figure', ...shown],
    chars: noRowLines,
    style: { head: [], border: [] },
    colAligns: ['left', ...shown.map(() => 'right' as const)],
  });
  for (const section of sections)
    for (const row of rows.filter((it) => it.figure.section === section))
      table.push([labelText(row), ...row.spreads.slice(from, to).map((it) => spreadText(row.figure, it))]);
  return table.toString();
};

/** What the runs came to: medians over the seeds, with lowest and highest, in tables no wider than the terminal. */
export const simulationTables = (contenders: readonly Contender[], width: number): string => {
  const rows = summaryOf(contenders);
  const names = labelsOf(contenders);
  const tables: string[] = [];
  for (let from = 0; from < names.length; ) {
    const to = from + columnsThatFit(rows, names, from, width);
    tables.push(tableOf(rows, names, from, to));
    from = to;
  }
  return [...tables, ...settingsOf(contenders)].join('\n');
};
