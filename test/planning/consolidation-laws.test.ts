import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlacementStrategy, Service } from '../../lib/model/service.ts';
import type { Task } from '../../lib/model/task.ts';
import type { TaskDefinition } from '../../lib/model/task-definition.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { groundsOf } from '../../lib/placement/replay/grounds.ts';
import { replay } from '../../lib/placement/replay/replay.ts';
import { fairScripts, hostileScripts } from '../../lib/placement/replay/scripts.ts';
import type { Ask } from '../../lib/placement/site.ts';
import {
  type Consolidation,
  type ConsolidationContext,
  consolidate,
} from '../../lib/planning/consolidation/consolidate.ts';
import { asksToMove } from '../../lib/planning/moving.ts';
import { type View, viewOf } from '../../lib/planning/view.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { type PlacementRequest, placeAll, serviceDefault } from '../../simulator/world/ecs/placement.ts';
import { taskDefinition } from '../support/builders.ts';
import { contextFor, type Host, idsOf, type Setup, viewFor } from './consolidation-cluster.ts';

const byZone: PlacementStrategy = { type: 'spread', field: 'attribute:ecs.availability-zone' };
const strategies: readonly (readonly PlacementStrategy[])[] = [
  [],
  [{ type: 'binpack', field: 'memory' }],
  [{ type: 'binpack', field: 'cpu' }],
  [{ type: 'spread', field: 'instanceId' }],
  [byZone, { type: 'binpack', field: 'cpu' }],
  [{ type: 'random', field: undefined }],
];

const names = ['api', 'db', 'web'] as const;

const definitionCases = fc.record({
  cpuUnits: fc.constantFrom(128, 256, 512, 1024),
  memoryMiB: fc.constantFrom(128, 512, 1024, 2048),
  hasPort: fc.constantFrom(false, false, false, true),
});

const serviceCases = fc.record({
  strategy: fc.constantFrom(...strategies),
  isDistinct: fc.constantFrom(false, false, false, true),
  isRebalanced: fc.constantFrom(false, false, true),
});

const hostCases = fc.record({
  runs: fc.array(fc.constantFrom(...names), { maxLength: 3 }),
  zone: fc.constantFrom('eu-west-1a', 'eu-west-1b'),
  isLarge: fc.boolean(),
  isCandidate: fc.constantFrom(true, true, true, false),
  group: fc.constantFrom('left', 'right'),
});

interface Case {
  readonly setup: Setup;
  readonly allowance: number;
  readonly asked: number;
  readonly askedUnits: number;
}

/** Hosts on which no two tasks want the same port, nor tasks that want to be apart. */
const hostsOf = (
  cases: readonly (typeof hostCases extends fc.Arbitrary<infer T> ? T : never)[],
  isSingle: ReadonlySet<string>,
): readonly Host[] =>
  cases.map((it) => ({
    runs: it.runs.filter((name, n) => !isSingle.has(name) || it.runs.indexOf(name) === n),
    zone: it.zone,
    isCandidate: it.isCandidate,
    group: it.group,
    type: it.isLarge ? 'm5.2xlarge' : 'm5.xlarge',
    size: it.isLarge ? { cpuUnits: 8192, memoryMiB: 15_360 } : { cpuUnits: 4096, memoryMiB: 7680 },
  }));

const cases: fc.Arbitrary<Case> = fc
  .record({
    hosts: fc.array(hostCases, { minLength: 2, maxLength: 8, size: 'max' }),
    definitions: fc.tuple(definitionCases, definitionCases, definitionCases),
    services: fc.tuple(serviceCases, serviceCases, serviceCases),
    allowance: fc.integer({ min: 0, max: 4 }),
    asked: fc.constantFrom(0, 0, 1, 3),
    askedUnits: fc.constantFrom(256, 1024),
    threshold: fc.constantFrom(0, 0.5),
  })
  .map(({ hosts, definitions, services, threshold, ...rest }) => {
    const single = new Set(
      names.filter((_, n) => definitions[n]?.hasPort === true || services[n]?.isDistinct === true),
    );
    return {
      ...rest,
      setup: {
        hosts: hostsOf(hosts, single),
        taskDefinitions: names.map((name, n) => definitionOf(name, definitions[n], n)),
        services: names.map((name, n) => serviceOf(name, services[n])),
        settings: { consolidation: { enabled: true, threshold, settleTimeMs: 0 } },
      },
    };
  });

const definitionOf = (
  name: string,
  it: (typeof definitionCases extends fc.Arbitrary<infer T> ? T : never) | undefined,
  n: number,
): TaskDefinition =>
  taskDefinition(name, {
    cpuUnits: it?.cpuUnits ?? 0,
    memoryMiB: it?.memoryMiB ?? 0,
    hostPorts: it?.hasPort === true ? [{ protocol: 'tcp', port: 8000 + n }] : [],
  });

