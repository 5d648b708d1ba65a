import uPlot from 'uplot';
import { axis, clock, line, style, timeLabels } from '../../report/page/chart.ts';
import type { LivePoint, LiveState } from '../wire.ts';
import { byId, selectById, setText } from './dom.ts';

type Measure = 'Vcpu' | 'Gib';

const units: Readonly<Record<Measure, string>> = { Vcpu: 'vCPU', Gib: 'GiB' };

const measureOf = (select: HTMLSelectElement): Measure => (select.value === 'Gib' ? 'Gib' : 'Vcpu');

const rounded = (_: uPlot, value: number | null): string => (value === null ? '' : String(Math.round(value * 10) / 10));

const time: uPlot.Series = {
  label: 'time',
  value: (_, at: number | null) => (at === null ? '' : clock.format(at * 1000)),
};

const common = (height: number, width: number, sync: string) => ({
  width,
  height,
  tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
  padding: [10, 26, 0, 0] as [number, number, number, number],
  cursor: { sync: { key: sync }, drag: { x: false, y: false } },
});

/** The first hour is drawn from left to right; later the whole of what is kept fills the width. */
const atLeastAnHour: uPlot.Range.Function = (_, first, last) => [first, Math.max(first + 3600, last)];

const fromZero =
  (least: number): uPlot.Range.Function =>
  (_, _low, high) => [0, Math.max(least, high * 1.08)];

const capacityOptions = (width: number, measure: Measure): uPlot.Options => ({
  ...common(230, width, 'live'),
  scales: { x: { range: atLeastAnHour }, y: { range: fromZero(1) } },
  axes: [
    { ...axis(), values: timeLabels },
    { ...axis(units[measure]), size: 46 },
  ],
  series: [
    time,
    { label: 'in service', stroke: style('--use'), fill: style('--use-fill'), width: 1.5, value: rounded, ...line },
    { label: 'paid for', stroke: style('--use'), width: 1, dash: [2, 3], value: rounded, ...line },
    { label: 'needed', stroke: style('--ink'), width: 1.75, dash: [7, 4], value: rounded, ...line },
  ],
});

const waitingOptions = (width: number): uPlot.Options => ({
  ...common(120, width, 'live'),
  scales: { x: { range: atLeastAnHour }, y: { range: fromZero(4) } },
  axes: [
    { ...axis(), values: timeLabels },
    { ...axis('tasks'), size: 46, space: 22, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
  ],
  series: [
    time,
    {
      label: 'waiting',
      stroke: style('--alarm'),
      fill: style('--alarm-fill'),
      width: 1.5,
      value: rounded,
      ...line,
    },
  ],
});

const seconds = (points: readonly LivePoint[]): number[] => points.map((it) => it.at / 1000);

const capacityColumns = (points: readonly LivePoint[], measure: Measure): uPlot.AlignedData => [
  seconds(points),
  points.map((it) => it[`active${measure}`]),
  points.map((it) => it[`paid${measure}`]),
  points.map((it) => it[`need${measure}`]),
];

const waitingColumns = (points: readonly LivePoint[]): uPlot.AlignedData => [
  seconds(points),
  points.map((it) => it.waiting),
];

/** Demand and capacity, and what waits, over the last day; drawn anew when the page's size or colours change. */
export class Charts {
  private readonly into = byId('chart');
  private readonly waitingInto = byId('waiting');
  private readonly text = byId('chart-text');
  private readonly select = selectById('measure');
  private points: readonly LivePoint[] = [];
  private capacity: uPlot | undefined;
  private waiting: uPlot | undefined;

  constructor() {
    const redraw = (): void => {
      this.build();
    };
    this.select.addEventListener('change', redraw);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
    new ResizeObserver(() => {
      const width = this.into.clientWidth;
      this.capacity?.setSize({ width, height: 230 });
      this.waiting?.setSize({ width, height: 120 });
    }).observe(this.into);
  }

  show({ points }: LiveState): void {
    if (points === this.points) return;
    this.points = points;
    if (points.length < 2) return;
    if (this.capacity === undefined) this.build();
    else {
      this.capacity.setData(capacityColumns(points, measureOf(this.select)));
      this.waiting?.setData(waitingColumns(points));
    }
    this.describe();
  }

  /** Where the pointer is not on a chart, its legend has the newest values. */
  private showNewest(): void {
    const idx = this.points.length - 1;
    for (const it of [this.capacity, this.waiting])
      if (it !== undefined && (it.cursor.left ?? -1) < 0) it.setLegend({ idx }, false);
  }

  private build(): void {
    if (this.points.length < 2) return;
    const measure = measureOf(this.select);
    const width = this.into.clientWidth;
    this.capacity?.destroy();
    this.waiting?.destroy();
    this.capacity = new uPlot(capacityOptions(width, measure), capacityColumns(this.points, measure), this.into);
    this.waiting = new uPlot(waitingOptions(width), waitingColumns(this.points), this.waitingInto);
    this.describe();
    document.documentElement.dataset['drawn'] = 'true';
  }

  /** The same in words, for who does not see the lines. */
  private describe(): void {
    this.showNewest();
    const last = this.points.at(-1);
    if (last === undefined) return;
    const measure = measureOf(this.select);
    const [need, active, paid] = [last[`need${measure}`], last[`active${measure}`], last[`paid${measure}`]];
    const unit = units[measure];
    setText(
      this.text,
      `Now ${need} ${unit} are needed (dashed), ${active} are in service (filled), ${paid} are paid for (dotted).`,
    );
  }
}
