import { describe, expect, it } from '@jest/globals';
import { type Placing, place, type Supply } from '../../../lib/placement/place.ts';
import { groundsOf } from '../../../lib/placement/replay/grounds.ts';
import { replay, type Script } from '../../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts, mixedScript } from '../../../lib/placement/replay/scripts.ts';
import type { Ask, Site } from '../../../lib/placement/site.ts';
import { asking, binpack, launchable, spread, standing, supply } from './slots.ts';

const unplacedOf = ({ outcomes }: Placing): number => [...outcomes.values()].reduce((sum, it) => sum + it.unplaced, 0);

const launchesOf = ({ launches }: Placing): number => Object.values(launches).reduce((sum, it) => sum + it, 0);

/** Tasks left over in the worst of the scripts, with so many launches of each launchable. */
const leftOver = (
  asks: readonly Ask[],
  given: Supply,
  launches: Placing['launches'],
  scripts: readonly Script[] = fairScripts,
): number => {
  const { present, launchable: kinds } = given;
  const launched = kinds.flatMap((it) => Array.from({ length: launches[it.id] ?? 0 }, (_, n): Site => it.site(n)));
  const grounds = groundsOf(asks, present, launched);
  return Math.max(...scripts.map((it) => replay(grounds, it).unplacedTasks));
};

const counts = [1, 2, 4, 7, 12];

/** Many orders in which tasks may come. */
const orders: readonly Script[] = [...fairScripts, ...Array.from({ length: 40 }, (_, n) => mixedScript(4 + n))];

describe('what is launched where small tasks get in the way of large ones', () => {
  const cases = counts.flatMap((small) => counts.map((large) => [small, large] as const));
  const contest = (small: number, large: number, slots = 3, strategy = spread): readonly Ask[] => [
    asking('small', small, { strategy }),
    asking('large', large, { slots }),
  ];
  const hard = [
    ...cases.map(([small, large]) => [small, large, 4, spread] as const),
    ...[1, 2, 3].map((large) => [8, large, 2, []] as const),
  ];

  it.each([
    ['nothing is there', []],
    ['two instances are there', [standing('i-0', 3), standing('i-1', 3)]],
  ])('suffices in every fair replay, and hardly fewer would: %s', (_, present) => {
    for (const [small, large] of cases) {
      const asks = contest(small, large);
      const given = supply({ present, launchable: [launchable('web', 3, 'any', { available: 60 })] });
      const { launches } = place(asks, given);
      const web = launches['web'] ?? 0;

      expect([small, large, leftOver(asks, given, launches)]).toEqual([small, large, 0]);
      // One of these may be the one more that holds the hostile replays too.
      if (web > 1)
        expect([small, large, leftOver(asks, given, { web: web - 2 }, orders) > 0]).toEqual([small, large, true]);
    }
  });

  it('is one more only where that makes room in every hostile replay', () => {
    const seen = new Set<string>();
    for (const [small, large, slots, strategy] of hard) {
      const asks = contest(small, large, slots, strategy);
      const given = supply({ launchable: [launchable('web', slots, 'any', { available: 60 })] });
      const web = place(asks, given).launches['web'] ?? 0;
      expect(leftOver(asks, given, { web })).toBe(0);
      const holdsAll = leftOver(asks, given, { web }, hostileScripts) === 0;
      const isLeast = leftOver(asks, given, { web: web - 1 }) > 0;
      if (!isLeast) {
        // There was one more: it was of use.
        expect([small, large, holdsAll]).toEqual([small, large, true]);
        expect(leftOver(asks, given, { web: web - 1 }, hostileScripts)).toBeGreaterThan(0);
      } else if (!holdsAll)
        expect([small, large, leftOver(asks, given, { web: web + 1 }, hostileScripts) > 0]).toEqual([
          small,
          large,
          true,
        ]);
      seen.add(isLeast ? (holdsAll ? 'holds all' : 'one more would not do') : 'one more');
    }

    expect([...seen]).toEqual(expect.arrayContaining(['holds all', 'one more', 'one more would not do']));
  });
});

describe('what is launched where large tasks find room only once small ones have spread', () => {
  // Five slots each, which packing fills; of two slots side by side too few stay free while the tasks come.
  const own = [
    asking('small', 500, { pool: 'own' }),
    asking('large', 20, { slots: 2, pool: 'own' }),
    asking('x', 3, { pool: 'x' }),
  ];
  const kinds = (web: number, x: number) => [
    launchable('x', 1, 'x', { available: x }),
    launchable('web', 5, 'own', { available: web }),
  ];

  it.each([[9], [2_000]])('is found in a few bold steps, and hardly more than it takes: %i of another type', (x) => {
    const given = supply({ launchable: kinds(2_000, x) });
    const { launches } = place(own, given);
    const web = launches['web'] ?? 0;

    expect(launches['x']).toBe(3);
    expect(leftOver(own, given, launches)).toBe(0);
    expect(leftOver(own, given, { ...launches, web: web - 3 })).toBeGreaterThan(0);
  });

  it.each([
    [40, 1, 2],
    [400, 1, 2],
    [2_000, 100, 8],
    [3_000, 1, 8],
  ])(
    'is found however many it takes: %i small tasks, %i that need a whole instance of %i slots',
    (few, many, slots) => {
      const asks = [asking('small', few), asking('large', many, { slots })];
      const given = supply({ launchable: [launchable('web', slots, 'any', { available: 5_000 })] });
      const placing = place(asks, given);
      const web = placing.launches['web'] ?? 0;

      expect(unplacedOf(placing)).toBe(0);
      expect(leftOver(asks, given, { web })).toBe(0);
      expect(leftOver(asks, given, { web: Math.floor(web * 0.99) - 1 }, orders.slice(0, 9))).toBeGreaterThan(0);
    },
  );

  it('is no more of a type than there is', () => {
    const placing = place(own, supply({ launchable: kinds(119, 2_000) }));

    expect(placing.launches['web']).toBeLessThanOrEqual(119);
    expect(unplacedOf(placing)).toBeGreaterThan(0);
  });
});

