import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Figures, isBetter } from '../../../lib/placement/packing/figures.ts';
import { decreasing, firstFitDecreasing } from '../../../lib/placement/packing/first-fit.ts';
import { launch } from '../../../lib/placement/packing/launch.ts';
import { holds, launchesOf } from '../../../lib/placement/packing/pattern.ts';
import { problemOf } from '../../../lib/placement/packing/problem.ts';
import { addRoom, needOf, nextLargeEnough, noRooms, spaceIn, takeRoom } from '../../../lib/placement/packing/rooms.ts';
import type { Launches } from '../../../lib/placement/packing/shapes.ts';
import { roomOf } from '../../../lib/placement/room.ts';
import { candidate, packingCases, shape } from '../packing-cases.ts';
import { simplePacking } from '../simple-packing.ts';

const countsOf = ({ instances }: Launches): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { candidate: it } of instances) counts[it.id] = (counts[it.id] ?? 0) + 1;
  return counts;
};

const loadsOf = ({ instances }: Launches): readonly string[] =>
  instances.map(
    ({ candidate: it, loads }) => `${it.id}: ${loads.map((one) => `${one.count} ${one.shape}`).join(' + ')}`,
  );

describe('of two packings the better', () => {
  const it0: Figures = { unplaced: 1, price: 10, instances: 4 };

  it.each<readonly [string, Partial<Figures>, boolean]>([
    ['leaves fewer tasks over, whatever it costs', { unplaced: 0, price: 99, instances: 9 }, true],
    ['does not leave more over, however cheap', { unplaced: 2, price: 1, instances: 1 }, false],
    ['costs less, with however many instances', { price: 9.99, instances: 9 }, true],
    ['does not cost more, with however few', { price: 10.01, instances: 1 }, false],
    ['has fewer instances for the same', { instances: 3 }, true],
    [
      'has fewer instances for the same, but for what sums of fractions differ by',
      { price: 10 + 1e-9, instances: 3 },
      true,
    ],
    ['does not have more instances for the same', { price: 10 - 1e-9, instances: 5 }, false],
    ['is not an equal one', {}, false],
  ])('%s', (_, over, expected) => {
    expect(isBetter({ ...it0, ...over }, it0)).toBe(expected);
  });

  it('is measured by the price, be it in cents or in thousands', () => {
    const at = (price: number, instances: number): Figures => ({ unplaced: 0, price, instances });

    expect(isBetter(at(0.001, 9), at(0.0010001, 1))).toBe(true);
    expect(isBetter(at(100_000.000_001, 1), at(100_000, 9))).toBe(true);
    expect(isBetter(at(0, 1), at(0, 9))).toBe(true);
  });
});

