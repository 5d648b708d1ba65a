import uPlot from 'uplot';
import type { Measure, PageContender, PageData } from '../page-data.ts';
import { axis, clock, line, style, timeLabels } from './chart.ts';

type MeasureName = 'instances' | 'vcpu' | 'memoryGib';

const units: Readonly<Record<MeasureName, string>> = { instances: 'instances', vcpu: 'vCPU', memoryGib: 'GiB' };

const dataOf = (): PageData => {
  return JSON.parse(holder('data').textContent) as PageData;
};

const overTime = (
  it: PageContender,
  name: MeasureName,
  width: number,
  sync: uPlot.SyncPubSub,
  tops: Tops,
): uPlot.Options => {
  const measure: Measure = it[name];
  const rounded = (_: uPlot, value: number | null): string =>
    value === null ? '' : String(Math.round(value * 10) / 10);
  return {
    width,
    height: 220,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    cursor: { sync: { key: sync.key } },
    scales: { y: { range: [0, tops.capacity] }, tasks: { range: [0, tops.waiting] } },
    axes: [
      { ...axis(), values: timeLabels },
      axis(units[name]),
      { ...axis('tasks waiting'), scale: 'tasks', side: 1, grid: { show: false } },
    ],
    series: [
      { label: 'time', value: (_, at: number | null) => (at === null ? '' : clock.format(at * 1000)) },
      { label: 'in service', stroke: it.colour, fill: `${it.colour}33`, width: 1.5, value: rounded, ...line },
      ...(measure.paid === undefined
        ? []
        : [{ label: 'paid for', stroke: it.colour, width: 1, dash: [2, 3], value: rounded, ...line }]),
      { label: 'needed', stroke: style('--ink'), width: 1.5, dash: [7, 4], value: rounded, ...line },
      {
        label: 'waiting',
        scale: 'tasks',
        stroke: style('--alarm'),
        fill: style('--alarm-fill'),
        width: 1,
        value: rounded,
        ...line,
      },
    ],
  };
};

const columnsOf = (it: PageContender, name: MeasureName): uPlot.AlignedData => {
  const { need, active, paid } = it[name];
  const columns = [it.times, active, ...(paid === undefined ? [] : [paid]), need, it.waitingTasks];
  return columns.map((column) => [...column]) as unknown as uPlot.AlignedData;
};

/** Of all contenders together, so that their charts can be compared by eye. */
interface Tops {
  readonly capacity: number;
  readonly waiting: number;
}

const highest = (columns: readonly (readonly number[])[]): number => {
  let top = 0;
  for (const column of columns) for (const value of column) top = Math.max(top, value);
  return top;
};

/** Waiting tasks keep to the lower third, below the lines of capacity. */
const topsOf = ({ contenders }: PageData, name: MeasureName): Tops => ({
  capacity:
    1.05 * Math.max(1, highest(contenders.flatMap((it) => [it[name].need, it[name].active, it[name].paid ?? []]))),
  waiting: 3 * Math.max(2, highest(contenders.map((it) => it.waitingTasks))),
});

const tailScale = (share: number): number => -Math.log10(1 - share);
const shareTicks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];
const waitTicks = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 36_000, 86_400];

const waitText = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;

const waits = (
  data: PageData,
  width: number,
): { readonly options: uPlot.Options; readonly columns: uPlot.AlignedData } => {
  const longest = data.contenders.reduce<readonly number[]>(
    (most, it) => (it.waitQuantiles.shares.length > most.length ? it.waitQuantiles.shares : most),
    [],
  );
  const highestShare = Math.max(0.9, ...data.contenders.map((it) => it.waitQuantiles.shares.at(-2) ?? 0));
  const last = tailScale(Math.min(highestShare, 0.99999));
  const shares = longest.map((_, n) => 1 - 10 ** ((-last * n) / Math.max(1, longest.length - 1)));
  const at = (it: PageContender, share: number): number | null => {
    const { shares: own, seconds } = it.waitQuantiles;
    const beyond = own.findIndex((one) => one > share);
    const value = seconds[beyond < 0 ? seconds.length - 1 : Math.max(0, beyond - 1)];
    return value === undefined ? null : Math.max(1, value);
  };
  return {
    columns: [shares.map(tailScale), ...data.contenders.map((it) => shares.map((share) => at(it, share)))],
    options: {
      width,
      height: 300,
      scales: { x: { time: false }, y: { distr: 3, log: 10 } },
      axes: [
        {
          ...axis('share of tasks that waited no longer'),
          splits: () => shareTicks.map(tailScale).filter((it) => it <= last),
          values: (_, splits) => splits.map((it) => `${Number(((1 - 10 ** -it) * 100).toFixed(2))} %`),
        },
        {
          ...axis('wait'),
          size: 64,
          splits: (_u, _i, low, high) => waitTicks.filter((it) => it >= low && it <= high),
          filter: (_, splits) => splits, // uPlot's own would blank out what is no power of ten
          values: (_, splits) => splits.map(waitText),
        },
      ],
      series: [
        {
          label: 'share',
          value: (_, it: number | null) => (it === null ? '' : `${((1 - 10 ** -it) * 100).toFixed(2)} %`),
        },
        ...data.contenders.map((it) => ({
          label: it.label,
          stroke: it.colour,
          width: 2,
          value: (_: uPlot, value: number | null) => (value === null ? '' : `${value} s`),
        })),
      ],
    },
  };
};

const holder = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
};

const draw = (data: PageData, name: MeasureName): void => {
  const sync = uPlot.sync('time');
  const tops = topsOf(data, name);
  data.contenders.forEach((it, n) => {
    const into = holder(`chart-${n}`);
    into.replaceChildren();
    new uPlot(overTime(it, name, into.clientWidth, sync, tops), columnsOf(it, name), into);
  });
  const into = holder('chart-waits');
  into.replaceChildren();
  const { options, columns } = waits(data, into.clientWidth);
  new uPlot(options, columns, into);
};

const start = (): void => {
  const data = dataOf();
  const select = holder('measure');
  const measure = (): MeasureName =>
    select instanceof HTMLSelectElement && select.value in units ? (select.value as MeasureName) : 'instances';
  const redraw = (): void => {
    draw(data, measure());
  };
  select.addEventListener('change', redraw);
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width) return; // phones resize in height as their bars come and go
    width = window.innerWidth;
    redraw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  redraw();
  document.documentElement.dataset['drawn'] = 'true';
};

start();
