import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsOf } from '../../../lib/placement/attributes.ts';
import { constraintsOf } from '../../../lib/placement/constraints.ts';
import { heldBy } from '../../../lib/placement/held.ts';
import { holdsAll, holdsAmply, holdsMostly, holdsRarely } from '../../../lib/placement/holds.ts';
import { groundsOf } from '../../../lib/placement/replay/grounds.ts';
import { replay } from '../../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts, mixedScript } from '../../../lib/placement/replay/scripts.ts';
import { roomOf } from '../../../lib/placement/room.ts';
import type { Ask, Site } from '../../../lib/placement/site.ts';
import { instance, taskDefinition } from '../../support/builders.ts';
import { clusterCases, givenOf } from '../random-clusters.ts';
import { asking, standing } from './slots.ts';

/** Tasks of a service that may only be where expressions hold. */
const where = (id: string, count: number, ...expressions: readonly string[]): Ask => {
  const it = asking(id, count);
  const constraints = expressions.map((expression) => ({ type: 'memberOf', expression }) as const);
  return { ...it, constraints: constraintsOf(taskDefinition(id), it.group, constraints) };
};

interface Contest {
  /** Slots of the instance in pool `own`, and of the other. */
  readonly own: number;
  readonly other: number;
  readonly free: number;
  readonly isFirst: boolean;
}

/** Tasks that go anywhere, at random, and one that needs a slot in pool `own`. */
const contest = ({ own, other, free, isFirst }: Contest): readonly [asks: readonly Ask[], sites: readonly Site[]] => {
  const many = { ...asking('any', own + other - 1 - free), strategy: [{ type: 'random', field: undefined } as const] };
  const one = asking('one', 1, { pool: 'own' });
  return [isFirst ? [one, many] : [many, one], [standing('i-0', own, 'own'), standing('i-1', other, 'other')]];
};

const orders = Array.from({ length: 150 }, (_, n) => mixedScript(100 + n));

const mayFail = (asks: readonly Ask[], sites: readonly Site[]): boolean => {
  const grounds = groundsOf(asks, sites, []);
  return orders.some((it) => replay(grounds, it).unplacedTasks > 0);
};

describe('what sites hold whatever comes first', () => {
  const contests = [2, 3, 4, 5, 6, 7, 8].flatMap((own) =>
    [2, 3, 4, 5, 6].flatMap((other) =>
      [0, 1, 2].flatMap((free) => [true, false].map((isFirst): Contest => ({ own, other, free, isFirst }))),
    ),
  );

  it('is told by the dozens where the usual replays do not come upon the one order in many', () => {
    const failing = contests.map(contest).filter(([asks, sites]) => mayFail(asks, sites));
    const missed = (holds: typeof holdsAll): number => failing.filter(([asks, sites]) => holds(asks, sites)).length;

    expect(failing.length).toBeGreaterThan(100);
    expect(missed(holdsMostly)).toBeGreaterThan(failing.length / 2);
    expect(missed(holdsAll)).toBeLessThan(failing.length / 10);
  });

  it('is what the usual replays and the dozens hold', () => {
    for (const [asks, sites] of contests.map(contest))
      expect(holdsAll(asks, sites)).toBe(holdsMostly(asks, sites) && holdsRarely(asks, sites));
  });

  it('is not held by the dozens where they would take too long', () => {
    const [asks, sites] = contest({ own: 4, other: 2, free: 1, isFirst: true });
    const full = standing('i-9', 0);

    expect(holdsRarely(asks, sites)).toBe(false);
    expect(holdsRarely(asks, [...sites, ...Array<Site>(10_000).fill(full)])).toBe(false);
    expect(holdsRarely(asks, [...sites, ...Array<Site>(400_000).fill(full)])).toBe(true);
  });

  it('is nothing that none of them holds, and all of nothing', () => {
    expect(holdsAll([asking('a', 3)], [standing('i-0', 2)])).toBe(false);
    expect(holdsAll([asking('a', 0)], [])).toBe(true);
    expect(holdsRarely([], [])).toBe(true);
  });
});

describe('what sites hold where it is unclear which tasks ECS lets on them', () => {
  const unclear: Partial<Site> = {
    facts: {
      ...factsOf(instance(1, { attributes: { pool: 'own' } }), new Set()),
      attribute: (name) => (name === 'pool' ? { kind: 'present', values: ['own'] } : { kind: 'unknown' }),
    },
  };
  const racked: Partial<Site> = { facts: factsOf(instance(2, { attributes: { rack: 'r1' } }), new Set()) };
  const own = asking('own', 2, { pool: 'own' });
  const inRack = where('web', 2, 'attribute:rack == r1');
  const alone: Ask = {
    ...inRack,
    constraints: constraintsOf(taskDefinition('web'), inRack.group, [
      { type: 'memberOf', expression: 'attribute:rack == r1' },
      { type: 'memberOf', expression: 'not(task:group == service:other)' },
    ]),
  };

  it.each([
    ['of an attribute', inRack],
    ['of an attribute and of tasks', alone],
  ])('is less than where it is clear: %s', (_, web) => {
    const sites = (slots: number) => [standing('i-0', slots, 'own', unclear), standing('i-1', 9, 'any', racked)];

    // Room for its own two alone: tasks that ECS may put there as well would take it.
    expect(holdsAll([own, web], sites(2))).toBe(false);
    expect(holdsAll([own, web], sites(3))).toBe(true); // the service spreads: one of two at the most
  });

  it('is nothing of what has room there only', () => {
    expect(holdsAll([inRack], [standing('i-0', 9, 'own', unclear)])).toBe(false);
    expect(holdsAll([alone], [standing('i-0', 9, 'own', unclear)])).toBe(false);
  });

  it('is counted with tasks that ECS may put beside the first, though they want no others there', () => {
    const random = [{ type: 'random', field: undefined } as const];
    const idle = { ...where('idle', 2, 'runningTasksCount == 0'), strategy: random };
    const sites = (slots: number) => [standing('i-0', slots, 'own'), standing('i-1', 1), standing('i-2', 1)];

    // At first the task there is PENDING and not counted: ECS may put the second beside it.
    expect(holdsAll([own, idle], sites(3))).toBe(false);
    expect(holdsAll([own, idle], sites(4))).toBe(true);
  });
});

