import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minuteMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import {
  definitions,
  deployment,
  group,
  input,
  instance,
  member,
  now,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const zoneOf = (n: number): string => `eu-west-1${'abc'[n % 3]}`;
const zones = [0, 1, 2].map(zoneOf);

const inZone = (n: number) => ({ 'ecs.instance-type': 'm5.large', 'ecs.availability-zone': zoneOf(n) });

/** Clusters at rest over three zones: a service with availabilityZoneRebalancing, one without, and spare instances. */
const clusters = fc
  .record({
    instances: fc.array(
      fc.record({
        zone: fc.nat({ max: 2 }),
        tasks: fc.array(fc.constantFrom('even', 'plain'), { maxLength: 2 }),
        emptyForMs: fc.integer({ min: 0, max: 5 * minuteMs }),
      }),
      { minLength: 1, maxLength: 9 },
    ),
    missing: fc.nat({ max: 2 }),
    minSize: fc.nat({ max: 2 }),
  })
  .map(({ instances, missing, minSize }): PlanningInput => {
    const tasks = instances.flatMap((it, n) =>
      it.tasks.map((name, k) => task(n * 10 + k, n, { group: `service:${name}` })),
    );
    const services = ['even', 'plain'].map((name) => {
      const desiredCount = tasks.filter((it) => it.group === `service:${name}`).length + missing;
      return service(desiredCount, { name, availabilityZoneRebalancing: name === 'even' });
    });
    const members = instances.map((it, n) => member(n, { availabilityZone: zoneOf(it.zone) }));
    return input(
      {
        containerInstances: instances.map((it, n) =>
          instance(n, {
            attributes: inZone(it.zone),
            remaining: { cpuUnits: 2048 - 512 * it.tasks.length, memoryMiB: 7680 - 1024 * it.tasks.length },
            runningTasksCount: it.tasks.length,
          }),
        ),
        tasks,
        services,
        groups: [group(members, { availabilityZones: zones, minSize: Math.min(minSize, members.length) })],
      },
      { memory: { emptySince: Object.fromEntries(instances.map((it, n) => [`i-${n}`, now - it.emptyForMs])) } },
    );
  });

const drainedBy = (given: PlanningInput): readonly string[] =>
  planCluster(given)
    .steps.flatMap((it) => (it.kind === 'drainInstances' ? it.instances : []))
    .map((it) => it.containerInstanceArn);

const holdingTasksOfRebalanced = ({ observation: { services, tasks } }: PlanningInput): ReadonlySet<string> => {
  const groups = new Set(services.filter((it) => it.availabilityZoneRebalancing).map((it) => `service:${it.name}`));
  return new Set(tasks.flatMap((it) => (groups.has(it.group ?? '') ? (it.containerInstanceArn ?? []) : [])));
};

const longAgo = now - 5 * minuteMs;

describe('scale-in beside availabilityZoneRebalancing', () => {
  it('leaves no zone that ECS would refill: it drains no instance with a task of such a service, as of any', () => {
    let drained = 0;
    let spared = 0;
    fc.assert(
      fc.property(clusters, (given) => {
        const holding = holdingTasksOfRebalanced(given);
        const closing = drainedBy(given);
        drained += closing.length;
        spared += holding.size;
        return closing.every((it) => !holding.has(it));
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(Math.min(drained, spared)).toBeGreaterThan(200);
  });

  it('leaves no zone that ECS would refill: of uneven zones it takes the empty instances, not the spare tasks', () => {
    const given = input(
      {
        containerInstances: [0, 1, 2, 3].map((n) => instance(n, { attributes: inZone(n) })),
        // Zone a has two tasks on two instances (0 and 3), b one, c none.
        tasks: [task(1, 0), task(2, 3), task(3, 1)],
        services: [service(3, { availabilityZoneRebalancing: true })],
        groups: [
          group(
            [0, 1, 2, 3].map((n) => member(n, { availabilityZone: zoneOf(n) })),
            { availabilityZones: zones },
          ),
        ],
      },
      { memory: { emptySince: Object.fromEntries([0, 1, 2, 3].map((n) => [`i-${n}`, longAgo])) } },
    );

    expect(drainedBy(given)).toEqual([instance(2).arn]);
  });
});

describe('scale-out for availabilityZoneRebalancing', () => {
  /** Two instances with room for one task each in the zones a and b, none in c: the first new ones come up there. */
  const planFor = (count: number, strategy: Parameters<typeof service>[1]) =>
    planCluster(
      input({
        containerInstances: [0, 1, 3, 4].map((n) =>
          instance(n, {
            remaining: { cpuUnits: 512, memoryMiB: 1024 },
            attributes: inZone(n),
          }),
        ),
        services: [service(count, { availabilityZoneRebalancing: true, ...strategy })],
        groups: [
          group(
            [0, 1, 3, 4].map((n) => member(n, { availabilityZone: zoneOf(n) })),
            { availabilityZones: zones },
          ),
        ],
      }),
    );

  it('plans a service without a strategy as one that spreads over zones, then over instances', () => {
    const spread = [
      { type: 'spread', field: 'attribute:ecs.availability-zone' },
      { type: 'spread', field: 'instanceId' },
    ] as const;

    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), (count) => {
        expect(planFor(count, {}).steps).toEqual(planFor(count, { placementStrategy: spread }).steps);
      }),
      { numRuns: 30 },
    );
    expect(planFor(12, {}).steps.map((it) => it.kind)).toEqual(['setGroupDesiredCapacity']);
  });

  it.each<readonly [string, Parameters<typeof service>[1], number]>([
    ['as many instances as that spread may take', {}, 4],
    ['fewer where the service packs', { placementStrategy: [{ type: 'binpack', field: 'cpu' }] }, 3],
  ])('launches %s', (_, over, instances) => {
    const big = taskDefinition('big', { cpuUnits: 1536 });
    const plan = planCluster(
      input({
        containerInstances: [instance(0, { remaining: { cpuUnits: 0, memoryMiB: 0 }, attributes: inZone(0) })],
        services: [
          service(2, { availabilityZoneRebalancing: true, ...over }),
          service(2, {
            name: 'big',
            taskDefinitionArn: big.arn,
            deployments: [deployment({ desiredCount: 2, taskDefinitionArn: big.arn })],
            ...over,
          }),
        ],
        taskDefinitions: definitions(taskDefinition('api', { cpuUnits: 1024 }), big),
        groups: [group([member(0)], { availabilityZones: zones })],
      }),
    );

    expect(plan.steps).toMatchObject([{ kind: 'setGroupDesiredCapacity', from: 1, to: 1 + instances }]);
  });
});
