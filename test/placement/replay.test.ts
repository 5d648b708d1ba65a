import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlacementStrategy } from '../../lib/model/service.ts';
import { withTask } from '../../lib/placement/attributes.ts';
import { obstacleTo } from '../../lib/placement/fit.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { heapOf } from '../../lib/placement/replay/heap.ts';
import { type Outcome, replay, type Script } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts, mixedScript } from '../../lib/placement/replay/scripts.ts';
import { claimsOf } from '../../lib/placement/requirements.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { type Luck, placeAll } from '../../simulator/world/ecs/placement.ts';
import {
  type ClusterCase,
  clusterCases,
  type Given,
  givenOf,
  isClear,
  readsTasks,
  type TaskCase,
  without,
} from './random-clusters.ts';

const runs = Number(process.env['PLACEMENT_RUNS'] ?? 1_500);

/** All tasks of one ask after the other, and of equals always the first in the list. */
const inTurn: Script = {
  name: 'in turn, the first',
  turns: ({ turned }) => turned.map((it, ask) => ({ ask, tasks: it.ask.count })),
  luck: { name: 'the first', rank: (site) => site },
};

const indexOf = (id: string): number => Number(id.replace('i-', ''));

const theFirst: Luck = (those) => {
  const numbers = those().map((it) => indexOf(it.arn));
  return numbers.indexOf(Math.min(...numbers)) / numbers.length;
};

/** Tasks by ask and site. */
type Counts = Readonly<Record<string, number>>;

const countsOf = (placed: Outcome['placed']): Counts => {
  const counts: Record<string, number> = {};
  for (const { ask, site, tasks } of placed) counts[`${ask}@${site}`] = (counts[`${ask}@${site}`] ?? 0) + tasks;
  return counts;
};

const countsInTheWorld = ({ instances }: ClusterCase, given: readonly Given[]): Counts => {
  const requests = given.flatMap(({ ask, request }) => Array<Given['request']>(ask.count).fill(request));
  const order = given.flatMap(({ ask }, n) => Array<number>(ask.count).fill(n));
  const places = placeAll(
    instances.map((it) => it.place),
    requests,
    theFirst,
  );
  return countsOf(
    places.flatMap((it, n) => (it === undefined ? [] : { ask: order[n] ?? 0, site: indexOf(it), tasks: 1 })),
  );
};

const spread = (field: string) => ({ type: 'spread', field }) as const;

/** Strategies that leave nothing open but ties between single instances. */
const settled: readonly TaskCase['strategy'][] = [
  [{ type: 'binpack', field: 'memory' }],
  [{ type: 'binpack', field: 'cpu' }],
  [
    { type: 'binpack', field: 'cpu' },
    { type: 'binpack', field: 'MEMORY' },
  ],
  [spread('instanceId')],
  [spread('host'), { type: 'binpack', field: 'memory' }],
  [spread('attribute:ecs.availability-zone'), spread('instanceId')],
  [spread('attribute:ecs.availability-zone'), { type: 'binpack', field: 'memory' }],
  [spread('attribute:stack'), spread('instanceId'), { type: 'binpack', field: 'cpu' }],
  [{ type: 'random', field: undefined }, spread('instanceId')],
  [spread('attribute:stack'), spread('attribute:ecs.availability-zone'), spread('instanceId')],
  [{ type: 'binpack', field: 'memory' }, spread('attribute:ecs.availability-zone'), spread('instanceId')],
];

const site = (n: number, cpuUnits: number, groups: Readonly<Record<string, number>> = {}): Site => ({
  id: `i-${n}`,
  room: roomOf({ cpuUnits, memoryMiB: 10_000 }),
  gpus: 0,
  facts: {
    attribute: () => ({ kind: 'absent' }),
    agentConnected: true,
    agentVersion: undefined,
    ec2InstanceId: undefined,
    registeredAt: undefined,
    runningTasksCount: undefined,
    taskGroups: new Set(Object.keys(groups)),
  },
  capacityProvider: undefined,
  tasksByGroup: new Map(Object.entries(groups)),
});