describe('what is held', () => {
  it('is cut down to what finds room, and to nothing where nothing is wanted', () => {
    const asks = [asking('a', 3), asking('b', 2, { slots: 9 }), asking('c', 0)];

    expect(heldBy(asks, [standing('i-0', 2)]).map((it) => [it.id, it.count])).toEqual([['a', 2]]);
    expect(heldBy([asking('c', 0)], [standing('i-0', 2)])).toEqual([]);
  });
});

describe('ample room', () => {
  const web = asking('web', 2);
  const distinct: Ask = {
    ...web,
    constraints: constraintsOf(taskDefinition('web'), web.group, [{ type: 'distinctInstance' }]),
    apart: web.group,
  };
  const hasWeb: Partial<Site> = { facts: factsOf(instance(1), new Set([web.group])) };
  const nobodyKnows: Partial<Site> = { facts: { ...factsOf(instance(1), new Set()), taskGroups: undefined } };
  const onPort: Ask = {
    ...web,
    requirements: { ...web.requirements, hostPorts: [{ protocol: 'tcp', port: 80 }] },
  };
  const custom = { ...web.requirements, custom: { licence: 1 } };
  const portTaken: Partial<Site> = {
    room: roomOf({ cpuUnits: 900, memoryMiB: 900 }, { claims: new Set(['tcp/80']) }),
  };
  const scripts = [...hostileScripts, ...fairScripts, ...orders.slice(0, 5)];

  it('holds every task in every replay, whatever else is asked of an instance, be it clear or not', () => {
    let ample = 0;
    fc.assert(
      fc.property(clusterCases, fc.integer({ min: 1, max: 6 }), ({ instances, ...cluster }, times) => {
        const tasks = cluster.tasks.map((it) => ({ ...it, count: Math.ceil(it.count / 4) }));
        const all = Array.from({ length: times }, (_, n) =>
          instances.map(({ site }) => ({ ...site, id: `${site.id}-${n}` })),
        ).flat();
        const asks = givenOf(cluster, tasks).map((it) => it.ask);
        if (!holdsAmply(asks, all)) return;
        ample++;
        for (const usesUnclear of [false, true]) {
          const grounds = groundsOf(asks, all, [], undefined, usesUnclear);
          for (const it of scripts) expect([it.name, replay(grounds, it).unplacedTasks]).toEqual([it.name, 0]);
        }
      }),
      { numRuns: 1_500, seed: 3 },
    );
    expect(ample).toBeGreaterThan(60);
  });

  it.each<readonly [string, readonly Ask[], readonly Site[], boolean]>([
    ['a place for each task', [asking('a', 2)], [standing('i-0', 2)], true],
    [
      'a place as large as the largest for each',
      [asking('a', 2), asking('b', 1, { slots: 2 })],
      [standing('i-0', 5)],
      false,
    ],
    ['that many', [asking('a', 2), asking('b', 1, { slots: 2 })], [standing('i-0', 6)], true],
    [
      'where each may go',
      [asking('a', 1), asking('b', 1, { pool: 'own' })],
      [standing('i-0', 1, 'own'), standing('i-1', 9)],
      false,
    ],
    [
      'for those that are kept apart, an instance each',
      [{ ...asking('a', 2), apart: 'x' }],
      [standing('i-0', 9)],
      false,
    ],
    [
      'where they are not yet, of those that may be there once only',
      [distinct],
      [standing('i-0', 9, 'any', hasWeb), standing('i-1', 9), standing('i-2', 9)],
      true,
    ],
    [
      'nowhere else, of those that may be there once only',
      [distinct],
      [standing('i-0', 9, 'any', hasWeb), standing('i-1', 9)],
      false,
    ],
    [
      'not where nobody knows which tasks run',
      [distinct],
      [standing('i-0', 9, 'any', nobodyKnows), standing('i-1', 9)],
      false,
    ],
    [
      'where a port is free',
      [onPort],
      [standing('i-0', 9, 'any', portTaken), standing('i-1', 9), standing('i-2', 9)],
      true,
    ],
    ['not where a port is taken', [onPort], [standing('i-0', 9, 'any', portTaken), standing('i-1', 9)], false],
    ['not told of custom resources', [{ ...onPort, requirements: custom }], [standing('i-0', 99)], false],
    ['not told of tasks that go by others', [where('a', 1, 'task:group == x')], [standing('i-0', 99)], false],
    ['on as many as there are', [{ ...asking('a', 2), apart: 'x' }], [standing('i-0', 1), standing('i-1', 1)], true],
  ])('is %s', (_, asks, sites, isAmple) => {
    expect(holdsAmply(asks, sites)).toBe(isAmple);
  });
});
