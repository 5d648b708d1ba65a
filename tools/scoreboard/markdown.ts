import { sections } from '../../simulator/report/figures.ts';
import { type Contender, spreadText, summaryOf } from '../../simulator/report/summary.ts';

export interface ScoredScenario {
  readonly name: string;
  readonly description: string;
  readonly contenders: readonly Contender[];
}

const introduction = `# Scoreboard

Made by \`npm run scoreboard\`, and by nothing else. Each scenario is a file of [examples/scenarios](../examples/scenarios),
its hash fixed in \`SHA256SUMS\` before the first result; five seeds each. A cell is the median over the seeds, and in
brackets the lowest and the highest; the best median of a line is bold. Rivals run in the best of a grid of their own
settings, named below each table ([how the best is chosen](rivals.md#the-best-of-a-grid)). What each figure means:
[score.md](score.md). What the bounds are, and why nobody can be below them: [bounds.md](bounds.md). The world is a
simulated one, with its assumptions in [fidelity.md](fidelity.md); no figure here was taken on an AWS account. Who costs
less than the bound has let tasks wait: look at the wait and at what was waiting at the end.

- **berth**: this project, its shipped defaults in act mode, the same flows as in Lambda.
- **managed-scaling**: capacity-provider managed scaling with managed termination protection and managed draining.
- **reservation-alarm**: target tracking of the group on the cluster's CPU and memory reservation, with a drain Lambda.
- **none**: the group as the scenario begins with it, never resized.
- **backlog.py**: a small autoscaler of ours in Python with boto3 (examples/controllers), driven over the wire.
`;

const table = ({ contenders }: ScoredScenario): string => {
  const rows = summaryOf(contenders);
  const lines = sections.flatMap((section) =>
    rows
      .filter((it) => it.figure.section === section)
      .map(({ figure, spreads, best }) => {
        const cells = spreads.map((spread, n) => {
          const text = spreadText(figure, spread);
          return best.has(n) ? text.replace(/^[^ ]+/, '**$&**') : text;
        });
        return `| ${figure.unit === '' ? figure.label : `${figure.label}, ${figure.unit}`} | ${cells.join(' | ')} |`;
      }),
  );
  return [
    `| Figure | ${contenders.map((it) => it.controller).join(' | ')} |`,
    `| --- |${contenders.map(() => ' ---: |').join('')}`,
    ...lines,
  ].join('\n');
};

const settings = ({ contenders }: ScoredScenario): string => {
  const named = contenders.flatMap((it) => (it.setting === undefined ? [] : [`${it.controller}: ${it.setting}`]));
  return named.length === 0 ? '' : `\nBest settings: ${named.join('; ')}.\n`;
};

/** The scoreboard as a document. */
export const scoreboardMarkdown = (scenarios: readonly ScoredScenario[]): string =>
  [introduction, ...scenarios.map((it) => `## ${it.name}\n\n${it.description}\n\n${table(it)}\n${settings(it)}`)].join(
    '\n',
  );
