import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Bin, type Candidate, type Packing, pack, type Shape } from '../../../lib/placement/pack.ts';
import { roomOf } from '../../../lib/placement/room.ts';
import { exactCost } from '../exact-packing.ts';
import { bin, candidate, costOf, faultOf, packingCases, shape, unplacedOf } from '../packing-cases.ts';
import { simplePacking } from '../simple-packing.ts';

const tcp = (port: number) => ({ hostPorts: [{ protocol: 'tcp', port } as const] });

/** Tasks on each instance, as `2 a + 1 b`, by instance. */
const loads = ({ placements }: Packing): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...Map.groupBy(placements, (it) => it.bin)].map(([id, its]) => [
      id,
      its.map((it) => `${it.count} ${it.shape}`).join(' + '),
    ]),
  );

describe('what is there', () => {
  it.each<readonly [string, readonly Shape[], readonly Bin[], Readonly<Record<string, string>>]>([
    [
      'takes the large tasks before the small ones',
      [shape('a', [1000, 1000], 1), shape('b', [3000, 3000], 1)],
      [bin('i-1', [3500, 3500]), bin('i-2', [1000, 1000])],
      { 'i-1': '1 b', 'i-2': '1 a' },
    ],
    [
      'takes a task that is large in memory before one that is small in both',
      [shape('a', [900, 900], 1), shape('b', [1000, 2000], 1), shape('c', [10, 3000], 1)],
      [bin('i-1', [1000, 3000]), bin('i-2', [1000, 3000]), bin('i-3', [1000, 3000])],
      { 'i-1': '1 b', 'i-2': '1 a', 'i-3': '1 c' },
    ],
    [
      'takes tasks with GPUs first',
      [shape('a', [1000, 1000], 1), shape('b', [600, 600], 1, { gpus: 1 })],
      [{ ...bin('i-1', [1000, 1000]), room: roomOf({ cpuUnits: 1000, memoryMiB: 1000 }, { gpus: 1 }) }],
      { 'i-1': '1 b' },
    ],
    [
      'takes one task of each port',
      [shape('a', [100, 100], 1, tcp(80)), shape('b', [100, 100], 1, tcp(80)), shape('c', [100, 100], 1, tcp(81))],
      [bin('i-1', [1000, 1000]), bin('i-2', [1000, 1000])],
      { 'i-1': '1 a + 1 c', 'i-2': '1 b' },
    ],
    [
      'takes one task of a group that wants its instances to itself',
      [{ ...shape('a', [100, 100], 2), apart: 'service:a' }],
      [bin('i-1', [1000, 1000]), bin('i-2', [1000, 1000])],
      { 'i-1': '1 a', 'i-2': '1 a' },
    ],
    [
      'takes no more tasks with interfaces than it has interfaces',
      [shape('a', [100, 100], 3, { networkInterfaces: 1 })],
      [
        { ...bin('i-1', [1000, 1000]), room: roomOf({ cpuUnits: 1000, memoryMiB: 1000 }, { networkInterfaces: 2 }) },
        bin('i-2', [1000, 1000]),
      ],
      { 'i-1': '2 a', 'i-2': '1 a' },
    ],
    [
      'takes no more tasks with EBS volumes than can be attached',
      [shape('a', [100, 100], 3, { ebsVolumes: 1 })],
      [
        { ...bin('i-1', [1000, 1000]), room: roomOf({ cpuUnits: 1000, memoryMiB: 1000 }, { ebsVolumes: 1 }) },
        bin('i-2', [1000, 1000]),
      ],
      { 'i-1': '1 a', 'i-2': '2 a' },
    ],
    [
      'takes nothing where less than nothing is left of something',
      [shape('a', [0, 100], 1)],
      [bin('i-1', [-1, 1000]), bin('i-2', [0, 1000])],
      { 'i-2': '1 a' },
    ],
    [
      'takes nothing where less than nothing is left of what the task does not need',
      [shape('a', [100, 100], 1)],
      [
        { ...bin('i-1', [1000, 1000]), room: roomOf({ cpuUnits: 1000, memoryMiB: 1000 }, { networkInterfaces: -1 }) },
        bin('i-2', [100, 100]),
      ],
      { 'i-2': '1 a' },
    ],
    [
      'takes just what it has room for',
      [shape('a', [500, 500], 3)],
      [bin('i-1', [1000, 1000]), bin('i-2', [999, 1000]), bin('i-3', [1000, 999])],
      { 'i-1': '2 a', 'i-2': '1 a' },
    ],
  ])('%s', (_, shapes, bins, expected) => {
    const packing = pack(shapes, bins, []);

    expect(loads(packing)).toEqual(expected);
    expect(faultOf({ shapes, bins, candidates: [] }, packing)).toBeUndefined();
  });

  it('is as many instances as there are', () => {
    const bins = Array.from({ length: 200 }, (_, n) => bin(`i-${n}`, [100, 100]));

    expect(pack([shape('a', [100, 100], 201)], bins, [])).toMatchObject({ launches: {}, unplaced: { a: 1 } });
    expect(pack([shape('a', [100, 100], 200)], bins, []).placements).toHaveLength(200);
  });
});