const ask = (id: string, count: number, cpuUnits: number): Ask => ({
  id,
  count,
  group: `service:${id}`,
  requirements: { cpuUnits, memoryMiB: 1, hostPorts: [], gpus: 0, networkInterfaces: 0 },
  constraints: {
    attributes: new Set(),
    dependsOnInstance: false,
    dependsOnTasks: false,
    checks: [],
    unparsable: undefined,
  },
  strategy: [],
  capacityProvider: undefined,
  apart: undefined,
});

describe('a replay', () => {
  it('puts tasks where the simulated ECS does, one by one, where luck is the same', () => {
    fc.assert(
      fc.property(
        clusterCases,
        fc.array(fc.tuple(fc.constantFrom(...settled), fc.integer({ min: 1, max: 25 })), {
          minLength: 3,
          maxLength: 3,
        }),
        (cluster, choices) => {
          const tasks = cluster.tasks.flatMap((it, n): readonly TaskCase[] => {
            const [strategy, count] = choices[n] ?? [it.strategy, it.count];
            const one = { ...it, strategy, count };
            return readsTasks(it) ? [] : [count < 3 ? one : without(one, 'distinctInstance')];
          });
          const given = givenOf(cluster, tasks);
          if (!isClear(cluster, given)) return;
          const grounds = groundsOf(
            given.map((it) => it.ask),
            cluster.instances.map((it) => it.site),
            [],
          );
          expect(countsOf(replay(grounds, inTurn).placed)).toEqual(countsInTheWorld(cluster, given));
        },
      ),
      { numRuns: 2 * runs },
    );
  });

  it('fills what is there before what has yet to come, and says how many are placed now', () => {
    const outcome = replay(groundsOf([ask('a', 5, 100)], [site(0, 200)], [site(1, 1_000)]), inTurn);

    expect(countsOf(outcome.placed)).toEqual({ '0@0': 2, '0@1': 3 });
    expect([...outcome.now]).toEqual([2]);
    expect([outcome.unplacedTasks, ...outcome.unplaced]).toEqual([0, 0]);
  });

  it('says what is left over, by ask', () => {
    const outcome = replay(groundsOf([ask('a', 5, 100), ask('b', 4, 300)], [site(0, 500)], [site(1, 700)]), inTurn);

    expect([...outcome.unplaced]).toEqual([0, 2]);
    expect(outcome.unplacedTasks).toBe(2);
    expect(outcome.looks).toBeGreaterThan(0);
  });

  it('leaves the grounds as they were', () => {
    const grounds = groundsOf([ask('a', 5, 100)], [site(0, 1_000)], []);

    expect(replay(grounds, inTurn)).toEqual(replay(grounds, inTurn));
  });

  it('scatters what is placed at random: each to another instance as long as there are any', () => {
    const sites = [site(0, 1_000, { 'service:a': 7 }), site(1, 1_000), site(2, 100), site(3, 1_000)];
    const { placed } = replay(groundsOf([ask('a', 9, 100)], sites, []), inTurn);

    expect(countsOf(placed)).toEqual({ '0@0': 3, '0@1': 3, '0@2': 1, '0@3': 2 });
  });

  it('takes another of equal sites by chance for each of a few tasks that come together', () => {
    const pairs: Script = {
      name: 'pairs',
      turns: () => Array.from({ length: 50 }, () => ({ ask: 0, tasks: 2 })),
      luck: mixedScript(1).luck,
    };
    const sites = Array.from({ length: 1_000 }, (_, n) => site(n, 200));
    const { placed } = replay(groundsOf([ask('a', 100, 100)], sites, []), pairs);

    expect(new Set(placed.map((it) => it.site)).size).toBeGreaterThan(85); // a hundred of a thousand at random: 95
  });

  it('is the same each time, and not the same for each script', () => {
    const grounds = groundsOf(
      [ask('a', 7, 300), ask('b', 9, 200), ask('c', 3, 500)],
      [0, 1, 2, 3, 4].map((n) => site(n, 1_000)),
      [],
    );
    const all = [...fairScripts, ...hostileScripts].map((it) => JSON.stringify(countsOf(replay(grounds, it).placed)));

    expect(
      [...fairScripts, ...hostileScripts].map((it) => JSON.stringify(countsOf(replay(grounds, it).placed))),
    ).toEqual(all);
    expect(new Set(all).size).toBeGreaterThan(3);
  });

  it('gives every task a turn, in every script', () => {
    const grounds = groundsOf(
      [ask('a', 70, 300), ask('b', 1, 200)],
      Array.from({ length: 300 }, (_, n) => site(n, 1)),
      [],
    );

    for (const script of [...fairScripts, ...hostileScripts]) {
      const tasks = [0, 0];
      for (const it of script.turns(grounds)) tasks[it.ask] = (tasks[it.ask] ?? 0) + it.tasks;
      expect([script.name, ...tasks]).toEqual([script.name, 70, 1]);
    }
  });
});

