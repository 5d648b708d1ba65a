import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Fall, Peak, Swing } from '../../lib/model/memory.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { recentPeaks, swingsAfter } from '../../lib/planning/peaks.ts';
import { keptForMs, keptOf, noSwing, swingWith, worthKeepingMs } from '../../lib/planning/reserves/swings.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { definitions, input, now, service, taskDefinition } from '../support/builders.ts';

/** What was wanted, and for how many minutes. */
type Course = readonly (readonly [units: number, minutes: number])[];

interface Played {
  readonly swing: Swing;
  readonly at: number;
  /** What was kept at each look, one a minute. */
  readonly kept: readonly number[];
}

const play = (course: Course, before: Swing = noSwing, from = now): Played => {
  let [swing, at] = [before, from];
  const kept: number[] = [];
  for (const [units, minutes] of course)
    for (let minute = 0; minute < minutes; minute++) {
      swing = swingWith(swing, units, at);
      kept.push(keptOf(swing, at)?.units ?? units);
      at += minuteMs;
    }
  return { swing, at, kept };
};

const gone = (units: number, depth: number, count: number): readonly Fall[] =>
  Array.from({ length: count }, () => ({ at: now, depth, units, backAfterMs: undefined }));

describe('room for demand that has fallen', () => {
  it('is given up at once where nothing is known of demand that comes back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (high, share) => {
          const low = high * share * 0.999;

          expect(
            play([
              [high, 60],
              [low, 30],
            ]).kept.slice(60),
          ).toEqual(Array.from({ length: 30 }, () => low));
        },
      ),
    );
  });

  it('is kept throughout each low time of demand that swings within 20 minutes, from its second on', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 19 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 2, max: 400 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (lowMinutes, highMinutes, high, share) => {
          const swings: Course = Array.from(
            { length: 5 },
            () =>
              [
                [high, highMinutes],
                [high * share, lowMinutes],
              ] as const,
          ).flat();
          const { kept } = play(swings);

          expect(kept.slice(2 * highMinutes + lowMinutes).every((it) => it === high)).toBe(true);
        },
      ),
    );
  });

  it('is kept after 16 swings at most, whatever was before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 1_000 }), (lowMinutes, units) => {
        const contrary: Swing = { levels: [], falls: gone(units, 0, 16) };
        const swings: Course = Array.from(
          { length: 18 },
          () =>
            [
              [10, 5],
              [1, lowMinutes],
            ] as const,
        ).flat();

        expect(
          play(swings, contrary)
            .kept.slice(-lowMinutes)
            .every((it) => it === 10),
        ).toBe(true);
      }),
    );
  });

  it('is never more than was wanted within the longest time that room is kept', () => {
    const course = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 25 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(course, (it) => {
        const wanted = it.flatMap(([units, minutes]) => Array.from({ length: minutes }, () => units));
        const longest = worthKeepingMs / minuteMs + 1; // falls within a minute are one

        play(it).kept.forEach((kept, n) => {
          expect(kept).toBeLessThanOrEqual(Math.max(...wanted.slice(Math.max(0, n - longest), n + 1)));
        });
      }),
    );
  });

  it('is kept after a small fall that came back before, and not after a large one that did not', () => {
    const { swing, at } = play([
      [100, 30],
      [0, 60],
      [100, 30],
      [95, 10],
      [100, 30],
    ]);

    expect(play([[95, 10]], swing, at).kept).toEqual(Array.from({ length: 10 }, () => 100));
    expect(play([[0, 10]], swing, at).kept).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it('is kept for as long as cost least, and a little longer: looks and returns may be late', () => {
    const falls = [
      { at: now, depth: 3, units: 2, backAfterMs: 8 * minuteMs },
      { at: now, depth: 3, units: 1, backAfterMs: 16 * minuteMs },
    ];

    expect(keptForMs({ levels: [], falls }, 3)).toBe(19 * minuteMs);
    expect(keptForMs({ levels: [], falls: [...falls, ...gone(1.75, 3, 1)] }, 3)).toBe(10 * minuteMs);
    expect(keptForMs({ levels: [], falls: [...falls, ...gone(5, 3, 1)] }, 3)).toBe(0);
    expect(keptForMs({ levels: [], falls }, 2)).toBe(0);
  });

  it('is forgotten after a day, and remembered of 16 falls of each depth', () => {
    const many = play(
      Array.from(
        { length: 40 },
        () =>
          [
            [10, 5],
            [1, 5],
          ] as const,
      ).flat(),
    );

    expect(many.swing.falls).toHaveLength(16);
    expect(play([[10, 1]], many.swing, many.at + 24 * 60 * minuteMs).swing.falls).toMatchObject([
      { backAfterMs: undefined },
    ]);
    expect(many.swing.levels.length).toBeLessThanOrEqual(worthKeepingMs / minuteMs + 2);
  });

  it('is the very same memory while nothing changes, so that nothing is written', () => {
    const { swing, at } = play([[10, 30]]);

    expect(swingWith(swing, 10, at)).toBe(swing);
  });
});

describe('services that share room', () => {
  const learned: readonly Fall[] = [2, 3].map((depth) => ({ at: now, depth, units: 4, backAfterMs: 10 * minuteMs }));
  const ago = (minutes: number): number => now - minutes * minuteMs;
  const fellTo = (before: number, tasks: number): readonly Peak[] => [
    { tasks: before, at: ago(90) },
    { tasks, at: ago(5) },
  ];

  /** Of half a unit a task. */
  const view = (
    counts: Readonly<Record<string, readonly [before: number, present: number]>>,
    units: readonly Peak[],
  ) => {
    const services = Object.entries(counts).map(([name, [, present]]) =>
      service(present, { name, arn: `arn:${name}` }),
    );
    const peaks = Object.fromEntries(
      Object.entries(counts).map(([name, [before, present]]) => [name, fellTo(before, present)]),
    );
    return viewOf(
      input(
        { services, taskDefinitions: definitions(taskDefinition('api')) },
        {
          settings: { peakWindowMs: undefined },
          memory: { peaks, swings: { anywhere: { levels: units, falls: learned } } },
        },
      ),
    );
  };

  const kept = (it: ReturnType<typeof view>) =>
    recentPeaks(it).map(({ service: { name, desiredCount }, tasks }) => [name, tasks - desiredCount]);

  it('are kept room for as they wanted it together', () => {
    expect(kept(view({ api: [20, 16], web: [10, 10] }, fellTo(15, 13)))).toEqual([['api', 4]]);
  });

  it('are kept none for what one gave up and another took', () => {
    expect(kept(view({ api: [20, 16], web: [16, 20] }, [{ tasks: 18, at: ago(90) }]))).toEqual([]);
  });

  it('are kept no more than was wanted at once, each a share of its own', () => {
    expect(kept(view({ api: [20, 16], web: [20, 16], other: [10, 14] }, fellTo(25, 23)))).toEqual([
      ['api', 2],
      ['web', 2],
    ]);
  });

  it('are followed by what they may run on, and not while a look did not show them', () => {
    const seen = view({ api: [20, 16] }, fellTo(10, 8));
    const gaps = [{ subject: 'services', cause: 'throttled', detail: '' }] as const;

    expect(Object.keys(swingsAfter(seen))).toEqual(['anywhere']);
    expect(swingsAfter({ ...seen, observation: { ...seen.observation, services: [], gaps } })).toBe(seen.memory.swings);
    expect(swingsAfter({ ...seen, settings: { ...seen.settings, peakWindowMs: 5 * minuteMs } })).toEqual({});
  });
});