const serviceOf = (
  name: string,
  it: (typeof serviceCases extends fc.Arbitrary<infer T> ? T : never) | undefined,
): Partial<Service> => ({
  name,
  taskDefinitionArn: taskDefinition(name).arn,
  placementStrategy: it?.strategy ?? [],
  placementConstraints: it?.isDistinct === true ? [{ type: 'distinctInstance' }] : [],
  availabilityZoneRebalancing: it?.isRebalanced === true,
});

const askFor = (count: number, cpuUnits: number): Ask => ({
  id: 'headroom',
  count,
  group: 'headroom',
  requirements: { ...taskDefinition('api').requirements, cpuUnits },
  constraints: constraintsOf(taskDefinition('api'), 'headroom', []),
  strategy: [],
  capacityProvider: undefined,
});

const contextOf = (view: View, { setup, allowance, asked, askedUnits }: Case): ConsolidationContext =>
  contextFor(view, setup.hosts, {
    allowance: () => allowance,
    asks: asked === 0 ? [] : [askFor(asked, askedUnits)],
  });

const placeOf = (view: View, id: string): Place | undefined => {
  const it = view.instanceByEc2Id.get(id);
  if (it === undefined) return undefined;
  const tasks = view.tasksByInstance.get(it.arn) ?? [];
  return {
    arn: it.arn,
    ec2InstanceId: it.ec2InstanceId,
    status: 'ACTIVE',
    agentConnected: true,
    agentVersion: '1.98.0',
    registeredAt: it.registeredAt,
    capacityProviderName: it.capacityProviderName,
    attributes: new Map(Object.entries(it.attributes)),
    remaining: {
      ...it.remaining,
      tcpPortsInUse: new Set(it.portsInUse.map((port) => port.port)),
      udpPortsInUse: new Set(),
      freeGpus: new Set(),
      networkInterfaces: 100,
    },
    runningTasks: tasks.length,
    tasksByGroup: new Map(
      [...Map.groupBy(tasks, (task) => task.group ?? '')].map(([group, its]) => [group, its.length]),
    ),
  };
};

const requestFor = (view: View, task: Task): PlacementRequest => {
  const service = view.observation.services.find((it) => `service:${it.name}` === task.group);
  const { requirements } = view.observation.taskDefinitions[task.taskDefinitionArn] ?? taskDefinition('api');
  const strategy = service?.placementStrategy ?? [];
  return {
    need: {
      cpuUnits: requirements.cpuUnits,
      memoryMiB: requirements.memoryMiB,
      tcpPorts: requirements.hostPorts.map((it) => it.port),
      udpPorts: [],
      gpus: 0,
      networkInterfaces: 0,
    },
    group: task.group ?? '',
    requiredAttributes: [],
    constraints: (service?.placementConstraints ?? []).map((it) => ({
      type: it.type,
      field: undefined,
      expression: undefined,
    })),
    strategy: strategy.length === 0 ? serviceDefault : strategy.map((it) => ({ ...it, expression: undefined })),
    capacityProvider: undefined,
  };
};

const requestsFor = (ask: Ask | undefined): readonly PlacementRequest[] =>
  ask === undefined
    ? []
    : Array.from({ length: ask.count }, () => ({
        need: {
          cpuUnits: ask.requirements.cpuUnits,
          memoryMiB: ask.requirements.memoryMiB,
          tcpPorts: [],
          udpPorts: [],
          gpus: 0,
          networkInterfaces: 0,
        },
        group: ask.group,
        requiredAttributes: [],
        constraints: [],
        strategy: [],
        capacityProvider: undefined,
      }));

const placed = (view: View, { asks }: ConsolidationContext, leaving: ReadonlySet<string>, seed: number) => {
  const dice = seededDice(seed);
  const tasks = view.observation.tasks.filter((it) =>
    view.observation.containerInstances.some(
      (one) => leaving.has(one.ec2InstanceId) && one.arn === it.containerInstanceArn,
    ),
  );
  const requests = [...tasks.map((it) => requestFor(view, it)), ...asks.flatMap(requestsFor)]
    .map((request) => ({ request, key: dice.next() }))
    .sort((a, b) => a.key - b.key)
    .map((it) => it.request);
  const places = view.observation.containerInstances
    .filter((it) => !leaving.has(it.ec2InstanceId))
    .flatMap((it) => placeOf(view, it.ec2InstanceId) ?? []);
  return { requests, result: placeAll(places, requests, () => dice.next()) };
};

const runs = 300;

/** What every case gives, and how many instances left in all: a law over nothing would say nothing. */
const forAll = (
  holds: (found: Consolidation, view: View, context: ConsolidationContext, given: Case) => void,
): number => {
  let drained = 0;
  fc.assert(
    fc.property(cases, (given) => {
      const view = viewFor(given.setup);
      const context = contextOf(view, given);
      const found = consolidate(view, context);
      drained += found.drains.length;
      holds(found, view, context, given);
    }),
    { numRuns: runs, seed: 7 },
  );
  return drained;
};

