import { describe, expect, it } from '@jest/globals';
import { costOf } from '../../lib/planning/cost.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { type Change, shapeSeen, whatIf } from '../../lib/planning/what-if.ts';
import { deployment, drain, group, input, instance, member, now, service, task, taskSet } from '../support/builders.ts';

/** Two instances with four tasks of `api` each, which fill their CPU. */
const full = { remaining: { cpuUnits: 0, memoryMiB: 3_584 }, runningTasksCount: 4 };
const tasks = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => task(n, n <= 4 ? 1 : 2));
const cluster = (over: Parameters<typeof input>[0] = {}, rest: Parameters<typeof input>[1] = {}): PlanningInput =>
  input(
    {
      containerInstances: [instance(1, full), instance(2, full)],
      tasks,
      services: [service(8, { runningCount: 8 })],
      groups: [group([member(1), member(2)])],
      ...over,
    },
    rest,
  );

const after = (before: PlanningInput, ...changes: readonly Change[]) => {
  const changed = whatIf(before, changes);
  if (!changed.ok) throw new Error(changed.problem);
  return { ...changed, plan: planCluster(changed.input) };
};

const problemOf = (...changes: readonly Change[]): string => {
  const changed = whatIf(cluster(), changes);
  return changed.ok ? '' : changed.problem;
};

const large = { instanceType: 'm5.4xlarge', registered: { cpuUnits: 16_384, memoryMiB: 60_000 }, gpus: 0 };

describe('whatIf', () => {
  it('changes nothing where nothing is supposed', () => {
    const before = cluster();

    expect(whatIf(before, [])).toEqual({ ok: true, input: before, notes: [] });
  });

  it('lets a service want more, and the plan launch for them', () => {
    const { plan, notes } = after(cluster(), { kind: 'addTasks', service: 'api', tasks: 9 });

    expect(plan.groups).toMatchObject([{ group: 'web', desiredCapacity: 2, planned: 5 }]);
    expect(notes).toEqual(['service api wants 17 tasks instead of 8']);
  });

  it('lets the deployment that is to grow grow, or the task set', () => {
    const blueGreen = service(8, {
      deploymentKind: 'blueGreen',
      deployments: [
        deployment({ desiredCount: 8 }),
        deployment({ id: 'ecs-svc/0', status: 'ACTIVE', desiredCount: 8 }),
      ],
    });
    const external = service(8, {
      name: 'sets',
      deploymentKind: 'external',
      deployments: [],
      taskSets: [taskSet({ status: 'PRIMARY', computedDesiredCount: 8 }), taskSet({ id: 'ts0' })],
    });

    const { input: changed } = after(
      cluster({ services: [blueGreen, external] }),
      { kind: 'addTasks', service: 'api', tasks: 2 },
      { kind: 'addTasks', service: 'sets', tasks: 3 },
    );

    expect(changed.observation.services.map((it) => it.desiredCount)).toEqual([10, 11]);
    expect(changed.observation.services[0]?.deployments.map((it) => it.desiredCount)).toEqual([10, 8]);
    expect(changed.observation.services[1]?.taskSets.map((it) => it.computedDesiredCount)).toEqual([11, 1]);
  });

  it('takes an instance away with what it runs: its tasks are missing, its group is smaller', () => {
    const {
      plan,
      notes,
      input: changed,
    } = after(cluster({}, { drains: [drain(1)], memory: { retiring: { 'i-1': { cause: 'rotation', since: now } } } }), {
      kind: 'removeInstance',
      ec2InstanceId: 'i-1',
    });

    expect(changed.observation.tasks).toHaveLength(4);
    expect(changed.observation.services[0]?.runningCount).toBe(4);
    expect(changed.drains).toEqual([]);
    expect(changed.memory.retiring).toEqual({});
    expect(plan.instances.map((it) => it.ec2InstanceId)).toEqual(['i-2']);
    expect(plan.groups).toMatchObject([{ desiredCapacity: 1, planned: 2 }]);
    expect(notes).toEqual(['i-1 is gone, and web wants 1 instances instead of 2']);
  });

  it('says that a group at its minimum gets another one, and that standalone tasks are lost', () => {
    const { plan, notes } = after(
      cluster({
        groups: [group([member(1), member(2)], { minSize: 2 })],
        tasks: [...tasks.slice(4), task(9, 1, { group: 'family:job', startedBy: undefined })],
      }),
      { kind: 'removeInstance', ec2InstanceId: 'i-1' },
    );

    expect(plan.groups).toMatchObject([{ desiredCapacity: 2 }]);
    expect(notes.slice(1)).toEqual([
      'web is at its minimum size: Auto Scaling launches another in its place',
      '1 standalone tasks on it are lost: nobody starts them again',
    ]);
  });

  it('launches another type, priced by its size, and leaves what is there as it is', () => {
    const before = cluster(
      {},
      {
        settings: {
          rotation: { maximumAgeMs: undefined, outdatedLaunchTemplate: true },
          groups: {
            web: {
              registers: undefined,
              pricePerHour: 0.096,
              hold: false,
              priority: 0,
              launchInstances: false,
            },
          },
        },
      },
    );

    const {
      plan,
      input: changed,
      notes,
    } = after(
      before,
      { kind: 'instanceType', group: 'web', shape: large },
      { kind: 'addTasks', service: 'api', tasks: 30 },
    );

    expect(plan.groups).toMatchObject([{ desiredCapacity: 2, planned: 3 }]); // 32 such tasks fit on one
    expect(plan.instances.map((it) => it.verdict.kind)).toEqual(['keep', 'keep']);
    const [cost] = costOf(changed, plan);
    expect(cost?.from).toBe('size');
    expect((cost?.planned ?? 0) - (cost?.now ?? 0)).toBeCloseTo(cost?.perInstance ?? 0, 5);
    expect(cost?.perInstance).toBeCloseTo((0.048 * (16 + 60_000 / 4_096)) / 2, 6);
    expect(notes).toHaveLength(3);
  });

  it('refuses what is not there, with what is', () => {
    expect(problemOf({ kind: 'addTasks', service: 'apy', tasks: 1 })).toBe(
      'cluster main has no active service apy; it has: api',
    );
    expect(problemOf({ kind: 'removeInstance', ec2InstanceId: 'i-9' })).toBe(
      'i-9 is no container instance of cluster main, which has 2',
    );
    expect(problemOf({ kind: 'instanceType', group: 'wbe', shape: large })).toBe(
      'no group wbe carries the tag berth:cluster=main; there are: web',
    );
    const daemon = whatIf(cluster({ services: [service(2, { schedulingStrategy: 'DAEMON' })] }), [
      { kind: 'addTasks', service: 'api', tasks: 1 },
    ]);
    expect(daemon).toMatchObject({ ok: false });
  });

  it('stops at the first change that cannot be supposed', () => {
    const twice: Change = { kind: 'removeInstance', ec2InstanceId: 'i-1' };

    expect(problemOf(twice, twice)).toContain('i-1 is no container instance');
  });
});

