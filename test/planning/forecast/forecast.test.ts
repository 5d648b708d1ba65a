import { describe, expect, it } from '@jest/globals';
import { cellsOf, wallCellsIn } from '../../../lib/planning/forecast/cells.ts';
import { forecastOf } from '../../../lib/planning/forecast/forecast.ts';
import { isProved } from '../../../lib/planning/forecast/prove.ts';
import { weightedQuantile } from '../../../lib/planning/forecast/season.ts';
import { verdictWording } from '../../../lib/planning/forecast/wording.ts';
import { dayMs, forecastFrom, hourMs, noise, office, past, stepMs, today } from './pasts.ts';

describe('forecastOf', () => {
  it('has tomorrow be as the days before were, for two days', () => {
    const { forecast, floorAt, verdict } = forecastFrom(past(14, (at) => office(at) * (1 + 0.2 * noise(at))));

    expect(verdict).toMatchObject({ kind: 'used', proof: { season: 'everyDay', days: 7 } });
    expect(forecast).toMatchObject({ from: today, madeAt: today, expiresAt: today + 2 * dayMs });
    expect(forecast.floors).toHaveLength(192);
    for (const day of [0, dayMs]) {
      expect(floorAt(today + day + 3 * hourMs)).toBe(3); // 100 and 8 % of it, 50 a task
      expect(floorAt(today + day + 12 * hourMs)).toBe(22);
    }
  });

  it('is enough for as large a share of the past as the quantile says', () => {
    const load = (at: number): number => office(at) * (1 + noise(at));
    const [median = 0, most = 0] = [0.5, 0.95].map((quantile) => {
      const { floors } = forecastFrom(past(14, load), { quantile }).forecast;
      const byDay = floors.slice(9 * 4, 17 * 4);
      return byDay.reduce((sum, it) => sum + it, 0) / byDay.length;
    });

    // 20 tasks for 1,000; as often more as less, and up to half of it.
    expect(Math.abs(median - 20.5)).toBeLessThan(1.5);
    expect(Math.abs(most - 29.5)).toBeLessThan(1);
  });

  it('keeps weekends apart once it has seen two', () => {
    const isWeekend = (at: number): boolean => [0, 6].includes(new Date(at).getUTCDay());
    const load = (at: number): number => (isWeekend(at) ? 100 : office(at)) * (1 + 0.2 * noise(at));
    const friday = today + 3 * dayMs;
    const saturdayNoon = friday + dayMs + 12 * hourMs;

    const { verdict, floorAt } = forecastFrom(past(14, load, friday), { now: friday });
    expect(verdict).toMatchObject({ kind: 'used', proof: { season: 'weekends' } });
    expect(floorAt(friday + 12 * hourMs)).toBe(22);
    expect(floorAt(saturdayNoon)).toBe(3);

    // With less than a week all days are alike.
    const short = forecastFrom(past(6, load, friday), { now: friday });
    expect(short.verdict).toMatchObject({ proof: { season: 'everyDay' } });
  });

  it.each([
    ['one that is constant', past(14, () => 500)],
    ['one that is nothing', past(14, () => 0)],
    ['only noise', past(14, (at) => 500 + 400 * noise(at))],
    ['a rise that never comes back', past(14, (at) => (at - today) / dayMs + 20)],
  ])('is not used of %s, and says so', (_, points) => {
    const { forecast, verdict } = forecastFrom(points);

    expect(verdict).toMatchObject({ kind: 'unused', why: 'notBetter' });
    expect(verdict === undefined ? '' : verdictWording(verdict)).toMatch(/^not used: on its own past it is not better/);
    expect(forecast.floors).toEqual([]);
  });

  it.each([
    ['nothing', [], 'tooShort'],
    ['less than two days', past(1.9, office), 'tooShort'],
    ['no number', past(14, () => Number.NaN), 'tooShort'],
    [
      'a past with more holes than not',
      past(14, (at) => (at % hourMs < 0.4 * hourMs ? office(at) : Number.NaN)),
      'tooManyHoles',
    ],
    ['a past that ended a day ago', past(14, office).filter((it) => it.at < today - dayMs), 'ended'],
  ] as const)('is not tried on %s', (_, points, why) => {
    const { forecast, verdict } = forecastFrom(points);

    expect(verdict).toEqual({ kind: 'unused', why, proof: undefined });
    expect(forecast.floors).toEqual([]);
  });

  it('begins to prove itself after two days', () => {
    const { verdict, floorAt } = forecastFrom(past(3, (at) => office(at) * (1 + 0.2 * noise(at))));

    expect(verdict).toMatchObject({ proof: { season: 'everyDay', days: 2 } });
    expect(floorAt(today + 12 * hourMs) ?? 0).toBeGreaterThan(15);
  });

  it('looks only at the same minutes of other days where a day turns at the same minute each time', () => {
    const sharp = forecastFrom(past(14, (at) => office(at) * (1 + 0.2 * noise(at))));
    const wave = (at: number): number => 550 + 450 * Math.cos(((at % dayMs) / dayMs) * 2 * Math.PI);
    const soft = forecastFrom(past(14, (at) => wave(at) * (1 + noise(at))));

    expect(sharp.verdict).toMatchObject({ proof: { reach: 1 } });
    expect(sharp.floorAt(today + 7.75 * hourMs)).toBe(3);
    expect(soft.verdict).toMatchObject({ proof: { reach: 4 } });
  });

  it('leaves out holes, and what is no number or below 0', () => {
    const load = (at: number): number => office(at) * (1 + 0.2 * noise(at));
    const whole = forecastFrom(past(14, load));
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -5];
    const holes = forecastFrom(past(14, (at) => (noise(at + 1e12) < -0.3 ? (odd[(at / stepMs) % 3] ?? 0) : load(at))));

    expect(holes.verdict).toMatchObject({ kind: 'used' });
    for (let hour = 0; hour < 48; hour++) {
      const at = today + hour * hourMs;
      expect(Math.abs((holes.floorAt(at) ?? 0) - (whole.floorAt(at) ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  it('goes by a clock on the wall where clocks are changed', () => {
    // In Berlin it is 02:00 to 03:00 on 29 March 2026: 08:00 there is 07:00 UTC before, and 06:00 after.
    const midnight = Date.UTC(2026, 2, 28, 23);
    const zone = { now: midnight, timeZone: 'Europe/Berlin' };
    const { floorAt } = forecastFrom(
      past(14, (at) => office(at + hourMs) * (1 + 0.2 * noise(at)), midnight),
      zone,
    );

    expect(floorAt(Date.UTC(2026, 2, 29, 5, 30))).toBe(3);
    expect(floorAt(Date.UTC(2026, 2, 29, 6, 30))).toBe(22);
    expect(floorAt(Date.UTC(2026, 2, 29, 16, 30))).toBe(3);
  });

  it('takes the highest of several signals, of those that have proved themselves', () => {
    const load = (at: number): number => office(at) * (1 + 0.2 * noise(at));
    const signals = [
      { signal: 'cpu', points: past(14, load), periodMs: stepMs, perTask: 50 },
      { signal: 'memory', points: past(14, load), periodMs: stepMs, perTask: 25 },
      { signal: 'flat', points: past(14, () => 900), periodMs: stepMs, perTask: 1 },
    ];
    const settings = { quantile: 0.9, aheadMs: 0, timeZone: 'UTC' };
    const { forecast, verdicts } = forecastOf({ service: 'api', settings, signals, now: today });

    expect(verdicts.map((it) => it.verdict.kind)).toEqual(['used', 'used', 'unused']);
    expect(forecast.floors[12 * 4]).toBeGreaterThanOrEqual(43);
    expect(Math.max(...forecast.floors)).toBeLessThan(50);
  });

  it('gives the same whatever order the points come in', () => {
    const points = past(5, (at) => office(at) * (1 + 0.2 * noise(at)));

    expect(forecastFrom(points.toReversed())).toMatchObject({ forecast: forecastFrom(points).forecast });
  });
});

describe('isProved', () => {
  const proof = { season: 'everyDay', reach: 4, days: 7, loss: 97, naiveLoss: 100, flatLoss: 100 } as const;

  it('asks for a lower loss than either rule, and for more than chance', () => {
    expect(isProved(proof)).toBe(true);
    expect(isProved({ ...proof, loss: 99 })).toBe(false);
    expect(isProved({ ...proof, flatLoss: 98 })).toBe(false);
    expect(isProved({ ...proof, naiveLoss: 98 })).toBe(false);
    expect(isProved({ ...proof, naiveLoss: Number.POSITIVE_INFINITY })).toBe(false);
  });
});

describe('cellsOf', () => {
  const berlin = wallCellsIn('Europe/Berlin');

  it('begins at midnight of the wall’s clock, with holes where nothing is known', () => {
    const { values } = cellsOf([{ at: Date.UTC(2026, 0, 5, 23, 10), value: 7 }], stepMs, berlin ?? (() => 0));

    expect(values).toEqual([Number.NaN, Number.NaN, 7]); // 00:10 in Berlin
  });

  it('takes the mean of an hour that comes twice, and fills all cells of a longer period', () => {
    const back = Date.UTC(2026, 9, 25, 0); // 02:00, and again an hour later
    const points = [
      { at: back, value: 10 },
      { at: back + hourMs, value: 30 },
    ];
    const { values } = cellsOf(points, hourMs, berlin ?? (() => 0));

    expect(values.slice(24, 36)).toEqual(Array.from({ length: 12 }, () => 20));
    expect(values).toHaveLength(36);
  });

  it('is not made by a time zone that nobody has heard of', () => {
    expect(wallCellsIn('Europe/Berlln')).toBeUndefined();
    expect(forecastFrom(past(14, office), { timeZone: 'Europe/Berlln' }).forecast.floors).toEqual([]);
  });
});

describe('weightedQuantile', () => {
  const of = (values: readonly number[]) => values.map((value) => ({ value, weight: 1 }));

  it('is the least value that so much of the weight is at or below', () => {
    expect(weightedQuantile(of([5, 1, 4, 2, 3]), 0.5)).toBe(3);
    expect(weightedQuantile(of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0.9)).toBe(9);
    expect(
      weightedQuantile(
        [
          { value: 1, weight: 9 },
          { value: 100, weight: 1 },
        ],
        0.9,
      ),
    ).toBe(1);
    expect(weightedQuantile([], 0.9)).toBeUndefined();
  });
});
