import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CountWindow, CronWindow } from '../../../lib/model/settings.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import { boundsAt } from '../../../lib/planning/counts/bounds.ts';
import { isCronOpen } from '../../../lib/planning/counts/cron.ts';
import { cronFieldsOf, everComes } from '../../../lib/settings/cron.ts';
import { check, course, scaling } from './counts.ts';

const cron = (text: string, minutes: number, timeZone = 'UTC'): CronWindow => {
  const fields = cronFieldsOf(text);
  if (fields === undefined) throw new Error(text);
  return { ...fields, lastsMs: minutes * minuteMs, timeZone };
};

const at = (text: string): number => Date.parse(text);

describe('cronFieldsOf', () => {
  it.each([
    ['0 8 * * mon-fri', { minutes: [0], hours: [8], weekdays: [1, 2, 3, 4, 5] }],
    [
      '*/20 0-2 1,15 jan-mar 7',
      { minutes: [0, 20, 40], hours: [0, 1, 2], daysOfMonth: [1, 15], months: [1, 2, 3], weekdays: [0] },
    ],
    ['5/15 * * * *', { minutes: [5, 20, 35, 50] }],
    ['0 0 13 * fri', { eitherDay: true }],
  ])('reads %s', (text, expected) => {
    expect(cronFieldsOf(text)).toMatchObject(expected);
  });

  it.each([
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '9-5 * * * *',
    '*/0 * * * *',
    'x * * * *',
  ])('does not read "%s"', (text) => {
    expect(cronFieldsOf(text)).toBeUndefined();
  });

  it('tells days that never come', () => {
    const comes = (text: string) => everComes(cronFieldsOf(text) ?? cron('* * * * *', 1));
    expect(comes('0 0 29 2 *')).toBe(true);
    expect(comes('0 0 30 2 *')).toBe(false);
    expect(comes('0 0 31 4,6,9 *')).toBe(false);
    expect(comes('0 0 30 2 mon')).toBe(true); // or on a Monday
  });
});

describe('isCronOpen', () => {
  it.each([
    ['as it begins', cron('30 7 * * *', 60), '2026-03-02T07:30Z', true],
    ['a minute before', cron('30 7 * * *', 60), '2026-03-02T07:29Z', false],
    ['at its end', cron('30 7 * * *', 60), '2026-03-02T08:30Z', false],
    ['past midnight', cron('0 22 * * sun', 480), '2026-03-02T05:59Z', true],
    ['on another day', cron('0 22 * * sun', 480), '2026-03-03T05:59Z', false],
    ['for a week', cron('0 0 * * sun', 7 * 1440), '2026-03-07T23:59Z', true],
    ['on the 13th or a Friday', cron('0 0 13 * fri', 60), '2026-03-06T00:30Z', true],
    // Clocks go forward at 02:00 on 29 March 2026 in Berlin, and back at 03:00 on 25 October.
    ['in the hour that is skipped', cron('30 2 * * *', 30, 'Europe/Berlin'), '2026-03-29T01:30Z', false],
    ['after the hour that is skipped', cron('0 3 * * *', 30, 'Europe/Berlin'), '2026-03-29T01:10Z', true],
    ['in the hour that comes twice, first', cron('30 2 * * *', 20, 'Europe/Berlin'), '2026-10-25T00:40Z', true],
    ['in the hour that comes twice, between', cron('30 2 * * *', 20, 'Europe/Berlin'), '2026-10-25T01:10Z', false],
    ['in the hour that comes twice, second', cron('30 2 * * *', 20, 'Europe/Berlin'), '2026-10-25T01:40Z', true],
    ['as long as it lasts over the change', cron('0 22 * * *', 480, 'Europe/Berlin'), '2026-10-25T03:59Z', true],
    ['no longer than it lasts over the change', cron('0 22 * * *', 480, 'Europe/Berlin'), '2026-10-25T04:00Z', false],
    ['in no time zone', cron('* * * * *', 1, 'Nowhere/Else'), '2026-03-02T00:00Z', false],
  ])('%s', (_, window, time, expected) => {
    expect(isCronOpen(window, at(time))).toBe(expected);
  });

  it('is open for as many minutes of a day as it lasts, in UTC', () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(59), fc.integer({ min: 1, max: 300 }), (hour, minute, lasts) => {
        const window = cron(`${minute} ${hour} * * *`, lasts);
        const open = Array.from({ length: 48 }, (__, n) =>
          isCronOpen(window, at('2026-03-02T00:00Z') + n * 30 * minuteMs),
        );
        expect(open.filter(Boolean).length).toBeGreaterThanOrEqual(Math.floor(lasts / 30));
        expect(open.filter(Boolean).length).toBeLessThanOrEqual(Math.ceil(lasts / 30));
      }),
      { numRuns: 20 },
    );
  });
});

describe('boundsAt', () => {
  const office: CountWindow['when'] = {
    days: [1, 2, 3, 4, 5],
    fromMinute: 480,
    toMinute: 1080,
    timeZone: 'Europe/Berlin',
  };
  const floor = { when: office, minimum: 10, maximum: undefined };
  const noon = at('2026-03-02T11:00Z'); // a Monday

  it('takes the highest floor and the lowest ceiling that hold', () => {
    const calendar = [floor, { ...floor, minimum: 4 }, { ...floor, minimum: undefined, maximum: 30 }];

    expect(boundsAt(scaling({ calendar }), noon)).toEqual({ minimum: 10, maximum: 30 });
    expect(boundsAt(scaling({ calendar }), at('2026-03-02T18:00Z'))).toEqual({ minimum: 1, maximum: 100 });
  });

  it('lets a ceiling lower the floor, and no floor pass the maximum', () => {
    const closed = { when: office, minimum: 0, maximum: 0 };

    expect(boundsAt(scaling({ minimum: 2, calendar: [closed, floor] }), noon)).toEqual({ minimum: 0, maximum: 0 });
    expect(boundsAt(scaling({ maximum: 5, calendar: [floor] }), noon)).toEqual({ minimum: 5, maximum: 5 });
  });

  it('follows the clock on the wall through its changes', () => {
    const opensAt = (day: string): number => {
      const minute = Array.from({ length: 1440 }, (_, n) => n).find(
        (n) => boundsAt(scaling({ calendar: [floor] }), at(`${day}T00:00Z`) + n * minuteMs).minimum === 10,
      );
      return (minute ?? 0) / 60;
    };

    expect(opensAt('2026-03-27')).toBe(7); // winter: 08:00 is 07:00 UTC
    expect(opensAt('2026-03-30')).toBe(6);
    expect(opensAt('2026-10-26')).toBe(7);
  });

  it('raises at once when a floor begins, and lowers by the window when it is over', () => {
    expect(check(scaling({ calendar: [floor] }), { desired: 3, values: { cpu: 60 }, at: noon }).wanted).toMatchObject({
      to: 10,
      reason: expect.stringContaining('at least 10'),
    });
  });

  it('is the count where there are no signals', () => {
    expect(course(scaling({ signals: [], minimum: 3 }), 8, 7, () => ({})).counts.at(-1)).toBe(3);
  });
});
