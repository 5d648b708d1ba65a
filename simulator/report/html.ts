import { join } from 'node:path';
import type { DecisionRecord, Simulation } from '../score/simulation.ts';
import { bundledScript, stylesWithCharts } from './bundle.ts';
import { escape } from './escape.ts';
import { sections } from './figures.ts';
import { livesSvg, rowHeightOf, timeTicks } from './lives.ts';
import { colourOf, labelsOf, pageDataOf, settingsOf } from './page-data.ts';
import { type Contender, contendersOf, spreadText, summaryOf } from './summary.ts';

export interface ReportOptions {
  readonly description: string;
  /** The command that makes the same page again. */
  readonly command: string;
}

/** A page keeps the newest of a longer log out, and says so. */
const decisionsShown = 400;

/** One self-contained page about runs of one scenario: no request leaves it. */
export const reportHtml = async (simulations: readonly Simulation[], options: ReportOptions): Promise<string> => {
  const contenders = contendersOf(simulations);
  const [first] = simulations;
  const title = first === undefined ? 'no runs' : first.scenario;
  const [script, styles] = await Promise.all([pageScript(), pageStyles()]);
  const data = JSON.stringify(pageDataOf(contenders)).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berth: ${escape(title)}</title>
<style>${styles}</style>
</head>
<body>
${header(title, options, contenders)}
${summary(contenders)}
${costs(contenders)}
${overTime(contenders)}
${waits()}
${lives(contenders)}
${decisions(contenders)}
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
};

const pageScript = async (): Promise<string> =>
  (await bundledScript(join(import.meta.dirname, 'page', 'main.ts'))).replaceAll('</script', '<\\/script');

const pageStyles = (): Promise<string> => stylesWithCharts(join(import.meta.dirname, 'page', 'page.css'));

const key = (index: number): string => `<span class="key" style="background:${colourOf(index)}"></span>`;

const header = (title: string, { description, command }: ReportOptions, contenders: readonly Contender[]): string => {
  const runs = contenders.flatMap((it) => it.runs);
  const seeds = [...new Set(runs.map((it) => it.seed))].sort((a, b) => a - b);
  const cut = runs.filter((it) => it.ranMs < it.durationMs).length;
  const hours = ((runs[0]?.durationMs ?? 0) / 3_600_000).toLocaleString('en-US', { maximumFractionDigits: 1 });
  return `<header><h1>${escape(title)}</h1>
<p>${escape(description)}</p>
<p class="faint">${hours} hours, ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}. Made by <code>${escape(command)}</code>.${cut === 0 ? '' : ` <strong>${cut} of ${runs.length} runs were interrupted.</strong>`}</p></header>`;
};

const summary = (contenders: readonly Contender[]): string => {
  const names = labelsOf(contenders);
  const rows = summaryOf(contenders);
  const line = (row: (typeof rows)[number]): string => {
    const cells = row.spreads.map((spread, n) => {
      const [median = '', range] = spreadText(row.figure, spread).split(' (');
      const text = range === undefined ? median : `${median} <small>(${range}</small>`;
      return row.best.has(n) ? `<td class="best">${text}</td>` : `<td>${text}</td>`;
    });
    const unit = row.figure.unit === '' ? '' : `, ${row.figure.unit}`;
    return `<tr><td>${escape(row.figure.label + unit)}</td>${cells.join('')}</tr>`;
  };
  const body = sections.flatMap((section) => {
    const own = rows.filter((it) => it.figure.section === section);
    const span = contenders.length + 1;
    return own.length === 0
      ? []
      : [`<tr class="section"><th scope="rowgroup" colspan="${span}">${section}</th></tr>`, ...own.map(line)];
  });
  const head = names.map((name, n) => `<th scope="col">${key(n)}${escape(name)}</th>`);
  return `<section><h2>What it came to</h2>
<p class="faint">Median over the seeds, and from lowest to highest; the best median in bold.${settingsOf(contenders)
    .map((it) => `<br>${escape(it)}.`)
    .join('')}</p>
<div class="scroll"><table><thead><tr><th scope="col">Figure</th>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div></section>`;
};

const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
};

