import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Plan } from '../../lib/model/plan.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import {
  definitions,
  deployment,
  drain,
  group,
  input,
  instance,
  instanceArn,
  member,
  now,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const families = ['api', 'small', 'large'] as const;
const sizes = {
  api: { cpuUnits: 512, memoryMiB: 1024 },
  small: { cpuUnits: 128, memoryMiB: 300 },
  large: { cpuUnits: 1024, memoryMiB: 4096 },
};
const taskDefinitions = definitions(...families.map((it) => taskDefinition(it, sizes[it])));

/** An instance with some tasks on it, its remaining resources as ECS would account for them. */
const loaded = fc.record({
  tasks: fc.array(fc.constantFrom(...families), { maxLength: 2 }),
  draining: fc.boolean(),
  connected: fc.boolean(),
  emptyForMs: fc.integer({ min: 0, max: 5 * minuteMs }),
  drain: fc.option(fc.constantFrom('draining', 'emptied', 'terminating', 'restoring'), { nil: undefined }),
  drainedForMs: fc.integer({ min: 0, max: 2 * minuteMs }),
  inGroup: fc.constantFrom('web', 'batch', 'none'),
  lifecycleState: fc.constantFrom('InService', 'InService', 'InService', 'Terminating:Wait', 'Standby'),
});

const clusters = fc
  .record({
    instances: fc.array(loaded, { maxLength: 8 }),
    wanted: fc.array(fc.record({ family: fc.constantFrom(...families), count: fc.integer({ min: 0, max: 30 }) }), {
      maxLength: 4,
    }),
    booting: fc.integer({ min: 0, max: 3 }),
    minSize: fc.integer({ min: 0, max: 3 }),
    room: fc.integer({ min: 0, max: 10 }),
    gap: fc.constantFrom(
      undefined,
      undefined,
      'services',
      'containerInstances',
      'groups',
      'cluster',
      'taskDefinitions',
    ),
  })
  .map(({ instances, wanted, booting, minSize, room, gap }): PlanningInput => {
    const containerInstances = instances.map((it, n): ContainerInstance => {
      const taken = it.tasks.reduce(
        (sum, family) => ({
          cpuUnits: sum.cpuUnits + sizes[family].cpuUnits,
          memoryMiB: sum.memoryMiB + sizes[family].memoryMiB,
        }),
        { cpuUnits: 0, memoryMiB: 0 },
      );
      const remaining = { cpuUnits: 2048 - taken.cpuUnits, memoryMiB: 7680 - taken.memoryMiB };
      return instance(n, {
        status: it.draining ? 'DRAINING' : 'ACTIVE',
        agentConnected: it.connected,
        remaining,
        runningTasksCount: it.tasks.length,
      });
    });
    const tasks = instances.flatMap((it, n) =>
      it.tasks.map((family, k) =>
        task(n * 10 + k, n, { group: `service:${family}`, taskDefinitionArn: taskDefinition(family).arn }),
      ),
    );
    const groups = ['web', 'batch'].map((name) => {
      const members = instances.flatMap((it, n) =>
        it.inGroup === name ? [member(n, { lifecycleState: it.lifecycleState })] : [],
      );
      const pending =
        name === 'web' ? Array.from({ length: booting }, (_, n) => member(100 + n, { lifecycleState: 'Pending' })) : [];
      const all = [...members, ...pending];
      const desired = all.filter((it) => ['InService', 'Pending'].includes(it.lifecycleState)).length;
      return group(all, {
        name,
        minSize: Math.min(minSize, desired),
        desiredCapacity: desired,
        maxSize: desired + room,
      });
    });
    const services = wanted.map(({ family, count }, n) =>
      service(count, {
        arn: `arn:aws:ecs:eu-west-1:123456789012:service/main/${family}-${n}`,
        name: n === 0 ? family : `${family}-${n}`, // the first of a family owns its running tasks
        taskDefinitionArn: taskDefinition(family).arn,
        deployments: [
          deployment({
            id: n === 0 ? 'ecs-svc/1' : `ecs-svc/s${n}`,
            desiredCount: count,
            taskDefinitionArn: taskDefinition(family).arn,
          }),
        ],
      }),
    );
    return input(
      {
        containerInstances,
        tasks,
        services,
        taskDefinitions,
        groups,
        tasksOnDraining: Object.fromEntries(
          instances.map((_, n) => [
            instanceArn(`${n}`),
            tasks.filter((it) => it.containerInstanceArn === instanceArn(`${n}`)),
          ]),
        ),
        gaps: gap === undefined ? [] : [{ subject: gap, cause: 'throttled', detail: 'page 2' }],
      },
      {
        drains: instances.flatMap((it, n) =>
          it.drain === undefined
            ? []
            : [drain(n, { state: it.drain, group: it.inGroup, since: now - it.drainedForMs })],
        ),
        memory: { emptySince: Object.fromEntries(instances.map((it, n) => [`i-${n}`, now - it.emptyForMs])) },
      },
    );
  });

