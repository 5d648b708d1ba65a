import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { compileDemand, tasksFor } from '../../simulator/workloads/compile/demand.ts';
import { compileFaults } from '../../simulator/workloads/compile/faults.ts';
import { demandSchema } from '../../simulator/workloads/file/demand-schema.ts';
import { faultSchema } from '../../simulator/workloads/file/fault-schema.ts';

const minute = 60_000;
const hour = 60 * minute;
const monday = Date.UTC(2026, 0, 5, 4);

const demandOf = (document: unknown, durationMs = 24 * hour, startMs = monday, seed = 1) =>
  compileDemand(demandSchema.parse(document), { startMs, durationMs }, seededDice(seed), undefined);

const countAt = (document: unknown, atMs: number, startMs = monday): number =>
  demandOf(document, 7 * 24 * hour, startMs).counts.findLast((it) => it.atMs <= atMs)?.count ?? Number.NaN;

describe('demand over time', () => {
  it('follows a cosine from the quiet hour to the peak, twelve hours on', () => {
    const curve = { calendar: { low: 1.5, high: 18 }, minimum: 2 };
    const expected = (atMs: number): number =>
      Math.max(2, Math.ceil(1.5 + (16.5 * (1 - Math.cos((atMs / hour / 12) * Math.PI))) / 2 - 1e-9));

    for (let atMs = 0; atMs < 24 * hour; atMs += 5 * minute) expect(countAt(curve, atMs)).toBe(expected(atMs));
  });

  it('is less at the weekend', () => {
    const curve = { calendar: { low: 10, high: 20, weekend: 0.5 } };

    expect(countAt(curve, 12 * hour)).toBe(20);
    expect(countAt(curve, 5 * 24 * hour + 12 * hour)).toBe(10); // Saturday at 16:00
  });

  it('is disturbed by the seed, by about as much as asked for', () => {
    const curve = { calendar: { low: 100_000, high: 100_000, noise: 0.1 }, perTask: 1 };
    const rates = demandOf(curve, 30 * 24 * hour).rates?.map((it) => it.rate / 100_000 - 1) ?? [];
    const deviation = Math.sqrt(rates.reduce((sum, it) => sum + it ** 2, 0) / rates.length);

    expect(deviation).toBeGreaterThan(0.08);
    expect(deviation).toBeLessThan(0.12);
    expect(demandOf(curve)).toEqual(demandOf(curve));
    expect(demandOf(curve, 24 * hour, monday, 2)).not.toEqual(demandOf(curve));
  });

  it('stands high for half a period of a square wave, from its phase on', () => {
    const wave = demandOf({ square: { low: 2, high: 9, period: '10m', phase: '3m' } }, 20 * minute);

    expect(wave.counts).toEqual([
      { atMs: 0, count: 2 },
      { atMs: 3 * minute, count: 9 },
      { atMs: 8 * minute, count: 2 },
      { atMs: 13 * minute, count: 9 },
      { atMs: 18 * minute, count: 2 },
    ]);
  });

  it('is multiplied by a crowd from its first moment to its last', () => {
    const crowd = demandOf({ count: 3, flashCrowds: [{ at: '7m', for: '90s', factor: 2.5 }] }, hour);

    expect(crowd.counts).toEqual([
      { atMs: 0, count: 3 },
      { atMs: 7 * minute, count: 8 },
      { atMs: 8.5 * minute, count: 3 },
    ]);
  });

  it('gives counts that serve the work, and the work itself', () => {
    const served = demandOf({
      steps: [
        { at: '0s', value: 0 },
        { at: '10m', value: 101 },
      ],
      perTask: 50,
      minimum: 1,
    });

    expect(served).toEqual({
      counts: [
        { atMs: 0, count: 1 },
        { atMs: 10 * minute, count: 3 },
      ],
      rates: [
        { atMs: 0, rate: 0 },
        { atMs: 10 * minute, rate: 101 },
      ],
      perTask: 50,
    });
  });

  it('always gives whole counts at rising times from 0, each unlike the one before', () => {
    const documents = fc.oneof(
      fc.record({
        calendar: fc.record({
          low: fc.nat(20),
          high: fc.integer({ min: 20, max: 60 }),
          noise: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      }),
      fc.record({
        square: fc.record({
          low: fc.nat(9),
          high: fc.nat(9),
          period: fc.integer({ min: 1, max: 99 }).map((m) => `${m}m`),
        }),
      }),
    );
    fc.assert(
      fc.property(documents, fc.nat(), (document, seed) => {
        const { counts } = demandOf(document, 6 * hour, monday, seed);

        expect(counts[0]?.atMs).toBe(0);
        counts.forEach(({ atMs, count }, n) => {
          expect(Number.isInteger(count) && count >= 0 && atMs < 6 * hour).toBe(true);
          expect(atMs > (counts[n - 1]?.atMs ?? -1) && count !== counts[n - 1]?.count).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('needs one task more only where the last cannot serve the rest', () => {
    expect(tasksFor(0.3, 0.1, 0)).toBe(3); // not four for a rounding error
    expect(tasksFor(0.31, 0.1, 0)).toBe(4);
  });
});

describe('faults at rates', () => {
  const compile = (perHour: number, seed: number) =>
    compileFaults([faultSchema.parse({ kind: 'instanceDeath', perHour, share: 0 })], 1_000 * hour, seededDice(seed));

  it('come as often as asked for, at times that only the seed decides', () => {
    const faults = compile(2, 7);

    expect(faults.length).toBeGreaterThan(1_850);
    expect(faults.length).toBeLessThan(2_150);
    expect(faults.every((it, n) => it.atMs >= (faults[n - 1]?.atMs ?? 0))).toBe(true);
    expect(compile(2, 7)).toEqual(faults);
    expect(compile(2, 8)).not.toEqual(faults);
    expect(compile(0, 7)).toEqual([]);
  });
});
