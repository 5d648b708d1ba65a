import { describe, expect, it } from '@jest/globals';
import type { PlacementStrategy } from '../../lib/model/service.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import type { Ask } from '../../lib/placement/site.ts';
import { consolidate } from '../../lib/planning/consolidation/consolidate.ts';
import { taskDefinition } from '../support/builders.ts';
import { consolidated, contextFor, type Host, idsOf, type Setup, viewFor } from './consolidation-cluster.ts';

const spreadOverZones: PlacementStrategy = { type: 'spread', field: 'attribute:ecs.availability-zone' };

/** An instance of 2,048 CPU units that runs so many tasks of 512. */
const host = (tasks: number, over: Partial<Host> = {}): Host => ({
  runs: Array.from({ length: tasks }, () => 'api'),
  ...over,
});

/** Room that is to be kept for so many tasks of 512 CPU units. */
const asked = (count: number): Ask => {
  const definition = taskDefinition('api');
  return {
    id: 'headroom',
    count,
    group: 'service:other',
    requirements: definition.requirements,
    constraints: constraintsOf(definition, 'service:other', []),
    strategy: [],
    capacityProvider: undefined,
  };
};

const threshold = (value: number): NonNullable<Setup['settings']> => ({
  consolidation: { enabled: true, threshold: value, settleTimeMs: 0 },
});