describe('consolidation', () => {
  it('leaves room for all that leaves, and all that was asked for, in every replay', () => {
    const drained = forAll(({ drains }, view, { asks, supply }) => {
      const gone = new Set(idsOf(drains));
      if (gone.size === 0) return;
      const rest = supply.present.filter((it) => !gone.has(it.id)).toReversed();
      const tasks = drains.flatMap((it) => view.tasksByInstance.get(it.instance.arn) ?? []);
      const all = [...asks, ...(asksToMove(view, tasks, rest) ?? [])];
      for (const script of [...fairScripts, ...hostileScripts])
        expect([script.name, replay(groundsOf(all, rest, []), script).unplacedTasks]).toEqual([script.name, 0]);
    });

    expect(drained).toBeGreaterThan(runs / 2);
  });

  it('leaves room for them in the simulated ECS, whatever the order of tasks and its luck', () => {
    const drained = forAll(({ drains }, view, context) => {
      const gone = new Set(idsOf(drains));
      if (gone.size === 0) return;
      for (let seed = 0; seed < 5; seed++) expect(placed(view, context, gone, seed).result).not.toContain(undefined);
    });

    expect(drained).toBeGreaterThan(runs / 2);
  });

  it('never takes more of a group than may leave, and says of each candidate what becomes of it', () => {
    const drained = forAll(({ drains, retire, kept }, view, { candidates }, { allowance }) => {
      const going = [...drains, ...retire].map((it) => it.instance.ec2InstanceId);
      const byGroup = Map.groupBy(going, (id) => view.membershipByEc2Id.get(id)?.group.name);
      for (const its of byGroup.values()) expect(its.length).toBeLessThanOrEqual(allowance);
      expect([...going, ...kept.keys()].sort()).toEqual(candidates.map((it) => it.instance.ec2InstanceId).sort());
    });

    expect(drained).toBeGreaterThan(runs / 2);
  });

  it('is the same whatever the order of what it is given', () => {
    forAll((found, view, context, { setup }) => {
      const turned = viewOf({
        ...view,
        observation: {
          ...view.observation,
          containerInstances: view.observation.containerInstances.toReversed(),
          tasks: view.observation.tasks.toReversed(),
          services: view.observation.services.toReversed(),
          groups: view.observation.groups.toReversed(),
        },
      });
      const { candidates, launching, supply } = contextFor(turned, setup.hosts);
      const again = consolidate(turned, {
        ...context,
        launching: launching.toReversed(),
        candidates: candidates.toReversed(),
        supply: { ...supply, present: supply.present.toReversed(), launchable: supply.launchable.toReversed() },
      });
      const said = ({ drains, retire, kept }: Consolidation) => [
        ...[drains, retire].map((its) => its.map((it) => [it.instance.arn, it.detail])),
        [...kept],
      ];

      expect(said(again)).toEqual(said(found));
    });
  });

  /**
   * With tasks and instances all alike. In general one large instance that no longer fits makes way for two small ones,
   * and then more instances leave, though not more of what they cost.
   */
  it('never lets more instances leave where more must have room, as long as all are alike', () => {
    let fewer = 0;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4 }), { minLength: 2, maxLength: 8 }), fc.nat({ max: 12 }), (tasks, asked) => {
        const hosts = tasks.map((count): Host => ({ runs: Array.from({ length: count }, () => 'api') }));
        const view = viewFor({ hosts });
        const leaving = (count: number): number =>
          consolidate(view, contextFor(view, hosts, { asks: count === 0 ? [] : [askFor(count, 512)] })).drains.length;
        const [less, more] = [leaving(asked), leaving(asked + 1)];
        fewer += more < less ? 1 : 0;

        expect(more).toBeLessThanOrEqual(less);
      }),
      { numRuns: 400, seed: 3 },
    );
    expect(fewer).toBeGreaterThan(20);
  });

  it('leaves room in their own zone, while it has instances, for tasks of services that ECS keeps even', () => {
    let bound = 0;
    forAll(({ drains }, view, { supply }) => {
      const gone = new Set(idsOf(drains));
      const zoneOf = (id: string): string | undefined =>
        view.instanceByEc2Id.get(id)?.attributes['ecs.availability-zone'];
      const rest = supply.present.filter(({ id }) => !gone.has(id));
      const even = new Set(
        view.observation.services.flatMap((it) => (it.availabilityZoneRebalancing ? `service:${it.name}` : [])),
      );
      for (const { instance } of drains) {
        const inZone = rest.filter(({ id }) => zoneOf(id) === zoneOf(instance.ec2InstanceId));
        const moved = (view.tasksByInstance.get(instance.arn) ?? []).filter((it) => even.has(it.group ?? ''));
        if (moved.length === 0 || inZone.length === 0) continue;
        bound++;
        for (const script of fairScripts)
          expect(replay(groundsOf(asksToMove(view, moved, inZone) ?? [], inZone, []), script).unplacedTasks).toBe(0);
      }
    });
    expect(bound).toBeGreaterThan(20);
  });
});
