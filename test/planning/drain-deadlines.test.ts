import { describe, expect, it } from '@jest/globals';
import type { Service } from '../../lib/model/service.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { deadlineFor } from '../../lib/planning/deadlines.ts';
import { newDrain } from '../../lib/planning/drains.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  drain,
  input,
  instance,
  instanceArn,
  now,
  service,
  settings,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { api, moved, on1, running } from './drain-support.ts';

const minutes = (ms: number): number => ms / minuteMs;

/** Minutes that the drain of instance 1 may take, with `count` tasks of the service on it. */
const allowed = (
  count: number,
  over: Partial<Service>,
  rest: { readonly stopTimeoutMs?: number; readonly more?: readonly Task[] } = {},
): number => {
  const definition = { ...taskDefinition('api'), stopTimeoutMs: rest.stopTimeoutMs };
  const view = viewOf(
    input({
      containerInstances: [instance(1), instance(2, { status: 'DRAINING' })],
      tasks: [...Array.from({ length: count }, (_, n) => task(n, 1)), ...(rest.more ?? [])],
      services: [service(100, over)],
      taskDefinitions: { [definition.arn]: definition },
    }),
  );
  const own = drain(1, { cause: 'consolidation' });
  return minutes((deadlineFor(view, own) ?? Infinity) - own.startedAt);
};

describe('the deadline of an own drain', () => {
  it.each<[string, number, number]>([
    ['ten minutes at least, for an empty instance', allowed(0, {}), 10],
    ['ten minutes at least, for a task that stops at once', allowed(1, {}), 10],
    // (40 s + 600 s) + 2 min
    ['the stopTimeout', allowed(1, {}, { stopTimeoutMs: 10 * minuteMs }), 12 + 2 / 3],
    // 120 s + 60 s grace + 300 s deregistration + 30 s stop + 2 min
    ['health checks and the load balancer', allowed(1, { hasLoadBalancer: true, healthCheckGraceMs: 60_000 }), 10.5],
    // 10 tasks, 2 at once: 5 × (120 + 300 + 30 s) + 2 min
    ['waves, where few may start above desired', allowed(10, { hasLoadBalancer: true, maximumPercent: 102 }), 39.5],
    // 10 tasks, 2 above and 3 below: 2 × 7.5 min + 2 min
    [
      'waves, where few may be missing',
      allowed(10, { hasLoadBalancer: true, maximumPercent: 102, minimumHealthyPercent: 97 }),
      17,
    ],
    // the ceiling rounds down, the floor up: none may start, none may stop, so one after the other
    ['one at a time where none may move', allowed(2, { hasLoadBalancer: true, maximumPercent: 100 }), 17],
    // 2 here and 2 on another instance that leaves, 2 at once
    [
      'what other leaving instances have of the service',
      allowed(2, { hasLoadBalancer: true, maximumPercent: 102 }, { more: [task(50, 2), task(51, 2)] }),
      17,
    ],
    // 50 × 103 % is 51.5: one above
    ['the ceiling rounded down', allowed(2, { hasLoadBalancer: true, desiredCount: 50, maximumPercent: 103 }), 17],
    // 120 s + 600 s + 30 s + 2 min
    ['health checks without a load balancer', allowed(1, { healthCheckGraceMs: 10 * minuteMs }), 14.5],
    ['two hours at most', allowed(100, { hasLoadBalancer: true, maximumPercent: 101 }), 120],
    ['more than two hours for a stopTimeout as long', allowed(1, {}, { stopTimeoutMs: 150 * minuteMs }), 152],
    [
      'the slowest service, not the sum',
      allowed(1, { hasLoadBalancer: true }, { more: [task(9, 1, { group: 'family:job' })] }),
      10,
    ],
  ])('allows for %s', (_, allowedMinutes, expected) => {
    expect(allowedMinutes).toBeCloseTo(expected, 6);
  });

  it('counts what runs there once, whether the instance is DRAINING yet or not', () => {
    const needed = (status: 'ACTIVE' | 'DRAINING') => {
      const seen = {
        containerInstances: [instance(1, { status })],
        tasks: [task(1, 1), task(2, 1)],
        services: [service(100, { hasLoadBalancer: true, maximumPercent: 101 })],
      };
      return minutes((deadlineFor(viewOf(input(seen)), running()) ?? Infinity) - running().startedAt);
    };

    expect([needed('ACTIVE'), needed('DRAINING')]).toEqual([17, 17]);
  });

  it('leaves daemons out, and counts tasks that are stopping', () => {
    const slow = { ...taskDefinition('api'), stopTimeoutMs: 20 * minuteMs };
    const stopping = task(1, 1, { lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' });
    const seen = { taskDefinitions: { [slow.arn]: slow }, tasksOnDraining: { [instanceArn('1')]: [stopping] } };
    const inMinutes = (schedulingStrategy: Service['schedulingStrategy']) => {
      const view = viewOf(input({ ...seen, services: [service(1, { schedulingStrategy })] }));
      return minutes((deadlineFor(view, running()) ?? Infinity) - running().startedAt);
    };

    expect(inMinutes('DAEMON')).toBe(10);
    expect(inMinutes('REPLICA')).toBeCloseTo(22 + 2 / 3, 6);
  });

  it('is what the settings say, where they do', () => {
    const its = settings();
    const rules = { ...its.drain, deadlineMs: 90 * secondMs, endingDeadlineMs: 45 * secondMs };
    const view = viewOf(input({}, { settings: { drain: rules } }));

    expect(deadlineFor(view, drain(1, { cause: 'byHand', startedAt: 1_000 }))).toBe(91_000);
    expect(deadlineFor(view, drain(1, { cause: 'lifecycleAction', startedAt: 1_000 }))).toBe(46_000);
  });

  it('is none for an ending by others, unless the settings say so', () => {
    expect(deadlineFor(viewOf(input({})), drain(1, { cause: 'spotInterruption' }))).toBeUndefined();
  });

  it('is fixed when the drain is made', () => {
    const made = newDrain(viewOf(input({})), 'i-1', instanceArn('1'), 'web', 'rotation');

    expect(made.deadlineAt).toBe(now + 10 * minuteMs);
  });

  it('is given to a drain without one at its next move, and never moved by what comes later', () => {
    const first = moved({ drains: [running({ deadlineAt: undefined })], seen: on1([api]) });
    expect(first.changed.map((it) => it.deadlineAt)).toEqual([running().startedAt + 10 * minuteMs]);

    const fixed = running({ deadlineAt: now + 1 });
    expect(moved({ drains: [fixed], seen: on1([api]) }).changed).toEqual([]);
  });

  it('is not fixed on a partial look', () => {
    const gaps = [{ subject: 'taskDefinitions', cause: 'throttled', detail: '' }] as const;
    const { changed } = moved({ drains: [running({ deadlineAt: undefined })], seen: on1([api], { seen: { gaps } }) });

    expect(changed.map((it) => it.deadlineAt)).toEqual([]);
  });
});
