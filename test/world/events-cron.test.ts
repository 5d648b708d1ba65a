import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCron } from '../../simulator/world/events/cron.ts';

const after = Date.UTC(2026, 0, 15, 10, 7); // a Thursday

const next = (expression: string, count = 1): (string | undefined)[] => {
  const cron = parseCron(expression);
  if (cron === undefined) throw new Error(`${expression} is refused`);
  const times: (string | undefined)[] = [];
  let at: number | undefined = after;
  for (let n = 0; n < count && at !== undefined; n++) {
    at = cron.next(at);
    times.push(at === undefined ? undefined : new Date(at).toISOString().slice(0, 16));
  }
  return times;
};

describe('cron expressions (EventBridge user guide, cron expressions)', () => {
  it.each<[string, string, (string | undefined)[]]>([
    ['every day at ten past ten', '10 10 * * ? *', ['2026-01-15T10:10', '2026-01-16T10:10']],
    ['every quarter', '0/15 * * * ? *', ['2026-01-15T10:15', '2026-01-15T10:30']],
    ['weekdays in office hours', '0 8-9 ? * MON-FRI *', ['2026-01-16T08:00', '2026-01-16T09:00', '2026-01-19T08:00']],
    ['weekdays by number, Sunday being 1', '0 0 ? * 1 *', ['2026-01-18T00:00', '2026-01-25T00:00']],
    ['the first of the month', '0 0 1 * ? *', ['2026-02-01T00:00', '2026-03-01T00:00']],
    ['the last of the month', '0 0 L * ? *', ['2026-01-31T00:00', '2026-02-28T00:00']],
    [
      'the weekday nearest to the 15th',
      '0 0 15W FEB,MAR,AUG ? *',
      ['2026-02-16T00:00', '2026-03-16T00:00', '2026-08-14T00:00'],
    ],
    ['the weekday nearest to the 1st, in its month', '0 0 1W AUG ? *', ['2026-08-03T00:00']],
    ['the last Friday', '0 18 ? * 6L *', ['2026-01-30T18:00', '2026-02-27T18:00']],
    ['the second Tuesday', '0 18 ? * 3#2 *', ['2026-02-10T18:00', '2026-03-10T18:00']],
    ['months by name and step', '0 0 1 JAN/6 ? *', ['2026-07-01T00:00', '2027-01-01T00:00']],
    ['a leap day', '0 0 29 2 ? *', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['a year that is over', '0 0 1 1 ? 2026', [undefined]],
  ])('%s', (_, expression, times) => {
    expect(next(expression, times.length)).toEqual(times);
  });

  it.each([
    ['five fields', '0 0 * * ?'],
    ['seven fields', '0 0 * * ? * *'],
    ['both days named', '0 0 1 * MON *'],
    ['no day named', '0 0 ? * ? *'],
    ['a minute too many', '60 0 * * ? *'],
    ['Sunday as 0', '0 0 ? * 0 *'],
    ['a range backwards', '30-10 0 * * ? *'],
    ['a step of nothing', '0/0 0 * * ? *'],
    ['a sixth week', '0 0 ? * 2#6 *'],
    ['a word', '0 0 ? * FREITAG *'],
    ['nothing', ''],
  ])('refuses %s', (_, expression) => {
    expect(parseCron(expression)).toBeUndefined();
  });

  it('gives whole minutes after the moment asked for, none left out in between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.nat(10 ** 10),
        (m, h, offset) => {
          const cron = parseCron(`${m} ${h} * * ? *`);
          const from = after + offset;
          const at = cron?.next(from) ?? Number.NaN;

          expect(at - from).toBeGreaterThan(0);
          expect(at - from).toBeLessThanOrEqual(86_400_000);
          expect([new Date(at).getUTCMinutes(), new Date(at).getUTCHours(), at % 60_000]).toEqual([m, h, 0]);
        },
      ),
    );
  });
});