const costs = (contenders: readonly Contender[]): string => {
  const names = labelsOf(contenders);
  const dollars = contenders.map((it) => medianOf(it.runs.map((run) => run.score.cost.dollars)));
  const bounds = contenders.map((it) => medianOf(it.runs.map((run) => run.score.cost.freeMigrationDollars)));
  const most = Math.max(...dollars, ...bounds, 1e-9);
  const bar = (name: string, n: number): string => {
    const own = dollars[n] ?? 0;
    const bound = bounds[n] ?? 0;
    return `<div><div>${key(n)}${escape(name)}: $${own.toFixed(2)}, ${bound > 0 ? (own / bound).toFixed(2) : '–'} times the bound</div>
<div class="bar"><i style="width:${((own / most) * 100).toFixed(2)}%;background:${colourOf(n)}"></i><b style="left:${((bound / most) * 100).toFixed(2)}%"></b></div></div>`;
  };
  return `<section><h2>Cost</h2>
<p class="faint">The dashed line is the free-migration bound: what somebody would pay who knew everything ahead and could move tasks at no cost.</p>
<div class="bars">${names.map(bar).join('')}</div></section>`;
};

const overTime = (contenders: readonly Contender[]): string => {
  const names = labelsOf(contenders);
  const chart = (it: Contender, n: number): string =>
    `<figure class="chart"><figcaption><h3>${key(n)}${escape(names[n] ?? '')}, seed ${it.runs[0]?.seed ?? ''}</h3></figcaption><div id="chart-${n}"></div></figure>`;
  return `<section><h2>Demand and capacity over time</h2>
<p class="faint">Dashed in black: what the tasks that should run need. Filled: what is in service. Red: tasks that wait for a place. <label class="no-print">Measured in <select id="measure"><option value="instances">instances</option><option value="vcpu">vCPU</option><option value="memoryGib">memory</option></select></label></p>
${contenders.map(chart).join('\n')}</section>`;
};

const waits = (): string => `<section><h2>How long tasks waited</h2>
<p class="faint">From asked for to RUNNING, all seeds together. Further to the right are fewer tasks, which waited longer.</p>
<figure class="chart"><div id="chart-waits"></div></figure></section>`;

const lives = (contenders: readonly Contender[]): string => {
  const names = labelsOf(contenders);
  const rowHeight = rowHeightOf(contenders.flatMap((it) => it.runs.slice(0, 1)));
  const figure = (it: Contender, n: number): string => {
    const [run] = it.runs;
    if (run === undefined) return '';
    return `<figure><figcaption><h3>${key(n)}${escape(names[n] ?? '')}: ${run.instances.length} instances</h3></figcaption>${livesSvg(run, colourOf(n), `lives-${n}`, rowHeight)}${timeTicks(run)}</figure>`;
  };
  return `<section><h2>Instances</h2>
<p class="faint">One row an instance. Grey: booting. Pale: holds nothing but daemons. Full: holds tasks. Hatched: draining.</p>
${contenders.map(figure).join('\n')}</section>`;
};

const decisionLine = (it: DecisionRecord): string => {
  const reasons = it.reasons.map((reason) => `<li>${escape(reason)}</li>`).join('');
  const at = new Date(it.atMs).toISOString();
  return `<li tabindex="0"><time datetime="${at}">${at.slice(5, 19).replace('T', ' ')}</time>${escape(it.text)}${reasons === '' ? '' : `<ul>${reasons}</ul>`}</li>`;
};

const decisions = (contenders: readonly Contender[]): string => {
  const names = labelsOf(contenders);
  const log = (it: Contender, n: number): string => {
    const all: readonly DecisionRecord[] = it.runs[0]?.decisionLog ?? [];
    if (all.length === 0) return '';
    const shown = all.slice(0, decisionsShown);
    const more =
      all.length > shown.length
        ? `<p class="faint">The first ${shown.length} of ${all.length}; --json has all.</p>`
        : '';
    return `<h3>${key(n)}${escape(names[n] ?? '')}</h3>${more}<div class="log" role="region" aria-label="decisions of ${escape(names[n] ?? '')}" tabindex="0"><ol>${shown.map(decisionLine).join('')}</ol></div>`;
  };
  return `<section><h2>Decisions</h2>
<p class="faint">Those that changed something. Point at one, or move to it with the Tab key, for its reasons.</p>
${contenders.map(log).join('\n')}</section>`;
};
