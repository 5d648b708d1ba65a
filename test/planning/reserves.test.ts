import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CapacityRequest } from '../../lib/model/asked-for.ts';
import type { Headroom } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { demandOf } from '../../lib/planning/demand.ts';
import { tasksOfTarget } from '../../lib/planning/reserves/capacity-runs.ts';
import { nextExpiry, reserveNotices, reservesOf } from '../../lib/planning/reserves.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  definitions,
  deployment,
  input,
  now,
  provider,
  service,
  task,
  taskDefinition,
  taskSet,
} from '../support/builders.ts';

type Seen = Parameters<typeof input>[0];
type Rest = Parameters<typeof input>[1];

const reserves = (seen: Seen, rest: Rest) => reservesOf(viewOf(input(seen, rest)));
const counts = (seen: Seen, rest: Rest): readonly (readonly [string, number])[] =>
  reserves(seen, rest).map((it) => [it.demand.source, it.demand.tasks] as const);

const strategy = [
  { capacityProvider: 'base', base: 2, weight: 1 },
  { capacityProvider: 'spot', base: 0, weight: 1 },
];
const split = { launchType: undefined, capacityProviderStrategy: strategy };
const capacityProviders = [provider('base'), provider('spot')];

describe('headroom', () => {
  const forService = (over: Partial<Extract<Headroom, { kind: 'service' }>>): Rest => ({
    settings: { headroom: [{ kind: 'service', service: 'api', copies: undefined, share: undefined, ...over }] },
  });
  const forDefinition = (taskDefinition: string, copies = 2): Rest => ({
    settings: { headroom: [{ kind: 'taskDefinition', taskDefinition, copies }] },
  });
  const revision = (n: number) => {
    const it = taskDefinition('job', { cpuUnits: 100 * n });
    return { ...it, arn: it.arn.replace(/:1$/, `:${n}`) };
  };

  it.each<[string, number, Parameters<typeof forService>[0], number]>([
    ['copies of a service', 10, { copies: 3 }, 3],
    ['a share of a service', 10, { share: 0.2 }, 2],
    ['a share, rounded up', 11, { share: 0.2 }, 3],
    ['a share without what floating point adds', 100, { share: 0.07 }, 7],
    ['copies of a service that is at 0', 0, { copies: 1 }, 1],
  ])('is room for %s', (_, desired, over, expected) => {
    expect(counts({ services: [service(desired)] }, forService(over))).toEqual([['service api', expected]]);
  });

  it.each<[string, number, Parameters<typeof forService>[0]]>([
    ['no copies', 10, { copies: 0 }],
    ['a share of nothing', 0, { share: 0.5 }],
  ])('is none for %s', (_, desired, over) => {
    expect(counts({ services: [service(desired)] }, forService(over))).toEqual([]);
  });

  it('is launched for, as the tasks of its service would be placed', () => {
    const [it] = reserves({ services: [service(4)] }, forService({ copies: 2 }));

    expect(it).toMatchObject({
      kind: 'headroom',
      launches: true,
      detail: 'headroom: 2 more of service api',
      demand: { group: 'service:api', binding: { kind: 'anywhere' }, wants: { definition: { family: 'api' } } },
    });
  });

  it('is of the revision that the service starts now', () => {
    const [old, fresh] = [revision(1), revision(2)];
    const deployments = [
      deployment({ id: 'ecs-svc/0', status: 'ACTIVE', taskDefinitionArn: old.arn, desiredCount: 4 }),
      deployment({ taskDefinitionArn: fresh.arn, desiredCount: 4 }),
    ];
    const taskSets = [
      taskSet({ taskDefinitionArn: old.arn }),
      taskSet({ status: 'PRIMARY', taskDefinitionArn: fresh.arn }),
    ];
    const taskDefinitions = definitions(old, fresh);
    const shape = (one: ReturnType<typeof service>) =>
      reserves({ services: [one], taskDefinitions }, forService({ copies: 1 }))[0]?.demand.wants?.definition.arn;

    expect(shape(service(4, { deployments }))).toBe(fresh.arn);
    expect(shape(service(4, { deploymentKind: 'codeDeploy', taskSets, deployments: [] }))).toBe(fresh.arn);
    expect(shape(service(4, { taskDefinitionArn: old.arn, deployments: [] }))).toBe(old.arn);
  });

  it('is split over capacity providers after what exists and what is missing', () => {
    const services = [service(6, { deployments: [deployment({ desiredCount: 6, ...split })] })];
    const tasks = [task(1, 1, { capacityProviderName: 'spot' }), task(2, 1, { capacityProviderName: 'spot' })];
    const seen = { capacityProviders, services, tasks };

    // The base of 2 first, then one to each; what comes on top is one to each again.
    expect(demandOf(viewOf(input(seen))).map((it) => [it.binding, it.tasks])).toEqual([
      [{ kind: 'provider', name: 'base' }, 4],
    ]);
    expect(reserves(seen, forService({ copies: 2 })).map((it) => [it.demand.binding, it.demand.tasks])).toEqual([
      [{ kind: 'provider', name: 'base' }, 1],
      [{ kind: 'provider', name: 'spot' }, 1],
    ]);
  });

  it('is none on Fargate', () => {
    const deployments = [deployment({ desiredCount: 4, launchType: 'FARGATE' })];

    expect(counts({ services: [service(4, { deployments })] }, forService({ copies: 2 }))).toEqual([]);
  });

  it.each([
    ['a family, the newest known', 'job', 1000],
    ['a revision', 'job:9', 900],
    ['an ARN', revision(9).arn, 900],
  ])('is room for a task definition by %s', (_, name, cpuUnits) => {
    const [it, ...others] = reserves({ taskDefinitions: definitions(revision(9), revision(10)) }, forDefinition(name));

    expect(others).toEqual([]);
    expect(it?.demand).toMatchObject({
      tasks: 2,
      group: 'family:job',
      binding: { kind: 'anywhere' },
      wants: { requirements: { cpuUnits } },
    });
  });

  it('says what it cannot find', () => {
    const settings = {
      headroom: [
        { kind: 'service', service: 'gone', copies: 1, share: undefined },
        { kind: 'taskDefinition', taskDefinition: 'lost', copies: 1 },
        { kind: 'service', service: 'api', copies: 1, share: undefined },
        { kind: 'taskDefinition', taskDefinition: 'api', copies: 1 },
      ],
    } as const;
    const seen = { services: [service(1)] };
    const gaps = (['services', 'taskDefinitions'] as const).map(
      (subject) => ({ subject, cause: 'throttled', detail: '' }) as const,
    );

    expect(reserves(seen, { settings })).toHaveLength(2);
    expect(reserveNotices(viewOf(input(seen, { settings })))).toEqual([
      'settings ask headroom for service gone; cluster main has no active replica service of that name',
      'settings ask headroom for task definition lost, which could not be found',
    ]);
    expect(reserveNotices(viewOf(input({ ...seen, gaps }, { settings })))).toEqual([]);
  });
});