describe('new instances', () => {
  it.each<
    readonly [
      string,
      readonly Shape[],
      readonly Candidate[],
      { readonly launches: Packing['launches']; readonly unplaced?: Packing['unplaced'] },
    ]
  >([
    [
      'are the type that is cheaper for all, though the first task alone would be cheaper on the other',
      [shape('a', [1000, 1000], 4)],
      [candidate('large', [4000, 4000], { price: 3 }), candidate('small', [1000, 1000], { price: 1 })],
      { launches: { large: 1 } },
    ],
    [
      'are a type that is not filled, where that is cheaper',
      [shape('a', [1500, 1500], 2)],
      [candidate('large', [4000, 4000], { price: 3 }), candidate('small', [1500, 1500], { price: 2 })],
      { launches: { large: 1 } },
    ],
    [
      'are as few as it takes where nothing costs anything',
      [shape('a', [1000, 1000], 4)],
      [candidate('small', [1000, 1000], { price: 0 }), candidate('large', [4000, 4000], { price: 0 })],
      { launches: { large: 1 } },
    ],
    [
      'are no more than are available, and the rest is left over',
      [shape('a', [1000, 1000], 5), shape('b', [500, 500], 5)],
      [candidate('web', [1000, 1000], { available: 3 })],
      { launches: { web: 3 }, unplaced: { a: 5, b: 0 } },
    ],
    [
      'are none of a type that has none left',
      [shape('a', [1000, 1000], 1)],
      [candidate('a', [1000, 1000], { available: 0 }), candidate('b', [1000, 1000], { price: 7 })],
      { launches: { b: 1 } },
    ],
    [
      'are apart for tasks that want their instances to themselves, and shared with others',
      [{ ...shape('a', [100, 100], 3), apart: 'service:a' }, shape('b', [900, 900], 3)],
      [candidate('web', [1000, 1000])],
      { launches: { web: 3 } },
    ],
    [
      'are shared by tasks of two groups that each want an instance of their own kind once',
      [
        { ...shape('a', [100, 100], 2), apart: 'service:a' },
        { ...shape('b', [100, 100], 2), apart: 'service:b' },
      ],
      [candidate('web', [1000, 1000])],
      { launches: { web: 2 } },
    ],
    [
      'are one for each task that claims the same port, whatever the protocols of others',
      [
        shape('a', [100, 100], 1, tcp(53)),
        shape('b', [200, 100], 1, tcp(53)),
        shape('c', [300, 100], 1, { hostPorts: [{ protocol: 'udp', port: 53 }] }),
      ],
      [candidate('web', [1000, 1000])],
      { launches: { web: 2 } },
    ],
    [
      'are as many as their network interfaces ask for',
      [shape('a', [10, 10], 7, { networkInterfaces: 1 })],
      [candidate('web', [1000, 1000], { networkInterfaces: 3 })],
      { launches: { web: 3 } },
    ],
    [
      'are those with more interfaces, where interfaces are what runs out',
      [shape('a', [10, 10], 9, { networkInterfaces: 1 }), shape('b', [500, 500], 1)],
      [
        candidate('few', [1000, 1000], { networkInterfaces: 1, price: 1 }),
        candidate('many', [2000, 2000], { networkInterfaces: 9, price: 3 }),
      ],
      { launches: { many: 1 } },
    ],
    [
      'hold only what every one of their dimensions has room for',
      [shape('a', [1001, 100], 1), shape('b', [100, 1001], 1), shape('c', [1000, 1000], 1)],
      [candidate('web', [1000, 1000])],
      { launches: { web: 1 }, unplaced: { a: 1, b: 1 } },
    ],
  ])('%s', (_, shapes, candidates, { launches, unplaced }) => {
    const packing = pack(shapes, [], candidates);

    expect(faultOf({ shapes, bins: [], candidates }, packing)).toBeUndefined();
    expect(packing.launches).toEqual(launches);
    if (unplaced !== undefined)
      expect(unplacedOf(packing)).toBeLessThanOrEqual(Object.values(unplaced).reduce((sum, it) => sum + it, 0));
    else expect(packing.unplaced).toEqual({});
  });

  it('take the tasks of all shapes that need the same, each its own count', () => {
    const shapes = ['c', 'a', 'b'].map((id, n) => shape(id, [250, 250], n + 2));
    const packing = pack(shapes, [], [candidate('web', [1000, 1000])]);

    expect(loads(packing)).toEqual({ 'web#1': '3 a + 1 b', 'web#2': '3 b + 1 c', 'web#3': '1 c' });
  });

  it('leave over the last by id of those that need the same', () => {
    const shapes = ['c', 'a', 'b'].map((id) => shape(id, [500, 500], 2));

    expect(pack(shapes, [], [candidate('web', [1000, 1000], { available: 2 })]).unplaced).toEqual({ c: 2 });
  });

  it('tell apart what needs the same and may go to different types', () => {
    const only = (id: string, type: string): Shape => ({
      ...shape(id, [500, 500], 1),
      mayUseCandidate: (it) => it.id === type,
    });
    const candidates = [candidate('x', [1000, 1000]), candidate('y', [1000, 1000])];

    expect(pack([only('a', 'x'), only('b', 'y')], [], candidates).launches).toEqual({ x: 1, y: 1 });
  });

  it.each([
    ['4 vCPU and 15.5 GiB', [4096, 15_872], 1.0012],
    ['4 vCPU and 7.5 GiB', [4096, 7_680], 1.0011],
    ['16 vCPU and 62 GiB', [16_384, 63_488], 1],
    ['16 vCPU and 31 GiB', [16_384, 31_744], 1.005],
  ] as const)(
    'of %s are hardly more than what 5,000 tasks of thirty sizes add up to',
    (_, [cpuUnits, memoryMiB], most) => {
      const shapes = [102, 256, 512, 1024, 1536].flatMap((cpu, n) =>
        [100, 256, 512, 1024, 2048, 4096].map((memory, k) =>
          shape(`${cpu}/${memory}`, [cpu, memory], 150 + 7 * n + 3 * k),
        ),
      );
      const needed = (['cpuUnits', 'memoryMiB'] as const).map((it) =>
        Math.ceil(
          shapes.reduce((sum, { count, requirements }) => sum + count * requirements[it], 0) /
            { cpuUnits, memoryMiB }[it],
        ),
      );
      const launched = pack(shapes, [], [candidate('web', [cpuUnits, memoryMiB])]).launches['web'] ?? 0;

      expect(launched / Math.max(...needed)).toBeLessThanOrEqual(most);
    },
  );

  it('are found for more shapes than the linear program is begun for', () => {
    const shapes = Array.from({ length: 300 }, (_, n) => shape(`${n}`, [100 + n, 2000 - 3 * n], 1 + (n % 4)));
    const given = { shapes, bins: [], candidates: [candidate('web', [4000, 8000]), candidate('mem', [4000, 16_000])] };
    const packing = pack(given.shapes, given.bins, given.candidates);

    expect(faultOf(given, packing)).toBeUndefined();
    expect(packing.unplaced).toEqual({});
    expect(costOf(packing, given.candidates)).toBeLessThan(costOf(simplePacking(given), given.candidates));
  });
});

