import { describe, expect, it } from '@jest/globals';
import { parseTrace } from '../../simulator/workloads/trace.ts';

const rows = (...lines: readonly string[]): string => ['timestamp,value', ...lines].join('\n');

describe('parseTrace', () => {
  it('reads sums over the usual period as rates, and times without a zone as UTC', () => {
    const trace = parseTrace(
      't.csv',
      rows('2014-04-10 00:04:00,94.0', '2014-04-10 00:09:00,30', '2014-04-10 00:14:00,0'),
    );

    expect(trace.startMs).toBe(Date.UTC(2014, 3, 10, 0, 4));
    expect(trace.periodMs).toBe(300_000);
    expect(trace.points).toEqual([
      { atMs: 0, rate: 94 / 300 },
      { atMs: 300_000, rate: 0.1 },
      { atMs: 600_000, rate: 0 },
    ]);
  });

  it('takes the period that was given', () => {
    expect(parseTrace('t.csv', rows('2014-04-10T00:04:00Z,60'), 60_000).points).toEqual([{ atMs: 0, rate: 1 }]);
  });

  it('holds a value over a gap of up to three periods', () => {
    const lines = ['2014-04-10 00:00:00,1', '2014-04-10 00:05:00,1', '2014-04-10 00:10:00,1', '2014-04-10 00:25:00,1'];

    expect(parseTrace('t.csv', rows(...lines)).points).toHaveLength(4);
  });

  it.each([
    [
      'a gap of more than three periods',
      ['2014-04-10 00:00:00,1', '2014-04-10 00:05:00,1', '2014-04-10 00:10:00,1', '2014-04-10 00:26:00,1'],
      't.csv:5: 960 s after line 4; expected at most 3 periods of 300 s: fill the gap or give --period',
    ],
    [
      'times out of order',
      ['2014-04-10 00:05:00,1', '2014-04-10 00:00:00,1'],
      't.csv:3: not after line 2; expected rising times',
    ],
    [
      'a value that is no number',
      ['2014-04-10 00:05:00,many'],
      't.csv:2: "many" is no value; expected a number of zero or more',
    ],
    ['a negative value', ['2014-04-10 00:05:00,-1'], 't.csv:2: "-1" is no value; expected a number of zero or more'],
    ['a missing value', ['2014-04-10 00:05:00,'], 't.csv:2: "" is no value; expected a number of zero or more'],
    [
      'a date of another form',
      ['10/04/2014,1'],
      't.csv:2: "10/04/2014" is no time; expected e.g. 2014-04-10 00:04:00 or 2014-04-10T00:04:00Z',
    ],
    ['a third field', ['2014-04-10 00:05:00,1,2'], 't.csv:2: 3 fields; expected two: timestamp,value'],
    [
      'no values',
      [],
      't.csv:2: no values; expected a first line "timestamp,value", then lines such as "2014-04-10 00:04:00,94.0"',
    ],
  ])('names the line of %s', (_, lines, message) => {
    expect(() => parseTrace('t.csv', rows(...lines))).toThrow(message);
  });

  it('asks for the header', () => {
    expect(() => parseTrace('t.csv', '2014-04-10 00:05:00,1')).toThrow(
      't.csv:1: first line is "2014-04-10 00:05:00,1"; expected a first line',
    );
    expect(() => parseTrace('t.csv', '')).toThrow('t.csv:1: first line is ""');
  });
});
