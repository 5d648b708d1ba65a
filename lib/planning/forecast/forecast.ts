import type { ForecastVerdict, Proof, ServiceForecast } from '../../model/forecast.ts';
import type { ForecastSettings } from '../../model/settings.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { type Cells, cellMs, cellsOf, cellsPerDay, type LoadPoint, type WallCell, wallCellsIn } from './cells.ts';
import { isProved, proofOf } from './prove.ts';
import { cellsPerLevel, levelAt, levelCells } from './season.ts';

const dayMs = 24 * 60 * minuteMs;

/** Made once a day, a forecast outlives one that fails. */
const lastsMs = 2 * dayMs;

const periodMs = cellsPerLevel * cellMs;

/** One day to learn from, and one to prove it on. */
const fewestDays = 2;

/** Of the time that is known about at least this share must be known. */
const leastKnown = 0.5;

/** A metric that fell silent so long ago says nothing of tomorrow. */
const silentCells = cellsPerDay / 2;

/** A signal with its past, and as much load as one task is to have. */
export interface SignalPast {
  readonly signal: string;
  readonly points: readonly LoadPoint[];
  readonly periodMs: number;
  readonly perTask: number;
}

export interface ForecastInput {
  readonly service: string;
  readonly settings: ForecastSettings;
  readonly signals: readonly SignalPast[];
  readonly now: EpochMs;
}

export interface SignalVerdict {
  readonly signal: string;
  readonly verdict: ForecastVerdict;
}

export interface Forecast {
  readonly forecast: ServiceForecast;
  readonly verdicts: readonly SignalVerdict[];
}

const reasonNotToProve = (
  { first, values }: Cells,
  nowCell: number,
): 'tooShort' | 'tooManyHoles' | 'ended' | undefined => {
  const from = values.findIndex((it) => !Number.isNaN(it));
  const span = from < 0 ? 0 : values.length - from;
  if (span < fewestDays * cellsPerDay) return 'tooShort';
  if (nowCell - (first + values.length) > silentCells) return 'ended';
  const known = values.filter((it) => !Number.isNaN(it)).length;
  return known < leastKnown * span ? 'tooManyHoles' : undefined;
};

const verdictOf = (cells: Cells, nowCell: number, quantile: number): ForecastVerdict => {
  const why = reasonNotToProve(cells, nowCell);
  if (why !== undefined) return { kind: 'unused', why, proof: undefined };
  const proof = proofOf(cells, quantile);
  if (proof === undefined) return { kind: 'unused', why: 'tooManyHoles', proof };
  return isProved(proof) ? { kind: 'used', proof } : { kind: 'unused', why: 'notBetter', proof };
};

/** The allowance keeps 3.0000000001 tasks from becoming four. */
const roundUp = (tasks: number): number => Math.max(0, Math.ceil(tasks - 1e-9));

const floorsOf = (
  { cells, perTask }: { readonly cells: Cells; readonly perTask: number },
  { season, reach }: Proof,
  quantile: number,
  periods: readonly number[],
): readonly number[] =>
  periods.map((wallCell) => {
    const { middle } = levelCells(wallCell - cells.first);
    const level = levelAt(cells, middle, { before: cells.values.length, quantile, season, reach });
    return level === undefined ? 0 : roundUp(level / perTask);
  });

const pastOf = ({ signal, points, periodMs, perTask }: SignalPast, wallCell: WallCell) => ({
  signal,
  perTask,
  cells: cellsOf(points, periodMs, wallCell),
});

/**
 * The floors of a service for the next two days, from the pasts of its signals that have proved themselves; where
 * several have, the highest. With none of them there are no floors, and each verdict says why.
 */
export const forecastOf = ({ service, settings, signals, now }: ForecastInput): Forecast => {
  const from = Math.floor(now / periodMs) * periodMs;
  const none: ServiceForecast = { service, madeAt: now, expiresAt: now + lastsMs, from, periodMs, floors: [] };
  const wallCell = wallCellsIn(settings.timeZone);
  if (wallCell === undefined) return { forecast: none, verdicts: [] };
  const judged = signals.map((it) => {
    const past = pastOf(it, wallCell);
    return { ...past, verdict: verdictOf(past.cells, wallCell(now), settings.quantile) };
  });
  const periods = Array.from({ length: Math.ceil((none.expiresAt - from) / periodMs) }, (_, n) =>
    wallCell(from + n * periodMs),
  );
  const all = judged.flatMap((it) =>
    it.verdict.kind === 'used' ? [floorsOf(it, it.verdict.proof, settings.quantile, periods)] : [],
  );
  const floors = all.length === 0 ? [] : periods.map((_, n) => Math.max(...all.map((its) => its[n] ?? 0)));
  return { forecast: { ...none, floors }, verdicts: judged.map(({ signal, verdict }) => ({ signal, verdict })) };
};
