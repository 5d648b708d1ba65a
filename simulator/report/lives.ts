import type { InstanceLife, Simulation } from '../score/simulation.ts';
import { escape } from './escape.ts';

const width = 1000;

/** Low enough that the rows of the run with the most instances can be seen at once. */
export const rowHeightOf = (runs: readonly Simulation[]): number => {
  const most = Math.max(0, ...runs.map((it) => it.instances.length));
  return most > 250 ? 2 : most > 80 ? 4 : 7;
};

/** Instances as rows, oldest first: booting, idle, busy, draining; the pointer on a row tells its life. */
export const livesSvg = (run: Simulation, colour: string, id: string, rowHeight: number): string => {
  const barHeight = rowHeight > 2 ? rowHeight - 1 : rowHeight; // gaps as wide as the bars would look like pale bars
  const end = run.startMs + run.ranMs;
  const x = (atMs: number): number => Number((((atMs - run.startMs) / Math.max(1, run.ranMs)) * width).toFixed(2));
  const box = (kind: string, fromMs: number, toMs: number, y: number, fill?: string): string => {
    const from = x(Math.max(run.startMs, fromMs));
    const length = Math.max(0.3, x(Math.min(end, toMs)) - from);
    const paint = fill === undefined ? '' : ` fill="${fill}"`;
    return `<rect class="${kind}" x="${from}" y="${y}" width="${length.toFixed(2)}" height="${barHeight}"${paint}/>`;
  };
  const row = (life: InstanceLife, n: number): string => {
    const y = n * rowHeight;
    const leftMs = life.terminatedAtMs ?? end;
    const readyMs = life.registeredAtMs ?? leftMs;
    const drains = life.drains.map((it) => box('drain', it.fromMs, it.toMs ?? leftMs, y, `url(#${id}-hatch)`));
    return [
      `<g><title>${escape(lifeText(life))}</title>`,
      box('boot', life.launchedAtMs, readyMs, y),
      box('idle', readyMs, leftMs, y, colour),
      ...life.busy.map((it) => box('busy', it.fromMs, it.toMs, y, colour)),
      ...drains,
      '</g>',
    ].join('');
  };
  const rows = run.instances.toSorted((a, b) => a.launchedAtMs - b.launchedAtMs);
  const height = Math.max(rowHeight, rows.length * rowHeight);
  const hatch = `<defs><pattern id="${id}-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="4" fill="var(--paper)"/></pattern></defs>`;
  return `<svg class="lives" role="img" aria-label="${rows.length} instances and their lives" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" style="height:${height}px">${hatch}${rows.map(row).join('')}</svg>`;
};

const timeOf = (ms: number): string => new Date(ms).toISOString().slice(5, 19).replace('T', ' ');

const lifeText = (life: InstanceLife): string => {
  const parts = [
    `${life.ec2InstanceId}, ${life.instanceType} in ${life.availabilityZone}${life.group === undefined ? '' : `, ${life.group}`}`,
    `launched ${timeOf(life.launchedAtMs)}`,
    life.registeredAtMs === undefined ? 'never registered' : `registered ${timeOf(life.registeredAtMs)}`,
    ...life.drains.map((it) => `drained from ${timeOf(it.fromMs)}${it.endedBy === 'restored' ? ', restored' : ''}`),
    ...(life.terminatedAtMs === undefined ? [] : [`terminated ${timeOf(life.terminatedAtMs)}`]),
  ];
  return parts.join('\n');
};

/** Five times along the run, for the foot of a chart. */
export const timeTicks = (run: Simulation): string => {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => timeOf(run.startMs + share * run.ranMs).slice(0, 11));
  return `<div class="ticks">${ticks.map((it) => `<span>${it}</span>`).join('')}</div>`;
};
