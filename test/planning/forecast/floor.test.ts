import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ServiceForecast } from '../../../lib/model/forecast.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import { boundsAt } from '../../../lib/planning/counts/bounds.ts';
import { forecastFloor } from '../../../lib/planning/forecast/floor.ts';
import { now } from '../../support/builders.ts';
import { check, scaling } from '../counts/counts.ts';

const quarterMs = 15 * minuteMs;

const forecast = (floors: readonly number[], over: Partial<ServiceForecast> = {}): ServiceForecast => ({
  service: 'api',
  madeAt: now,
  expiresAt: now + 24 * 60 * minuteMs,
  from: now,
  periodMs: quarterMs,
  floors,
  ...over,
});

describe('forecastFloor', () => {
  it('is that of now, or of what is wanted within the time ahead', () => {
    const it = forecast([2, 3, 9, 4]);

    expect(forecastFloor(it, 0, now)).toBe(2);
    expect(forecastFloor(it, 14 * minuteMs, now)).toBe(2);
    expect(forecastFloor(it, quarterMs, now)).toBe(3);
    expect(forecastFloor(it, 2 * quarterMs, now + 1)).toBe(9);
    expect(forecastFloor(it, 10 * minuteMs, now + 3 * quarterMs)).toBe(4);
  });

  it('raises nothing without a forecast, before and after its periods, by what is no number, or when it is over', () => {
    expect(forecastFloor(undefined, quarterMs, now)).toBe(0);
    expect(forecastFloor(forecast([]), quarterMs, now)).toBe(0);
    expect(forecastFloor(forecast([5]), 0, now - 2 * quarterMs)).toBe(0);
    expect(forecastFloor(forecast([5]), quarterMs, now + quarterMs)).toBe(0);
    expect(forecastFloor(forecast([Number.NaN, Number.POSITIVE_INFINITY, -3]), 60 * minuteMs, now)).toBe(0);
    expect(forecastFloor(forecast([5, 5], { expiresAt: now + 60_000 }), 0, now + 59_999)).toBe(5);
    expect(forecastFloor(forecast([5, 5], { expiresAt: now + 60_000 }), 0, now + 60_000)).toBe(0);
  });
});

describe('boundsAt with a forecast', () => {
  it('only ever raises the floor, and never above a ceiling', () => {
    const count = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(count, count, count, (minimum, more, floor) => {
        const settings = scaling({ minimum, maximum: minimum + more });
        const without = boundsAt(settings, now);
        const bounds = boundsAt(settings, now, floor);

        expect(bounds.maximum).toBe(without.maximum);
        expect(bounds.minimum).toBe(Math.max(without.minimum, Math.min(floor, without.maximum)));
      }),
    );
  });
});

describe('countOf with a forecast', () => {
  const settings = scaling({ forecast: { quantile: 0.9, aheadMs: 10 * minuteMs, timeZone: 'UTC' } });
  const ramp = forecast([4, 4, 12, 12]);

  it('raises the count before the ramp, and says why', () => {
    const early = check(settings, { desired: 4, values: { cpu: 60 }, forecast: ramp });
    const soon = check(settings, { desired: 4, values: { cpu: 60 }, at: now + 20 * minuteMs, forecast: ramp });

    expect(early.wanted).toBeUndefined();
    expect(soon.wanted).toMatchObject({ from: 4, to: 12 });
    expect(soon.report.reason).toContain('at least 12 by its forecast');
  });

  it('never lowers a count that its signals ask for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 150 }),
        (floor, desired, cpu) => {
          const minute = { desired, values: { cpu } };
          const without = check(settings, minute).report.wanted;

          expect(check(settings, { ...minute, forecast: forecast([floor]) }).report.wanted).toBeGreaterThanOrEqual(
            without,
          );
        },
      ),
    );
  });

  it('lets the signals lower the count no further than its floor', () => {
    const { report } = check(settings, { desired: 10, values: { cpu: 6 }, forecast: forecast([7]) });

    expect(report.wanted).toBe(7);
  });

  it('does not start a service that somebody has stopped', () => {
    const { wanted, report } = check(settings, {
      desired: 0,
      running: 0,
      values: { cpu: undefined },
      forecast: forecast([7]),
    });

    expect(wanted).toBeUndefined();
    expect(report.holds).toEqual(['stoppedByHand']);
  });
});
