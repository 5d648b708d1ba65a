import type { Simulation } from '../score/simulation.ts';
import { type Figure, figures } from './figures.ts';

/** A figure over the seeds of one controller. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The runs of one controller with one setting, in the order of their seeds. */
export interface Contender {
  readonly controller: string;
  readonly setting: string | undefined;
  readonly runs: readonly Simulation[];
}

/** Groups runs by controller and setting, in the order in which they first appear. */
export const contendersOf = (simulations: readonly Simulation[]): readonly Contender[] =>
  [...Map.groupBy(simulations, (it) => JSON.stringify([it.controller, it.setting ?? null])).values()].flatMap(
    (runs) => {
      const [first] = runs;
      return first === undefined
        ? []
        : [{ controller: first.controller, setting: first.setting, runs: runs.toSorted((a, b) => a.seed - b.seed) }];
    },
  );

/** Median (of an even count the lower of the middle two), smallest and largest; undefined where no run has the figure. */
const spreadOf = (figure: Figure, runs: readonly Simulation[]): Spread | undefined => {
  const values = runs
    .map(figure.of)
    .filter((it) => it !== undefined)
    .sort((a, b) => a - b);
  const median = values[Math.ceil(values.length / 2) - 1];
  const low = values[0];
  const high = values.at(-1);
  return median === undefined || low === undefined || high === undefined ? undefined : { median, low, high };
};

const numberOf = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: true });

/** `12.3`, or `12.3 (11.0–14.2)` where the seeds differ; a dash where there is nothing to say. */
export const spreadText = (figure: Figure, spread: Spread | undefined): string => {
  if (spread === undefined) return '–';
  const [median, low, high] = [spread.median, spread.low, spread.high].map((it) => numberOf(it, figure.digits));
  return low === high ? `${median}` : `${median} (${low}–${high})`;
};

/** One figure across the contenders, with the index of those that are best where best has a meaning. */
export interface SummaryRow {
  readonly figure: Figure;
  readonly spreads: readonly (Spread | undefined)[];
  readonly best: ReadonlySet<number>;
}

/** Every figure that at least one contender has. */
export const summaryOf = (contenders: readonly Contender[]): readonly SummaryRow[] =>
  figures.flatMap((figure) => {
    const spreads = contenders.map((it) => spreadOf(figure, it.runs));
    return spreads.every((it) => it === undefined) ? [] : [{ figure, spreads, best: bestOf(figure, spreads) }];
  });

const bestOf = (figure: Figure, spreads: readonly (Spread | undefined)[]): ReadonlySet<number> => {
  const shown = spreads.map((it) => (it === undefined ? undefined : Number(it.median.toFixed(figure.digits))));
  const known = shown.filter((it) => it !== undefined);
  if (figure.better === undefined || new Set(known).size < 2) return new Set();
  const best = figure.better === 'lower' ? Math.min(...known) : Math.max(...known);
  return new Set(shown.flatMap((it, n) => (it === best ? [n] : [])));
};
