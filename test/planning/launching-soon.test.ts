import { describe, expect, it } from '@jest/globals';
import type { StoppingRoom, StopTime } from '../../lib/model/memory.ts';
import type { Plan } from '../../lib/model/plan.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { soonFree, stoppingAfter } from '../../lib/planning/launching/stopping.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  definitions,
  deployment,
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

const size = { cpuUnits: 512, memoryMiB: 1024 };

const taking = (...seconds: readonly number[]): readonly StopTime[] =>
  seconds.map((it) => ({ ...size, ms: it * secondMs }));

const stoppingFor = (seconds: number): StoppingRoom => ({
  arn: instanceArn('1'),
  at: now - seconds * secondMs,
  ...size,
});

interface Memory {
  readonly stopping?: readonly StoppingRoom[];
  readonly stopTimes?: readonly StopTime[];
}

/** One instance of room for four tasks: three run, and what a fourth took is still held. */
const seen = (desired: number, free = 0) => ({
  services: [service(desired)],
  taskDefinitions: definitions(taskDefinition('api')),
  tasks: [1, 2, 3].map((n) => task(n, 1)),
  containerInstances: [
    instance(1, { remaining: { cpuUnits: free, memoryMiB: 7680 - 4 * 1024 + 2 * free }, runningTasksCount: 3 }),
  ],
  groups: [group([member(1)])],
});

const view = (memory: Memory, free = 0) => viewOf(input(seen(4, free), { memory }));

const plan = (memory: Memory, desired = 4): Plan => planCluster(input(seen(desired), { memory }));

const sizes = (it: Plan) => it.steps.flatMap((step) => (step.kind === 'setGroupDesiredCapacity' ? [step.to] : []));

describe('what stopping tasks hold', () => {
  it('is what ECS’s account of an instance has beyond the tasks that run there, since when it was first seen', () => {
    expect(stoppingAfter(view({})).stopping).toEqual([stoppingFor(0)]);
    expect(stoppingAfter(view({ stopping: [stoppingFor(70)] })).stopping).toEqual([stoppingFor(70)]);
  });

  it('tells how long it took once it is free, shorter than what reads may lag apart', () => {
    const after = (seconds: number) =>
      stoppingAfter(view({ stopping: [stoppingFor(seconds)], stopTimes: taking(30) }, 512));

    expect(after(70)).toEqual({ stopping: [], stopTimes: taking(30, 70) });
    expect(after(4)).toEqual({ stopping: [], stopTimes: taking(30) });
  });

  it('is remembered as tasks of the sizes there are', () => {
    const small = taskDefinition('small', { cpuUnits: 128, memoryMiB: 256 });
    const services = [
      service(1),
      service(0, {
        name: 'small',
        arn: 'arn:small',
        taskDefinitionArn: small.arn,
        deployments: [deployment({ taskDefinitionArn: small.arn })],
      }),
    ];
    const held = { cpuUnits: 2048 - 640, memoryMiB: 7680 - 1280 };
    const { stopping } = stoppingAfter(
      viewOf(
        input({
          ...seen(0),
          services,
          tasks: [],
          taskDefinitions: definitions(taskDefinition('api'), small),
          containerInstances: [instance(1, { remaining: held })],
        }),
      ),
    );

    expect(stopping.map((it) => it.cpuUnits)).toEqual([512, 128]);
  });

  it('is kept as it was after a look that did not see everything', () => {
    const gaps = [{ subject: 'tasks', cause: 'throttled', detail: '' }] as const;
    const memory = { stopping: [stoppingFor(70)], stopTimes: taking(30) };

    expect(stoppingAfter(viewOf(input({ ...seen(4, 512), gaps }, { memory })))).toEqual(memory);
  });

  it('is remembered of the last 24 stops of a size', () => {
    const stopTimes = taking(...Array.from({ length: 24 }, (_, n) => n + 5));

    expect(stoppingAfter(view({ stopping: [stoppingFor(70)], stopTimes }, 512)).stopTimes).toEqual([
      ...stopTimes.slice(1),
      ...taking(70),
    ]);
  });

  it.each<[string, number, readonly number[], number | undefined]>([
    ['soon, as all took little longer than it has', 290, [300, 310, 320], 45],
    ['soon while it is 14 s late', 334, [300, 310, 320], 1],
    ['not once it is 15 s late', 335, [300, 310, 320], undefined],
    ['not where most took longer than a boot', 0, [10, 300, 300], undefined],
    ['soon where three of four did not', 0, [10, 20, 30, 300], 45],
    ['not where nothing is known', 0, [], undefined],
  ])('is free %s', (_, lasted, took, inSeconds) => {
    const free = soonFree(view({ stopping: [stoppingFor(lasted)], stopTimes: taking(...took) }));

    expect(free.get('i-1')?.by).toBe(inSeconds === undefined ? undefined : now + inSeconds * secondMs);
  });
});

describe('tasks for which others make room', () => {
  const ending = { stopping: [stoppingFor(298)], stopTimes: taking(300, 305, 310) };

  it('are not launched for, and it is looked again when the room should be there', () => {
    const waiting = plan(ending);

    expect(waiting.steps).toEqual([]);
    expect(waiting.demand.map((it) => it.verdicts)).toEqual([
      [{ tasks: 1, verdict: { kind: 'waitsForRoom', instances: 1 } }],
    ]);
    expect(waiting.nextTimerAt).toBe(now + 27 * secondMs);
    expect(waiting.memory.launches).toEqual([]);
  });

  it('are launched for where it is not soon, late, or not enough', () => {
    expect(sizes(plan({ ...ending, stopping: [stoppingFor(100)] }))).toEqual([2]);
    expect(sizes(plan({ ...ending, stopping: [stoppingFor(330)] }))).toEqual([2]);
    expect(sizes(plan(ending, 6))).toEqual([2]);
    expect(sizes(plan({}))).toEqual([2]);
  });

  it('wait some seconds where a service has just come to want as many fewer, to see where they stop', () => {
    const swapped = (agoMs: number, stopTimes: readonly StopTime[]) => {
      const services = [service(4), service(0, { name: 'web', arn: 'arn:web' })];
      const tasks = [...[1, 2, 3].map((n) => task(n, 1)), task(4, 1, { group: 'service:web' })];
      const peaks = {
        web: [
          { tasks: 1, at: now - minuteMs },
          { tasks: 0, at: now - agoMs },
        ],
      };
      return planCluster(input({ ...seen(4), services, tasks }, { memory: { peaks, stopTimes } }));
    };

    expect(sizes(swapped(secondMs, taking(12, 20)))).toEqual([]);
    expect(swapped(secondMs, taking(12, 20)).nextTimerAt).toBe(now + 5 * secondMs);
    expect(sizes(swapped(6 * secondMs, taking(12, 20)))).toEqual([2]);
    expect(sizes(swapped(secondMs, taking(300, 300)))).toEqual([2]);
  });
});