describe('instances that are empty', () => {
  // First fit takes the even ones for the gaps of those in memory, and one in CPU is left over.
  const shapes = [shape('cpu', [3000, 1000], 2), shape('memory', [1000, 3000], 2), shape('even', [2000, 2000], 2)];
  const kind = candidate('web', [5000, 5000]);
  const three = (room: Partial<Bin>): readonly Bin[] =>
    ['i-1', 'i-2', 'i-3'].map((id) => ({ ...bin(id, [5000, 5000]), ...room }));
  const withRoom = (cpuUnits: number, memoryMiB: number, rest: Parameters<typeof roomOf>[1] = {}) => ({
    room: roomOf({ cpuUnits, memoryMiB }, rest),
  });

  it.each([
    ['a little larger', withRoom(5010, 5010), {}],
    ['just 5 % larger', withRoom(5250, 5250), {}],
    ['much larger in CPU', withRoom(5600, 5000), { web: 1 }],
    ['much larger in memory', withRoom(5000, 5600), { web: 1 }],
    ['with a port taken', withRoom(5000, 5000, { claims: new Set(['tcp/22']) }), { web: 1 }],
  ] as const)('%s are used as if they had been launched: %#', (_, room, launches) => {
    expect(pack(shapes, three(room), [kind]).launches).toEqual(launches);
  });

  it('are used as if they had been launched where new ones have the same port taken', () => {
    const room = { claims: new Set(['tcp/22']) };
    const web = { ...kind, ...withRoom(5000, 5000, room) };

    expect(pack(shapes, three(withRoom(5000, 5000, room)), [web]).launches).toEqual({});
  });

  it.each<readonly [string, Parameters<typeof roomOf>[1], Parameters<typeof roomOf>[1], number]>([
    ['fewer network interfaces', { networkInterfaces: 9 }, { networkInterfaces: 10 }, 1],
    ['as many network interfaces', { networkInterfaces: 10 }, { networkInterfaces: 10 }, 0],
    ['fewer EBS volumes', { ebsVolumes: 9 }, { ebsVolumes: 10 }, 1],
    ['as many EBS volumes', { ebsVolumes: 10 }, { ebsVolumes: 10 }, 0],
    ['more GPUs', { gpus: 1 }, {}, 1],
  ])('with %s than new ones: %#', (_, there, anew, launched) => {
    const web = { ...kind, ...withRoom(5000, 5000, anew) };

    expect(pack(shapes, three(withRoom(5000, 5000, there)), [web]).launches['web'] ?? 0).toBe(launched);
  });

  it('are left in order where all finds room in order', () => {
    const packing = pack([shape('a', [1024, 1024], 1)], three({}), [kind]);

    expect(loads(packing)).toEqual({ 'i-1': '1 a' });
  });

  it('are given what was launched for, the new ones the rest', () => {
    const more = shapes.map((it) => ({ ...it, count: 3 }));
    const packing = pack(more, three({}), [kind]);

    expect(packing.launches).toEqual({ web: 2 });
    expect(packing.placements.filter((it) => it.candidate === undefined).every((it) => it.bin.startsWith('i-'))).toBe(
      true,
    );
    expect(new Set(packing.placements.filter((it) => it.candidate === 'web').map((it) => it.bin))).toEqual(
      new Set(['web#1', 'web#2']),
    );
    expect(faultOf({ shapes: more, bins: three({}), candidates: [kind] }, packing)).toBeUndefined();
  });

  it('are used as if they had been launched although no more may be', () => {
    const { launches, unplaced } = pack(shapes, three({}), [{ ...kind, available: 0 }]);

    expect([launches, unplaced]).toEqual([{}, {}]);
  });

  it('are left to tasks that may go there and to no new one, where those of another kind suffice', () => {
    const whole = { ...shape('whole', [5000, 5000], 1), mayUseCandidate: () => false };
    const bins = [
      { ...bin('i-0', [5000, 5000]), kind: 'active' },
      ...three({}).map((it) => ({ ...it, kind: 'incoming' })),
    ];
    const packing = pack([...shapes, whole], bins, [kind]);

    expect([packing.launches, packing.unplaced]).toEqual([{}, {}]);
    expect(loads(packing)['i-0']).toBe('1 whole');
  });

  it('are counted by kind, where all together are worse', () => {
    // The incoming ones are one short of what was launched for; the active one is there already.
    const bins = three({}).map((it, n) => ({ ...it, kind: ['b-incoming', 'a-active', 'b-incoming'][n] ?? '' }));

    expect(pack(shapes, bins, [kind]).launches).toEqual({});
  });
});