describe('headroom of the cluster', () => {
  const families = { small: [128, 256], even: [512, 2048], large: [2048, 4096], cpu: [1024, 128] } as const;
  const taskDefinitions = definitions(
    ...Object.entries(families).map(([name, [cpuUnits, memoryMiB]]) => taskDefinition(name, { cpuUnits, memoryMiB })),
  );
  const of = (family: string, desiredCount: number, n = 0) => {
    const taskDefinitionArn = taskDefinition(family).arn;
    const deployments = [deployment({ desiredCount, taskDefinitionArn })];
    return service(desiredCount, { name: `${family}-${n}`, arn: `arn:${family}-${n}`, taskDefinitionArn, deployments });
  };
  const share = (it: number): Rest => ({ settings: { headroom: [{ kind: 'cluster', share: it }] } });

  it('is a task of the largest shape at least', () => {
    const services = [of('small', 40), of('large', 1)];

    expect(counts({ services, taskDefinitions }, share(0.01))).toEqual([['service large-0', 1]]);
  });

  it('is in proportion to the services', () => {
    const services = [of('large', 10), of('even', 20), of('small', 40)];

    expect(counts({ services, taskDefinitions }, share(0.1))).toEqual([
      ['service large-0', 1],
      ['service even-0', 2],
      ['service small-0', 4],
    ]);
  });

  it('does not give a task to each of many small services', () => {
    const services = Array.from({ length: 100 }, (_, n) => of('small', 1, n));

    expect(counts({ services, taskDefinitions }, share(0.1)).length).toBe(10);
  });

  it('is bound as the services are', () => {
    const deployments = [deployment({ desiredCount: 12, ...split })];
    const seen = { capacityProviders, services: [service(12, { deployments })] };

    expect(reserves(seen, share(0.5)).map((it) => [it.demand.binding, it.demand.tasks])).toEqual([
      [{ kind: 'provider', name: 'base' }, 4], // of 7
      [{ kind: 'provider', name: 'spot' }, 2], // of 5
    ]);
  });

  it('sums to its share of CPU and memory at least, and gives no service more than its own, rounded up', () => {
    const shortages = fc.array(
      fc.record({ family: fc.constantFrom(...Object.keys(families)), count: fc.integer({ min: 0, max: 50 }) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(shortages, fc.double({ min: 0.01, max: 3, noNaN: true }), (wanted, part) => {
        const services = wanted.map(({ family, count }, n) => of(family, count, n));
        const found = reserves({ services, taskDefinitions }, share(part));
        const given = new Map(found.map((it) => [it.demand.source, it.demand.tasks]));
        const sum = (count: (n: number, wantedTasks: number) => number, resource: 'cpuUnits' | 'memoryMiB'): number =>
          wanted.reduce((total, { family, count: tasks }, n) => {
            const size = taskDefinitions[taskDefinition(family).arn]?.requirements[resource] ?? 0;
            return total + size * count(n, tasks);
          }, 0);
        const givenTo = (n: number): number => given.get(`service ${wanted[n]?.family ?? ''}-${n}`) ?? 0;

        for (const resource of ['cpuUnits', 'memoryMiB'] as const)
          expect(sum(givenTo, resource)).toBeGreaterThanOrEqual(sum((_, tasks) => part * tasks, resource) * (1 - 1e-6));
        wanted.forEach(({ count }, n) => {
          expect(givenTo(n)).toBeLessThanOrEqual(Math.ceil(part * count));
        });
        expect(found.every((it) => it.demand.tasks > 0)).toBe(true);
      }),
    );
  });
});

describe('a capacity run', () => {
  const request = (over: Partial<CapacityRequest> = {}): CapacityRequest => ({
    id: 'launch-day',
    tasks: 40,
    target: { kind: 'service', service: 'api' },
    requestedAt: now - minuteMs,
    until: now + minuteMs,
    ...over,
  });
  const asking = (...capacity: readonly CapacityRequest[]): Rest => ({ asked: { capacity } });
  const byDefinition = (capacityProvider: string | undefined) =>
    ({ kind: 'taskDefinition', taskDefinitionArn: taskDefinition('api').arn, capacityProvider }) as const;

  it('is room for so many more tasks, launched for, until it is over', () => {
    const seen = { services: [service(4)] };

    expect(reserves(seen, asking(request()))).toMatchObject([
      { kind: 'capacityRun', launches: true, demand: { tasks: 40, source: 'service api' } },
    ]);
    expect(reserves(seen, asking(request()))[0]?.detail).toBe(
      `capacity run launch-day: 40 more of service api until ${new Date(now + minuteMs).toISOString()}`,
    );
    expect(reserves(seen, asking(request({ until: now })))).toEqual([]);
  });

  it.each<[string, number, number | undefined, number]>([
    ['nothing where the count was not kept', 30, undefined, 40],
    ['what came since', 30, 4, 14],
    ['nothing where fewer are wanted than then', 2, 4, 40],
  ])('is less by %s', (_, desired, baseTasks, expected) => {
    expect(counts({ services: [service(desired)] }, asking(request({ baseTasks })))).toEqual([
      ['service api', expected],
    ]);
  });

  it('is over when all has come', () => {
    expect(counts({ services: [service(50)] }, asking(request({ baseTasks: 4 })))).toEqual([]);
  });

  it('is room for tasks of a task definition, by a provider or without', () => {
    const seen = { capacityProviders };
    const bound = (it: CapacityRequest) => reserves(seen, asking(it)).map((one) => one.demand.binding);

    expect(bound(request({ target: byDefinition(undefined) }))).toEqual([{ kind: 'anywhere' }]);
    expect(bound(request({ target: byDefinition('spot') }))).toEqual([{ kind: 'provider', name: 'spot' }]);
    expect(bound(request({ target: byDefinition('FARGATE') }))).toEqual([]);
  });

  it('counts the tasks of a task definition that run or wait against it', () => {
    const tasks = [task(1, 1), task(2, undefined), task(3, 1, { desiredStatus: 'STOPPED' })];
    const target = byDefinition(undefined);

    expect(tasksOfTarget(viewOf(input({ tasks })), target)).toBe(2);
    expect(counts({ tasks }, asking(request({ target, tasks: 5, baseTasks: 1 })))).toEqual([
      ['task definition api', 4],
    ]);
  });

  it('is served up to a reasonable count', () => {
    expect(counts({ services: [service(4)] }, asking(request({ tasks: 1e9 })))).toEqual([['service api', 5000]]);
  });

  it('of what is not there is a notice', () => {
    const target = { kind: 'service', service: 'gone' } as const;
    const rest = asking(
      request({ target }),
      request({ id: 'b', target: { ...byDefinition(undefined), taskDefinitionArn: 'x' } }),
    );

    expect(reserves({}, rest)).toEqual([]);
    expect(reserveNotices(viewOf(input({}, rest)))).toEqual([
      'capacity run launch-day asks room for service gone, which cluster main does not have',
      'capacity run b asks room for task definition x, which cluster main does not have',
    ]);
    expect(tasksOfTarget(viewOf(input({})), target)).toBeUndefined();
  });

  it('tells when the next is over', () => {
    const rest = asking(request({ until: now + 3 }), request({ until: now + 2 }), request({ until: now - 1 }));

    expect(nextExpiry(viewOf(input({}, rest)))).toBe(now + 2);
    expect(nextExpiry(viewOf(input({})))).toBeUndefined();
  });
});

describe('reserves and demand together', () => {
  it('have ids of their own, the same at the next look', () => {
    const copies = { kind: 'service', service: 'api', copies: 1, share: undefined } as const;
    const rest: Rest = {
      settings: {
        peakWindowMs: minuteMs,
        headroom: [
          copies,
          copies,
          { kind: 'taskDefinition', taskDefinition: 'api', copies: 1 },
          { kind: 'cluster', share: 1 },
        ],
      },
      memory: { peaks: { api: [{ tasks: 9, at: now - minuteMs }] } },
      asked: {
        capacity: ['a', 'b'].map((id) => ({
          id,
          tasks: 2,
          target: { kind: 'service', service: 'api' },
          requestedAt: now,
          until: now + 1,
        })),
      },
    };
    const seen = {
      capacityProviders,
      services: [service(6, { deployments: [deployment({ desiredCount: 6, ...split })] })],
    };
    const ids = (at: number): readonly string[] => {
      const view = viewOf(input({ ...seen, observedAt: at }, rest));
      return [...demandOf(view), ...reservesOf(view).map((it) => it.demand)].map((it) => it.id);
    };

    expect(new Set(ids(now)).size).toBe(ids(now).length);
    expect(ids(now).length).toBeGreaterThanOrEqual(10);
    expect(ids(now - 1)).toEqual(ids(now));
  });
});