/** A site once a task of the ask has come. */
const withOne = (it: Site, { requirements: need, group, apart }: Ask): Site => ({
  ...it,
  room: {
    ...it.room,
    cpuUnits: it.room.cpuUnits - need.cpuUnits,
    memoryMiB: it.room.memoryMiB - need.memoryMiB,
    gpus: need.allGpus === true ? 0 : it.room.gpus - need.gpus,
    networkInterfaces: it.room.networkInterfaces - need.networkInterfaces,
    ebsVolumes: it.room.ebsVolumes - (need.ebsVolumes ?? 0),
    custom: Object.fromEntries(
      Object.entries(it.room.custom).map(([name, left]) => [name, left - (need.custom?.[name] ?? 0)]),
    ),
    claims: new Set([...it.room.claims, ...claimsOf({ requirements: need, apart })]),
  },
  facts: withTask(it.facts, group),
  tasksByGroup: new Map([...it.tasksByGroup, [group, (it.tasksByGroup.get(group) ?? 0) + 1]]),
});

const valueOn = ({ facts }: Site, name: string): string => {
  const fact = facts.attribute(name);
  return fact.kind === 'present' ? (fact.values ?? []).join() : '';
};

/** What a rule of a strategy goes by, counted from scratch: the less the better. */
const rankOn = (it: Site, sites: readonly Site[], { group }: Ask, { type, field = '' }: PlacementStrategy): number => {
  if (type === 'random') return 0;
  if (type === 'binpack') return field.toLowerCase() === 'memory' ? it.room.memoryMiB : it.room.cpuUnits;
  const name = field.startsWith('attribute:') ? field.slice('attribute:'.length) : undefined;
  const alike = name === undefined ? [it] : sites.filter((other) => valueOn(other, name) === valueOn(it, name));
  return alike.reduce((sum, other) => sum + (other.tasksByGroup.get(group) ?? 0), 0);
};

/** Ids of the sites that ECS may take for the next task. */
const bestFor = (ask: Ask, sites: readonly Site[]): readonly string[] => {
  let best = sites.filter((it) => obstacleTo(ask, it) === undefined);
  for (const rule of ask.strategy) {
    const least = Math.min(...best.map((it) => rankOn(it, sites, ask, rule)));
    best = best.filter((it) => rankOn(it, sites, ask, rule) === least);
  }
  return best.map((it) => it.id);
};

