import { describe, expect, it } from '@jest/globals';
import { parseSeries } from '../../simulator/workloads/file/series.ts';

const rows = (...lines: readonly string[]): string => ['timestamp,value', ...lines].join('\n');

describe('parseSeries', () => {
  it('reads sums over the usual period as rates, and times without a zone as UTC', () => {
    const read = parseSeries(rows('2014-04-10 00:04:00,94.0', '2014-04-10 00:09:00,30', '2014-04-10 00:14:00,0'));

    expect(read).toEqual({
      ok: true,
      series: {
        startMs: Date.UTC(2014, 3, 10, 0, 4),
        periodMs: 300_000,
        points: [
          { atMs: 0, rate: 94 / 300 },
          { atMs: 300_000, rate: 0.1 },
          { atMs: 600_000, rate: 0 },
        ],
      },
    });
  });

  it('takes the period that was given', () => {
    expect(parseSeries(rows('2014-04-10T00:04:00Z,60'), 60_000)).toMatchObject({
      series: { points: [{ atMs: 0, rate: 1 }] },
    });
  });

  it('holds a value over a gap of up to three periods', () => {
    const lines = ['2014-04-10 00:00:00,1', '2014-04-10 00:05:00,1', '2014-04-10 00:10:00,1', '2014-04-10 00:25:00,1'];

    expect(parseSeries(rows(...lines)).ok).toBe(true);
  });

  it.each([
    [
      'a gap of more than three periods',
      ['2014-04-10 00:00:00,1', '2014-04-10 00:05:00,1', '2014-04-10 00:10:00,1', '2014-04-10 00:26:00,1'],
      5,
      '960 s after line 4; expected at most 3 periods of 300 s: fill the gap or give another period',
    ],
    [
      'times out of order',
      ['2014-04-10 00:05:00,1', '2014-04-10 00:00:00,1'],
      3,
      'not after line 2; expected rising times',
    ],
    [
      'a value that is no number',
      ['2014-04-10 00:05:00,many'],
      2,
      '"many" is no value; expected a number of zero or more',
    ],
    ['a negative value', ['2014-04-10 00:05:00,-1'], 2, '"-1" is no value; expected a number of zero or more'],
    ['a missing value', ['2014-04-10 00:05:00,'], 2, '"" is no value; expected a number of zero or more'],
    [
      'a date of another form',
      ['10/04/2014,1'],
      2,
      '"10/04/2014" is no time; expected e.g. 2014-04-10 00:04:00 or 2014-04-10T00:04:00Z',
    ],
    ['a third field', ['2014-04-10 00:05:00,1,2'], 2, '3 fields; expected 2: timestamp,value'],
    [
      'no values',
      [],
      2,
      'no values; expected a first line "timestamp,value", then lines such as "2014-04-10 00:04:00,94.0"',
    ],
  ])('names the line of %s', (_, lines, line, text) => {
    expect(parseSeries(rows(...lines))).toEqual({ ok: false, problems: [{ line, text }] });
  });

  it('asks for the header', () => {
    const expected = 'expected a first line "timestamp,value", then lines such as "2014-04-10 00:04:00,94.0"';

    expect(parseSeries('2014-04-10 00:05:00,1')).toEqual({
      ok: false,
      problems: [{ line: 1, text: `first line is "2014-04-10 00:05:00,1"; ${expected}` }],
    });
    expect(parseSeries('')).toEqual({ ok: false, problems: [{ line: 1, text: `first line is ""; ${expected}` }] });
  });

  it('tells every wrong line, but of a file full of them only the first', () => {
    const two = parseSeries(rows('2014-04-10 00:00:00,x', '2014-04-10 00:05:00,1', 'yesterday,1'));
    const many = parseSeries(rows(...Array.from({ length: 50 }, () => 'x,y')));

    expect(two).toMatchObject({ problems: [{ line: 2 }, { line: 4 }] });
    expect(many).toMatchObject({ problems: { length: 11, 10: { line: 12, text: 'and 40 more lines' } } });
  });
});