describe('restorable instances', () => {
  it('are all restored rather than one launched, where ECS places on them what packing does not', () => {
    // Packing puts the larger task on the first; ECS fills the smaller one with it.
    const asks = [asking('a', 1, { slots: 3, strategy: binpack }), asking('b', 1, { slots: 2, pool: 'own' })];
    const placing = place(
      asks,
      supply({
        restorable: [standing('r-0', 4, 'own'), standing('r-1', 3)],
        launchable: [launchable('web', 2, 'own')],
      }),
    );

    expect([placing.launches, [...placing.restores].sort()]).toEqual([{}, ['r-0', 'r-1']]);
    expect(unplacedOf(placing)).toBe(0);
  });

  it.each([
    ['the task is larger than any', [asking('huge', 1, { slots: 9 })]],
    ['and the others have room', [asking('huge', 1, { slots: 9 }), asking('c', 2)]],
  ])('are not restored for a task that can never be placed: %s', (_, asks) => {
    const given = supply({
      present: [standing('i-0', 2)],
      restorable: [standing('r-0', 4), standing('r-1', 4)],
      launchable: [launchable('web', 4)],
    });
    const placing = place(asks, given);

    expect([placing.launches, [...placing.restores]]).toEqual([{}, []]);
  });

  it('are restored for the others, no more than these need, beside a task that can never be placed', () => {
    const restorable = [standing('r-0', 4), standing('r-1', 4)];
    const asks = [asking('huge', 1, { slots: 9 }), asking('c', 3)];
    const placing = place(asks, supply({ restorable, launchable: [launchable('web', 4)] }));

    expect([placing.launches, [...placing.restores]]).toEqual([{}, ['r-0']]);
    expect(unplacedOf(placing)).toBe(1);
  });

  it('are restored besides what is launched, one more where tasks in the way ask for it', () => {
    const asks = [
      asking('small', 2, { pool: 'any' }),
      asking('large', 1, { slots: 4, pool: 'any' }),
      asking('x', 1, { pool: 'x' }),
    ];
    const restorable = [0, 1, 2, 3].map((n) => standing(`r-${n}`, 4));
    const placing = place(asks, supply({ restorable, launchable: [launchable('web', 4, 'x')] }));

    expect([placing.launches, [...placing.restores].sort()]).toEqual([{ web: 1 }, ['r-0', 'r-1', 'r-2']]);
    expect(unplacedOf(placing)).toBe(0);
  });
});

describe('restorable instances and launches of several priorities', () => {
  it('hold together what none of them holds alone', () => {
    const kinds = [
      launchable('first', 2, 'any', { available: 1, priority: 1 }),
      launchable('last', 2, 'any', { available: 9, priority: -1 }),
    ];
    const placing = place([asking('c', 8)], supply({ restorable: [standing('r-0', 2)], launchable: kinds }));

    expect([placing.launches, [...placing.restores]]).toEqual([{ first: 1, last: 2 }, ['r-0']]);
    expect(unplacedOf(placing)).toBe(0);
  });
});

describe('tasks that packing finds no place for', () => {
  // Packing puts `a` on the large instance, which keeps `b` out; ECS never does.
  const contested = [asking('a', 1, { slots: 3, strategy: binpack }), asking('b', 1, { slots: 2, pool: 'own' })];
  const present = [standing('i-0', 4, 'own'), standing('i-1', 3)];

  it('are not made up for by leaving over others', () => {
    const placing = place(
      [...contested, asking('c', 6, { pool: 'c' })],
      supply({ present, launchable: [launchable('web', 1, 'c')] }),
    );

    expect([placing.launches, unplacedOf(placing)]).toEqual([{ web: 6 }, 0]);
  });

  it('do not keep the others from the fewest instances that hold them', () => {
    // Packing takes new instances for smaller than they are.
    const roomy = launchable('web', 1, 'any', { site: (n) => standing(`web#${n}`, 2) });
    const placing = place([asking('huge', 2, { slots: 99 }), asking('c', 8)], supply({ launchable: [roomy] }));

    expect([placing.launches, unplacedOf(placing)]).toEqual([{ web: 4 }, 2]);
  });

  it('launch nothing, and the others get what they need', () => {
    const asks = [asking('huge', 3, { slots: 99 }), asking('c', 6), asking('large', 3, { slots: 3 })];
    const given = supply({ present, launchable: [launchable('web', 4)] });
    const placing = place(asks, given);

    expect(placing.outcomes.get('huge')?.unplaced).toBe(3);
    expect([placing.outcomes.get('c')?.unplaced, placing.outcomes.get('large')?.unplaced]).toEqual([0, 0]);
    expect(launchesOf(placing)).toBeLessThanOrEqual(4);
  });
});