describe('consolidate: instances whose tasks fit on the others', () => {
  it('empties one of two half-used instances and says what for', () => {
    const { drains, retire, kept } = consolidated({ hosts: [host(2), host(2)] });

    expect(drains).toMatchObject([
      {
        instance: { ec2InstanceId: 'i-0' },
        detail: 'its 2 tasks fit on the 1 that stay; saves 50.0 % of what the instances cost, score 1.00',
      },
    ]);
    expect(retire).toEqual([]);
    expect(kept.get('i-1')?.reason).toBe('tasksFitNowhere');
  });

  it('keeps both of two instances of which either could go, but not both', () => {
    const hosts = [host(1), host(1), host(3, { isCandidate: false }), host(4, { isCandidate: false })];

    const { drains, kept } = consolidated({ hosts });

    expect(idsOf(drains)).toEqual(['i-0']);
    expect(kept.get('i-1')).toEqual({
      reason: 'tasksFitNowhere',
      detail: 'its 1 task would not find room for certain on the others together with those of the 1 that leave',
    });
  });

  it('moves on what an earlier one was given: three of four leave in turn', () => {
    expect(consolidated({ hosts: [host(1), host(1), host(1), host(1)] }).drains).toHaveLength(3);
  });

  it('empties the instance that saves more for each task that moves', () => {
    const large = { size: { cpuUnits: 4096, memoryMiB: 15_360 }, group: 'large', type: 'm5.xlarge' };
    const hosts = [host(2), host(2, large), host(2, { isCandidate: false })];

    expect(
      idsOf(consolidated({ hosts, settings: {}, prices: { web: 1, large: 2 } }, { allowance: () => 1 }).drains),
    ).toEqual(['i-1']);
    expect(idsOf(consolidated({ hosts, prices: { web: 2, large: 1 } }, { allowance: () => 1 }).drains)).toContain(
      'i-0',
    );
  });

  it('compares two orders and takes the one that saves more', () => {
    // By score the dear one goes first and takes all room there is; least used first, the four others do.
    const small = { size: { cpuUnits: 600, memoryMiB: 2048 }, group: 'small', type: 't3.small' };
    const hosts = [
      host(4, { group: 'dear' }),
      ...Array.from({ length: 4 }, () => host(1, small)),
      host(0, { isCandidate: false }),
    ];
    const leaving = (dear: number): readonly string[] =>
      idsOf(consolidated({ hosts, prices: { dear, small: 1 } }).drains);

    expect(leaving(2.6)).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
    expect(leaving(4.5)).toEqual(['i-0']);
  });

  it.each<readonly [string, Setup, readonly string[]]>([
    [
      'a port that is taken on the other',
      {
        hosts: [{ runs: ['api'] }, { runs: ['api'] }],
        taskDefinitions: [taskDefinition('api', { hostPorts: [{ protocol: 'tcp', port: 8080 }] })],
      },
      [],
    ],
    [
      'a port that is free on the other',
      {
        hosts: [{ runs: ['api'] }, { runs: ['db'], isCandidate: false }],
        services: [{ name: 'api' }, { name: 'db' }],
        taskDefinitions: [
          taskDefinition('api', { hostPorts: [{ protocol: 'tcp', port: 8080 }] }),
          taskDefinition('db'),
        ],
      },
      ['i-0'],
    ],
    [
      'GPUs of which the other has none left',
      {
        hosts: [
          { runs: ['ml'], gpus: 1 },
          { runs: ['ml'], gpus: 1 },
          { runs: [], isCandidate: false },
        ],
        services: [{ name: 'ml' }],
        taskDefinitions: [taskDefinition('ml', { gpus: 1 })],
      },
      [],
    ],
    [
      'a GPU that is free on the other',
      {
        hosts: [
          { runs: ['ml'], gpus: 1 },
          { runs: ['ml'], gpus: 2, isCandidate: false },
        ],
        services: [{ name: 'ml' }],
        taskDefinitions: [taskDefinition('ml', { gpus: 1 })],
      },
      ['i-0'],
    ],
    [
      'every GPU of an instance, where one of the other is taken',
      {
        hosts: [
          { runs: ['all'], gpus: 2 },
          { runs: ['ml'], gpus: 2, isCandidate: false },
        ],
        services: [{ name: 'ml' }, { name: 'all' }],
        taskDefinitions: [taskDefinition('ml', { gpus: 1 }), taskDefinition('all', { allGpus: true })],
      },
      [],
    ],
    [
      'every GPU of an instance, where all of the other are free',
      {
        hosts: [
          { runs: ['all'], gpus: 2 },
          { runs: [], gpus: 2, isCandidate: false },
        ],
        services: [{ name: 'all' }],
        taskDefinitions: [taskDefinition('all', { allGpus: true })],
      },
      ['i-0'],
    ],
    [
      'resources of the user’s own, which the other has not',
      {
        hosts: [{ runs: ['licensed'] }, { runs: [], isCandidate: false }],
        services: [{ name: 'licensed' }],
        taskDefinitions: [taskDefinition('licensed', { custom: { licences: 1 } })],
      },
      [],
    ],
    [
      'distinct instances, of which there is no other',
      {
        hosts: [host(1), host(1)],
        services: [{ name: 'api', placementConstraints: [{ type: 'distinctInstance' }] }],
      },
      [],
    ],
    [
      'distinct instances, of which there is another',
      {
        hosts: [host(1), host(1, { isCandidate: false }), { runs: [], isCandidate: false }],
        services: [{ name: 'api', placementConstraints: [{ type: 'distinctInstance' }] }],
      },
      ['i-0'],
    ],
    [
      'a zone of which there is no other instance',
      {
        hosts: [host(1), host(0, { zone: 'eu-west-1b', isCandidate: false })],
        services: [
          {
            name: 'api',
            placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.availability-zone == eu-west-1a' }],
          },
        ],
      },
      [],
    ],
    [
      'a capacity provider that the other is not of',
      { hosts: [host(1, { provider: 'spot' }), host(1, { provider: 'demand', isCandidate: false })] },
      [],
    ],
    [
      'a capacity provider that the other is of',
      { hosts: [host(1, { provider: 'spot' }), host(1, { provider: 'spot', isCandidate: false })] },
      ['i-0'],
    ],
    ['a size that is not known', { hosts: [{ runs: ['lost'] }, host(0, { isCandidate: false })] }, []],
    [
      'a spread over zones in which all of them have room',
      {
        hosts: [host(1), host(1), host(1, { zone: 'eu-west-1b', isCandidate: false })],
        services: [{ name: 'api', placementStrategy: [spreadOverZones] }],
      },
      ['i-0', 'i-1'],
    ],
  ])('heeds what tasks want: %s', (_, setup, expected) => {
    expect(idsOf(consolidated(setup).drains)).toEqual(expected);
  });

  it('heeds that a spread puts small tasks where the large one must go', () => {
    const big = taskDefinition('big', { cpuUnits: 2048 });
    const hosts: readonly Host[] = [
      { runs: ['big'], zone: 'eu-west-1a' },
      { runs: ['api'], zone: 'eu-west-1b' },
      { runs: [], zone: 'eu-west-1a', isCandidate: false },
      { runs: ['api', 'api'], zone: 'eu-west-1b', isCandidate: false },
    ];
    const services = [{ name: 'big' }, { name: 'api', placementStrategy: [spreadOverZones] }];

    // Either alone: the large one fits into the empty instance, the small one anywhere. Together ECS may put the small one there first.
    expect(consolidated({ hosts, services, taskDefinitions: [big] }).drains).toHaveLength(1);
  });

  it('keeps room for all else that must have it', () => {
    const hosts = [host(2), host(1), host(1)];
    const leaving = (count: number): number => consolidated({ hosts }, { asks: [asked(count)] }).drains.length;

    expect([0, 1, 4, 5, 8, 9].map(leaving)).toEqual([2, 1, 1, 0, 0, 0]);
  });

  it('counts on no instance that has yet to come, or to be restored', () => {
    const hosts = [host(2), host(3, { isCandidate: false })];
    const view = viewFor({ hosts });
    const { supply, ...context } = contextFor(view, hosts);
    const [site] = contextFor(viewFor({ hosts: [host(0)] }), []).supply.present;
    const more = site === undefined ? [] : [{ ...site, id: 'i-9' }];
    const drainsOn = (over: Partial<typeof supply>): number =>
      consolidate(view, { ...context, supply: { ...supply, ...over } }).drains.length;

    expect(drainsOn({ present: [...supply.present, ...more] })).toBe(1);
    expect(drainsOn({ incoming: { web: more }, restorable: more })).toBe(0);
  });
});

