import fc from 'fast-check';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import { minuteMs } from '../../lib/model/time.ts';
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
  draining: fc.constantFrom(true, false, false, false),
  connected: fc.constantFrom(false, true, true, true),
  emptyForMs: fc.integer({ min: 0, max: 5 * minuteMs }),
  drain: fc.option(fc.constantFrom('draining', 'emptied', 'terminating', 'restoring'), { nil: undefined, freq: 2 }),
  drainedForMs: fc.integer({ min: 0, max: 2 * minuteMs }),
  inGroup: fc.constantFrom('web', 'batch', 'none'),
  lifecycleState: fc.constantFrom('InService', 'InService', 'InService', 'Terminating:Wait', 'Standby'),
});

const shortage = fc.record({ family: fc.constantFrom(...families), count: fc.integer({ min: 0, max: 30 }) });

/** Small clusters in any state, likely and unlikely, with drains, gaps and groups at their limits. */
export const clusters = fc
  .record({
    instances: fc.array(loaded, { maxLength: 8 }),
    // Half of them want nothing, or nothing would ever be seen to leave.
    wanted: fc.oneof(fc.array(shortage, { maxLength: 0 }), fc.array(shortage, { maxLength: 4 })),
    booting: fc.integer({ min: 0, max: 3 }),
    minSize: fc.integer({ min: 0, max: 3 }),
    room: fc.integer({ min: 0, max: 10 }),
    gap: fc.constantFrom(
      undefined,
      undefined,
      undefined,
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