const holds = (law: (plan: Plan, given: PlanningInput) => boolean): void => {
  fc.assert(
    fc.property(clusters, (given) => law(planCluster(given), given)),
    { numRuns: 500 },
  );
};

const groupOf = (given: PlanningInput, name: string) => given.observation.groups.find((it) => it.name === name);

describe('every plan', () => {
  it('stays between the minimum and the maximum of each group', () => {
    holds((plan, given) =>
      plan.steps.every((step) => {
        const its = 'group' in step ? groupOf(given, step.group ?? '') : undefined;
        if (step.kind === 'setGroupDesiredCapacity')
          return its !== undefined && step.to <= its.maxSize && step.to >= its.minSize && step.to > step.from;
        if (step.kind !== 'terminateInstances') return true;
        return its !== undefined && its.desiredCapacity - step.instances.length >= its.minSize;
      }),
    );
  });

  it('makes at most one size-changing call a group', () => {
    holds((plan) => {
      const resized = plan.steps.flatMap((it) =>
        it.kind === 'setGroupDesiredCapacity' || it.kind === 'terminateInstances' ? [it.group] : [],
      );
      return new Set(resized).size === resized.length;
    });
  });

  it('drains only instances on which no task but daemons runs, and none after a partial look', () => {
    holds((plan, given) => {
      const busy = new Set(given.observation.tasks.map((it) => it.containerInstanceArn));
      const drained = plan.drains.filter(
        (it) => it.cause === 'empty' && !given.drains.some((old) => old.ec2InstanceId === it.ec2InstanceId),
      );
      return (
        drained.every((it) => !busy.has(it.containerInstanceArn)) &&
        (drained.length === 0 || given.observation.gaps.length === 0)
      );
    });
  });

  it('never leaves fewer instances than the minimum once its drains have ended', () => {
    holds((plan, given) =>
      given.observation.groups.every((its) => {
        const fresh = plan.steps.flatMap((step) =>
          step.kind === 'drainInstances' && step.group === its.name ? step.instances : [],
        );
        return its.desiredCapacity - fresh.length >= its.minSize || fresh.length === 0;
      }),
    );
  });

  it('terminates nothing that holds a task', () => {
    holds((plan, given) =>
      plan.steps.every((step) => {
        if (step.kind !== 'terminateInstances') return true;
        return step.instances.every((it) => {
          const instanceOf = given.observation.containerInstances.find((one) => one.arn === it.containerInstanceArn);
          const tasks = given.observation.tasksOnDraining[it.containerInstanceArn] ?? [];
          return instanceOf?.status === 'DRAINING' && tasks.length === 0;
        });
      }),
    );
  });

  it('has a verdict for every instance and for every task without a place', () => {
    holds(
      (plan, given) =>
        given.observation.containerInstances.every((it) =>
          plan.instances.some((report) => report.ec2InstanceId === it.ec2InstanceId),
        ) &&
        given.observation.groups.every((its) =>
          its.instances.every((it) => plan.instances.some((report) => report.ec2InstanceId === it.ec2InstanceId)),
        ) &&
        plan.demand.every((it) => it.verdicts.reduce((sum, one) => sum + one.tasks, 0) === it.tasks),
    );
  });

  it('is the same whatever the order in which AWS answered', () => {
    fc.assert(
      fc.property(clusters, fc.array(fc.nat(), { minLength: 64, maxLength: 64 }), (given, noise) => {
        let drawn = 0;
        const shuffle = <T>(items: readonly T[]): readonly T[] =>
          items
            .map((item) => ({ item, key: noise[drawn++ % noise.length] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        const { observation } = given;
        const shuffled: PlanningInput = {
          ...given,
          drains: shuffle(given.drains),
          observation: {
            ...observation,
            containerInstances: shuffle(observation.containerInstances),
            tasks: shuffle(observation.tasks),
            services: shuffle(observation.services),
            groups: shuffle(observation.groups),
          },
        };
        return JSON.stringify(planCluster(given)) === JSON.stringify(planCluster(shuffled));
      }),
      { numRuns: 300 },
    );
  });

  it('asks for no more once its launches are on their way', () => {
    holds((plan, given) => {
      const planned = new Map(plan.groups.map((it) => [it.group, it.planned]));
      const groups = given.observation.groups.map((it) => ({
        ...it,
        desiredCapacity: planned.get(it.name) ?? it.desiredCapacity,
      }));
      const next = planCluster({ ...given, observation: { ...given.observation, groups }, memory: plan.memory });
      return next.steps.every((it) => it.kind !== 'setGroupDesiredCapacity');
    });
  });
});
