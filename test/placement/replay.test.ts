import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { heapOf } from '../../lib/placement/replay/heap.ts';
import { type Outcome, replay, type Script } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { type Luck, placeAll } from '../../simulator/world/ecs/placement.ts';
import { type ClusterCase, clusterCases, type Given, givenOf, type TaskCase } from './random-clusters.ts';

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

const readsTasks = (it: TaskCase): boolean => /task:group|running/.test(`${it.memberOf ?? ''}${it.inDefinition ?? ''}`);

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
            return readsTasks(it) ? [] : [{ ...it, strategy, count, isDistinct: it.isDistinct && count < 3 }];
          });
          const given = givenOf(tasks);
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