describe('consolidate: zones of services that ECS keeps even', () => {
  const services = [{ name: 'api', availabilityZoneRebalancing: true }];
  const zones = ['eu-west-1a', 'eu-west-1b'] as const;

  it('empties none whose task would come up in another zone while its own has instances', () => {
    const hosts = [
      host(1, { zone: zones[0] }),
      host(1, { zone: zones[1], isCandidate: false }),
      { runs: ['other'], zone: zones[0], isCandidate: false },
    ];
    const other = taskDefinition('other', { cpuUnits: 2048 });

    expect(consolidated({ hosts, services, taskDefinitions: [other] }).drains).toEqual([]);
    expect(consolidated({ hosts, services: [{ name: 'api' }], taskDefinitions: [other] }).drains).toHaveLength(1);
  });

  it('empties one whose task finds room in its own zone', () => {
    const hosts = [
      host(1, { zone: zones[0] }),
      host(1, { zone: zones[1], isCandidate: false }),
      host(0, { zone: zones[0], isCandidate: false }),
    ];

    expect(idsOf(consolidated({ hosts, services }).drains)).toEqual(['i-0']);
  });

  it('empties the last of a zone: ECS then spreads over the zones that are left', () => {
    const hosts = [host(1, { zone: zones[0] }), host(1, { zone: zones[1], isCandidate: false })];

    expect(idsOf(consolidated({ hosts, services }).drains)).toEqual(['i-0']);
  });
});