describe('shapeSeen', () => {
  it('is what an instance of the type registers, where there is one', () => {
    expect(shapeSeen(cluster(), 'm5.large')).toEqual({
      instanceType: 'm5.large',
      registered: { cpuUnits: 2_048, memoryMiB: 7_680 },
      gpus: 0,
    });
    expect(shapeSeen(cluster(), 'm5.4xlarge')).toBeUndefined();
  });
});

describe('costOf', () => {
  it('takes the price of the settings, for what is there and for what is planned', () => {
    const priced = cluster(
      { services: [service(12, { runningCount: 8 })] },
      {
        settings: {
          groups: {
            web: { registers: undefined, pricePerHour: 0.1, hold: false, priority: 0, launchInstances: false },
          },
        },
      },
    );

    expect(costOf(priced, planCluster(priced))).toEqual([
      { group: 'web', perInstance: 0.1, from: 'settings', now: 0.2, planned: 0.3 },
    ]);
  });

  it('costs nothing where there is nothing, and is not known where nothing is known of the instances', () => {
    const unknown = input({
      groups: [
        group([], { name: 'none', launchSource: undefined }),
        group([], { name: 'some', launchSource: undefined, desiredCapacity: 1 }),
      ],
    });

    expect(costOf(unknown, planCluster(unknown))).toEqual([
      { group: 'none', perInstance: undefined, from: undefined, now: 0, planned: 0 },
      { group: 'some', perInstance: undefined, from: undefined, now: undefined, planned: undefined },
    ]);
  });
});
