import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TasksAt } from '../../../lib/model/service-counts.ts';
import type { RatePolicy } from '../../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../../lib/model/time.ts';
import { clamped } from '../../../lib/planning/counts/bounds.ts';
import { withinRates } from '../../../lib/planning/counts/rates.ts';
import { stabilised, stillToStabilise } from '../../../lib/planning/counts/stabilise.ts';
import { now } from '../../support/builders.ts';
import { direction } from './counts.ts';
import { hpaRateCases, hpaWindowCases } from './hpa-cases.ts';

const ago = (seconds: number, tasks: number): TasksAt => ({ at: now - seconds * secondMs, tasks });

const windows = (outSeconds: number, inSeconds: number) => ({
  scaleOut: { stabilisationMs: outSeconds * secondMs },
  scaleIn: { stabilisationMs: inSeconds * secondMs },
});

describe('stabilised', () => {
  // horizontal_test.go, TestNormalizeDesiredReplicas and the stabilisation cases of TestScalingWithRules.
  it.each([
    ['scales in at once without a past', 5, 4, [], windows(0, 300), 4],
    ['does not scale in below the most of the window', 100, 3, [ago(60, 20), ago(30, 4)], windows(0, 300), 20],
    ['forgets what is older than the window', 100, 3, [ago(301, 20), ago(30, 4)], windows(0, 300), 4],
    ['what is exactly as old as the window is over', 100, 3, [ago(300, 20)], windows(0, 300), 3],
    ['scales out at once without a window', 5, 10, [ago(30, 4)], windows(0, 300), 10],
    ['scales out no further than the least of the window', 5, 10, [ago(60, 7), ago(30, 8)], windows(120, 0), 7],
    ['does not scale out while the least of the window is no more', 5, 10, [ago(30, 4)], windows(120, 0), 5],
    ['does not scale in for the sake of the upward window', 5, 10, [ago(30, 1)], windows(120, 300), 5],
  ])('%s', (_, desired, recommended, past, of, expected) => {
    expect(stabilised(desired, recommended, past, of, now)).toBe(expected);
  });

  it.each(hpaWindowCases)('decides as HPA does: $from', ({ desired, recommended, past, outMs, inMs, expected }) => {
    const of = { scaleOut: { stabilisationMs: outMs }, scaleIn: { stabilisationMs: inMs } };
    const was = past.map(([minutes, its]) => ago(minutes * 60, its));

    expect(stabilised(desired, recommended, was, of, now)).toBe(expected);
  });

  it('decides the same by what is kept as by all that ever was', () => {
    const past = fc.array(fc.record({ at: fc.integer({ min: 0, max: 600 }), tasks: fc.nat(20) }), { maxLength: 40 });
    fc.assert(
      fc.property(past, fc.nat(600), fc.nat(600), fc.nat(20), fc.nat(20), (all, out, inward, desired, tasks) => {
        const sorted = all.map((it) => ago(it.at, it.tasks)).sort((a, b) => a.at - b.at);
        const of = windows(out, inward);
        let kept: readonly TasksAt[] = [];
        for (const it of sorted) kept = stillToStabilise([...kept, it], of, it.at);
        expect(stabilised(desired, tasks, kept, of, now)).toBe(stabilised(desired, tasks, sorted, of, now));
      }),
    );
  });

  it('keeps one of a hundred that say the same', () => {
    const past = Array.from({ length: 100 }, (_, n) => ago(100 - n, 7));

    expect(stillToStabilise(past, windows(600, 600), now)).toEqual([ago(1, 7)]);
  });
});

const tasks = (n: number, seconds: number): RatePolicy => ({
  tasks: n,
  share: undefined,
  periodMs: seconds * secondMs,
});
const share = (n: number, seconds: number): RatePolicy => ({
  tasks: undefined,
  share: n,
  periodMs: seconds * secondMs,
});

const rates = (policies: readonly RatePolicy[], select: 'largest' | 'smallest' | 'off' = 'largest') => ({
  scaleOut: direction({ policies, select }),
  scaleIn: direction({ policies, select }),
});

