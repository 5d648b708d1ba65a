import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupInstance } from '../../lib/model/auto-scaling-group.ts';
import { type ClusterMemory, noMemory } from '../../lib/model/memory.ts';
import type { DemandReport } from '../../lib/model/plan.ts';
import type { Caps, GroupSettings } from '../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { wantedOf } from '../../lib/planning/demand.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { sizesAfter } from '../../lib/planning/launching/steps.ts';
import type { Reserve } from '../../lib/planning/reserves.ts';
import { type PlanningInput, viewOf } from '../../lib/planning/view.ts';
import {
  deployment,
  group,
  input,
  instance,
  instanceArn,
  member,
  now,
  provider,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { decideLaunches } from './launching-decision.ts';
import { clusters } from './random-inputs.ts';

const groupSettings = fc.record<GroupSettings>({
  registers: fc.constant({ cpuUnits: 2048, memoryMiB: 7680 }),
  pricePerHour: fc.constantFrom(0.05, 0.1, 0.3),
  hold: fc.constant(false),
  priority: fc.integer({ min: -1, max: 1 }),
  launchInstances: fc.boolean(),
});

const maybe = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const caps = fc.record<Caps>({
  instances: maybe(fc.integer({ min: 0, max: 20 })),
  vcpus: maybe(fc.integer({ min: 0, max: 40 })),
  memoryGiB: maybe(fc.integer({ min: 0, max: 150 })),
  dollarsPerHour: maybe(fc.double({ min: 0, max: 3, noNaN: true })),
});

const failures = fc.array(
  fc.record({
    group: fc.constantFrom('web', 'batch'),
    activityId: fc.string({ minLength: 1, maxLength: 3 }),
    at: fc.integer({ min: now - 20 * minuteMs, max: now - secondMs }),
    cause: fc.constantFrom('none', 'no template'),
    availabilityZone: fc.constantFrom(undefined, 'eu-west-1a', 'eu-west-1b'),
  }),
  { maxLength: 2 },
);

const policies = fc.constantFrom<readonly string[]>([], [], [], [], ['cpu-60', 'at-night']);

const more = (desiredCount: number) => deployment({ id: 'ecs-svc/more', desiredCount });

/** Clusters whose groups have prices, priorities, failures behind them and a budget, under caps. */
const limited = fc
  .record({
    given: clusters,
    web: groupSettings,
    batch: groupSettings,
    caps,
    failedActivities: failures,
    launchesPerHour: fc.constantFrom(0, 4, 30, 100, 100),
    launches: fc.array(
      fc.record({
        group: fc.constantFrom('web', 'batch'),
        at: fc.integer({ min: now - 130 * minuteMs, max: now - secondMs }),
        instances: fc.integer({ min: 1, max: 5 }),
      }),
      { maxLength: 3 },
    ),
    policies,
    wanted: fc.integer({ min: 0, max: 40 }),
    zones: fc.constantFrom<readonly string[]>(['eu-west-1a'], ['eu-west-1a', 'eu-west-1b']),
  })
  .map(
    ({
      given,
      web,
      batch,
      caps: itsCaps,
      failedActivities,
      launchesPerHour,
      launches,
      policies: its,
      zones,
      wanted,
    }): PlanningInput => ({
      ...given,
      observation: {
        ...given.observation,
        services: [...given.observation.services, service(wanted, { name: 'more', deployments: [more(wanted)] })],
        failedActivities,
        surroundings: [{ group: 'batch', hooks: [], scalingPolicies: its, isRefreshing: false }],
        groups: given.observation.groups.map((it) => ({ ...it, availabilityZones: zones })),
      },
      memory: { ...given.memory, launches },
      settings: { ...given.settings, caps: itsCaps, launchesPerHour, groups: { web, batch } },
    }),
  );

describe('every decision about launches', () => {
  it('keeps the cluster under its caps, counting what is desired', () => {
    let grown = 0;
    fc.assert(
      fc.property(limited, (given) => {
        const { view, states, out } = decideLaunches(given);
        const after = sizesAfter(out.steps);
        const totals = { instances: 0, vcpus: 0, memoryGiB: 0, dollarsPerHour: 0 };
        for (const { group: its, registered } of states) {
          const size = after.get(its.name) ?? its.desiredCapacity;
          totals.instances += size;
          totals.vcpus += (size * (registered?.resources.cpuUnits ?? 0)) / 1024;
          totals.memoryGiB += (size * (registered?.resources.memoryMiB ?? 0)) / 1024;
          totals.dollarsPerHour += size * (given.settings.groups[its.name]?.pricePerHour ?? 0);
        }
        const grows = states.some((it) => (after.get(it.group.name) ?? 0) > it.group.desiredCapacity);
        grown += grows ? 1 : 0;
        const limits = view.settings.caps;
        if (grows)
          for (const it of ['instances', 'vcpus', 'memoryGiB', 'dollarsPerHour'] as const)
            expect(totals[it]).toBeLessThanOrEqual((limits[it] ?? Number.POSITIVE_INFINITY) + 1e-6);
      }),
      { numRuns: 400 },
    );
    expect(grown).toBeGreaterThan(20);
  });

  it('stays between minimum and maximum, below no member, and changes the size of a group in one way', () => {
    fc.assert(
      fc.property(limited, (given) => {
        const { states, out } = decideLaunches(given);
        for (const { group: its } of states) {
          const size = sizesAfter(out.steps).get(its.name) ?? its.desiredCapacity;
          const members = its.instances.filter((it) => ['InService', 'Pending'].includes(it.lifecycleState)).length;
          const steps = out.steps.filter((it) => it.group === its.name);
          expect(size).toBeLessThanOrEqual(Math.max(its.maxSize, its.desiredCapacity));
          expect(size).toBeGreaterThanOrEqual(Math.min(its.minSize, its.desiredCapacity));
          expect(size).toBeGreaterThanOrEqual(Math.min(members, its.desiredCapacity));
          expect(new Set(steps.map((it) => it.kind)).size).toBeLessThanOrEqual(1);
          const kind = steps[0]?.kind;
          expect(steps.length).toBeLessThanOrEqual(kind === 'launchInstances' ? its.availabilityZones.length : 1);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('tells what becomes of every task, whatever limits it', () => {
    fc.assert(
      fc.property(limited, (given) => {
        for (const it of decideLaunches(given).out.demand)
          expect(it.verdicts.reduce((sum, one) => sum + one.tasks, 0)).toBe(it.tasks);
      }),
      { numRuns: 300 },
    );
  });

  it('launches for bound tasks in the group of their provider alone', () => {
    let launched = 0;
    fc.assert(
      fc.property(limited, (given) => {
        const strategy = [{ capacityProvider: 'cp-web', base: 0, weight: 1 }];
        const services = given.observation.services.map((it) => ({
          ...it,
          deployments: it.deployments.map((one) => ({ ...one, capacityProviderStrategy: strategy })),
        }));
        const observation = { ...given.observation, services, capacityProviders: [provider('cp-web')] };
        const { out } = decideLaunches({ ...given, observation });
        const grown = out.steps.filter((it) => it.kind === 'launchInstances' || it.to > it.from);
        launched += grown.length;
        expect(grown.filter((it) => it.group !== 'web')).toEqual([]);
      }),
      { numRuns: 400 },
    );
    expect(launched).toBeGreaterThan(10);
  });

  it('asks for nothing more once its launches are on their way, but in a few crowded clusters', () => {
    const asksForMore = (given: PlanningInput): boolean => {
      const { out, memory } = decideLaunches(given);
      const after = sizesAfter(out.steps);
      const groups = given.observation.groups.map((it) => ({
        ...it,
        desiredCapacity: after.get(it.name) ?? it.desiredCapacity,
      }));
      const next = decideLaunches({ ...given, observation: { ...given.observation, groups }, memory });
      return next.out.steps.some((it) => it.kind === 'launchInstances' || it.to > it.from);
    };

    expect(fc.sample(limited, { numRuns: 400, seed: 1 }).filter(asksForMore)).toEqual([]);
  });

  it('gives no task less room for the room that is to be kept free', () => {
    const unplacedIn = (demand: readonly DemandReport[], id: string | undefined): number =>
      demand
        .filter((it) => it.id === id)
        .flatMap((it) => it.verdicts)
        .reduce((sum, it) => (it.verdict.kind === 'unplaceable' ? sum + it.tasks : sum), 0);
    let cut = 0;
    fc.assert(
      fc.property(limited, fc.integer({ min: 1, max: 30 }), (given, tasks) => {
        const reserve: Reserve = {
          demand: {
            id: 'reserve',
            source: '',
            binding: { kind: 'anywhere' },
            tasks,
            group: 'service:api',
            wants: wantedOf(taskDefinition('api'), undefined, undefined),
          },
          kind: 'headroom',
          launches: true,
          detail: 'some',
        };
        const alone = decideLaunches(given).out.demand;
        const together = decideLaunches(given, { reserves: [reserve] }).out.demand;
        const total = (demand: readonly DemandReport[]): number =>
          alone.reduce((sum, it) => sum + unplacedIn(demand, it.id), 0);
        cut += unplacedIn(together, 'reserve') > 0 ? 1 : 0;
        expect(total(together)).toBeLessThanOrEqual(total(alone));
      }),
      { numRuns: 200 },
    );
    expect(cut).toBeGreaterThan(5);
  });

  it('is the same in whatever order the world and the memory are listed', () => {
    fc.assert(
      fc.property(limited, (given) => {
        const { observation, memory } = given;
        const turned: PlanningInput = {
          ...given,
          observation: {
            ...observation,
            containerInstances: observation.containerInstances.toReversed(),
            tasks: observation.tasks.toReversed(),
            services: observation.services.toReversed(),
            groups: observation.groups.map((it) => ({ ...it, instances: it.instances.toReversed() })).toReversed(),
            failedActivities: observation.failedActivities.toReversed(),
            surroundings: observation.surroundings.map((it) => ({
              ...it,
              scalingPolicies: it.scalingPolicies.toReversed(),
            })),
          },
          memory: { ...memory, launches: memory.launches.toReversed() },
        };
        const [one, other] = [decideLaunches(given), decideLaunches(turned)];
        expect(JSON.stringify(other.out)).toBe(JSON.stringify(one.out));
        expect(other.memory.launchFailures).toEqual(one.memory.launchFailures);
      }),
      { numRuns: 300 },
    );
  });
});

/** What becomes of instances that are asked for. */
type Fate = 'neverComes' | 'neverRegisters' | 'isTerminated' | 'flaps';

const fates: readonly Fate[] = ['neverComes', 'neverRegisters', 'isTerminated', 'flaps'];

/** One a new instance. */
const wantedTasks = 30;

/** Two hundred decisions, each after some time; how many instances were asked for when. */
const asked = (fate: Fate, pauses: readonly number[], limit: number): readonly { at: number; instances: number }[] => {
  const asks: { at: number; instances: number }[] = [];
  let memory: ClusterMemory = noMemory;
  let members: readonly GroupInstance[] = [];
  let desired = 0;
  let at = now;
  for (let n = 0; n < 200; n++) {
    at += (pauses[n % pauses.length] ?? 1) * secondMs;
    const web = group(members, { desiredCapacity: desired, maxSize: 10_000 });
    const working = fate === 'flaps' ? members.map((_, k) => k) : [];
    const { out, memory: after } = decideLaunches(
      input(
        {
          observedAt: at,
          services: [service(wantedTasks)],
          groups: [web],
          containerInstances: working.map((k) =>
            instance(k, {
              ec2InstanceId: members[k]?.ec2InstanceId ?? '',
              arn: instanceArn(`${k}`),
              registeredAt: at - 1,
              remaining: { cpuUnits: 0, memoryMiB: 0 },
            }),
          ),
          tasks: working.map((k) => task(k, k)),
        },
        {
          memory,
          settings: {
            launchesPerHour: limit,
            maximumOverdue: 100_000,
            bootDeadlineMs: minuteMs,
            groups: {
              web: {
                registers: { cpuUnits: 512, memoryMiB: 1024 },
                pricePerHour: 1,
                hold: false,
                priority: 0,
                launchInstances: false,
              },
            },
          },
        },
      ),
    );
    memory = after;
    const size = sizesAfter(out.steps).get('web') ?? desired;
    if (size > desired) asks.push({ at, instances: size - desired });
    const fresh = Array.from({ length: Math.max(0, size - members.length) }, (_, k) => member(1_000 * n + k));
    if (fate === 'neverComes') desired = size;
    else if (fate === 'neverRegisters') [members, desired] = [[...members, ...fresh], size];
    else if (fate === 'isTerminated') desired = 0;
    else [members, desired] = members.length === 0 ? [fresh, size] : [[], 0]; // seen at work once, then gone
  }
  return asks;
};

describe('a group whose launches lead to nothing', () => {
  it.each(fates)('is never asked for more than the budget within an hour: it %s', (fate) => {
    fc.assert(
      fc.property(
        // Sooner after a size was set than this, another that is read is taken for one that is not up to date.
        fc.array(fc.integer({ min: 10, max: 400 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (pauses, limit) => {
          const asks = asked(fate, pauses, limit);
          // What is at work when it is looked at is no waste yet; it is once it is gone.
          const most = fate === 'flaps' ? limit + wantedTasks : limit;
          expect(asks.length).toBeGreaterThan(0);
          for (const first of asks) {
            const within = asks.filter((it) => it.at >= first.at && it.at < first.at + 60 * minuteMs);
            expect(within.reduce((sum, it) => sum + it.instances, 0)).toBeLessThanOrEqual(most);
          }
        },
      ),
      { numRuns: 4 },
    );
  });

  it('is asked for one instance at a time, every ten minutes, for an hour after the budget was used up for one', () => {
    const [first, ...later] = asked('isTerminated', [60], 20);
    const others = later.filter((it) => it.at < (first?.at ?? 0) + 120 * minuteMs);

    expect(first?.instances).toBe(20);
    expect(others.length).toBeGreaterThan(3);
    expect(others.every((it) => it.instances === 1)).toBe(true);
    expect(others.every((it, n) => n === 0 || it.at - (others[n - 1]?.at ?? 0) >= 10 * minuteMs)).toBe(true);
  });
});

describe('the state of a group', () => {
  it('never counts more on its way than it lacks and has not registered', () => {
    fc.assert(
      fc.property(limited, (given) => {
        const view = viewOf(given);
        for (const it of view.observation.groups) {
          const { incoming, missing, limit } = stateOf(view, it);
          const counted = it.instances.filter((one) => ['InService', 'Pending'].includes(one.lifecycleState)).length;
          const lacking = Math.max(0, it.desiredCapacity - counted);
          expect(missing.onTheirWay + missing.late + missing.failed).toBe(lacking);
          expect(incoming.length).toBeLessThanOrEqual(lacking + counted);
          expect(limit.instances).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 200 },
    );
  });
});
