import type { Season } from '../../model/forecast.ts';
import { type Cells, cellsPerDay } from './cells.ts';

/** As much of the past as is looked at: two weeks. */
export const pastDays = 14;

/**
 * What was at the same time of another day, give or take 20 minutes, is of the same kind; or give or take five, where a
 * day turns at the same minute each time. Many values say more of a quantile than few: the wide one is tried first.
 */
export const reaches: readonly number[] = [4, 1];

/** A day further back counts for a tenth less. */
const fading = 0.9;

const weekdayOf = (day: number): number => (day + 4) % 7; // 1970-01-01 was a Thursday
const isWeekend = (day: number): boolean => weekdayOf(day) === 0 || weekdayOf(day) === 6;

const areAlike: Readonly<Record<Season, (day: number, other: number) => boolean>> = {
  everyDay: () => true,
  weekends: (day, other) => isWeekend(day) === isWeekend(other),
  weekdays: (day, other) => weekdayOf(day) === weekdayOf(other),
};

/** The simplest first: of equal ones it is taken. */
export const seasons: readonly Season[] = ['everyDay', 'weekends', 'weekdays'];

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The value that the given share of all weight is at or below; undefined of nothing. */
export const weightedQuantile = (all: readonly Weighted[], quantile: number): number | undefined => {
  const sorted = all.toSorted((a, b) => a.value - b.value);
  const enough = quantile * sorted.reduce((sum, it) => sum + it.weight, 0) * (1 - 1e-12);
  let weight = 0;
  return sorted.find((it) => {
    weight += it.weight;
    return weight >= enough;
  })?.value;
};

/** What of the past a level is taken from. */
export interface Likeness {
  /** Cells from this one on are not known yet. */
  readonly before: number;
  readonly quantile: number;
  readonly season: Season;
  /** Cells before and after the same time of another day. */
  readonly reach: number;
}

/**
 * The level that the load of a cell stays at or below with the given probability: the quantile of what was known by
 * `before` of the same time on days that are alike, the newest weighing most. Holes are no part of it, so nothing is
 * filled in. Undefined where no such day is known.
 * @param cell of `cells.values`, or past their end
 */
export const levelAt = (
  { first, values }: Cells,
  cell: number,
  { before, quantile, season, reach }: Likeness,
): number | undefined => {
  const found: Weighted[] = [];
  const day = Math.floor((first + cell) / cellsPerDay);
  const oldest = Math.max(0, before - pastDays * cellsPerDay);
  for (let back = 1; cell - back * cellsPerDay + reach >= oldest; back++) {
    if (!areAlike[season](day, day - back)) continue;
    const same = cell - back * cellsPerDay;
    for (let at = Math.max(oldest, same - reach); at <= same + reach && at < before; at++) {
      const value = values[at];
      if (value !== undefined && !Number.isNaN(value)) found.push({ value, weight: fading ** back });
    }
  }
  return weightedQuantile(found, quantile);
};

/** A level holds for so many cells: floors that change each five minutes would only fidget. */
export const cellsPerLevel = 3;

/** The first and the middle cell of the level that a cell belongs to. */
export const levelCells = (cell: number): { readonly begins: number; readonly middle: number } => {
  const begins = Math.floor(cell / cellsPerLevel) * cellsPerLevel;
  return { begins, middle: begins + Math.floor(cellsPerLevel / 2) };
};
