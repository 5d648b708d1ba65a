import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leastCost } from '../../../lib/placement/packing/bounds.ts';
import { type Pool, poolOf, type Relaxation, relax } from '../../../lib/placement/packing/columns.ts';
import { dive } from '../../../lib/placement/packing/dive.ts';
import { mostWorth } from '../../../lib/placement/packing/knapsack.ts';
import { narrow } from '../../../lib/placement/packing/narrow.ts';
import {
  launchesOf,
  type Pattern,
  type Portion,
  priceOf,
  restOf,
  type Solution,
} from '../../../lib/placement/packing/pattern.ts';
import { type Kind, type Problem, problemOf } from '../../../lib/placement/packing/problem.ts';
import { candidate, costOf, faultOf, type PackingCase, packingCases, shape } from '../packing-cases.ts';
import { howManyFit, take } from '../plain-room.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

const plenty = { left: 1e12 };

interface Small {
  readonly given: PackingCase;
  readonly problem: Problem;
}

const toSmall = (given: PackingCase): Small => ({ given, problem: problemOf(given.shapes, given.candidates) });

/** Random cases of which every task may go somewhere. */
const smallCases = (seed: number, numRuns: number, available = 30): readonly Small[] =>
  fc
    .sample(packingCases({ tasks: 16, bins: 0, available }), { seed, numRuns })
    .map(toSmall)
    .filter(({ problem }) => problem.unplaceable.length === 0);

/** Every way to fill an instance of the kind, an empty one included. */
const fillingsOf = ({ given, problem }: Small, kind: Kind, tasks: Float64Array): readonly (readonly Portion[])[] => {
  const found: (readonly Portion[])[] = [];
  const descend = (
    item: number,
    room: PackingCase['candidates'][number]['room'],
    portions: readonly Portion[],
  ): void => {
    const [first] = problem.items[item]?.shapes ?? [];
    const its = given.shapes.find((it) => it.id === first?.shape);
    if (its === undefined) {
      found.push(portions);
      return;
    }
    const wanted = tasks[item] ?? 0;
    const most = its.mayUseCandidate(kind.candidate) ? howManyFit(room, its.requirements, wanted) : 0;
    for (let count = 0; count <= most; count++)
      descend(
        item + 1,
        count === 0 ? room : take(room, its.requirements, count),
        count === 0 ? portions : [...portions, { item, count }],
      );
  };
  descend(0, kind.candidate.room, []);
  return found;
};

const worthOf = (portions: readonly Portion[], worths: Float64Array): number =>
  portions.reduce((sum, it) => sum + it.count * (worths[it.item] ?? 0), 0);

