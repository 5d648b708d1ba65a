import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { QueuedTask } from '../../lib/model/asked-for.ts';
import type { Service, StrategyItem } from '../../lib/model/service.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { demandOf } from '../../lib/planning/demand.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  definitions,
  deployment,
  drain,
  group,
  input,
  instance,
  member,
  now,
  provider,
  service,
  task,
  taskDefinition,
  taskSet,
} from '../support/builders.ts';

type Seen = Parameters<typeof input>[0];

const demand = (seen: Seen, rest: Parameters<typeof input>[1] = {}) => demandOf(viewOf(input(seen, rest)));

const total = (seen: Seen, rest: Parameters<typeof input>[1] = {}): number =>
  demand(seen, rest).reduce((sum, it) => sum + it.tasks, 0);

/** `count` running tasks of a deployment, from number `from` on, on instance `on`. */
const running = (startedBy: string, count: number, from = 0, over: Partial<Task> = {}, on = 1): readonly Task[] =>
  Array.from({ length: count }, (_, n) => task(from + n, on, { startedBy, ...over }));

const blueId = 'ecs-svc/0';
const greenId = 'ecs-svc/1';
const blue = (desiredCount: number) =>
  deployment({ id: blueId, status: 'ACTIVE', desiredCount, createdAt: now - 120 * minuteMs });
const green = (desiredCount: number, over: Parameters<typeof deployment>[0] = {}) =>
  deployment({ id: greenId, desiredCount, rolloutState: 'IN_PROGRESS', ...over });

/** A service in the midst of a deployment from blue to green. */
const between = (deploymentKind: Service['deploymentKind'], desired: number, over: Partial<Service> = {}) =>
  service(desired, { deploymentKind, deployments: [green(desired), blue(desired)], ...over });

/** Instance 2 is leaving: seen DRAINING, terminating, interrupted, or retiring. */
const leavings: Readonly<Record<string, readonly [Seen, Parameters<typeof input>[1]]>> = {
  draining: [{ containerInstances: [instance(1), instance(2, { status: 'DRAINING' })] }, {}],
  terminating: [
    {
      containerInstances: [instance(1), instance(2)],
      groups: [group([member(1), member(2, { lifecycleState: 'Terminating:Wait' })])],
    },
    {},
  ],
  interrupted: [
    { containerInstances: [instance(1), instance(2)] },
    { drains: [drain(2, { cause: 'spotInterruption' })] },
  ],
  'disconnected and retiring': [
    { containerInstances: [instance(1), instance(2, { agentConnected: false })] },
    { memory: { retiring: { 'i-2': { cause: 'repair', since: now } } } },
  ],
};

// ECS API reference, DeploymentConfiguration: maximumPercent bounds RUNNING and PENDING tasks, rounded down.
describe('a rolling service', () => {
  const old = (count: number) => running(blueId, count);
  const fresh = (count: number, over: Partial<Task> = {}) => running(greenId, count, 100, over);

  it.each<[string, Partial<Service>, readonly Task[], number]>([
    ['lacks what has not been started', { maximumPercent: 200 }, fresh(1), 3],
    ['lacks nothing when all of it runs', { maximumPercent: 200 }, fresh(4), 0],
    ['lacks nothing when more of it runs than desired', { maximumPercent: 200 }, fresh(6), 0],
    ['starts all of a new revision where the maximum is twice the count', { maximumPercent: 200 }, old(4), 4],
    ['starts as many as the maximum leaves', { maximumPercent: 150 }, old(4), 2],
    ['rounds the maximum down', { maximumPercent: 149 }, old(4), 1],
    ['starts none before one was stopped where the maximum is the count', { maximumPercent: 100 }, old(4), 0],
    ['starts as many as were stopped', { maximumPercent: 100, minimumHealthyPercent: 50 }, old(2), 2],
    ['counts what the new revision has', { maximumPercent: 150 }, [...old(3), ...fresh(2)], 1],
    ['replaces an unhealthy task before it is stopped', {}, [...fresh(3), ...fresh(1, { isUnhealthy: true })], 1],
    [
      'replaces unhealthy tasks within the maximum only',
      { maximumPercent: 125 },
      running(greenId, 4, 0, { isUnhealthy: true }),
      1,
    ],
    [
      'replaces no unhealthy task first where the maximum is the count',
      { maximumPercent: 100 },
      running(greenId, 4, 0, { isUnhealthy: true }),
      0,
    ],
    ['does not count tasks that are stopping', {}, running(greenId, 4, 0, { desiredStatus: 'STOPPED' }), 4],
  ])('%s', (_, over, tasks, expected) => {
    const services = [between('rolling', 4, over)];

    expect(total({ containerInstances: [instance(1)], tasks, services })).toBe(expected);
  });

  // ECS API reference, DeploymentCircuitBreaker: a failed deployment stops launching new tasks.
  it('starts no more of a deployment that failed, but what has to leave', () => {
    const services = [service(4, { deployments: [green(4, { rolloutState: 'FAILED' }), blue(4)] })];
    const containerInstances = [instance(1), instance(2, { status: 'DRAINING' })];
    const tasks = running(blueId, 2);

    expect(total({ containerInstances, tasks, services })).toBe(0);
    expect(total({ containerInstances, tasks: [...tasks, ...running(blueId, 1, 10, {}, 2)], services })).toBe(1);
  });

  it('lacks nothing without a primary deployment', () => {
    expect(total({ services: [service(4, { deployments: [] })] })).toBe(0);
  });
});