describe('consolidate: what it is worth, and how many may', () => {
  it('keeps what saves too little for what it disturbs, with the numbers', () => {
    const tasks = (count: number): Partial<Host> => ({ runs: Array.from({ length: count }, () => 'tiny') });
    const tiny = taskDefinition('tiny', { cpuUnits: 32, memoryMiB: 64 });
    const hosts = [host(0, tasks(14)), ...Array.from({ length: 4 }, () => host(0, tasks(1)))];

    const { drains, kept } = consolidated({
      hosts,
      services: [{ name: 'tiny' }],
      taskDefinitions: [tiny],
      settings: threshold(0.5),
    });

    expect(idsOf(drains)).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
    expect(kept.get('i-0')).toEqual({
      reason: 'notWorthIt',
      detail:
        'saves 20.0 % of what the instances cost for 65.2 % of all disturbance (14 tasks to move): 0.31, below 0.5',
    });
  });

  it.each([0, Number.NaN, -1])('saves nothing with a price of %s', (price) => {
    const { drains, kept } = consolidated({
      hosts: [host(1), host(1)],
      prices: { web: price },
      settings: threshold(0.5),
    });

    expect(drains).toEqual([]);
    expect([...kept.values()].map((it) => it.reason)).toEqual(['notWorthIt', 'notWorthIt']);
  });

  it('empties no more of a group than its budget allows, and says so of the others', () => {
    const hosts = [host(1), host(1), host(1), host(1, { group: 'batch' }), host(0, { isCandidate: false })];
    const { drains, kept } = consolidated({ hosts }, { allowance: ({ name }) => (name === 'web' ? 1 : 0) });

    expect(idsOf(drains)).toEqual(['i-0']);
    expect(kept.get('i-1')).toEqual({ reason: 'budget', detail: '1 of its group leave in this plan, and 1 may' });
    expect(kept.get('i-3')).toEqual({ reason: 'budget', detail: '0 of its group leave in this plan, and 0 may' });
  });

  it('empties a hundred in one plan at most', () => {
    const hosts = Array.from({ length: 130 }, () => host(1));
    const { drains, kept } = consolidated({ hosts }, { allowance: () => 1_000 });

    expect(drains.length).toBeGreaterThan(90);
    expect(drains.length).toBeLessThanOrEqual(100);
    expect(drains.length + kept.size).toBe(130);
  });

  it('says of what it could not look at in one plan that it did not', () => {
    const hosts = Array.from({ length: 200 }, (_, n) => ({ runs: [n % 2 === 0 ? 'wide' : 'tall'] }));
    const { drains, kept } = consolidated(
      {
        hosts,
        services: [
          { name: 'wide', placementConstraints: [{ type: 'distinctInstance' }] },
          { name: 'tall', placementConstraints: [{ type: 'distinctInstance' }] },
        ],
        taskDefinitions: [
          taskDefinition('wide', { cpuUnits: 1400, memoryMiB: 100 }),
          taskDefinition('tall', { cpuUnits: 100, memoryMiB: 5000 }),
        ],
      },
      { allowance: () => 1_000 },
    );
    const reasons = new Set([...kept.values()].map((it) => it.reason));

    expect(drains.length).toBeGreaterThan(0);
    expect([...reasons]).toContain('notLookedAt');
  });
});

