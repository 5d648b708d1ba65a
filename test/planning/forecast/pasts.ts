import { minuteMs } from '../../../lib/model/time.ts';
import type { LoadPoint } from '../../../lib/planning/forecast/cells.ts';
import { forecastOf } from '../../../lib/planning/forecast/forecast.ts';
import { seededDice } from '../../../simulator/kernel/dice.ts';

export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const stepMs = 5 * minuteMs;

/** A Tuesday. */
export const today = Date.UTC(2026, 1, 24);

/** Whole days up to now, five minutes a point. */
export const past = (days: number, valueAt: (at: number) => number, now = today): readonly LoadPoint[] =>
  Array.from({ length: (days * dayMs) / stepMs }, (_, n) => now - days * dayMs + n * stepMs).map((at) => ({
    at,
    value: valueAt(at),
  }));

/** Ten times as much from eight to six, UTC. */
export const office = (at: number): number => {
  const hour = (at % dayMs) / hourMs;
  return hour >= 8 && hour < 18 ? 1_000 : 100;
};

/** The same number for the same time, from -0.5 up to 0.5. */
export const noise = (at: number): number => seededDice(at / stepMs).next() - 0.5;

export const forecastFrom = (points: readonly LoadPoint[], { now = today, quantile = 0.9, timeZone = 'UTC' } = {}) => {
  const settings = { quantile, aheadMs: 10 * minuteMs, timeZone };
  const signals = [{ signal: 'cpu', points, periodMs: stepMs, perTask: 50 }];
  const { forecast, verdicts } = forecastOf({ service: 'api', settings, signals, now });
  const floorAt = (at: number): number | undefined =>
    forecast.floors[Math.floor((at - forecast.from) / forecast.periodMs)];
  return { forecast, floorAt, verdict: verdicts[0]?.verdict };
};