describe('small cases', () => {
  it('cost what the best packing costs', async () => {
    const exact = await exactCost();
    const cases = fc.sample(packingCases({ tasks: 14, bins: 0, available: 3 }), { numRuns: 24, seed: 11 });
    const gaps = cases.flatMap((given) => {
      const packing = pack(given.shapes, given.bins, given.candidates);
      expect(faultOf(given, packing)).toBeUndefined();
      const least = exact(given);
      if (least === undefined) return [];
      expect(packing.unplaced).toEqual({});
      return [costOf(packing, given.candidates) / least - 1];
    });

    expect(gaps.length).toBeGreaterThan(8);
    expect(gaps.filter((it) => Math.abs(it) > 1e-9)).toEqual([]);
  });

  it('leave no more over than first-fit decreasing, and cost no more', () => {
    const cases = fc.sample(packingCases({ tasks: 60, bins: 6, available: 0 }), { numRuns: 20, seed: 12 });
    for (const given of cases) {
      const [ours, simple] = [pack(given.shapes, given.bins, given.candidates), simplePacking(given)];

      expect(faultOf(given, ours)).toBeUndefined();
      expect(unplacedOf(ours)).toBeLessThanOrEqual(unplacedOf(simple));
      if (unplacedOf(ours) === unplacedOf(simple))
        expect(costOf(ours, given.candidates)).toBeLessThanOrEqual(costOf(simple, given.candidates) + 1e-9);
    }
  });

  it('are packed alike in any order of shapes and candidates', () => {
    for (const { shapes, bins, candidates } of fc.sample(packingCases({ tasks: 40, bins: 4, available: 0 }), {
      numRuns: 10,
      seed: 13,
    }))
      expect(pack(shapes.toReversed(), bins, candidates.toReversed())).toEqual(pack(shapes, bins, candidates));
  });
});