describe('tasks on instances that leave', () => {
  it.each(Object.entries(leavings))('are counted once: %s', (_, [seen, rest]) => {
    const tasks = [...running(greenId, 2), ...running(greenId, 3, 10, {}, 2)];

    expect(total({ ...seen, tasks, services: [service(5)] }, rest)).toBe(3);
    expect(total({ ...seen, tasks: [...tasks, ...running(greenId, 3, 20)], services: [service(5)] }, rest)).toBe(0);
  });

  it('want room at once, not one after another as the maximum has it', () => {
    const containerInstances = [instance(1), instance(2, { status: 'DRAINING' })];
    const tasks = [...running(greenId, 5), ...running(greenId, 5, 10, {}, 2)];

    expect(total({ containerInstances, tasks, services: [service(10, { maximumPercent: 110 })] })).toBe(5);
  });

  it('are no demand where they are standalone: nobody starts them again', () => {
    const containerInstances = [instance(2, { status: 'DRAINING' })];
    const tasks = [task(1, 2, { group: 'family:job', startedBy: undefined })];

    expect(demand({ containerInstances, tasks })).toEqual([]);
  });

  // ECS developer guide, container instance draining: the minimum rounds up and the maximum down.
  it.each<[string, number, number, number, number]>([
    ['100/100: it moves none', 4, 100, 100, 0],
    ['2 tasks, 75/100: it can stop none', 2, 75, 100, 0],
    ['3 tasks, 100/125: it can start none', 3, 100, 125, 0],
    ['3 tasks, 50/100: it stops one first', 3, 50, 100, 1],
    ['3 tasks, 100/134: it starts one first', 3, 100, 134, 1],
  ])('stay on a DRAINING instance that their service cannot leave: %s', (_, desired, minimum, maximum, expected) => {
    const services = [service(desired, { minimumHealthyPercent: minimum, maximumPercent: maximum })];
    const tasks = [...running(greenId, desired - 1), ...running(greenId, 1, 10, {}, 2)];
    const containerInstances = [instance(1), instance(2, { status: 'DRAINING' })];

    expect(total({ containerInstances, tasks, services })).toBe(expected);
    const groups = [group([member(2, { lifecycleState: 'Terminating:Wait' })])];
    expect(total({ containerInstances, tasks, services, groups })).toBe(1); // it ends whatever ECS moves
  });
});

// ECS developer guide, blue/green deployments: both revisions run in full until the bake time is over.
describe.each(['blueGreen', 'linear', 'canary'] as const)('a %s service', (kind) => {
  const services = [between(kind, 4, { maximumPercent: 100 })];

  it.each<[string, number, number, number]>([
    ['grows green in full beside blue, whatever the maximum', 4, 0, 4],
    ['counts what green has', 4, 3, 1],
    ['lacks nothing while both are held', 4, 4, 0],
    ['does not grow blue while green is held', 2, 4, 0],
    ['does not take the end of blue for a shortage', 0, 4, 0],
    ['nor where green loses a task then', 2, 3, 1],
    ['counts what blue has lost while green is not there yet', 2, 0, 2 + 4],
    ['and less of it as green comes', 2, 1, 1 + 3],
  ])('%s', (_, ofBlue, ofGreen, expected) => {
    const tasks = [...running(blueId, ofBlue), ...running(greenId, ofGreen, 10)];

    expect(total({ containerInstances: [instance(1)], tasks, services })).toBe(expected);
  });

  it('moves tasks of either that have to leave', () => {
    const containerInstances = [instance(1), instance(2, { status: 'DRAINING' })];
    const tasks = [...running(blueId, 3), ...running(blueId, 1, 3, {}, 2), ...running(greenId, 4, 10)];

    expect(total({ containerInstances, tasks, services: [between(kind, 4)] })).toBe(1);
    expect(demand({ containerInstances, tasks, services: [between(kind, 4)] })[0]?.deployment).toBe(blueId);
  });

  it('keeps blue in full, and starts nothing of green, once green has failed', () => {
    const failed = [green(4, { rolloutState: 'FAILED' }), blue(4)];
    const tasks = [...running(blueId, 2), ...running(greenId, 3, 10)];

    expect(total({ tasks, services: [service(4, { deploymentKind: kind, deployments: failed })] })).toBe(2);
  });

  it('counts what the service is short of once, for the oldest, where a second deployment has begun', () => {
    const second = deployment({ id: 'ecs-svc/2', status: 'ACTIVE', desiredCount: 4, createdAt: now - minuteMs });
    const deployments = [green(4), second, blue(4)];
    const found = demand({ tasks: [], services: [service(4, { deploymentKind: kind, deployments })] });

    expect(found.map((it) => [it.deployment, it.tasks])).toEqual([
      [greenId, 4],
      [blueId, 4],
    ]);
  });

  it('takes the desired count of each deployment', () => {
    const deployments = [green(6), deployment({ id: blueId, status: 'INACTIVE', desiredCount: 9 })];

    expect(total({ services: [service(6, { deploymentKind: kind, deployments })] })).toBe(6);
  });
});

