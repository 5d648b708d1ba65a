import { describe, expect, it } from '@jest/globals';
import { largeGroup, scenarioOf } from '../support/scenarios.ts';

const hour = 3_600_000;
const day = 24 * hour;

const webOf = (demand: object, text = '') => {
  const groups = { main: largeGroup(1, 9) };
  const document = {
    cluster: 'c',
    start: '2026-01-06T00:00:00Z',
    groups,
    services: { web: { cpuUnits: 256, memoryMiB: 512, demand } },
  };
  return scenarioOf(document, () => text).services[0];
};

describe('the past of a demand', () => {
  const calendar = { low: 0, high: 100, noise: 0.1, weekend: 0.5 };

  it('is the same curve, of the days before', () => {
    const past = webOf({ calendar: { ...calendar, noise: 0 }, perTask: 5, history: '14d' })?.pastRates ?? [];
    const at = (atMs: number): number => past.findLast((it) => it.atMs <= atMs)?.rate ?? Number.NaN;

    expect(past).toHaveLength(14 * 288);
    expect(past[0]?.atMs).toBe(-14 * day);
    expect(at(-8 * hour)).toBeCloseTo(100); // Monday, 16:00
    expect(at(-8 * hour - day)).toBeCloseTo(50); // Sunday
  });

  it('changes nothing of the run', () => {
    const [without, with_] = [webOf({ calendar, perTask: 5 }), webOf({ calendar, perTask: 5, history: '14d' })];

    expect(with_?.rates).toEqual(without?.rates);
    expect(without?.pastRates).toBeUndefined();
  });

  it('is what a file says of the time before', () => {
    const rows = Array.from({ length: 48 }, (_, n) => `${new Date(n * hour).toISOString()},${3_600 * n}`);
    const series = { file: 'x.csv', from: '24h' };
    const web = webOf({ series, perTask: 5, history: '1d' }, ['timestamp,value', ...rows].join('\n'));

    expect(web?.pastRates?.map((it) => it.rate)).toEqual(Array.from({ length: 24 }, (_, n) => n));
    expect(web?.rates?.[0]?.rate).toBe(24);
  });

  it('is refused of what has none', () => {
    expect(() => webOf({ count: 3, history: '1d' })).toThrow(
      'remove it: only work that follows a calendar or a series',
    );
    expect(() => webOf({ calendar, history: '1d' })).toThrow('with perTask, has a past');
  });
});
