import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CalendarWindow, Weekday } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { isOpen, isReadable, nextChange } from '../../lib/planning/keeping/calendar.ts';

const everyDay: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];
const minute = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
};

const window = (from: string, to: string, timeZone = 'UTC', days: readonly Weekday[] = everyDay): CalendarWindow => ({
  days,
  fromMinute: minute(from),
  toMinute: minute(to),
  timeZone,
});

const at = (text: string): number => Date.parse(text);
const iso = (moment: number | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(moment).toISOString().replace(':00.000Z', 'Z');

describe('isOpen', () => {
  // 2026-11-23 is a Monday.
  it.each<readonly [string, CalendarWindow, string, boolean]>([
    ['at its first minute', window('09:00', '17:00'), '2026-11-23T09:00Z', true],
    ['not before it', window('09:00', '17:00'), '2026-11-23T08:59:59Z', false],
    ['in its last second', window('09:00', '17:00'), '2026-11-23T16:59:59Z', true],
    ['not at its end', window('09:00', '17:00'), '2026-11-23T17:00Z', false],
    ['on a day of its own', window('09:00', '17:00', 'UTC', [1]), '2026-11-23T12:00Z', true],
    ['not on another day', window('09:00', '17:00', 'UTC', [2, 3, 4, 5, 6, 0]), '2026-11-23T12:00Z', false],
    ['in the evening it begins', window('22:00', '06:00', 'UTC', [1]), '2026-11-23T23:00Z', true],
    ['until the morning after', window('22:00', '06:00', 'UTC', [1]), '2026-11-24T05:59Z', true],
    ['not at the end of that morning', window('22:00', '06:00', 'UTC', [1]), '2026-11-24T06:00Z', false],
    ['not in the morning of the day it begins', window('22:00', '06:00', 'UTC', [1]), '2026-11-23T05:00Z', false],
    ['after Saturday night on Sunday', window('22:00', '06:00', 'UTC', [6]), '2026-11-22T05:00Z', true],
    ['to midnight', window('22:00', '00:00', 'UTC', [1]), '2026-11-23T23:59Z', true],
    ['not beyond midnight', window('22:00', '00:00', 'UTC', [1]), '2026-11-24T00:00Z', false],
    ['the whole day where it ends as it begins', window('00:00', '00:00', 'UTC', [1]), '2026-11-23T23:59Z', true],
    ['for that day alone', window('00:00', '00:00', 'UTC', [1]), '2026-11-24T00:00Z', false],
    ['from nine to nine', window('09:00', '09:00', 'UTC', [1]), '2026-11-24T08:59Z', true],
    ['not before the first nine', window('09:00', '09:00', 'UTC', [1]), '2026-11-23T08:59Z', false],
    ['never without days', window('00:00', '00:00', 'UTC', []), '2026-11-23T12:00Z', false],
    ['by the weekday of its own zone', window('00:00', '06:00', 'Asia/Tokyo', [2]), '2026-11-23T15:00Z', true],
    ['not by that of UTC', window('00:00', '23:59', 'Asia/Tokyo', [1]), '2026-11-23T15:00Z', false],
    ['half hours off UTC', window('09:00', '10:00', 'Asia/Kolkata'), '2026-11-23T03:30Z', true],
    ['not in a zone there is not', window('00:00', '00:00', 'Mars/Olympus'), '2026-11-23T12:00Z', false],
    ['not from a minute there is not', { ...window('09:00', '09:00'), fromMinute: -1 }, '2026-11-23T12:00Z', false],
    ['not to a minute there is not', { ...window('09:00', '09:00'), toMinute: 1441 }, '2026-11-23T12:00Z', false],
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z. 25 October 2026: 03:00 becomes 02:00 at 01:00Z.
    ['in winter by winter time', window('09:00', '10:00', 'Europe/Berlin'), '2026-03-28T08:00Z', true],
    ['in summer by summer time', window('09:00', '10:00', 'Europe/Berlin'), '2026-03-29T07:00Z', true],
    ['not in the hour that is skipped', window('02:15', '02:45', 'Europe/Berlin'), '2026-03-29T01:20Z', false],
    ['at once where its start is skipped', window('02:30', '04:00', 'Europe/Berlin'), '2026-03-29T01:00Z', true],
    ['in the first of two equal hours', window('02:15', '02:45', 'Europe/Berlin'), '2026-10-25T00:20Z', true],
    ['not between them', window('02:15', '02:45', 'Europe/Berlin'), '2026-10-25T00:50Z', false],
    ['in the second of them too', window('02:15', '02:45', 'Europe/Berlin'), '2026-10-25T01:20Z', true],
    // New York, 8 March 2026 at 07:00Z and 1 November 2026 at 06:00Z.
    ['in New York before its change', window('09:00', '10:00', 'America/New_York'), '2026-03-07T14:00Z', true],
    ['in New York after it', window('09:00', '10:00', 'America/New_York'), '2026-03-08T13:00Z', true],
    ['in New York once more in autumn', window('09:00', '10:00', 'America/New_York'), '2026-11-01T14:00Z', true],
    ['twice at half past one', window('01:30', '01:31', 'America/New_York'), '2026-11-01T05:30Z', true],
    ['twice at half past one, again', window('01:30', '01:31', 'America/New_York'), '2026-11-01T06:30Z', true],
    // Lord Howe, 3 October 2026 at 15:30Z: 02:00 becomes 02:30. 4 April 2026 at 15:00Z: 02:00 becomes 01:30.
    ['not in a skipped half hour', window('02:00', '02:30', 'Australia/Lord_Howe'), '2026-10-03T15:30Z', false],
    ['right after that half hour', window('02:30', '02:31', 'Australia/Lord_Howe'), '2026-10-03T15:30Z', true],
    ['in a half hour', window('01:30', '02:00', 'Australia/Lord_Howe'), '2026-04-04T14:45Z', true],
    ['in a half hour that comes twice', window('01:30', '02:00', 'Australia/Lord_Howe'), '2026-04-04T15:15Z', true],
    ['not after it came twice', window('01:30', '02:00', 'Australia/Lord_Howe'), '2026-04-04T15:30Z', false],
  ])('a window is open, or not: %s', (_, given, moment, open) => {
    expect(isOpen(given, at(moment))).toBe(open);
  });
});

describe('nextChange', () => {
  const berlin = 'Europe/Berlin';

  it.each<readonly [string, readonly CalendarWindow[], string, string | undefined]>([
    ['the start', [window('09:00', '17:00')], '2026-11-23T08:00Z', '2026-11-23T09:00Z'],
    ['the end', [window('09:00', '17:00')], '2026-11-23T09:00Z', '2026-11-23T17:00Z'],
    ['the start of the next day', [window('09:00', '17:00')], '2026-11-23T17:00Z', '2026-11-24T09:00Z'],
    ['the start next week', [window('09:00', '17:00', 'UTC', [1])], '2026-11-23T17:00Z', '2026-11-30T09:00Z'],
    ['the end next morning', [window('22:00', '06:00', 'UTC', [1])], '2026-11-23T23:00Z', '2026-11-24T06:00Z'],
    ['the end of adjoining days', [window('00:00', '00:00', 'UTC', [1, 2])], '2026-11-23T12:00Z', '2026-11-25T00:00Z'],
    ['nothing where it is always open', [window('00:00', '00:00')], '2026-11-23T12:00Z', undefined],
    ['nothing where it never opens', [window('09:00', '17:00', 'UTC', [])], '2026-11-23T12:00Z', undefined],
    ['nothing where its zone is unknown', [window('09:00', '17:00', 'Nowhere')], '2026-11-23T12:00Z', undefined],
    ['nothing without windows', [], '2026-11-23T12:00Z', undefined],
    [
      'the first of several',
      [window('20:00', '21:00'), window('00:00', '00:00'), window('13:00', '14:00'), window('15:00', '16:00')],
      '2026-11-23T12:00Z',
      '2026-11-23T13:00Z',
    ],
    [
      'the clock change that skips its start',
      [window('02:30', '04:00', berlin)],
      '2026-03-28T20:00Z',
      '2026-03-29T01:00Z',
    ],
    ['the day after one that is skipped', [window('02:15', '02:45', berlin)], '2026-03-28T20:00Z', '2026-03-30T00:15Z'],
    ['two weeks on', [window('02:15', '02:45', berlin, [0])], '2026-03-22T02:00Z', '2026-04-05T00:15Z'],
    ['the end in summer time', [window('01:00', '05:00', berlin)], '2026-03-29T00:30Z', '2026-03-29T03:00Z'],
    ['the end of the first of two', [window('02:15', '02:45', berlin)], '2026-10-25T00:20Z', '2026-10-25T00:45Z'],
    ['the start of the second of two', [window('02:15', '02:45', berlin)], '2026-10-25T00:50Z', '2026-10-25T01:15Z'],
    ['a change that closes it', [window('02:30', '05:00', berlin)], '2026-10-25T00:40Z', '2026-10-25T01:00Z'],
    [
      'after a skipped half hour',
      [window('02:00', '03:00', 'Australia/Lord_Howe')],
      '2026-10-03T14:00Z',
      '2026-10-03T15:30Z',
    ],
    [
      'before a half hour that comes twice',
      [window('01:45', '03:00', 'Australia/Lord_Howe')],
      '2026-04-04T14:50Z',
      '2026-04-04T15:00Z',
    ],
  ])('names %s', (_, windows, now, expected) => {
    expect(iso(nextChange(windows, at(now)))).toBe(expected);
  });

  const zones = ['UTC', berlin, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Africa/Casablanca'];
  const windows = fc.record<CalendarWindow>({
    days: fc.subarray([...everyDay]),
    fromMinute: fc.integer({ min: 0, max: 1439 }),
    toMinute: fc.integer({ min: 0, max: 1439 }),
    timeZone: fc.constantFrom(...zones),
  });
  // Half of them within two days of a change of some clock.
  const moments = fc.oneof(
    fc.integer({ min: at('2020-01-01T00:00Z'), max: at('2040-01-01T00:00Z') }),
    fc
      .tuple(
        fc.constantFrom(
          '2026-03-29T01:00Z',
          '2026-10-25T01:00Z',
          '2026-03-08T07:00Z',
          '2026-11-01T06:00Z',
          '2026-04-04T15:00Z',
          '2026-10-03T15:30Z',
        ),
        fc.integer({ min: -2 * 1440 * minuteMs, max: 2 * 1440 * minuteMs }),
      )
      .map(([change, offset]) => at(change) + offset),
  );

  it('is where isOpen changes, and nowhere before', () => {
    let changes = 0;
    fc.assert(
      fc.property(
        windows,
        moments,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 }),
        (given, now, parts) => {
          const open = isOpen(given, now);
          const next = nextChange([given], now);
          const end = next ?? now + 16 * 1440 * minuteMs;
          const between = parts.map((part) => Math.min(end - 1, Math.floor(now + part * (end - now))));

          for (const moment of [...between, end - 1]) expect(isOpen(given, moment)).toBe(open);
          if (next === undefined) return;
          changes += 1;
          expect(next).toBeGreaterThan(now);
          expect(isOpen(given, next)).toBe(!open);
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
    expect(changes).toBeGreaterThan(800);
  });
});

describe('a window until 24:00', () => {
  const evening = {
    days: [1, 2, 3, 4, 5, 6, 0],
    fromMinute: 22 * 60,
    toMinute: 1440,
    timeZone: 'Europe/Berlin',
  } as const;
  const at = (hour: number, minute: number): number => Date.UTC(2026, 0, 12, hour - 1, minute);

  it('ends with the day', () => {
    expect(isReadable(evening)).toBe(true);
    expect([at(21, 59), at(22, 0), at(23, 59), at(24, 0), at(25, 0)].map((it) => isOpen(evening, it))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('cannot begin at 24:00', () => {
    expect(isReadable({ ...evening, fromMinute: 1440 })).toBe(false);
  });
});