describe('consolidate: cheaper instances instead', () => {
  const full = { runs: Array.from({ length: 4 }, () => 'api') };
  const large = { size: { cpuUnits: 4096, memoryMiB: 15_360 }, type: 'm5.xlarge', group: 'large' };

  it('retires one that a smaller, cheaper one can stand in for', () => {
    const { drains, retire, kept } = consolidated({
      hosts: [host(2, large)],
      prices: { large: 0.2 },
      empty: { small: { type: 'm5.large', cpuUnits: 2048, price: 0.1 } },
    });

    expect(drains).toEqual([]);
    expect(retire).toMatchObject([
      {
        instance: { ec2InstanceId: 'i-0' },
        detail: 'it can be replaced by 1 of small: saves 50.0 % of what the instances cost',
      },
    ]);
    expect(kept.size).toBe(0);
  });

  it('retires several that one larger can stand in for', () => {
    const { retire } = consolidated({
      hosts: [host(4), host(3)],
      prices: { web: 0.1 },
      empty: { huge: { type: 'm5.2xlarge', cpuUnits: 4096, price: 0.16 } },
    });

    expect(retire.map((it) => it.detail)).toEqual([
      'the 2 of them can be replaced by 1 of huge: saves 20.0 % of what the instances cost',
      'the 2 of them can be replaced by 1 of huge: saves 20.0 % of what the instances cost',
    ]);
  });

  it('retires none for which a group of higher priority would be launched, to be replaced in turn', () => {
    const of = (priority: number) => ({
      pricePerHour: 0.2,
      registers: undefined,
      hold: false,
      priority,
      launchInstances: false,
    });
    const small = { ...of(0), pricePerHour: 0.1, registers: { cpuUnits: 2048, memoryMiB: 8192 } };
    const retired = (priority: number) =>
      consolidated({
        hosts: [host(2, large)],
        empty: { small: { type: 'm5.large', cpuUnits: 2048, price: 0.1 } },
        settings: { groups: { large: of(priority), small } },
      }).retire.length;

    expect(retired(0)).toBe(1);
    expect(retired(1)).toBe(0);
  });

  const cheaper = (over: Partial<Setup> & { readonly type?: string; readonly price: number }): Setup => ({
    hosts: [host(2, large)],
    prices: { large: 0.2 },
    empty: { small: { type: over.type ?? 'm5.large', cpuUnits: 2048, price: over.price } },
    ...(over.settings === undefined ? {} : { settings: over.settings }),
  });

  it.each<readonly [string, Setup, number, number]>([
    ['saves 15 %', cheaper({ price: 0.17 }), 1, 1],
    ['saves less than 15 %', cheaper({ price: 0.171 }), 1, 0],
    ['is of the same type', cheaper({ price: 0.1, type: 'm5.xlarge' }), 1, 0],
    ['is worth the disturbance', cheaper({ price: 0.1, settings: threshold(0.5) }), 1, 1],
    ['is not worth the disturbance', cheaper({ price: 0.101, settings: threshold(0.5) }), 1, 0],
    ['is beyond the budget', cheaper({ price: 0.1 }), 0, 0],
    [
      'is too small',
      {
        hosts: [full, full],
        prices: { web: 0.2 },
        empty: { small: { type: 'm5.small', cpuUnits: 256, price: 0.05 } },
      },
      2,
      0,
    ],
    [
      'is needed twice, and cheap',
      {
        hosts: [host(4)],
        prices: { web: 1 },
        empty: { small: { type: 'm5.small', cpuUnits: 1024, price: 0.3 } },
      },
      1,
      1,
    ],
    [
      'is needed twice, and not cheap enough',
      {
        hosts: [host(4)],
        prices: { web: 1 },
        empty: { small: { type: 'm5.small', cpuUnits: 1024, price: 0.45 } },
      },
      1,
      0,
    ],
  ])('retires where the other %s: %#', (_, setup, allowed, expected) => {
    expect(consolidated(setup, { allowance: () => allowed }).retire).toHaveLength(expected);
  });
});

describe('what emptying an instance saves', () => {
  const launched = (hosts: readonly Host[], minutesAgo: readonly number[], worth = 0.6) => {
    const view = viewFor({ hosts, settings: threshold(worth) });
    const launches = minutesAgo.map((it) => ({ group: 'web', at: view.now - it * minuteMs, instances: 3 }));
    const growing = { ...view, memory: { ...view.memory, launches } };
    return consolidate(growing, contextFor(growing, hosts));
  };
  const halfUsed = [host(2), host(2)];
  const eachTenMinutes = [3, 13, 23, 33, 43, 53];

  it('counts in full where its group has not grown for an hour', () => {
    expect(launched(halfUsed, [60]).drains).toEqual(launched(halfUsed, []).drains);
    expect(launched(halfUsed, [60]).drains).toHaveLength(1);
  });

  it('counts as far as it lasts between when it is empty and when it is likely to be needed again', () => {
    const { kept } = launched(halfUsed, eachTenMinutes);

    // Of 10 minutes to the next launch 40 s to start and 30 s to stop one task, and one boot; two tasks move at once.
    expect(kept.get('i-0')).toEqual({
      reason: 'notWorthIt',
      detail:
        'saves 50.0 % of what the instances cost for 50.0 % of all disturbance (2 tasks to move), ' +
        'and 26.1 % of that lasts until it is likely to be needed again: 0.26, below 0.6',
    });
  });

  it('lasts twice as long of the second of two, which the launch after the next would need', () => {
    const { drains, kept } = launched([host(1), host(1), host(1)], eachTenMinutes, 0.5);

    expect(drains.map((it) => it.instance.ec2InstanceId)).toEqual(['i-0']);
    expect([...kept].map(([id, { reason }]) => [id, reason])).toContainEqual(['i-1', 'notWorthIt']);
  });
});