// ECS API reference, TaskSet: computedDesiredCount.
describe.each(['codeDeploy', 'external'] as const)('a %s service', (deploymentKind) => {
  it('lacks what its task sets compute, whatever it desires itself, and nothing of one that drains', () => {
    const taskSets = [
      taskSet({ id: blueId, status: 'PRIMARY', computedDesiredCount: 4 }),
      taskSet({ id: greenId, computedDesiredCount: 2 }),
      taskSet({ id: 'ecs-svc/2', status: 'DRAINING', computedDesiredCount: 9 }),
    ];
    const services = [service(40, { deploymentKind, taskSets, deployments: [] })];
    const tasks = [...running(blueId, 3), ...running(greenId, 1, 10)];

    expect(demand({ tasks, services }).map((it) => [it.deployment, it.tasks])).toEqual([
      [blueId, 1],
      [greenId, 1],
    ]);
  });
});

// ECS API reference, CapacityProviderStrategyItem: base first, then the ratio of the weights; 0 is given nothing.
describe('splitting over capacity providers', () => {
  const capacityProviders = ['a', 'b', 'c'].map((it) => provider(it));
  const line = (capacityProvider: string, base: number, weight: number): StrategyItem => ({
    capacityProvider,
    base,
    weight,
  });
  const split = (desired: number, strategy: readonly StrategyItem[], tasks: readonly Task[] = [], seen: Seen = {}) => {
    const target = { launchType: undefined, capacityProviderStrategy: strategy };
    const services = [service(desired, { deployments: [deployment({ desiredCount: desired, ...target })] })];
    const found = demand({ capacityProviders, services, tasks, ...seen });
    return Object.fromEntries(found.map((it) => [it.binding.kind === 'provider' ? it.binding.name : '', it.tasks]));
  };
  const on = (capacityProviderName: string, count: number, from = 0, at = 1) =>
    running(greenId, count, from, { capacityProviderName }, at);

  it.each<[string, number, readonly StrategyItem[], readonly Task[], Readonly<Record<string, number>>]>([
    ['all to one', 5, [line('a', 0, 1)], [], { a: 5 }],
    ['the base first', 2, [line('b', 2, 1), line('a', 0, 9)], [], { b: 2 }],
    ['then by weight', 12, [line('a', 2, 1), line('b', 0, 4)], [], { a: 4, b: 8 }],
    ['less what exists', 8, [line('a', 0, 1), line('b', 0, 1)], on('a', 4), { b: 4 }],
    ['a base that exists is not given again', 6, [line('a', 4, 0), line('b', 0, 1)], on('a', 3), { a: 1, b: 2 }],
    ['nothing to weight 0', 4, [line('a', 0, 0), line('b', 0, 2)], [], { b: 4 }],
    ['what no provider is given stays out', 4, [line('a', 1, 0)], [], { a: 1 }],
    ['nothing of ours for FARGATE', 6, [line('FARGATE', 0, 1), line('a', 0, 2)], [], { a: 4 }],
  ])('gives %s', (_, desired, strategy, tasks, expected) => {
    expect(split(desired, strategy, tasks)).toEqual(expected);
  });

  it('replaces a task that has to leave by the provider it is of', () => {
    const seen = { containerInstances: [instance(1), instance(2, { status: 'DRAINING' })] };
    const tasks = [...on('a', 1), ...on('a', 1, 5, 2), ...on('b', 2, 10)];

    expect(split(4, [line('b', 0, 1), line('a', 0, 1)], tasks, seen)).toEqual({ a: 1 });
  });
});

