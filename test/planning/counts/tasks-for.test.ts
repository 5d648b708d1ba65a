import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tasksByStep } from '../../../lib/planning/counts/steps.ts';
import { tasksFor } from '../../../lib/planning/counts/tasks-for.ts';
import { type HpaCase, hpaCases } from './hpa-cases.ts';

const tolerances = (out = 0.1, inward = 0.1) => ({ scaleOut: { tolerance: out }, scaleIn: { tolerance: inward } });

const asHpa = ({ measure, value, target, desired, ready, unready, tolerance }: HpaCase): number =>
  tasksFor({ measure, target }, value, { desired, ready, unready }, tolerances(tolerance?.out, tolerance?.in));

describe('tasksFor', () => {
  it.each(hpaCases)('decides as HPA does: $from ($value of $target at $desired)', (one) => {
    expect(asHpa(one)).toBe(one.expected);
  });

  it('does not follow HPA where it would lower the count of a service that is over its target', () => {
    // ScaleUpCMExternalIgnoresUnreadyPods: HPA makes 2 of 3 replicas, one of them ready, at twice the target.
    const one = { measure: 'ofService', target: 4_400 } as const;

    expect(tasksFor(one, 8_600, { desired: 3, ready: 1, unready: 2 }, tolerances())).toBe(3);
  });

  const present = fc.record({ desired: fc.nat(50), ready: fc.nat(80), unready: fc.nat(30) });
  const signal = fc.record({
    measure: fc.constantFrom('perTask' as const, 'total' as const, 'ofService' as const),
    target: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
  });
  const value = fc.double({ min: 0, max: 100_000, noNaN: true });

  it('never makes fewer tasks of more work', () => {
    fc.assert(
      fc.property(signal, present, value, value, (one, there, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(tasksFor(one, less, there, tolerances())).toBeLessThanOrEqual(tasksFor(one, more, there, tolerances()));
      }),
    );
  });

  it('keeps the count while the work is within the tolerance of what it is meant for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.91, max: 1.09, noNaN: true }), (tasks, ratio) => {
        const there = { desired: tasks, ready: tasks, unready: 0 };
        expect(tasksFor({ measure: 'perTask', target: 60 }, 60 * ratio, there, tolerances())).toBe(tasks);
        expect(tasksFor({ measure: 'total', target: 10 }, 10 * tasks * ratio, there, tolerances())).toBe(tasks);
      }),
    );
  });
});

describe('tasksByStep', () => {
  // The example of step adjustments in the Amazon EC2 Auto Scaling user guide, from a threshold of 50.
  const steps = [
    { from: 60, to: 70, change: { kind: 'share', share: 0.1 } },
    { from: 70, to: Number.POSITIVE_INFINITY, change: { kind: 'share', share: 0.3 } },
    { from: 30, to: 40, change: { kind: 'share', share: -0.1 } },
    { from: Number.NEGATIVE_INFINITY, to: 30, change: { kind: 'share', share: -0.3 } },
  ] as const;

  it.each([
    ['adds a tenth', 60, 10, 10, 11],
    ['counts what a raise that cools down has added as part of the next step', 72, 11, 10, 13],
    ['does not take back what was added when a smaller step follows', 62, 13, 10, 13],
    ['does nothing between the steps', 50, 10, 10, 10],
    ['begins a step at its lower end', 70, 10, 10, 13],
    ['takes a tenth', 39.9, 10, 10, 9],
    ['takes three tenths', 5, 10, 10, 7],
    ['adds one task at least', 65, 3, 3, 4],
    ['takes one task at least', 35, 3, 3, 2],
  ])('%s', (_, value, desired, before, expected) => {
    expect(tasksByStep(steps, value, { desired, before })).toBe(expected);
  });

  it('adds tasks, or sets a count', () => {
    const some = [
      { from: 50, to: 80, change: { kind: 'tasks', tasks: 2 } },
      { from: 80, to: 90, change: { kind: 'exactly', tasks: 20 } },
      { from: 0, to: 10, change: { kind: 'tasks', tasks: -5 } },
    ] as const;

    expect(tasksByStep(some, 60, { desired: 3, before: 3 })).toBe(5);
    expect(tasksByStep(some, 85, { desired: 3, before: 3 })).toBe(20);
    expect(tasksByStep(some, 5, { desired: 3, before: 3 })).toBe(0);
  });
});
