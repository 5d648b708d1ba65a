import type { Simulation, TimelinePoint } from '../score/simulation.ts';
import type { Contender } from './summary.ts';

/** What the page's script draws: one run of each contender, by columns. Times are seconds since the epoch. */
export interface PageData {
  readonly contenders: readonly PageContender[];
}

export interface PageContender {
  readonly label: string;
  readonly colour: string;
  readonly seed: number;
  readonly times: readonly number[];
  readonly instances: Measure;
  readonly vcpu: Measure;
  readonly memoryGib: Measure;
  readonly waitingTasks: readonly number[];
  readonly waitQuantiles: WaitQuantiles;
}

/** What is needed and what is there, in one unit; `paid` counts instances that boot or leave too. */
export interface Measure {
  readonly need: readonly number[];
  readonly active: readonly number[];
  readonly paid: readonly number[] | undefined;
}

/** The wait in seconds at each share of tasks. */
export interface WaitQuantiles {
  readonly shares: readonly number[];
  readonly seconds: readonly number[];
}

/** Okabe and Ito's colours, told apart by people with any colour vision. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f'];

export const colourOf = (index: number): string => colours[index % colours.length] ?? '#7f7f7f';

/** What a contender is called: its controller's name, numbered where several settings of one are shown. */
export const labelsOf = (contenders: readonly Contender[]): readonly string[] =>
  contenders.map((it, n) => {
    const same = contenders.filter((other) => other.controller === it.controller);
    if (same.length === 1) return it.controller;
    return `${it.controller} ${contenders.slice(0, n + 1).filter((other) => other.controller === it.controller).length}`;
  });

/** The settings that stand behind the names, a line each. */
export const settingsOf = (contenders: readonly Contender[]): readonly string[] => {
  const labels = labelsOf(contenders);
  return contenders.flatMap((it, n) => (it.setting === undefined ? [] : [`${labels[n] ?? ''}: ${it.setting}`]));
};

const column = (run: Simulation, of: (it: TimelinePoint) => number, digits = 2): readonly number[] =>
  run.timeline.map((it) => Number(of(it).toFixed(digits)));

/** Evenly on the scale −log10(1 − share), so that the tail has as much room as the bulk. */
const quantilesOf = (waitsMs: readonly number[]): WaitQuantiles => {
  const sorted = Float64Array.from(waitsMs).sort();
  const shares: number[] = [];
  const seconds: number[] = [];
  if (sorted.length === 0) return { shares, seconds };
  const last = Math.log10(sorted.length);
  const steps = 200;
  for (let n = 0; n <= steps; n++) {
    const share = 1 - 10 ** ((-last * n) / steps);
    const rank = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
    shares.push(Number(share.toFixed(6)));
    seconds.push(Number(((sorted[rank] ?? 0) / 1000).toFixed(2)));
  }
  return { shares, seconds };
};

const contenderData = (it: Contender, label: string, run: Simulation, index: number): PageContender => ({
  label,
  colour: colourOf(index),
  seed: run.seed,
  times: run.timeline.map((point) => Math.round(point.atMs / 1000)),
  instances: {
    need: column(run, (point) => point.boundInstances),
    active: column(run, (point) => point.active, 0),
    paid: column(run, (point) => point.active + point.incoming + point.leaving, 0),
  },
  vcpu: {
    need: column(run, (point) => point.demandCpuUnits / 1024),
    active: column(run, (point) => point.supplyCpuUnits / 1024),
    paid: undefined,
  },
  memoryGib: {
    need: column(run, (point) => point.demandMemoryMiB / 1024),
    active: column(run, (point) => point.supplyMemoryMiB / 1024),
    paid: undefined,
  },
  waitingTasks: column(run, (point) => point.waitingTasks, 0),
  waitQuantiles: quantilesOf(it.runs.flatMap((one) => one.waitsMs)),
});

/** Plots show each contender's first seed; the waits are those of all its seeds. */
export const pageDataOf = (contenders: readonly Contender[]): PageData => {
  const labels = labelsOf(contenders);
  return {
    contenders: contenders.flatMap((it, index) => {
      const [run] = it.runs;
      return run === undefined ? [] : [contenderData(it, labels[index] ?? '', run, index)];
    }),
  };
};