describe('withinRates', () => {
  // horizontal_test.go, TestScalingWithRules; the last ones are of the documentation, scaling policies.
  it.each([
    ['a share, upwards', 10, 500, [], rates([share(2, 60)]), 30],
    ['tasks, upwards', 10, 500, [], rates([tasks(30, 60)]), 40],
    ['the larger of both', 10, 500, [], rates([tasks(100, 60), share(2, 60)]), 110],
    ['the smaller of both', 10, 500, [], rates([tasks(100, 60), share(2, 60)], 'smallest'), 30],
    ['off, upwards', 10, 500, [], rates([tasks(100, 60)], 'off'), 10],
    ['a share, downwards', 100, 2, [], rates([share(0.2, 60)]), 80],
    ['tasks, downwards', 10, 2, [], rates([tasks(5, 60)]), 5],
    ['the larger of both, downwards', 100, 2, [], rates([tasks(4, 60), share(0.2, 60)]), 80],
    ['the smaller of both, downwards', 100, 2, [], rates([tasks(4, 60), share(0.2, 60)], 'smallest'), 96],
    ['off, downwards', 10, 2, [], rates([tasks(5, 60)], 'off'), 10],
    ['a share of a little, upwards, rounded up', 1, 10, [], rates([share(0.1, 60)]), 2],
    ['the whole, downwards', 10, 0, [], rates([share(1, 60)]), 0],
    ['no policy', 1, 500, [], rates([]), 500],
    ['what was added within the period', 14, 500, [ago(30, 4)], rates([tasks(4, 60)]), 14],
    ['not what was added before', 14, 500, [ago(60, 4)], rates([tasks(4, 60)]), 18],
    ['a share of what the period began with', 15, 500, [ago(30, 5)], rates([share(1, 60)]), 20],
    ['what was taken away may come back at once', 6, 500, [ago(30, -4)], rates([tasks(2, 60)]), 12],
    ['what was added may go again at once', 14, 1, [ago(30, 4)], rates([tasks(2, 60)]), 8],
    ['never the other way', 20, 25, [ago(30, 15)], rates([tasks(4, 60)]), 20],
    ['80 → 72, a tenth', 80, 10, [], rates([tasks(4, 60), share(0.1, 60)]), 72],
    ['72 → 64, a tenth rounded up', 72, 10, [], rates([tasks(4, 60), share(0.1, 60)]), 64],
    ['38 → 34, four tasks', 38, 10, [], rates([tasks(4, 60), share(0.1, 60)]), 34],
  ])('counts %s', (_, desired, wanted, changes, of, expected) => {
    expect(withinRates(desired, wanted, changes, of, now)).toBe(expected);
  });

  it.each(hpaRateCases)('decides as HPA does: $from', ({ desired, wanted, bounds, changes, policies, expected }) => {
    const [minimum, maximum] = bounds;
    const was = changes.map(([seconds, its]) => ago(seconds, its));

    expect(clamped(withinRates(desired, wanted, was, rates(policies), now), { minimum, maximum })).toBe(expected);
  });

  it('never moves further than so many from what every period began with, whatever is asked for', () => {
    const course = fc.array(fc.nat(60), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(course, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 10 }), (asks, most, minutes) => {
        const policy = rates([tasks(most, minutes * 60)]);
        const counts = [20];
        let changes: readonly TasksAt[] = [];
        asks.forEach((ask, n) => {
          const at = now + n * minuteMs;
          const before = counts.at(-1) ?? 0;
          const after = withinRates(before, ask, changes, policy, at);
          changes = [...changes, { at, tasks: after - before }];
          counts.push(after);
        });
        counts.slice(1).forEach((count, n) => {
          const start = counts[Math.max(0, n + 1 - minutes)] ?? 0;
          expect(Math.sign(count - (counts[n] ?? 0)) * (count - start)).toBeLessThanOrEqual(most);
        });
      }),
    );
  });
});