describe('first-fit decreasing', () => {
  it('comes to what the plain one does, task by task', () => {
    const cases = fc.sample(packingCases({ tasks: 60, bins: 0, available: 0 }), { numRuns: 60, seed: 31 });
    for (const given of cases) {
      const launches = firstFitDecreasing(decreasing(given.shapes), given.candidates);
      const simple = simplePacking({ ...given, bins: [] });

      expect(countsOf(launches)).toEqual(simple.launches);
      expect(Object.fromEntries(launches.unplaced)).toEqual(simple.unplaced);
    }
  });

  it('fills instances of one kind one after the other', () => {
    const shapes = decreasing([shape('b', [400, 400], 3), shape('a', [600, 600], 2), shape('c', [200, 200], 3)]);

    expect(loadsOf(firstFitDecreasing(shapes, [candidate('web', [1000, 1000])]))).toEqual([
      'web: 1 a + 1 b',
      'web: 1 a + 1 b',
      'web: 1 b + 3 c',
    ]);
  });

  it('takes the first by id of kinds that cost the same', () => {
    const kinds = ['c', 'a', 'b'].map((id) => candidate(id, [1000, 1000], { available: 1 }));

    expect(countsOf(firstFitDecreasing([shape('x', [1000, 1000], 2)], kinds))).toEqual({ a: 1, b: 1 });
  });

  it('takes the tasks in the same order however they are given', () => {
    const shapes = ['d', 'b', 'c', 'a'].map((id) => shape(id, [100, 100], 1));

    expect(decreasing(shapes).map((it) => it.id)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('what is launched', () => {
  it('is no instance for no task', () => {
    expect(launch([], [candidate('web', [1000, 1000])])).toEqual({ instances: [], unplaced: new Map() });
  });

  it('is nothing where there is nothing to launch', () => {
    expect(launch([shape('a', [1, 1], 2)], [])).toEqual({ instances: [], unplaced: new Map([['a', 2]]) });
  });
});

describe('an instance', () => {
  const problem = problemOf(
    [shape('a', [300, 100], 9), shape('b', [100, 300], 9), shape('c', [100, 100], 9, { gpus: 1 })],
    [candidate('web', [1000, 1000]), candidate('gpu', [1000, 1000], { gpus: 1 })],
  );
  const indexOf = (id: string): number => problem.items.findIndex((it) => it.shapes.some((one) => one.shape === id));
  const [a, b, c] = ['a', 'b', 'c'].map(indexOf);

  it.each([
    ['three of one in CPU', 'web', [[a, 3]], true],
    ['no four', 'web', [[a, 4]], false],
    [
      'two of each',
      'web',
      [
        [a, 2],
        [b, 2],
      ],
      true,
    ],
    [
      'no three of one with two of the other',
      'web',
      [
        [a, 3],
        [b, 2],
      ],
      false,
    ],
    [
      'no two of one with three of the other',
      'web',
      [
        [a, 2],
        [b, 3],
      ],
      false,
    ],
    ['none that needs a GPU, where there is none', 'web', [[c, 1]], false],
    [
      'one that needs a GPU, besides others',
      'gpu',
      [
        [a, 2],
        [c, 1],
      ],
      true,
    ],
    ['no second that needs a GPU', 'gpu', [[c, 2]], false],
  ] as const)('holds %s', (_, id, portions, expected) => {
    const [kind] = problem.kinds.filter((it) => it.candidate.id === id);
    const its = portions.map(([item, count]) => ({ item: item ?? -1, count }));

    expect(kind && holds(problem, kind, its)).toBe(expected);
  });
});

describe('the tasks of shapes that need the same', () => {
  const problem = problemOf(
    ['c', 'a', 'b'].map((id, n) => shape(id, [100, 100], 2 + n)),
    [candidate('web', [1000, 1000])],
  );
  const kinds = problem.kinds;

  it('are handed out by id, each its own count, and what is left over too', () => {
    const fillings = kinds.flatMap((kind) => [
      { kind, portions: [{ item: 0, count: 2 }], repeat: 2 },
      { kind, portions: [{ item: 0, count: 3 }], repeat: 1 },
    ]);
    const launches = launchesOf(problem, { fillings, unplaced: Float64Array.of(2) });

    expect(loadsOf(launches)).toEqual(['web: 2 a', 'web: 1 a + 1 b', 'web: 3 b']);
    expect(launches.unplaced).toEqual(new Map([['c', 2]]));
  });

  it('that no kind holds are left over from the start', () => {
    const some = problemOf([shape('large', [2000, 1], 3), shape('a', [1, 1], 1)], [candidate('web', [1000, 1000])]);

    expect(some.items).toHaveLength(1);
    expect(launchesOf(some, { fillings: [], unplaced: Float64Array.of(1) }).unplaced).toEqual(
      new Map([
        ['large', 3],
        ['a', 1],
      ]),
    );
  });
});

describe('what is packed', () => {
  const large = candidate('large', [4000, 8000], { price: 4 });
  const small = candidate('small', [1000, 1000], { price: 1.5, gpus: 1, available: 2 });
  const twice = [shape('b', [1000, 1000], 2), shape('a', [1000, 1000], 3), shape('c', [500, 4000], 1)];
  const valueOf = (problem: ReturnType<typeof problemOf>, id: string): number | undefined =>
    problem.values[problem.items.findIndex((it) => it.shapes.some((one) => one.shape === id))];

  it('is one item for shapes that need the same and may go to the same', () => {
    const problem = problemOf(twice, [large, small]);

    expect(problem.items.map((it) => [it.count, it.shapes.map((one) => one.shape).join()]).toSorted()).toEqual([
      [1, 'c'],
      [5, 'a,b'],
    ]);
  });

  it('is apart for groups that want their instances to themselves', () => {
    const apart = twice.map((it) => ({ ...it, apart: `service:${it.id}` }));

    expect(problemOf(apart, [large]).items).toHaveLength(3);
    expect(problemOf([...twice, ...apart], [large]).items).toHaveLength(5);
  });

  it('is the same however it is given', () => {
    const sizes = (problem: ReturnType<typeof problemOf>) => [
      [...problem.needs],
      problem.kinds.map((it) => it.candidate.id),
      problem.items.map((it) => it.shapes),
    ];

    expect(sizes(problemOf(twice.toReversed(), [small, large]))).toEqual(sizes(problemOf(twice, [large, small])));
  });

  it('is worth what the dimension that it takes most of costs, where that is cheapest', () => {
    const problem = problemOf([...twice, shape('g', [100, 100], 1, { gpus: 1 })], [large, small]);

    expect(valueOf(problem, 'a')).toBeCloseTo(1); // a quarter of the large one
    expect(valueOf(problem, 'c')).toBeCloseTo(2); // half of the large one's memory
    expect(valueOf(problem, 'g')).toBeCloseTo(1.5); // the only GPU of the small one
  });

  it('knows how many of each an empty instance holds, and no more than there are', () => {
    const problem = problemOf([...twice, shape('d', [100, 100], 2)], [large, small]);
    const most = (id: string) =>
      problem.kinds.map(
        (it) => it.most[problem.items.findIndex(({ shapes }) => shapes.some((one) => one.shape === id))],
      );

    expect([most('a'), most('c'), most('d')]).toEqual([
      [4, 1],
      [1, 0],
      [2, 2],
    ]);
  });

  it.each<readonly [string, Parameters<typeof shape>[3], boolean]>([
    ['nothing else', {}, true],
    ['a GPU', { gpus: 1 }, false],
    ['a network interface', { networkInterfaces: 1 }, false],
    ['an EBS volume', { ebsVolumes: 1 }, false],
  ])('counts only CPU and memory where %s is needed: %#', (_, other, expected) => {
    const all = candidate('all', [9000, 9000], { gpus: 9 });

    expect(problemOf([...twice, shape('d', [1, 1], 1, other)], [large, all]).isPlain).toBe(expected);
  });

  it('looks at no kind of which none may be launched', () => {
    expect(problemOf(twice, [large, { ...small, available: 0 }]).kinds.map((it) => it.candidate.id)).toEqual(['large']);
  });
});

describe('rooms side by side', () => {
  const rooms = noRooms();
  for (let n = 0; n < 100; n++)
    addRoom(rooms, roomOf({ cpuUnits: n, memoryMiB: 200 - n }, { gpus: n % 7 === 0 ? 2 : 0 }));
  const need = (cpuUnits: number, memoryMiB: number, over: Parameters<typeof shape>[3] = {}) =>
    needOf(shape('a', [cpuUnits, memoryMiB], 1, over));

  it.each([
    ['enough CPU', need(40, 1), 0, 40],
    ['enough memory', need(1, 199), 0, 1],
    ['enough of both', need(30, 170), 0, 30],
    ['none with enough of both', need(31, 170), 0, 100],
    ['enough GPUs', need(30, 1, { gpus: 2 }), 0, 35],
    ['none with enough GPUs', need(30, 1, { gpus: 3 }), 0, 100],
    ['enough, from some place on', need(30, 1), 50, 50],
    ['none, at the end', need(1, 1), 100, 100],
  ])('give the first that has %s', (_, its, start, expected) => {
    expect(nextLargeEnough(rooms, its, start)).toBe(expected);
  });

  it.each([
    ['as much as CPU allows', need(20, 1), 9, 4],
    ['as much as memory allows', need(1, 50), 9, 2],
    ['as much as GPUs allow', need(1, 1, { gpus: 1 }), 9, 2],
    ['as much as is wanted', need(1, 1), 3, 3],
    ['one that claims a port', need(1, 1, { hostPorts: [{ protocol: 'tcp', port: 80 }] }), 9, 1],
    ['none of what is too large', need(85, 1), 9, 0],
    ['any number of what needs nothing', need(0, 0), 1_000, 1_000],
  ])('have space for %s', (_, its, wanted, expected) => {
    expect(spaceIn(rooms, 84, its, wanted)).toBe(expected);
  });

  it('have less afterwards, and a claim is taken once', () => {
    const own = noRooms();
    addRoom(own, roomOf({ cpuUnits: 10, memoryMiB: 10 }, { claims: new Set(['tcp/22']) }));
    const web = need(1, 2, { hostPorts: [{ protocol: 'tcp', port: 80 }] });
    const ssh = need(1, 2, { hostPorts: [{ protocol: 'tcp', port: 22 }] });

    expect([spaceIn(own, 0, web, 1), spaceIn(own, 0, ssh, 1)]).toEqual([1, 0]);
    takeRoom(own, 0, web, 1);
    takeRoom(own, 0, need(2, 1), 2);
    expect([spaceIn(own, 0, web, 1), spaceIn(own, 0, ssh, 1)]).toEqual([0, 0]);
    expect([spaceIn(own, 0, need(1, 1), 99), spaceIn(own, 0, need(5, 6), 99)]).toEqual([5, 1]);
  });
});
