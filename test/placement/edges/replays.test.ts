import { describe, expect, it } from '@jest/globals';
import { factsOf } from '../../../lib/placement/attributes.ts';
import { constraintsOf } from '../../../lib/placement/constraints.ts';
import { groundsOf } from '../../../lib/placement/replay/grounds.ts';
import { type Outcome, replay, type Script } from '../../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../../lib/placement/replay/scripts.ts';
import { roomOf } from '../../../lib/placement/room.ts';
import type { Ask, Site } from '../../../lib/placement/site.ts';
import { instance, taskDefinition } from '../../support/builders.ts';
import { asking, standing } from './slots.ts';

/** One ask after the other, in turns of at most so many tasks, and of equals the first. */
const inTurn = (most = Number.POSITIVE_INFINITY): Script => ({
  name: 'in turn',
  turns: ({ turned }) =>
    turned.flatMap(({ ask: { count } }, ask) =>
      Array.from({ length: Math.ceil(count / Math.min(most, count)) }, (_, n) => ({
        ask,
        tasks: Math.min(most, count - n * most || count),
      })),
    ),
  luck: { name: 'the first', rank: (site) => site },
});

const countsOf = ({ placed }: Outcome): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { ask, site, tasks } of placed) counts[`${ask}@${site}`] = (counts[`${ask}@${site}`] ?? 0) + tasks;
  return counts;
};

/** Tasks of a service that may only be where an expression holds. */
const where = (id: string, count: number, expression: string, slots = 1): Ask => {
  const it = asking(id, count, { slots });
  return {
    ...it,
    constraints: constraintsOf(taskDefinition(id), it.group, [{ type: 'memberOf', expression }]),
  };
};

const noTasks: Partial<Site> = { facts: factsOf(instance(1), new Set()) };