describe('the fillings of one instance that are worth most', () => {
  const noise = fc.array(fc.double({ min: -0.2, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
  const cases = fc.sample(fc.tuple(packingCases({ tasks: 12, bins: 0, available: 3 }), noise), {
    seed: 5,
    numRuns: 60,
  });
  const tried = cases.flatMap(([given, random]) => {
    const small = toSmall(given);
    const { problem } = small;
    // A task is worth about what it takes up, more or less.
    const worths = problem.values.map((it, n) => it * (random[n] ?? 0));
    return problem.kinds.map((kind) => {
      const tasks = restOf(problem).tasks;
      const all = fillingsOf(small, kind, tasks);
      return { problem, kind, worths, tasks, all, most: Math.max(...all.map((it) => worthOf(it, worths))) };
    });
  });
  const wide = { threshold: 1e-6, width: 100_000 };

  it('begin with the best there is, where the beam is wide', () => {
    for (const { problem, kind, worths, tasks, most } of tried) {
      const [best] = mostWorth(problem, kind, tasks, worths, wide, { ...plenty });

      expect(best === undefined ? 0 : worthOf(best.portions, worths)).toBeCloseTo(most, 7);
    }
    expect(tried.filter((it) => it.most > 0).length).toBeGreaterThan(60);
  });

  it.each([1, 2, 12])('fit, each once, best first, three at most: a beam of %i', (width) => {
    for (const { problem, kind, worths, tasks, all } of tried) {
      const found = mostWorth(problem, kind, tasks, worths, { ...wide, width }, { ...plenty });
      const keys = all.map((it) => JSON.stringify(it));
      const worth = found.map((it) => worthOf(it.portions, worths));

      expect(found.length).toBeLessThanOrEqual(Math.min(3, width));
      expect(found.every((it) => it.kind === kind)).toBe(true);
      for (const it of found) expect(keys).toContain(JSON.stringify(it.portions));
      expect(worth).toEqual(worth.toSorted((a, b) => b - a));
      expect(new Set(found.map((it) => JSON.stringify(it.portions))).size).toBe(found.length);
    }
  });

  it('are none where nothing is worth more than what is asked, and any where it is', () => {
    for (const { problem, kind, worths, tasks, most } of tried.filter((it) => it.most > 0)) {
      const worthMore = (threshold: number) =>
        mostWorth(problem, kind, tasks, worths, { threshold, width: 100_000 }, { ...plenty }).length;

      expect(worthMore(most + 1e-6)).toBe(0);
      expect(worthMore(most - 1e-6)).toBeGreaterThan(0);
    }
  });
});

describe('the linear program', () => {
  /** The least price by an independent solver, over all fillings; undefined where some task is left over. */
  const exactly = async (): Promise<(small: Small) => number | undefined> => {
    const highs = await loadHighs();
    return (small) => {
      const { problem } = small;
      const tasks = restOf(problem).tasks;
      const columns = problem.kinds.flatMap((kind) =>
        fillingsOf(small, kind, tasks).map((portions): Pattern => ({ kind, portions })),
      );
      const row = (factor: (it: Pattern) => number): string => {
        const terms = columns.flatMap((it, n) => (factor(it) === 0 ? [] : [`${factor(it)} x${n}`]));
        return terms.length === 0 ? '0 x0' : terms.join(' + ');
      };
      const solved = highs.solve(
        [
          'Minimize',
          ` cost: ${row((it) => it.kind.candidate.price)}`,
          'Subject To',
          ...problem.items.map(
            ({ count }, item) =>
              ` d${item}: ${row(({ portions }) => portions.find((it) => it.item === item)?.count ?? 0)} >= ${count}`,
          ),
          ...problem.kinds.map(
            (kind) => ` s${kind.index}: ${row((it) => (it.kind === kind ? 1 : 0))} <= ${kind.candidate.available}`,
          ),
          'End',
        ].join('\n'),
      );
      return solved.Status === 'Optimal' ? solved.ObjectiveValue : undefined;
    };
  };

  const relaxed = ({ problem }: Small, pool: Pool = poolOf()): Relaxation =>
    relax(problem, restOf(problem), pool, 100_000, { ...plenty });

  it('comes to the least price there is, with launches to spare and without', async () => {
    const exact = await exactly();
    let solved = 0;
    for (const small of [...smallCases(21, 10), ...smallCases(22, 12, 1)]) {
      const least = exact(small);
      if (least === undefined) continue;
      solved++;
      expect(relaxed(small).price).toBeCloseTo(least, 6);
    }

    expect(solved).toBeGreaterThan(10);
  });

  it('gives every task a whole place, with no more launches than there are', () => {
    for (const small of smallCases(23, 12)) {
      const { shares } = relaxed(small);
      for (const [item, { count }] of small.problem.items.entries()) {
        const placed = shares.reduce((sum, { pattern, instances }) => {
          const portion = pattern.portions.find((it) => it.item === item);
          return sum + instances * (portion?.count ?? 0);
        }, 0);
        expect(placed).toBeGreaterThan(count - 1e-5);
      }
      for (const kind of small.problem.kinds) {
        const its = shares.filter((it) => it.pattern.kind === kind);
        expect(its.reduce((sum, it) => sum + it.instances, 0)).toBeLessThan(kind.candidate.available + 1e-5);
      }
    }
  });

  it('makes tasks worth together what the instances cost, and no filling worth more than its instance', () => {
    for (const small of smallCases(24, 12, 1_000)) {
      const { worths, price } = relaxed(small);
      const sum = small.problem.items.reduce((all, { count }, item) => all + count * (worths[item] ?? 0), 0);

      expect(sum).toBeCloseTo(price, 5);
      for (const kind of small.problem.kinds)
        for (const portions of fillingsOf(small, kind, restOf(small.problem).tasks))
          expect(worthOf(portions, worths)).toBeLessThan(kind.candidate.price + 1e-5);
    }
  });

  it('comes to the same with fillings that were known before', () => {
    for (const small of smallCases(25, 8)) {
      const pool = poolOf();
      const first = relaxed(small, pool);
      const second = relaxed(small, pool);

      expect(second.price).toBeCloseTo(first.price, 6);
      expect(new Set(pool.patterns.map((it) => JSON.stringify([it.kind.index, it.portions]))).size).toBe(
        pool.patterns.length,
      );
    }
  });

  it('costs no less than the bound of the dimensions', () => {
    for (const small of smallCases(26, 12))
      if (small.problem.kinds.length > 1) expect(leastCost(small.problem)).toBeLessThan(relaxed(small).price + 1e-6);
  });
});

describe('the fillings that are known', () => {
  const { kinds } = problemOf(
    [shape('a', [10, 10], 9), shape('b', [20, 10], 9)],
    [candidate('x', [100, 100]), candidate('y', [200, 200])],
  );

  it('are each known once, in the order found, and none is empty', () => {
    const pool = poolOf();
    const patterns = kinds.flatMap((kind): readonly Pattern[] => [
      { kind, portions: [{ item: 0, count: 1 }] },
      { kind, portions: [] },
      { kind, portions: [{ item: 1, count: 1 }] },
      {
        kind,
        portions: [
          { item: 0, count: 1 },
          { item: 1, count: 1 },
        ],
      },
      { kind, portions: [{ item: 0, count: 11 }] },
      { kind, portions: [{ item: 1, count: 1 }] },
    ]);
    for (const it of [...patterns, ...patterns]) pool.add(it);

    expect(pool.patterns).toEqual(patterns.filter((it, n) => it.portions.length > 0 && n % 6 !== 5));
  });

  it('are those that the linear program came upon', () => {
    for (const small of smallCases(29, 8)) {
      const pool = poolOf();
      const { shares } = relax(small.problem, restOf(small.problem), pool, 12, { ...plenty });

      for (const it of shares) expect(pool.patterns).toContainEqual(it.pattern);
    }
  });
});

describe('a search that has no work left', () => {
  it('comes to nothing', () => {
    for (const { problem } of smallCases(30, 8)) {
      const nothing = { left: 0 };

      expect(relax(problem, restOf(problem), poolOf(), 12, nothing)).toMatchObject({ shares: [], price: 0 });
      expect(nothing.left).toBe(0);
    }
  });

  it('ends soon after', () => {
    for (const { problem } of smallCases(31, 8)) {
      const needed = { ...plenty };
      dive(problem, restOf(problem), poolOf(), { skips: [], width: 12, offer: () => false }, needed);
      const whole = plenty.left - needed.left;
      const half = { left: Math.floor(whole / 4) };
      dive(problem, restOf(problem), poolOf(), { skips: [], width: 12, offer: () => false }, half);

      expect(whole).toBeGreaterThan(0);
      expect(Math.floor(whole / 4) - half.left).toBeLessThan(whole);
    }
  });
});

describe('every packing on the way from the linear program to whole instances', () => {
  const faultsOf = ({ given, problem }: Small, solution: Solution): string | undefined => {
    const { instances, unplaced } = launchesOf(problem, solution);
    const launches: Record<string, number> = {};
    const placements = instances.flatMap(({ candidate: it, loads }) => {
      const number = (launches[it.id] ?? 0) + 1;
      launches[it.id] = number;
      return loads.map((load) => ({ ...load, bin: `${it.id}#${number}`, candidate: it.id }));
    });
    const packing = { placements, launches, unplaced: Object.fromEntries(unplaced) };
    expect(costOf(packing, given.candidates)).toBeCloseTo(priceOf(solution.fillings), 9);
    return faultOf(given, packing);
  };

  it.each([[[]], [[1]], [[0, 2]], [[5, 5]]])('is one: where it departs from the nearest by %j', (skips) => {
    for (const small of smallCases(27, 8, 2)) {
      const { problem } = small;
      const heard: Solution[] = [];
      const offer = (it: Solution): boolean => {
        heard.push(it);
        return false;
      };
      const { price } = dive(problem, restOf(problem), poolOf(), { skips, width: 12, offer }, { ...plenty });

      expect(heard.length).toBeGreaterThan(0);
      for (const it of heard) {
        expect(faultsOf(small, it)).toBeUndefined();
        if (it.unplaced.every((tasks) => tasks === 0)) expect(priceOf(it.fillings)).toBeGreaterThan(price - 1e-6);
      }
    }
  });

  it('is the last once it is good enough', () => {
    for (const { problem } of smallCases(28, 10)) {
      let heard = 0;
      dive(problem, restOf(problem), poolOf(), { skips: [], width: 12, offer: () => ++heard > 0 }, { ...plenty });

      expect(heard).toBe(1);
    }
  });
});

describe('what instances were given', () => {
  const kinds = [
    candidate('dear', [4000, 4000], { price: 4, available: 9 }),
    candidate('cheap', [2000, 2000], { price: 1, available: 2 }),
    candidate('cheapest', [1000, 1000], { price: 0.5, available: 9 }),
  ];
  const filled = (problem: Problem, id: string, count: number, repeat: number): Solution => ({
    fillings: problem.kinds
      .filter((it) => it.candidate.id === id)
      .map((kind) => ({ kind, portions: [{ item: 0, count }], repeat })),
    unplaced: Float64Array.of(0),
  });
  const moved = (solution: Solution): Readonly<Record<string, number>> =>
    Object.fromEntries(solution.fillings.map((it) => [it.kind.candidate.id, it.repeat]));

  it.each([
    ['the cheapest that holds it', 1, 3, { cheapest: 3 }],
    ['cheaper ones as far as they go', 2, 3, { cheap: 2, dear: 1 }],
    ['none that does not hold it', 3, 3, { dear: 3 }],
  ])('is moved to %s', (_, count, repeat, expected) => {
    const problem = problemOf([shape('a', [1000, 1000], 12)], kinds);

    expect(moved(narrow(problem, filled(problem, 'dear', count, repeat)))).toEqual(expected);
  });

  it('is moved to none that is used up by others', () => {
    const problem = problemOf([shape('a', [1000, 1000], 12)], kinds);
    const fillings = [...filled(problem, 'cheap', 2, 2).fillings, ...filled(problem, 'dear', 2, 1).fillings];

    expect(moved(narrow(problem, { fillings, unplaced: Float64Array.of(0) }))).toEqual({ cheap: 2, dear: 1 });
  });

  it('is moved, filling by filling, no further than the cheaper ones go', () => {
    const problem = problemOf([shape('a', [1000, 1000], 12)], kinds);
    const [one] = filled(problem, 'dear', 2, 1).fillings;
    const fillings = one === undefined ? [] : [one, { ...one, repeat: 3 }];

    expect(narrow(problem, { fillings, unplaced: Float64Array.of(0) }).fillings).toMatchObject([
      { kind: { candidate: { id: 'cheap' } }, repeat: 1 },
      { kind: { candidate: { id: 'cheap' } }, repeat: 1 },
      { kind: { candidate: { id: 'dear' } }, repeat: 2 },
    ]);
  });

  it('makes room for others where it is moved away', () => {
    const problem = problemOf([shape('a', [1000, 1000], 12)], kinds);
    const fillings = [...filled(problem, 'cheap', 1, 2).fillings, ...filled(problem, 'dear', 2, 1).fillings];

    expect(moved(narrow(problem, { fillings, unplaced: Float64Array.of(0) }))).toEqual({ cheapest: 2, cheap: 1 });
  });

  it('is moved to none that its tasks may not use', () => {
    const only = { ...shape('a', [1000, 1000], 4), mayUseCandidate: ({ id }: { id: string }) => id !== 'cheapest' };
    const problem = problemOf([only], kinds);

    expect(moved(narrow(problem, filled(problem, 'dear', 1, 1)))).toEqual({ cheap: 1 });
  });
});

describe('the bound', () => {
  it.each([
    ['the dimension that takes most', [shape('a', [1000, 500], 6)], [candidate('web', [4000, 4000], { price: 2 })], 4],
    ['memory', [shape('a', [500, 1000], 8)], [candidate('web', [4000, 4000], { price: 2 })], 4],
    [
      'the cheapest of each dimension',
      [shape('a', [1000, 1000], 8)],
      [candidate('x', [4000, 2000], { price: 2 }), candidate('y', [2000, 4000], { price: 2 })],
      4,
    ],
    [
      'where a task may go',
      [{ ...shape('a', [1000, 1000], 8), mayUseCandidate: ({ id }: { id: string }) => id === 'dear' }],
      [candidate('cheap', [4000, 4000], { price: 1 }), candidate('dear', [4000, 4000], { price: 3 })],
      6,
    ],
    ['GPUs', [shape('a', [10, 10], 3, { gpus: 1 })], [candidate('web', [4000, 4000], { price: 2, gpus: 2 })], 4],
    [
      'a part of an instance, where there are several types',
      [shape('a', [1000, 1000], 3)],
      [candidate('x', [4000, 4000], { price: 2 }), candidate('y', [8000, 8000], { price: 3 })],
      1.125,
    ],
    ['nothing that costs nothing', [shape('a', [1000, 1000], 9)], [candidate('web', [4000, 4000], { price: 0 })], 0],
  ])('is that of %s', (_, shapes, candidates, least) => {
    expect(leastCost(problemOf(shapes, candidates))).toBeCloseTo(least, 9);
  });
});
