import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CountHistory } from '../../../lib/model/service-counts.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import { now } from '../../support/builders.ts';
import { check, scaling } from './counts.ts';

/** How a service answers to its count: what is fuzzed here is the loop that both make. */
interface Loop {
  /** Work, in tasks at their target. */
  readonly work: number;
  readonly from: number;
  /** By which power of work per task the measure grows: 1 is CPU; queues and response times grow faster. */
  readonly gain: number;
  /** Minutes until a task that was asked for runs. */
  readonly boot: number;
  /** Minutes by which a datapoint is late. */
  readonly late: number;
  /** Of the measure, either way, one for each minute. */
  readonly noise: readonly number[];
}

const minutes = 240;

/** The counts of each minute, the work being the same all the time. */
const counts = ({ work, from, gain, boot, late, noise }: Loop): readonly number[] => {
  const settings = scaling({ maximum: 400 });
  const desired: number[] = [from];
  const running: number[] = [];
  let history: CountHistory | undefined;
  for (let minute = 0; minute < minutes; minute++) {
    const count = desired.at(-1) ?? from;
    running.push(Math.min(count, ...desired.slice(-1 - boot)));
    const measured = running[Math.max(0, minute - late)] ?? from;
    const value = 60 * (work / Math.max(1, measured)) ** gain * (1 + (noise[minute % noise.length] ?? 0));
    const at = now + minute * minuteMs;
    const it = check(
      settings,
      { desired: count, running: running.at(-1) ?? from, values: { cpu: value }, at },
      history,
    );
    history = it.history;
    desired.push(it.wanted?.to ?? count);
  }
  return desired;
};

/** How often it turns round in the second half, when whatever had to settle has. */
const turns = (all: readonly number[]): number => {
  const moves = all
    .slice(minutes / 2)
    .flatMap((it, n, half) => (n > 0 && it !== half[n - 1] ? [it - (half[n - 1] ?? 0)] : []));
  return moves.filter((it, n) => n > 0 && Math.sign(it) !== Math.sign(moves[n - 1] ?? 0)).length;
};

const loops = (gain: readonly [number, number], noise: number): fc.Arbitrary<Loop> =>
  fc.record({
    work: fc.double({ min: 3, max: 150, noNaN: true }),
    from: fc.integer({ min: 1, max: 200 }),
    gain: fc.double({ min: gain[0], max: gain[1], noNaN: true }),
    boot: fc.nat(8),
    late: fc.nat(3),
    noise: fc.array(fc.double({ min: -noise, max: noise, noNaN: true }), { minLength: 1, maxLength: 30 }),
  });

describe('a count that a signal follows', () => {
  it('does not swing on constant work, whatever the delays, where its signal grows no faster than the work of a task', () => {
    fc.assert(
      fc.property(loops([0.3, 1], 0.04), (loop) => {
        expect(turns(counts(loop))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('swings where its signal grows with the square: no tolerance helps there', () => {
    const loop: Loop = { work: 40, from: 20, gain: 2, boot: 0, late: 0, noise: [0] };

    expect(turns(counts(loop))).toBeGreaterThan(10);
  });
});
