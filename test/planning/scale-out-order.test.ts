import { describe, expect, it } from '@jest/globals';
import type { GroupSettings } from '../../lib/model/settings.ts';
import type { Demand } from '../../lib/planning/demand.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { Reserve } from '../../lib/planning/reserves.ts';
import {
  definitions,
  deployment,
  group,
  input,
  instance,
  member,
  now,
  provider,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { decideLaunches, detailsIn, kindsIn, sizes, verdictsIn } from './launching-decision.ts';

const registers = { cpuUnits: 2048, memoryMiB: 7680 };
const set = (over: Partial<GroupSettings> = {}): GroupSettings => ({
  registers,
  pricePerHour: undefined,
  hold: false,
  priority: 0,
  launchInstances: false,
  ...over,
});

const full = (n: number) => instance(n, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });

describe('the order of groups', () => {
  const groups = [group([], { name: 'cheap', maxSize: 10 }), group([], { name: 'dear', maxSize: 2 })];
  const priced = (priority: number) => ({
    groups: { cheap: set({ pricePerHour: 0.05 }), dear: set({ pricePerHour: 1, priority }) },
  });
  const launched = (tasks: number, priority: number) =>
    sizes(decideLaunches(input({ services: [service(tasks)], groups }, { settings: priced(priority) })));

  it('is by price where priorities are equal', () => {
    expect(launched(12, 0)).toEqual({ cheap: 3 });
  });

  it('is by priority first, whatever it costs, and then goes on with the next', () => {
    expect(launched(8, 1)).toEqual({ dear: 2 });
    expect(launched(20, 1)).toEqual({ dear: 2, cheap: 3 });
    expect(launched(8, -1)).toEqual({ cheap: 2 });
  });

  it('does not change for tasks that are bound to a provider', () => {
    const strategy = [{ capacityProvider: 'cp-cheap', base: 0, weight: 1 }];
    const bound = service(8, { deployments: [deployment({ desiredCount: 8, capacityProviderStrategy: strategy })] });
    const capacityProviders = [provider('cp-cheap', { autoScalingGroupName: 'cheap' })];

    expect(
      sizes(decideLaunches(input({ services: [bound], groups, capacityProviders }, { settings: priced(9) }))),
    ).toEqual({ cheap: 2 });
  });

  it('fills the zones evenly where groups are alike but for their zones', () => {
    const inZone = (zone: string, members: number) =>
      group(
        Array.from({ length: members }, (_, n) =>
          member(zone.charCodeAt(0) * 10 + n, { availabilityZone: zone, lifecycleState: 'Pending' }),
        ),
        { name: `web-${zone}`, availabilityZones: [zone] },
      );
    const three = (counts: readonly number[]) =>
      sizes(
        decideLaunches(
          input(
            // The instances on their way are in use already: by 4 tasks each.
            {
              services: [service(4 * counts.reduce((a, b) => a + b, 0) + 24)],
              groups: ['a', 'b', 'c'].map((zone, n) => inZone(zone, counts[n] ?? 0)),
            },
            { settings: { groups: { 'web-a': set(), 'web-b': set(), 'web-c': set() } } },
          ),
        ),
      );

    expect(three([0, 0, 0])).toEqual({ 'web-a': 2, 'web-b': 2, 'web-c': 2 });
    expect(three([3, 0, 0])).toEqual({ 'web-b': 3, 'web-c': 3 });
    expect(three([0, 0, 4])).toEqual({ 'web-a': 3, 'web-b': 3 });
  });

  it('takes the worst type that a mixed group may launch, seen or not', () => {
    const mixed = group([member(1)], { instanceTypes: ['m5.large', 'm4.large'] });
    const shape = { launchSource: 'lt-1:1', instanceType: 'm4.large', from: 'ec2' as const };
    const smaller = { ...shape, registered: { cpuUnits: 1024, memoryMiB: 7000 } };
    const given = { containerInstances: [full(1)], services: [service(4)] };

    expect(
      sizes(decideLaunches(input({ ...given, groups: [mixed] }, { memory: { shapes: { web: smaller } } }))),
    ).toEqual({ web: 3 });
    const one = group([member(1)], { instanceTypes: ['m5.large'] });
    expect(sizes(decideLaunches(input({ ...given, groups: [one] }, { memory: { shapes: { web: smaller } } })))).toEqual(
      {
        web: 2,
      },
    );
  });

  it('does not count on a warm pool', () => {
    const warmed = member(2, { lifecycleState: 'Warmed:Running' });
    const web = group([member(1), warmed], { desiredCapacity: 1 });
    const given = { services: [service(4)], groups: [web], tasks: [] };

    expect(sizes(decideLaunches(input({ ...given, containerInstances: [full(1)] })))).toEqual({ web: 2 });
    expect(sizes(decideLaunches(input({ ...given, containerInstances: [full(1), instance(2)] })))).toEqual({ web: 2 });
  });
});

