import { type EpochMs, minuteMs } from '../../model/time.ts';
import { formatterOf, wallMinuteAt } from '../keeping/calendar.ts';

/** A datapoint of a period. */
export interface LoadPoint {
  readonly at: EpochMs;
  readonly value: number;
}

const cellMinutes = 5;
export const cellMs = cellMinutes * minuteMs;
export const cellsPerDay = (24 * 60) / cellMinutes;

/** Clocks are changed on quarters of an hour. (IANA time zone database.) */
const quarterMs = 15 * minuteMs;

/** The five minutes that a clock on the wall shows, counted since it showed 1970-01-01 00:00. */
export type WallCell = (at: EpochMs) => number;

/** Undefined for a name that is no time zone. */
export const wallCellsIn = (timeZone: string): WallCell | undefined => {
  const formatter = formatterOf(timeZone);
  if (formatter === undefined) return undefined;
  const minutes = new Map<number, number>(); // asking the formatter takes far longer than remembering
  return (at) => {
    const quarter = Math.floor(at / quarterMs);
    const wall = minutes.get(quarter) ?? wallMinuteAt(formatter, quarter * quarterMs);
    minutes.set(quarter, wall);
    return Math.floor((wall + (at - quarter * quarterMs) / minuteMs) / cellMinutes);
  };
};

/** A metric's past by a clock on the wall, five minutes a cell; NaN where nothing is known. */
export interface Cells {
  /** The wall cell of the first value, at the beginning of a day. */
  readonly first: number;
  readonly values: readonly number[];
}

/**
 * Each cell holds the mean of what falls into it, and a longer period fills all of its cells. An hour that a clock change
 * skips is a hole; one that comes twice is the mean of both. What is no number, or below 0, is a hole too.
 */
export const cellsOf = (points: readonly LoadPoint[], periodMs: number, wallCell: WallCell): Cells => {
  const known = points.filter((it) => Number.isFinite(it.value) && it.value >= 0);
  const placed = known.flatMap(({ at, value }) =>
    Array.from({ length: Math.max(1, Math.round(periodMs / cellMs)) }, (_, n) => ({
      cell: wallCell(at + n * cellMs),
      value,
    })),
  );
  const least = placed.reduce((found, it) => Math.min(found, it.cell), Number.POSITIVE_INFINITY);
  if (placed.length === 0) return { first: 0, values: [] };
  const first = Math.floor(least / cellsPerDay) * cellsPerDay;
  const length = placed.reduce((found, it) => Math.max(found, it.cell), first) - first + 1;
  const [sums, counts] = [new Float64Array(length), new Uint32Array(length)];
  for (const { cell, value } of placed) {
    sums[cell - first] = (sums[cell - first] ?? 0) + value;
    counts[cell - first] = (counts[cell - first] ?? 0) + 1;
  }
  return { first, values: Array.from(sums, (sum, n) => sum / (counts[n] ?? 0)) };
};