describe('a replay of one task at a time', () => {
  const wide = fc.tuple(
    clusterCases,
    fc.array(fc.tuple(fc.constantFrom(...settled, []), fc.integer({ min: 1, max: 40 })), {
      minLength: 3,
      maxLength: 3,
    }),
    fc.constantFrom(...fairScripts, ...hostileScripts.slice(-1), mixedScript(9)),
  );

  it('takes for each task one of the best sites as things stand, and none only where none has room', () => {
    fc.assert(
      fc.property(wide, ([cluster, choices, script]) => {
        const tasks = cluster.tasks.flatMap((it, n): readonly TaskCase[] => {
          const [strategy, count] = choices[n] ?? [it.strategy, it.count];
          return readsTasks(it) ? [] : [{ ...it, strategy, count, group: `service:${n}` }];
        });
        const asks = givenOf(cluster, tasks).map((it) => it.ask);
        const before = cluster.instances.map((it) => it.site);
        const grounds = groundsOf(asks, before, []);
        const sites = [...before];
        const { placed, unplaced } = replay(grounds, script);
        for (const it of placed) {
          const ask = asks[it.ask];
          const site = sites[it.site];
          if (ask === undefined || site === undefined) throw new Error('nobody asked');
          for (let n = 0; n < it.tasks; n++) {
            expect(bestFor(ask, sites)).toContain(site.id);
            sites[it.site] = withOne(sites[it.site] ?? site, ask);
          }
        }
        for (const [n, ask] of asks.entries()) if ((unplaced[n] ?? 0) > 0) expect(bestFor(ask, sites)).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  it('comes to every one of equal sites, in no order', () => {
    const sites = Array.from({ length: 60 }, (_, n) => site(n, 100));
    const { placed } = replay(groundsOf([ask('a', 60, 100)], sites, []), mixedScript(1));
    const order = placed.map((it) => it.site);
    const falls = order.filter((it, n) => n > 0 && it < (order[n - 1] ?? 0)).length;

    expect(new Set(order).size).toBe(60);
    expect(falls).toBeGreaterThan(15);
    expect(falls).toBeLessThan(45);
  });

  it('takes of equal sites the emptiest, and of these the first, where luck means it ill', () => {
    const emptiest = hostileScripts.find((it) => it.name === 'mixed, the emptiest') ?? inTurn;
    const sites = [300, 500, 400, 500].map((cpuUnits, n) => site(n, cpuUnits));
    const placedOn = (strategy: Ask['strategy']) =>
      replay(groundsOf([{ ...ask('a', 4, 100), strategy }], sites, []), emptiest).placed.map((it) => it.site);

    expect(placedOn([])).toEqual([1, 3, 2, 1]); // memory, too, is taken
    expect(placedOn([spread('instanceId')])).toEqual([1, 3, 2, 0]);
  });

  it('leaves no longer rows of sites behind than chance does', () => {
    const sites = Array.from({ length: 600 }, (_, n) => site(n, 100));
    const rowsOf = (script: Script): number => {
      const { placed } = replay(
        groundsOf([{ ...ask('a', 300, 1), strategy: [spread('instanceId')] }], sites, []),
        script,
      );
      const taken = new Set(placed.map((it) => it.site));
      return sites.filter((_, n) => taken.has(n) && !taken.has(n - 1)).length;
    };

    // Of 300 taken at random out of 600, half follow one that is free.
    for (const script of fairScripts) {
      expect(rowsOf(script)).toBeGreaterThan(125);
      expect(rowsOf(script)).toBeLessThan(175);
    }
  });

  it('looks at few of many equal sites, and where it fills them up at fewer and fewer', () => {
    const zone =
      (n: number): Site['facts']['attribute'] =>
      () => ({ kind: 'present', values: [`${n % 3}`] });
    const sites = Array.from({ length: 500 }, (_, n) => {
      const it = site(n, 100);
      return { ...it, facts: { ...it.facts, attribute: zone(n) } };
    });
    const looksOf = (strategy: Ask['strategy']) =>
      replay(groundsOf([{ ...ask('a', 500, 100), strategy }], sites, []), mixedScript(1)).looks;

    expect(looksOf([spread('instanceId')])).toBeLessThan(5_000);
    expect(looksOf([])).toBeLessThan(5_000);
    expect(looksOf([spread('attribute:zone'), spread('instanceId')])).toBeLessThan(8_000);
    expect(looksOf([{ type: 'binpack', field: 'cpu' }])).toBeLessThan(170_000); // not a quarter of a million
  });
});

describe('a heap', () => {
  it('gives back all items in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (items) => {
        const heap = heapOf([...items], (a, b) => a - b);
        const popped = items.map(() => heap.pop());

        expect(popped).toEqual(items.toSorted((a, b) => a - b));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});