describe('caps', () => {
  const web = group([member(1)]);
  const capped = (caps: Partial<Readonly<Record<string, number>>>) =>
    decideLaunches(
      input(
        { containerInstances: [full(1)], services: [service(40)], groups: [web] },
        {
          settings: {
            caps: { instances: undefined, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: undefined, ...caps },
            groups: { web: set({ pricePerHour: 0.1 }) },
          },
        },
      ),
    );

  it.each([
    [{ instances: 4 }, 4, 'caps.instances is 4: 4 instances are asked for, one more of web adds 1'],
    [{ vcpus: 7 }, 3, 'caps.vcpus is 7: 6 vCPUs are asked for, one more of web adds 2'],
    [{ memoryGiB: 16 }, 2, 'caps.memoryGiB is 16: 15 GiB are asked for, one more of web adds 7.5'],
    [
      { dollarsPerHour: 0.3 },
      3,
      'caps.dollarsPerHour is 0.3: 0.3 dollars an hour are asked for, one more of web adds 0.1',
    ],
    [{ instances: 4, vcpus: 4 }, 2, 'caps.vcpus is 4: 4 vCPUs are asked for, one more of web adds 2'],
  ])('hold for the whole cluster: %j', (caps, size, detail) => {
    const launched = capped(caps);

    expect(sizes(launched)).toEqual({ web: size });
    expect(kindsIn(launched)).toContainEqual([40 - 4 * (size - 1), 'caps']);
    expect(detailsIn(launched)).toBe(detail);
  });

  it('launch nothing where the cluster is above them already, and take nothing away', () => {
    expect(capped({ instances: 0 }).out.steps).toEqual([]);
  });

  it('count all groups together, and keep the preferred one whole', () => {
    const groups = [group([], { name: 'a', maxSize: 3 }), group([], { name: 'b', maxSize: 9 })];
    const settings = {
      caps: { instances: 5, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: undefined },
      groups: { a: set({ pricePerHour: 0.1 }), b: set({ pricePerHour: 0.2 }) },
    };

    expect(sizes(decideLaunches(input({ services: [service(40)], groups }, { settings })))).toEqual({ a: 3, b: 2 });
  });
});

describe('room to be kept free', () => {
  const demandFor = (id: string, tasks: number): Demand => ({
    id,
    source: 'service api',
    binding: { kind: 'anywhere' },
    tasks,
    group: 'service:api',
    wants: {
      definition: taskDefinition('api'),
      requirements: taskDefinition('api').requirements,
      constraints: [],
      strategy: [],
    },
  });
  const reserve = (tasks: number, over: Partial<Reserve> = {}): Reserve => ({
    demand: demandFor('reserve', tasks),
    kind: 'headroom',
    launches: true,
    detail: `headroom: ${tasks} of api`,
    ...over,
  });
  const web = (maxSize = 20) => group([member(1)], { maxSize });

  it('is asked for in the same packing, and reported as what it is', () => {
    const launched = decideLaunches(input({ containerInstances: [full(1)], services: [service(3)], groups: [web()] }), {
      reserves: [reserve(3)],
    });

    expect(sizes(launched)).toEqual({ web: 3 });
    expect(launched.out.demand.map((it) => [it.source, it.tasks])).toEqual([
      ['service api', 3],
      ['headroom: 3 of api', 3],
    ]);
  });

  it('is not launched for twice once it is there', () => {
    const given = input({ containerInstances: [full(1), instance(2)], groups: [group([member(1), member(2)])] });
    const launched = decideLaunches(given, { reserves: [reserve(4)] });

    expect(launched.out.steps).toEqual([]);
    expect(launched.out.asks.map((it) => [it.id, it.count])).toEqual([['reserve', 4]]);
    expect(launched.out.neededInstances).toEqual(new Set());
  });

  it('comes after tasks that should run where there is not room for both', () => {
    const given = (maxSize: number) =>
      input({ containerInstances: [full(1)], services: [service(4)], groups: [web(maxSize)] });
    const tight = decideLaunches(given(2), { reserves: [reserve(8)] });
    expect(sizes(tight)).toEqual({ web: 2 });
    expect(kindsIn(tight)).toEqual([
      [4, 'launch'],
      [8, 'groupsAtMaximum'],
    ]);

    const half = decideLaunches(given(3), { reserves: [reserve(8)] });
    expect(sizes(half)).toEqual({ web: 3 });
    expect(kindsIn(half)).toEqual([
      [4, 'launch'],
      [4, 'launch'],
      [4, 'groupsAtMaximum'],
    ]);
  });

  it('comes after them under caps, too', () => {
    const caps = { instances: 2, vcpus: undefined, memoryGiB: undefined, dollarsPerHour: undefined };
    const launched = decideLaunches(
      input({ containerInstances: [full(1)], services: [service(4)], groups: [web()] }, { settings: { caps } }),
      { reserves: [reserve(4, { kind: 'capacityRun' })] },
    );

    expect(sizes(launched)).toEqual({ web: 2 });
    expect(kindsIn(launched)).toEqual([
      [4, 'launch'],
      [4, 'caps'],
    ]);
  });

  it('is not launched for a peak', () => {
    const launched = decideLaunches(input({ containerInstances: [full(1)], groups: [web()] }), {
      reserves: [reserve(4, { kind: 'peak', launches: false })],
    });

    expect(launched.out).toMatchObject({ steps: [], demand: [], asks: [] });
  });
});

