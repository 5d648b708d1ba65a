import { describe, expect, it } from '@jest/globals';
import type { PlacementStrategy } from '../../lib/model/service.ts';
import type { Requirements } from '../../lib/model/task-definition.ts';
import { factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { type Launchable, type Place, type Placing, place, type Supply } from '../../lib/placement/place.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { type Outcome, replay, type Script } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { instance, taskDefinition } from '../support/builders.ts';

/** CPU units, and MiB, of one slot: what a task takes and an instance has is counted in slots. */
const slot = 100;

const spread: readonly PlacementStrategy[] = [{ type: 'spread', field: 'instanceId' }];
const binpack: readonly PlacementStrategy[] = [{ type: 'binpack', field: 'cpu' }];

interface Wish {
  readonly slots?: number;
  readonly only?: string;
  readonly strategy?: readonly PlacementStrategy[];
  readonly capacityProvider?: string;
  readonly requirements?: Partial<Requirements>;
}

/** Tasks of a service, `only` where an expression holds. */
const asking = (
  id: string,
  count: number,
  { slots = 1, only, strategy = spread, capacityProvider, requirements = {} }: Wish = {},
): Ask => {
  const definition = taskDefinition(id, { cpuUnits: slots * slot, memoryMiB: slots * slot, ...requirements });
  const group = `service:${id}`;
  return {
    id,
    count,
    group,
    requirements: definition.requirements,
    constraints: constraintsOf(
      definition,
      group,
      only === undefined ? [] : [{ type: 'memberOf', expression: `attribute:pool ${only}` }],
    ),
    strategy,
    capacityProvider,
    apart: undefined,
  };
};

/** An idle instance with as many slots free, in a pool that tasks may ask for. */
const standing = (id: string, slots: number, pool = 'any', over: Partial<Site> = {}): Site => ({
  id,
  room: roomOf({ cpuUnits: slots * slot, memoryMiB: slots * slot }),
  gpus: 0,
  facts: factsOf(instance(1, { attributes: { pool } }), new Set()),
  capacityProvider: undefined,
  tasksByGroup: new Map(),
  ...over,
});

const busy = { tasksByGroup: new Map([['service:other', 1]]) };

/** Instances `id#0`, `id#1`, … of so many slots each. */
const launchable = (id: string, slots: number, over: Partial<Launchable> = {}): Launchable => ({
  id,
  available: 9,
  price: slots,
  samples: [standing(id, slots)],
  site: (n) => standing(`${id}#${n}`, slots),
  ...over,
});

const supply = (over: Partial<Supply>): Supply => ({
  present: [],
  incoming: {},
  restorable: [],
  launchable: [],
  ...over,
});

const neededOf = (asks: readonly Ask[], present: readonly Site[]): readonly string[] =>
  [...place(asks, supply({ present })).needed].sort();

const placesOf = ({ outcomes }: Placing, ask: string): readonly Place[] =>
  (outcomes.get(ask)?.places ?? []).toSorted((a, b) => (a.site < b.site ? -1 : 1));

const tasksIn = (places: readonly Place[]): number => places.reduce((sum, it) => sum + it.tasks, 0);

const fairlyPlayed = (asks: readonly Ask[], present: readonly Site[]): readonly Outcome[] =>
  fairScripts.map((it) => replay(groundsOf(asks, present, []), it));

const usedIn = (outcomes: readonly Outcome[], present: readonly Site[]): readonly string[] =>
  outcomes.flatMap((it) => it.placed.flatMap(({ site }) => present[site]?.id ?? []));

describe('the present instances that are needed', () => {
  it('are those that suffice, though the strategy would spread the tasks over more', () => {
    expect(neededOf([asking('web', 2)], [standing('i-0', 2), standing('i-1', 2)])).toEqual(['i-0']);
  });

  it('are those first in order, as the busy ones are', () => {
    expect(neededOf([asking('web', 2)], [standing('i-1', 2, 'any', busy), standing('i-0', 2)])).toEqual(['i-1']);
  });

  it('are as many as it takes where one is too small', () => {
    const present = [standing('i-0', 2), standing('i-1', 2), standing('i-2', 2)];
    expect(neededOf([asking('web', 3)], present)).toEqual(['i-0', 'i-1']);
  });

  it('are those only that constraints allow', () => {
    const present = [standing('i-0', 2, 'other'), standing('i-1', 2, 'own'), standing('i-2', 2, 'own')];
    expect(neededOf([asking('web', 2, { only: '== own' })], present)).toEqual(['i-1']);
  });

  it('are none where no task fits', () => {
    expect(neededOf([asking('web', 1, { slots: 3 })], [standing('i-0', 2)])).toEqual([]);
  });

  /** Packed, the large task takes i-0; in most replays small ones are there before it, and it needs i-2. */
  const small = asking('small', 30, { only: '== shared' });
  const large = asking('large', 1, { slots: 40, strategy: binpack });
  const shared = [standing('i-0', 40, 'shared'), standing('i-1', 40, 'shared')];

  it('are all that the replays use where the packing’s own leave more over', () => {
    const unusable = standing('i-3', 0);
    expect(neededOf([small, large], [...shared, standing('i-2', 40), unusable])).toEqual(['i-0', 'i-1', 'i-2']);
  });

  it('are no more than the packing’s where the busy ones, which stay anyway, hold the rest', () => {
    const present = [...shared, standing('i-2', 40, 'any', busy), standing('i-3', 40)];
    expect(neededOf([small, large], present)).toEqual(['i-0', 'i-1']);
  });

  it('are no more than the packing’s where nothing else would help', () => {
    expect(neededOf([small, large], [...shared, standing('i-2', 39)])).toEqual(['i-0', 'i-1']);
  });

  it('are the packing’s and those of every replay, where they are more', () => {
    const preferred = standing('p-1', 1, 'alone');
    const present = [...shared, standing('i-2', 40), standing('p-0', 2, 'alone'), preferred];
    const picky = asking('picky', 1, { only: '== alone', strategy: binpack });

    expect(usedIn(fairlyPlayed([small, large, picky], present), present)).not.toContain('p-0');
    expect(neededOf([small, large, picky], present)).toEqual(['i-0', 'i-1', 'i-2', 'p-0', 'p-1']);
  });

  it('are those of all replays, and each of these adds some', () => {
    const equals = Array.from({ length: 40 }, (_, n) => standing(`p-${n}`, 1, 'alone'));
    const present = [...shared, standing('i-2', 40), ...equals];
    const asks = [small, large, asking('any', 3, { only: '== alone', strategy: [] })];
    const played = fairlyPlayed(asks, present);
    const packed = ['i-0', 'i-1', 'p-0', 'p-1', 'p-2'];
    const ofAll = new Set([...packed, ...usedIn(played, present)]);

    for (const one of played) {
      const others = played.filter((it) => it !== one);
      expect(ofAll.size).toBeGreaterThan(new Set([...packed, ...usedIn(others, present)]).size);
    }
    expect(neededOf(asks, present)).toEqual([...ofAll].sort());
  });

  it('are never what is on its way or launched', () => {
    const placing = place(
      [small, large, asking('other', 2, { only: '== elsewhere' })],
      supply({
        present: [...shared, standing('i-2', 40)],
        incoming: { web: [standing('web#0', 1, 'elsewhere')] },
        launchable: [
          launchable('web', 1, {
            samples: [standing('web', 1, 'elsewhere')],
            site: (n) => standing(`web#${n + 1}`, 1, 'elsewhere'),
          }),
        ],
      }),
    );

    expect(placing.launches).toEqual({ web: 1 });
    expect(tasksIn(placesOf(placing, 'other'))).toBe(2);
    expect(placing.needed).toEqual(new Set(['i-0', 'i-1', 'i-2']));
  });
});

describe('the outcome of an ask', () => {
  /** Instances of three slots each, tasks of one and of three: whichever comes first keeps the other out. */
  const present = [standing('i-0', 3), standing('i-1', 3)];
  const contest = (small: number, large: number): readonly Ask[] => [
    asking('small', small),
    asking('large', large, { slots: 3 }),
  ];
  const contests = [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
    [3, 2],
    [4, 2],
    [6, 2],
  ] as const;

  it.each(contests)('is that of the first replay that found fewest places now: %i small, %i large', (small, large) => {
    const asks = contest(small, large);
    const played = fairlyPlayed(asks, present);
    const { outcomes } = place(asks, supply({ present }));

    for (const [n, { id }] of asks.entries()) {
      const fewest = Math.min(...played.map((it) => it.now[n] ?? 0));
      const least = played.find((it) => it.now[n] === fewest);
      const placed = (least?.placed ?? []).filter((it) => it.ask === n);
      expect(outcomes.get(id)?.unplaced).toBe(least?.unplaced[n]);
      expect(outcomes.get(id)?.places).toEqual(
        placed.map((it) => ({ kind: 'now', launchable: undefined, site: `i-${it.site}`, tasks: it.tasks })),
      );
    }
  });

  it('differs between the replays of those contests', () => {
    const differ = contests.filter(([small, large]) => {
      const played = fairlyPlayed(contest(small, large), present);
      return [0, 1].every((n) => new Set(played.map((it) => it.now[n])).size > 1);
    });
    expect(differ.length).toBeGreaterThan(2);
  });

  it('calls certain what is placed whatever comes first', () => {
    const { outcomes } = place(contest(1, 2), supply({ present }));

    expect(outcomes.get('small')?.certainNow).toBe(0);
    expect(outcomes.get('large')).toMatchObject({ certainNow: 1, unplaced: 1 });
  });

  it('does not call certain what found a place in every fair replay, but may not in others', () => {
    const { outcomes } = place(contest(2, 2), supply({ present }));

    expect(tasksIn(placesOf(place(contest(2, 2), supply({ present })), 'large'))).toBe(1);
    expect(outcomes.get('large')?.certainNow).toBe(0);
  });

  it('calls certain all that a lone ask places', () => {
    const { outcomes } = place([asking('web', 7)], supply({ present }));
    expect(outcomes.get('web')).toMatchObject({ certainNow: 6, unplaced: 1 });
  });

  it('says of each place what it is, and of which launchable', () => {
    const incoming = { web: [standing('web#0', 1)], closed: [standing('closed#0', 1)] };
    const web = launchable('web', 1, { available: 1, site: (n) => standing(`web#${n + 1}`, 1) });
    const others = [launchable('web-2', 1, { available: 1 }), launchable('we', 1, { available: 1 })];
    const there = { present: [standing('i-0', 1)], incoming, restorable: [standing('r-0', 1)] };

    for (const all of [
      [web, ...others],
      [...others, web],
    ]) {
      const placing = place([asking('api', 8)], supply({ ...there, launchable: all }));
      expect(placing.launches).toEqual({ we: 1, web: 1, 'web-2': 1 });
      expect(placing.restores).toEqual(new Set(['r-0']));
      expect(placing.outcomes.get('api')).toMatchObject({ certainNow: 1, unplaced: 1 });
      expect(placesOf(placing, 'api')).toEqual([
        { kind: 'incoming', launchable: 'closed', site: 'closed#0', tasks: 1 },
        { kind: 'now', launchable: undefined, site: 'i-0', tasks: 1 },
        { kind: 'restored', launchable: undefined, site: 'r-0', tasks: 1 },
        { kind: 'launched', launchable: 'we', site: 'we#0', tasks: 1 },
        { kind: 'incoming', launchable: 'web', site: 'web#0', tasks: 1 },
        { kind: 'launched', launchable: 'web', site: 'web#1', tasks: 1 },
        { kind: 'launched', launchable: 'web-2', site: 'web-2#0', tasks: 1 },
      ]);
    }
  });

  it('is left out where nothing is asked', () => {
    const asks = [asking('idle', 0), asking('web', 1), asking('none', 0)];
    const { outcomes } = place(asks, supply({ present: [standing('i-0', 1)] }));

    expect([...outcomes.keys()]).toEqual(['web']);
    expect(outcomes.get('web')).toMatchObject({ certainNow: 1, unplaced: 0 });
  });

  it.each([[[]], [[asking('idle', 0)]]])('is none at all for no tasks: %#', (asks) => {
    const all = supply({
      present: [standing('i-0', 9), standing('i-1', 9, 'any', busy)],
      incoming: { web: [standing('web#0', 9)] },
      restorable: [standing('r-0', 9)],
      launchable: [launchable('web', 9)],
    });
    expect(place(asks, all)).toEqual({ launches: {}, restores: new Set(), needed: new Set(), outcomes: new Map() });
  });
});

describe('what is counted on', () => {
  it('is nothing more where what is there and on its way suffices', () => {
    const { launches, restores } = place(
      [asking('web', 3)],
      supply({
        present: [standing('i-0', 1)],
        incoming: { web: [standing('web#0', 2)] },
        restorable: [standing('r-0', 9)],
        launchable: [launchable('web', 9)],
      }),
    );
    expect([launches, restores]).toEqual([{}, new Set()]);
  });

  it('is of the restorable instances those that are restored, even if tasks would rather be on another', () => {
    const placing = place(
      [asking('web', 1, { strategy: binpack })],
      supply({ restorable: [standing('r-0', 9), standing('r-1', 1)], launchable: [launchable('web', 1)] }),
    );

    expect([placing.launches, placing.restores]).toEqual([{}, new Set(['r-0'])]);
    expect(placesOf(placing, 'web').map((it) => it.site)).toEqual(['r-0']);
  });

  it('is a launchable in which constraints and provider allow the task, whatever others cost', () => {
    const own = { capacityProvider: 'own' };
    const kinds = [
      launchable('cheap', 1, { price: 1 }),
      launchable('dear', 1, {
        price: 9,
        samples: [standing('dear', 1, 'any', own)],
        site: (n) => standing(`dear#${n}`, 1, 'any', own),
      }),
    ];
    const byProvider = asking('web', 2, { capacityProvider: 'own' });
    expect(place([byProvider], supply({ launchable: kinds })).launches).toEqual({ dear: 2 });
    expect(place([asking('web', 2)], supply({ launchable: kinds })).launches).toEqual({ cheap: 2 });
  });

  it('is a launchable of which one zone suits the task', () => {
    const zoned = launchable('zoned', 1, {
      samples: [standing('zoned', 1, 'a'), standing('zoned', 1, 'b')],
      site: (n) => standing(`zoned#${n}`, 1, 'b'),
    });
    const inZone = (pool: string) => place([asking('web', 1, { only: `== ${pool}` })], supply({ launchable: [zoned] }));

    expect(inZone('b').launches).toEqual({ zoned: 1 });
    expect(inZone('c').launches).toEqual({});
  });

  it('is of the launchables those of a higher priority first, whatever they cost', () => {
    const kinds = [
      launchable('last', 1, { price: 1, priority: -1 }),
      launchable('usual', 1, { price: 2, available: 2 }),
      launchable('first', 1, { price: 3, priority: 1, available: 2 }),
    ];
    const launchesFor = (count: number) => place([asking('web', count)], supply({ launchable: kinds })).launches;

    expect(launchesFor(1)).toEqual({ first: 1 });
    expect(launchesFor(3)).toEqual({ first: 2, usual: 1 });
    expect(launchesFor(5)).toEqual({ first: 2, usual: 2, last: 1 });
  });

  it.each<readonly [string, Partial<Requirements>]>([
    ['a resource of the user’s own', { custom: { licence: 1 } }],
    ['every GPU', { gpus: 1, allGpus: true }],
    ['an EBS volume', { ebsVolumes: 1 }],
    ['a network interface', { networkInterfaces: 1 }],
    ['a port that is taken', { hostPorts: [{ protocol: 'tcp', port: 22 }] }],
  ])('is nothing for tasks that want %s, which no new instance has', (_, requirements) => {
    const room = roomOf(
      { cpuUnits: slot, memoryMiB: slot },
      { networkInterfaces: 0, ebsVolumes: 0, claims: new Set(['tcp/22']) },
    );
    const bare = launchable('web', 1, {
      samples: [standing('web', 1, 'any', { room })],
      site: (n) => standing(`web#${n}`, 1, 'any', { room }),
    });
    const { launches, outcomes } = place(
      [asking('web', 2, { requirements }), asking('plain', 3)],
      supply({ launchable: [bare] }),
    );

    expect(launches).toEqual({ web: 3 });
    expect(outcomes.get('web')?.unplaced).toBe(2);
  });

  it('is no launch that helps nobody, where new instances are not what they were taken for', () => {
    const small = launchable('web', 2, { available: 500, site: (n) => standing(`web#${n}`, 1) });
    const { launches, outcomes } = place(
      [asking('large', 3, { slots: 2 }), asking('small', 2)],
      supply({ launchable: [small] }),
    );

    expect(launches['web']).toBeLessThan(9);
    expect(outcomes.get('small')?.unplaced).toBe(0);
    expect(outcomes.get('large')?.unplaced).toBe(3);
  });

  it('is a task’s own constraints, whether a service or RunTask asks', () => {
    const standalone = { ...asking('job', 2, { only: '== batch' }), group: 'family:job' };
    const kinds = [
      launchable('cheap', 1, { price: 1 }),
      launchable('batch', 1, {
        price: 9,
        samples: [standing('batch', 1, 'batch')],
        site: (n) => standing(`batch#${n}`, 1, 'batch'),
      }),
    ];

    expect(place([standalone], supply({ launchable: kinds })).launches).toEqual({ batch: 2 });
  });

  it('is fewer of a lower priority first, where new instances hold more than was thought', () => {
    const roomier = (id: string, over: Partial<Launchable>) =>
      launchable(id, 1, { site: (n) => standing(`${id}#${n}`, 2), ...over });
    const kinds = [
      roomier('cheap', { price: 1, priority: -1 }),
      roomier('dear', { price: 9, priority: 1, available: 3 }),
    ];

    expect(place([asking('web', 6)], supply({ launchable: kinds })).launches).toEqual({ dear: 3 });
    expect(place([asking('web', 8)], supply({ launchable: kinds })).launches).toEqual({ dear: 3, cheap: 1 });
  });

  it('is no more instances than are available, however many tasks are left over', () => {
    const counted = (available: number) =>
      place([asking('web', 9)], supply({ launchable: [launchable('web', 2, { available })] }));

    expect(counted(3).launches).toEqual({ web: 3 });
    expect(counted(3).outcomes.get('web')?.unplaced).toBe(3);
    expect(counted(0).launches).toEqual({});
    expect(counted(-1).launches).toEqual({});
  });

  it('is nothing of a launchable of which no zone is known', () => {
    const { launches, outcomes } = place(
      [asking('web', 1)],
      supply({ launchable: [launchable('web', 1, { samples: [] })] }),
    );
    expect([launches, outcomes.get('web')?.unplaced]).toEqual([{}, 1]);
  });

  const zone = (cpuUnits: number, memoryMiB: number): Site => ({
    ...standing('zones', 0),
    room: roomOf({ cpuUnits, memoryMiB }),
  });
  const ofZones = (samples: readonly Site[], available = 9): Launchable =>
    launchable('zones', 0, { available, price: 1, samples, site: (n) => ({ ...zone(800, 800), id: `zones#${n}` }) });

  it.each<readonly [string, Site, Site, Partial<Requirements>]>([
    ['memory', zone(800, 400), zone(800, 800), { memoryMiB: 600 }],
    ['CPU, where memory is equal', zone(400, 800), zone(800, 800), { cpuUnits: 600 }],
    ['memory, before CPU', zone(800, 400), zone(400, 800), { memoryMiB: 600 }],
  ])('is of a launchable the zone whose instances have least %s', (_, least, most, requirements) => {
    for (const samples of [
      [least, most],
      [most, least],
      [most, least, most],
    ]) {
      const tooLarge = place([asking('web', 1, { requirements })], supply({ launchable: [ofZones(samples)] }));
      const fitting = place([asking('web', 1)], supply({ launchable: [ofZones(samples)] }));

      expect([tooLarge.launches, tooLarge.outcomes.get('web')?.unplaced]).toEqual([{}, 1]);
      expect(fitting.launches).toEqual({ zones: 1 });
    }
  });

  describe('when the new instances hold less than was thought', () => {
    const surprising = (available: number): Launchable =>
      launchable('web', 8, { available, site: (n) => standing(`web#${n}`, 2) });
    const given = (available: number): Placing =>
      place([asking('web', 8)], supply({ launchable: [surprising(available)] }));

    it('is more of them, until all tasks are placed', () => {
      expect(given(9).launches).toEqual({ web: 4 });
      expect(given(9).outcomes.get('web')?.unplaced).toBe(0);
    });

    it('is no restored instance twice', () => {
      const placing = place(
        [asking('web', 10)],
        supply({ restorable: [standing('r-0', 2)], launchable: [surprising(9)] }),
      );

      expect([placing.launches, placing.restores]).toEqual([{ web: 4 }, new Set(['r-0'])]);
      expect(placing.outcomes.get('web')?.unplaced).toBe(0);
    });

    it('is no more of them in all than are available', () => {
      for (const available of [1, 2, 3]) {
        expect(given(available).launches).toEqual({ web: available });
        expect(given(available).outcomes.get('web')?.unplaced).toBe(8 - 2 * available);
      }
    });
  });

  it('is one instance more where that makes room in the hostile replays too', () => {
    const asks = [asking('small', 2), asking('large', 2, { slots: 4 })];
    const present = [standing('i-0', 4), standing('i-1', 4)];
    const later = [standing('web#0', 4), standing('web#1', 4)];
    const leftOver = (launches: number, scripts: readonly Script[]): number =>
      Math.max(...scripts.map((it) => replay(groundsOf(asks, present, later.slice(0, launches)), it).unplacedTasks));

    expect([leftOver(1, fairScripts), leftOver(1, hostileScripts), leftOver(2, hostileScripts)]).toEqual([0, 1, 0]);
    expect(place(asks, supply({ present, launchable: [launchable('web', 4)] })).launches).toEqual({ web: 2 });
  });

  it('is what is on its way of a group that may launch more, each instance once', () => {
    const placing = place(
      [asking('api', 2)],
      supply({
        incoming: { web: [standing('web#0', 1)] },
        launchable: [launchable('web', 1, { site: (n) => standing(`web#${n + 1}`, 1) })],
      }),
    );

    expect(placing.launches).toEqual({ web: 1 });
    expect(placesOf(placing, 'api').map((it) => [it.kind, it.site])).toEqual([
      ['incoming', 'web#0'],
      ['launched', 'web#1'],
    ]);
  });

  it('is what is on its way of a group that may not launch', () => {
    const placing = place([asking('api', 2)], supply({ incoming: { closed: [standing('closed#0', 2)] } }));

    expect(placesOf(placing, 'api').every((it) => it.launchable === 'closed' && it.kind === 'incoming')).toBe(true);
    expect(placing.outcomes.get('api')).toMatchObject({ certainNow: 0, unplaced: 0 });
    expect(tasksIn(placesOf(placing, 'api'))).toBe(2);
  });

  describe('in whatever order it is given', () => {
    const api = asking('api', 3, { strategy: [] });
    const sitesOf = (placing: Placing): readonly (readonly [string, number])[] =>
      placesOf(placing, 'api').map((it) => [it.site, it.tasks]);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => launchable(id, 2, { available: 1 }));
    const kinds = [c, a, b].flatMap((it) => it ?? []);
    const incoming = (...ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, [standing(`${id}#0`, 2)]]));

    it('is counted on in the same way', () => {
      const orders = [incoming('a', 'b', 'c'), incoming('c', 'b', 'a'), incoming('b', 'c', 'a')];
      const [first, ...others] = orders.map((it) => sitesOf(place([api], supply({ incoming: it }))));
      for (const it of others) expect(it).toEqual(first);
    });

    it('takes tasks as planned once the launches are on their way', () => {
      const five = { ...api, count: 5 };
      const planned = place([five], supply({ launchable: kinds }));
      const ids = Object.keys(planned.launches).sort();
      const later = place([five], supply({ incoming: incoming(...ids.toReversed()) }));

      expect(ids).toEqual(['a', 'b', 'c']);
      expect(later.outcomes.get('api')?.unplaced).toBe(0);
      expect(sitesOf(later)).toEqual(sitesOf(planned));
    });
  });
});
