import type { Proof } from '../../model/forecast.ts';
import { type Cells, cellsPerDay } from './cells.ts';
import { type Likeness, levelAt, levelCells, reaches, seasons, weightedQuantile } from './season.ts';

/** So many of the last days are forecast from what was before them. */
const provingDays = 7;

/** Seasons of a week are proved only by who has seen one. */
const weekDays = 7;

/**
 * What an error costs: an actual value above the quantile costs `quantile` for each unit, one below it the rest. Whoever
 * names the true quantile pays least. (Koenker and Bassett, Regression Quantiles, 1978.)
 */
const pinball = (error: number, quantile: number): number => Math.max(quantile * error, (quantile - 1) * error);

const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;

/** The loss of what is off by these errors, once the margin that suits them best is added. */
const lossInHindsight = (errors: readonly number[], quantile: number): number => {
  const margin =
    weightedQuantile(
      errors.map((value) => ({ value, weight: 1 })),
      quantile,
    ) ?? 0;
  return mean(errors.map((it) => pinball(it - margin, quantile)));
};

/** Days of one past, the last of them whole, that are forecast one after another. */
const testedCells = ({ values }: Cells, days: number): readonly { readonly cell: number; readonly before: number }[] =>
  Array.from({ length: days * cellsPerDay }, (_, n) => {
    const cell = values.length - days * cellsPerDay + n;
    return { cell, before: values.length - (days - Math.floor(n / cellsPerDay)) * cellsPerDay };
  }).filter(({ cell }) => !Number.isNaN(values[cell] ?? Number.NaN));

/** Errors of a rule that says what was so many days ago; undefined where that is known of less than half. */
const errorsOfNaive = ({ values }: Cells, tested: readonly number[], days: number): readonly number[] | undefined => {
  const errors = tested.map((it) => (values[it] ?? Number.NaN) - (values[it - days * cellsPerDay] ?? Number.NaN));
  const known = errors.filter((it) => !Number.isNaN(it));
  return known.length * 2 < tested.length ? undefined : known;
};

/** Where no level is known there is no floor, and that is charged for too. */
const lossOf = (cells: Cells, tested: ReturnType<typeof testedCells>, like: Omit<Likeness, 'before'>): number => {
  const levels = new Map<string, number>();
  const losses = tested.map(({ cell, before }) => {
    const { begins, middle } = levelCells(cell);
    const key = `${begins} ${before}`;
    const level = levels.get(key) ?? levelAt(cells, middle, { ...like, before }) ?? 0;
    levels.set(key, level);
    return pinball((cells.values[cell] ?? 0) - level, like.quantile);
  });
  return mean(losses);
};

/**
 * How the best season's levels do on the last days (up to a week), each forecast from what was before it, beside two
 * rules that have no season of their own making: as yesterday or a week ago, and always the same. These may choose their
 * margin, or their level, in hindsight; the forecast knows only what was before. Undefined where no day can be forecast.
 */
export const proofOf = (cells: Cells, quantile: number): Proof | undefined => {
  const known = Math.floor(cells.values.length / cellsPerDay);
  const days = Math.min(provingDays, known - 1);
  const tested = testedCells(cells, Math.max(0, days));
  if (tested.length === 0) return undefined;
  const [best] = seasons
    .filter((it) => it === 'everyDay' || known - days >= weekDays)
    .flatMap((season) => reaches.map((reach) => ({ season, reach })))
    .map((it) => ({ ...it, loss: lossOf(cells, tested, { ...it, quantile }) }))
    .toSorted((a, b) => a.loss - b.loss);
  if (best === undefined) return undefined;
  const at = tested.map((it) => it.cell);
  const naive = [1, weekDays].flatMap((it) => {
    const errors = errorsOfNaive(cells, at, it);
    return errors === undefined ? [] : [lossInHindsight(errors, quantile)];
  });
  const flat = lossInHindsight(
    at.map((it) => cells.values[it] ?? 0),
    quantile,
  );
  return { ...best, days, naiveLoss: Math.min(...naive), flatLoss: flat };
};

/** Less than this much better, as a share, is chance. */
const margin = 0.02;

/** Whether a forecast may be used: it did better than either rule. What is constant, or only noise, has no season. */
export const isProved = ({ loss, naiveLoss, flatLoss }: Proof): boolean =>
  Number.isFinite(naiveLoss) && loss < (1 - margin) * Math.min(naiveLoss, flatLoss);