describe('tasks that wait in PROVISIONING', () => {
  const bound = { capacityProviderName: 'spot' };

  it('are counted by shape and provider, and not again as missing', () => {
    const tasks = [
      task(1, undefined, bound),
      task(2, undefined, bound),
      task(3, undefined, { ...bound, cpuUnits: 1024 }),
      task(4, 1, { ...bound, lastStatus: 'PROVISIONING' }), // has its place: its network interface is being made
      task(5, undefined, { ...bound, desiredStatus: 'STOPPED' }),
    ];
    const seen = { tasks, capacityProviders: [provider('spot')], services: [service(4)] };

    expect(demand(seen).map((it) => it.tasks)).toEqual([2, 1]);
  });

  it('are certain while tasks were read in part, as what services lack is not', () => {
    const gaps = [{ subject: 'tasks', cause: 'throttled', detail: '' }] as const;
    const seen = { gaps, tasks: [task(1, undefined, bound)], services: [service(4)] };

    expect(demand({ ...seen, capacityProviders: [provider('spot')] }).map((it) => it.tasks)).toEqual([1]);
  });
});

describe("tasks in Berth's own queue", () => {
  const job = taskDefinition('job');
  const queued = (n: number, over: Partial<QueuedTask> = {}): QueuedTask => ({
    id: `message-${n}`,
    taskDefinitionArn: job.arn,
    group: undefined,
    capacityProvider: undefined,
    tasks: 2,
    queuedAt: now - minuteMs,
    ...over,
  });
  const seen = { taskDefinitions: definitions(job), capacityProviders: [provider('spot')] };

  it('are demand of their task definition, group and provider', () => {
    const tasks = [queued(1), queued(2), queued(3, { group: 'nightly' }), queued(4, { capacityProvider: 'spot' })];
    const found = demand(seen, { asked: { queued: tasks } });

    expect(found.map((it) => [it.source, it.group, it.binding.kind, it.tasks, it.wants?.definition.family])).toEqual([
      ['queue family:job', 'family:job', 'anywhere', 4, 'job'],
      ['queue family:job', 'family:job', 'provider', 2, 'job'],
      ['queue nightly', 'nightly', 'anywhere', 2, 'job'],
    ]);
  });

  it('are reported where their task definition could not be read', () => {
    expect(demand({ taskDefinitions: {} }, { asked: { queued: [queued(1)] } })).toMatchObject([
      { tasks: 2, wants: undefined },
    ]);
  });

  it('are none of Fargate, nor those that waited too long', () => {
    const taskQueue = { taskDefinitionFamilies: ['job'], roles: [], giveUpAfterMs: 10 * minuteMs };
    const late = [
      queued(1, { queuedAt: now - 10 * minuteMs }),
      queued(2, { queuedAt: now - 9 * minuteMs }),
      queued(3, { capacityProvider: 'FARGATE' }),
    ];
    const settings = { taskQueue };

    expect(total(seen, { asked: { queued: late }, settings })).toBe(2);
  });
});

describe('what services lack, in any state', () => {
  const percents = fc.record({
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 300 }),
  });
  const states = fc.record({
    desired: fc.integer({ min: 0, max: 12 }),
    percents,
    tasks: fc.array(
      fc.record({
        startedBy: fc.constantFrom(blueId, greenId),
        on: fc.constantFrom(1, 2, undefined),
        isUnhealthy: fc.boolean(),
      }),
      { maxLength: 30 },
    ),
    failed: fc.boolean(),
  });
  const containerInstances = [instance(1), instance(2, { status: 'DRAINING' })];

  it('never exceeds the desired count with its surge, together with what stays', () => {
    fc.assert(
      fc.property(states, fc.constantFrom('rolling', 'blueGreen', 'external'), (it, deploymentKind) => {
        const rolloutState = it.failed ? 'FAILED' : 'IN_PROGRESS';
        const one = between(deploymentKind, it.desired, {
          ...it.percents,
          deployments: [green(it.desired, { rolloutState }), blue(it.desired)],
          taskSets: [blueId, greenId].map((id) => taskSet({ id, computedDesiredCount: it.desired })),
        });
        const tasks = it.tasks.map(({ on, ...over }, n) => task(n, on, over));
        const found = demand({ containerInstances, tasks, services: [one] });
        const lacking =
          found.reduce((sum, one) => sum + one.tasks, 0) - tasks.filter((t) => !t.containerInstanceArn).length;
        const staying = it.tasks.filter((t) => t.on !== 2).length;
        const ceiling =
          deploymentKind === 'rolling'
            ? Math.floor((it.desired * it.percents.maximumPercent) / 100)
            : 2 * it.desired + it.tasks.filter((t) => t.on !== 2 && t.isUnhealthy).length;

        expect(found.every((one) => one.tasks > 0)).toBe(true);
        expect(lacking).toBeGreaterThanOrEqual(0);
        if (lacking > 0 && deploymentKind === 'rolling') expect(lacking + staying).toBeLessThanOrEqual(ceiling);
        else expect(lacking).toBeLessThanOrEqual(ceiling);
        expect(new Set(found.map((one) => one.id)).size).toBe(found.length);
      }),
    );
  });
});