describe('tasks whose place depends on other tasks', () => {
  const beside = where('web', 3, 'task:group == service:db');
  const db = asking('db', 1);

  it('are placed once those have come, though they were asked for before', () => {
    const outcome = replay(groundsOf([beside, db], [standing('i-0', 5), standing('i-1', 9)], []), inTurn());

    expect(countsOf(outcome)).toEqual({ '1@0': 1, '0@0': 3 });
    expect(outcome.unplacedTasks).toBe(0);
  });

  it('are placed one by one alike', () => {
    const outcome = replay(groundsOf([beside, db], [standing('i-0', 5), standing('i-1', 9)], []), inTurn(1));

    expect(countsOf(outcome)).toEqual({ '1@0': 1, '0@0': 3 });
  });

  it('wait for those that have yet to come', () => {
    const large = asking('db', 1, { slots: 9 });
    const outcome = replay(groundsOf([beside, large], [standing('i-0', 5)], [standing('i-1', 12)]), inTurn());

    expect(countsOf(outcome)).toEqual({ '1@1': 1, '0@1': 3 });
    expect([...outcome.now]).toEqual([0, 0]);
  });

  it('go by the strategy among the places that suit them', () => {
    const withDb = { facts: factsOf(instance(1), new Set(['service:db'])) };
    const sites = [standing('i-0', 9, 'any', withDb), standing('i-1', 5, 'any', withDb), standing('i-2', 1)];
    const ask = { ...beside, strategy: [{ type: 'binpack', field: 'cpu' } as const] };

    expect(countsOf(replay(groundsOf([ask], sites, []), inTurn()))).toEqual({ '0@1': 3 });
  });

  it('are left over where those never come', () => {
    const outcome = replay(groundsOf([beside], [standing('i-0', 5, 'any', noTasks)], [standing('i-1', 5)]), inTurn());

    expect([outcome.unplacedTasks, ...outcome.unplaced]).toEqual([3, 3]);
  });

  it('keep away from those they exclude, whichever comes first', () => {
    const away = where('web', 2, 'not(task:group == service:db)');
    const sites = [standing('i-0', 5), standing('i-1', 5)];

    expect(countsOf(replay(groundsOf([db, away], sites, []), inTurn()))).toEqual({ '0@0': 1, '1@1': 2 });
  });

  it('are one on each instance where the first keeps the second out', () => {
    const alone = where('web', 5, 'not(task:group == service:web)');
    const sites = [standing('i-0', 5), standing('i-1', 5), standing('i-2', 5)];
    const outcome = replay(groundsOf([alone], sites, []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@0': 1, '0@1': 1, '0@2': 1 });
    expect(outcome.unplacedTasks).toBe(2);
  });
});

describe('resources that are not counted among CPU and memory', () => {
  const bare = (id: string, over: Parameters<typeof roomOf>[1], gpus = 0): Site => ({
    ...standing(id, 9),
    room: roomOf({ cpuUnits: 900, memoryMiB: 900 }, over),
    gpus,
  });
  const needing = (id: string, count: number, requirements: Partial<Ask['requirements']>): Ask => {
    const it = asking(id, count);
    return { ...it, requirements: { ...it.requirements, ...requirements } };
  };

  it.each([[1], [2], [Number.POSITIVE_INFINITY]])(
    'hold as many tasks as there are of a custom one: turns of %d',
    (most) => {
      const sites = [
        bare('i-0', { custom: { licence: 5 } }),
        bare('i-1', { custom: { licence: 1, seat: 9 } }),
        bare('i-2', {}),
      ];
      const asks = [needing('a', 3, { custom: { licence: 2 } }), needing('b', 9, { custom: { licence: 1 } })];
      const outcome = replay(groundsOf(asks, sites, []), inTurn(most));

      expect(countsOf(outcome)).toEqual({ '0@0': 2, '1@0': 1, '1@1': 1 });
      expect([...outcome.unplaced]).toEqual([1, 7]);
    },
  );

  it('hold tasks that need none of a custom one they name', () => {
    const outcome = replay(groundsOf([needing('a', 2, { custom: { licence: 0 } })], [bare('i-0', {})], []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@0': 2 });
  });

  it('need enough of every custom one', () => {
    const ask = needing('a', 4, { custom: { licence: 1, seat: 2 } });
    const outcome = replay(groundsOf([ask], [bare('i-0', { custom: { licence: 9, seat: 5 } })], []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@0': 2 });
  });

  it('hold one task that takes every GPU, and none besides', () => {
    const all = needing('all', 3, { gpus: 0, allGpus: true });
    const sites = [
      bare('i-0', { gpus: 3 }, 4),
      bare('i-1', { gpus: 4 }, 4),
      bare('i-2', {}),
      bare('i-3', { gpus: 1 }, 1),
    ];
    const outcome = replay(groundsOf([all, needing('one', 9, { gpus: 1 })], sites, []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@1': 1, '0@3': 1, '1@0': 3 });
  });

  it('hold no task that takes every GPU where one is in use by then', () => {
    const all = needing('all', 1, { gpus: 1, allGpus: true });
    const outcome = replay(
      groundsOf([needing('one', 1, { gpus: 1 }), all], [bare('i-0', { gpus: 2 }, 2)], []),
      inTurn(),
    );

    expect(countsOf(outcome)).toEqual({ '0@0': 1 });
  });
});

describe('what an instance lacks', () => {
  const room = (id: string, cpuUnits: number, over: Parameters<typeof roomOf>[1]): Site => ({
    ...standing(id, 0),
    room: roomOf({ cpuUnits, memoryMiB: 900 }, over),
  });

  it.each<readonly [string, Partial<Ask['requirements']>, readonly Site[]]>([
    ['GPUs', { gpus: 1 }, [room('i-0', 900, {}), room('i-1', 900, { gpus: 2 })]],
    [
      'network interfaces',
      { networkInterfaces: 1 },
      [room('i-0', 900, { networkInterfaces: 0 }), room('i-1', 900, { networkInterfaces: 2 })],
    ],
    ['EBS volumes', { ebsVolumes: 1 }, [room('i-0', 900, { ebsVolumes: 0 }), room('i-1', 900, { ebsVolumes: 2 })]],
    [
      'more than it has of something else',
      { cpuUnits: 0, memoryMiB: 450 },
      [room('i-0', 0, { networkInterfaces: -1 }), room('i-1', 0, {})],
    ],
  ])('keeps tasks away, one by one and all at once: %s', (_, requirements, sites) => {
    const it = asking('web', 3);
    const ask = { ...it, requirements: { ...it.requirements, ...requirements } };
    for (const most of [1, 2, 3]) {
      const outcome = replay(groundsOf([ask], sites, []), inTurn(most));

      expect([most, countsOf(outcome), outcome.unplacedTasks]).toEqual([most, { '0@1': 2 }, 1]);
    }
  });
});

describe('tasks that are kept apart', () => {
  it.each([[1], [2], [9]])('are one on each instance: turns of %i', (most) => {
    const ask: Ask = { ...asking('web', 5), apart: 'service:web' };
    const outcome = replay(groundsOf([ask], [standing('i-0', 9), standing('i-1', 9)], []), inTurn(most));

    expect(countsOf(outcome)).toEqual({ '0@0': 1, '0@1': 1 });
    expect(outcome.unplacedTasks).toBe(3);
  });
});

describe('tasks that are placed at random', () => {
  const random: Ask['strategy'] = [{ type: 'random', field: undefined }];

  it('go nowhere where there is no room left, though luck would have it', () => {
    const sites = [standing('i-0', 1), standing('i-1', 9), standing('i-2', 9)];
    const outcome = replay(groundsOf([{ ...asking('web', 6), strategy: random }], sites, []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@0': 1, '0@1': 3, '0@2': 2 });
  });

  it('do not keep away from others of the service', () => {
    const sites = [standing('i-0', 9, 'any', { tasksByGroup: new Map([['service:web', 4]]) }), standing('i-1', 9)];
    const outcome = replay(groundsOf([{ ...asking('web', 6), strategy: random }], sites, []), inTurn());

    expect(countsOf(outcome)).toEqual({ '0@0': 3, '0@1': 3 });
  });
});

describe('what is placed now', () => {
  it('is counted over all instances that are there', () => {
    const sites = [standing('i-0', 2), standing('i-1', 2), standing('i-2', 1)];
    const outcome = replay(groundsOf([asking('web', 9)], sites, [standing('i-3', 9)]), inTurn());

    expect([...outcome.now]).toEqual([5]);
    expect(countsOf(outcome)).toEqual({ '0@0': 2, '0@1': 2, '0@2': 1, '0@3': 4 });
  });
});

describe('a service that spreads over an attribute', () => {
  const inZone = (id: string, slots: number, zone: string | undefined, tasks = 0): Site => ({
    ...standing(id, slots),
    facts: factsOf(instance(1, { attributes: zone === undefined ? {} : { zone } }), new Set()),
    tasksByGroup: new Map(tasks === 0 ? [] : [['service:web', tasks]]),
  });
  const overZones = (count: number, ...rest: Ask['strategy']): Ask => ({
    ...asking('web', count),
    strategy: [{ type: 'spread', field: 'attribute:zone' }, ...rest],
  });
  const sites = [
    inZone('i-0', 9, 'a', 4),
    inZone('i-1', 9, 'a'),
    inZone('i-2', 9, 'b', 1),
    inZone('i-3', 9, undefined),
  ];

  it.each<readonly [string, number, number, Readonly<Record<string, number>>]>([
    ['first fills up what is behind', 4, 9, { '0@2': 2, '0@3': 2 }],
    ['goes on with all once they are level', 10, 9, { '0@1': 1, '0@2': 4, '0@3': 5 }],
    ['goes on with all once they are level, task by task', 10, 1, { '0@1': 1, '0@2': 4, '0@3': 5 }],
    ['fills the others where one is full', 30, 99, { '0@0': 4, '0@1': 8, '0@2': 9, '0@3': 9 }],
  ])('%s', (_, count, most, expected) => {
    const outcome = replay(
      groundsOf([overZones(count, { type: 'spread', field: 'instanceId' })], sites, []),
      inTurn(most),
    );

    expect(countsOf(outcome)).toEqual(expected);
  });

  it('takes instances without the attribute for one value of their own', () => {
    const without = [inZone('i-0', 9, undefined, 3), inZone('i-1', 9, undefined), inZone('i-2', 9, 'a')];

    expect(countsOf(replay(groundsOf([overZones(3)], without, []), inTurn()))).toEqual({ '0@2': 3 });
  });

  it('packs within a zone where it says so', () => {
    const zones = [inZone('i-0', 9, 'a'), inZone('i-1', 5, 'a'), inZone('i-2', 9, 'b'), inZone('i-3', 5, 'b')];
    const ask = overZones(6, { type: 'binpack', field: 'cpu' });

    expect(countsOf(replay(groundsOf([ask], zones, []), inTurn()))).toEqual({ '0@1': 3, '0@3': 3 });
  });
});

const spreadOver = (...fields: readonly string[]): Ask['strategy'] =>
  fields.map((field) => ({ type: 'spread', field }) as const);

const packBy = (field: string): Ask['strategy'] => [{ type: 'binpack', field }];

describe('tasks that come all at once', () => {
  // Two zones and three stacks that overlap; some tasks are there already.
  const place = (n: number, zone: string, stack: string, cpu: number, memory: number, tasks = 0): Site => ({
    ...standing(`i-${n}`, 0),
    room: roomOf({ cpuUnits: cpu * 100, memoryMiB: memory * 100 }),
    facts: factsOf(instance(1, { attributes: { zone, stack } }), new Set()),
    tasksByGroup: new Map(tasks === 0 ? [] : [['service:web', tasks]]),
  });
  const sites = [
    place(0, 'a', 'x', 5, 9, 3),
    place(1, 'a', 'y', 9, 4),
    place(2, 'a', 'y', 3, 7, 1),
    place(3, 'b', 'x', 6, 6),
    place(4, 'b', 'z', 8, 5, 2),
    place(5, 'b', 'z', 4, 8),
    place(6, 'c', 'x', 2, 3, 1),
  ];

  const strategies: readonly (readonly [string, Ask['strategy']])[] = [
    ['instances', spreadOver('instanceId')],
    ['hosts', spreadOver('host')],
    ['zones, then instances', spreadOver('attribute:zone', 'instanceId')],
    ['zones, then stacks, then instances', spreadOver('attribute:zone', 'attribute:stack', 'instanceId')],
    ['stacks, then zones, then instances', spreadOver('attribute:stack', 'attribute:zone', 'instanceId')],
    ['zones, then least CPU', [...spreadOver('attribute:zone'), ...packBy('cpu')]],
    ['least memory', packBy('memory')],
    ['least CPU, then least memory', [...packBy('CPU'), ...packBy('MEMORY')]],
    ['instances, then least memory', [...spreadOver('instanceId'), ...packBy('memory')]],
    ['least memory, then zones', [...packBy('memory'), ...spreadOver('attribute:zone')]],
    ['least CPU, then instances', [...packBy('cpu'), ...spreadOver('instanceId')]],
  ];

  it.each(strategies)('are placed as one by one: by %s', (_, strategy) => {
    for (const count of [2, 3, 4, 5, 7, 10, 13, 17, 21, 26, 29, 33, 40]) {
      const grounds = groundsOf([{ ...asking('web', count), strategy }], sites, []);

      expect([count, countsOf(replay(grounds, inTurn()))]).toEqual([count, countsOf(replay(grounds, inTurn(1)))]);
    }
  });

  it.each(strategies)('are placed as one by one on instances that are equal: by %s', (_, strategy) => {
    const zones = ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'c', 'a', 'c', 'b', 'c', 'c', 'c'];
    const equals = zones.map((zone, n) => place(n, zone, zones[(7 * n) % 15] ?? '', 3, 3));
    for (const count of [4, 6, 8, 11, 16, 20, 27, 35]) {
      const grounds = groundsOf([{ ...asking('web', count), strategy }], equals, []);

      expect([count, countsOf(replay(grounds, inTurn()))]).toEqual([count, countsOf(replay(grounds, inTurn(1)))]);
    }
  });

  it.each(strategies)('go on from where others of the service were placed: by %s', (_, strategy) => {
    for (const count of [5, 9, 14, 23]) {
      const web = { ...asking('web', count), strategy };
      const more = { ...asking('more', 6), group: 'service:web', strategy };
      const grounds = groundsOf([web, more], sites, []);

      expect([count, countsOf(replay(grounds, inTurn()))]).toEqual([count, countsOf(replay(grounds, inTurn(1)))]);
    }
  });

  it('take an instance of which the value is not known for one that is like no other', () => {
    const unknown = (id: string, fact: ReturnType<Site['facts']['attribute']>): Site => {
      const it = standing(id, 9);
      return { ...it, facts: { ...it.facts, attribute: () => fact } };
    };
    const zones = [
      unknown('i-0', { kind: 'unknown' }),
      unknown('i-1', { kind: 'unknown' }),
      unknown('i-2', { kind: 'present', values: ['a', 'b'] }),
      unknown('i-3', { kind: 'present', values: ['a', 'b'] }),
      unknown('i-4', { kind: 'present', values: undefined }),
      unknown('i-5', { kind: 'present', values: ['a'] }),
      unknown('i-6', { kind: 'present', values: ['a'] }),
      unknown('i-7', { kind: 'absent' }),
      unknown('i-8', { kind: 'absent' }),
    ];
    const ask = { ...asking('web', 21), strategy: spreadOver('attribute:zone', 'instanceId') };

    expect(countsOf(replay(groundsOf([ask], zones, []), inTurn()))).toEqual({
      '0@0': 3,
      '0@1': 3,
      '0@2': 3,
      '0@3': 3,
      '0@4': 3,
      '0@5': 2,
      '0@6': 1,
      '0@7': 2,
      '0@8': 1,
    });
  });
});

describe('the ways to be tried', () => {
  const scriptNamed = (name: string): Script => hostileScripts.find((it) => it.name === name) ?? inTurn();
  const asks = [
    asking('b', 2, { slots: 2 }),
    asking('d', 1, { slots: 4 }),
    asking('a', 3),
    asking('c', 1, { slots: 3 }),
  ];
  const inMemory = (id: string, memoryMiB: number): Ask => {
    const it = asking(id, 1);
    return { ...it, requirements: { ...it.requirements, memoryMiB } };
  };
  const turnsOf = (script: Script, all: readonly Ask[], sites: readonly Site[] = [standing('i-0', 9)]) =>
    script.turns(groundsOf(all, sites, [])).map(({ ask, tasks }) => `${tasks} ${all[ask]?.id}`);

  it.each([
    ['small first, the emptiest', ['3 a', '2 b', '1 c', '1 d']],
    ['large first, the first', ['1 d', '1 c', '2 b', '3 a']],
  ])('come in blocks: %s', (name, turns) => {
    expect(turnsOf(scriptNamed(name), asks)).toEqual(turns);
  });

  it.each([
    ['small first, the emptiest', ['1 low', '1 same', '1 twin', '1 high']],
    ['large first, the first', ['1 high', '1 same', '1 twin', '1 low']],
  ])('go by memory too, and of equals by order: %s', (name, turns) => {
    const all = [inMemory('high', 900), inMemory('same', 300), inMemory('twin', 300), inMemory('low', 100)];

    expect(turnsOf(scriptNamed(name), all)).toEqual(turns);
  });

  it('take a CPU unit for four MiB', () => {
    const all = [asking('both', 1, { slots: 2 }), inMemory('memory', 500), inMemory('more', 900)];
    const sites = [
      { ...standing('i-0', 0), room: roomOf({ cpuUnits: 300, memoryMiB: 900 }) },
      { ...standing('i-1', 0), room: roomOf({ cpuUnits: 500, memoryMiB: 400 }) },
    ];
    const script = scriptNamed('small first, the emptiest');

    expect(turnsOf(script, all)).toEqual(['1 memory', '1 both', '1 more']);
    expect(countsOf(replay(groundsOf([{ ...asking('a', 1), strategy: [] }], sites, []), script))).toEqual({ '0@1': 1 });
  });

  it('come in another order of blocks than any size tells', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => asking(id, 1));
    const turns = turnsOf(scriptNamed('blocks, the last'), all);

    expect(turns.toSorted()).toEqual(all.map(({ id }) => `1 ${id}`));
    expect(turns).not.toEqual(turns.toSorted());
    expect(turns).not.toEqual(turns.toSorted().toReversed());
  });

  it.each([
    ['large first, the first', [0, 1, 2]],
    ['blocks, the last', [3, 2, 1]],
  ])('take of equals the first or the last: %s', (name, sites) => {
    const equals = [0, 1, 2, 3].map((n) => standing(`i-${n}`, 1));
    const { placed } = replay(groundsOf([asking('a', 3)], equals, []), scriptNamed(name));

    expect(placed.map((it) => it.site).toSorted()).toEqual(sites.toSorted());
  });

  it('come one by one, mixed, each task once', () => {
    for (const script of [...fairScripts, scriptNamed('mixed, the emptiest')]) {
      const all = [asking('a', 30), asking('b', 20)];
      const turns = turnsOf(script, all);
      const changes = turns.filter((it, n) => it !== turns[n - 1]).length;

      expect(turns.filter((it) => it === '1 a')).toHaveLength(30);
      expect(turns.filter((it) => it === '1 b')).toHaveLength(20);
      expect(changes).toBeGreaterThan(12); // of fifty at random: 25
    }
    expect(new Set(fairScripts.map((it) => turnsOf(it, [asking('a', 30), asking('b', 20)]).join())).size).toBe(3);
  });

  it.each([
    ['spread', [], 1],
    ['packed', packBy('cpu'), 9],
  ])('come several at a time on clusters so large that one by one takes too long: %s', (_, strategy, most) => {
    const grounds = groundsOf(
      [
        { ...asking('a', 200), strategy },
        { ...asking('b', 57), strategy },
      ],
      [],
      [],
    );
    const huge = { ...grounds, sites: Array<Site>(200_000) };
    const [script] = fairScripts;
    const turns = script?.turns(huge) ?? [];
    const tasks = [0, 0];
    for (const it of turns) tasks[it.ask] = (tasks[it.ask] ?? 0) + it.tasks;

    expect(tasks).toEqual([200, 57]);
    expect(Math.max(...turns.map((it) => it.tasks))).toBe(most);
  });
});

describe('tasks that come one by one', () => {
  /** Thirty instances with more or less room, in three zones and five stacks, with more or less of the service already. */
  const sites = Array.from({ length: 30 }, (_, n): Site => {
    const [zone, stack] = [`${(n * n) % 3}`, `${(7 * n) % 5}`];
    const tasks = (5 * n) % 4;
    return {
      ...standing(`i-${n}`, 1 + ((11 * n) % 7)),
      facts: factsOf(instance(1, { attributes: { zone, stack } }), new Set()),
      tasksByGroup: new Map(tasks === 0 ? [] : [['service:web', tasks]]),
    };
  });
  const valueOf = (it: Site, name: string): string => {
    const fact = it.facts.attribute(name);
    return fact.kind === 'present' ? (fact.values?.join() ?? '') : '';
  };

  it.each([
    [['instanceId']],
    [['attribute:zone']],
    [['attribute:stack', 'instanceId']],
    [['attribute:zone', 'instanceId']],
    [['attribute:zone', 'attribute:stack', 'instanceId']],
  ])('go each to where fewest of the service are, of what has room: by %j', (fields) => {
    const ask = { ...asking('web', 120), strategy: spreadOver(...fields) };
    for (const script of [...fairScripts, ...hostileScripts.slice(-1), inTurn(1)]) {
      const tasks = sites.map((it) => it.tasksByGroup.get('service:web') ?? 0);
      const room = sites.map((it) => it.room.cpuUnits / 100);
      const { placed, unplacedTasks, looks } = replay(groundsOf([ask], sites, []), script);
      for (const { site } of placed) {
        let best = sites.flatMap((_, n) => ((room[n] ?? 0) > 0 ? [n] : []));
        for (const field of fields) {
          const name = field.replace('attribute:', '');
          const values = sites.map((it, n) => (name === field ? `${n}` : valueOf(it, name)));
          const rank = (n: number): number =>
            tasks.reduce((sum, it, other) => (values[n] === values[other] ? sum + it : sum), 0);
          const ranks = new Map(best.map((n) => [n, rank(n)]));
          const least = Math.min(...ranks.values());
          best = best.filter((n) => ranks.get(n) === least);
        }
        expect(best).toContain(site);
        tasks[site] = (tasks[site] ?? 0) + 1;
        room[site] = (room[site] ?? 0) - 1;
      }

      expect(placed.length + unplacedTasks).toBe(120);
      expect(unplacedTasks).toBe(Math.max(0, 120 - sites.reduce((sum, it) => sum + it.room.cpuUnits / 100, 0)));
      expect(looks).toBeGreaterThan(0);
    }
  });
});