describe('tasks that ECS holds back', () => {
  const held = (containerInstances: readonly ReturnType<typeof instance>[]) => {
    const given = input(
      { containerInstances, services: [service(4)], groups: [group([member(1)])] },
      { memory: { unstartedSince: {} } },
    );
    const { view, out } = decideLaunches(given);
    const [demand] = out.demand;
    const launched = decideLaunches({
      ...given,
      memory: { ...given.memory, unstartedSince: { [demand?.id ?? '']: now - 6 * 60_000 } },
    });
    return { launched, view };
  };

  it('launch nothing, need no instance, and are reported', () => {
    const { launched } = held([full(1)]);

    expect(launched.out.steps).toEqual([]);
    expect(launched.out.neededInstances).toEqual(new Set());
    expect(kindsIn(launched)).toEqual([[4, 'heldBack']]);
    expect(detailsIn(launched)).toContain('had room for 6 min and was not started');
  });

  it('are said to have room where they do', () => {
    const { launched } = held([instance(1)]);

    expect(verdictsIn(launched)).toEqual([
      [4, { kind: 'fitsNow', instances: 1, detail: expect.stringContaining('fits on 1 instance for 6 min') }],
    ]);
    expect(launched.out.neededInstances).toEqual(new Set());
  });
});

describe('a decision without demand', () => {
  it('changes nothing', () => {
    const launched = decideLaunches(
      input({
        containerInstances: [instance(1)],
        tasks: [task(1, 1)],
        services: [service(1)],
        taskDefinitions: definitions(taskDefinition('api')),
        groups: [group([member(1)])],
      }),
    );

    expect(launched.out).toMatchObject({ steps: [], demand: [], asks: [], wakeAts: [] });
  });
});

describe('a price that nobody gave', () => {
  const groups = [group([], { name: 'a' }), group([], { name: 'b' })];
  const told = (prices: Readonly<Record<string, number>>, dollarsPerHour?: number) => {
    const { notices, groups: reports } = planCluster(
      input(
        { groups },
        {
          settings: {
            groups: Object.fromEntries(
              ['a', 'b'].map((name) => [
                name,
                {
                  registers: { cpuUnits: 2_048, memoryMiB: 8_192 },
                  pricePerHour: prices[name],
                  hold: false,
                  priority: 0,
                  launchInstances: false,
                },
              ]),
            ),
            caps: { instances: undefined, vcpus: undefined, memoryGiB: undefined, dollarsPerHour },
          },
        },
      ),
    );
    return [notices.filter((it) => it.includes('pricePerHour')), reports.map((it) => it.note)];
  };
  const note = 'it has no pricePerHour: its vCPU and memory stand for one';
  const notice = 'settings name no pricePerHour for some groups: by vCPU and memory, an instance-hour is taken to be';

  it('is said of groups that are compared by it', () => {
    expect(told({})).toEqual([[], [note, note]]);
    expect(told({ a: 0.1, b: 0.2 })).toEqual([[], [undefined, undefined]]);
  });

  it('is a notice where it stands against one that somebody gave', () => {
    expect(told({ a: 0.1 })).toEqual([[`${notice} b $0.096`], [undefined, note]]);
    expect(told({}, 5)[0]).toEqual([`${notice} a $0.096, b $0.096`]);
  });
});
