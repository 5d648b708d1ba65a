import { describe, expect, it } from '@jest/globals';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { drain, group, input, instance, member, now, service, task } from '../support/builders.ts';
import { moveOfOne, on1, running } from './drain-support.ts';

const unread = { seen: { tasksOnDraining: {} } };
const found = (ageMs: number) => running({ state: 'emptied', since: now - ageMs });

describe('an instance that was found empty and not looked into again', () => {
  it('stays found until its second look is due, and is tried again soon where that could not be had', () => {
    const at = (ageMs: number) => moveOfOne({ drains: [found(ageMs)], seen: on1([], unread) });

    expect(at(3 * secondMs)).toMatchObject({ kind: 'wait', drain: found(3 * secondMs), wakeAt: now + 7 * secondMs });
    expect(at(minuteMs)).toMatchObject({ kind: 'wait', drain: found(minuteMs), wakeAt: now + 2 * secondMs });
  });

  it('is found anew where ECS counts more there by now', () => {
    const seen = on1([], { ...unread, instance: { remaining: { cpuUnits: 2048, memoryMiB: 7679 } } });

    expect(moveOfOne({ drains: [found(3 * secondMs)], seen })).toMatchObject({
      kind: 'wait',
      drain: { state: 'draining' },
    });
  });

  it('is never terminated for that', () => {
    expect(moveOfOne({ drains: [found(minuteMs)], seen: on1([], unread) })?.kind).toBe('wait');
    expect(moveOfOne({ drains: [found(minuteMs)], seen: on1([]) })?.kind).toBe('terminate');
  });
});

describe('what was asked for a moment ago', () => {
  it.each([
    [9, 'wait'],
    [10, 'terminate'],
  ] as const)('is not asked for again: %s s after a termination it is to %s', (seconds, kind) => {
    const drains = [running({ state: 'terminating', since: now - seconds * secondMs })];

    expect(moveOfOne({ drains, seen: on1([]) })?.kind).toBe(kind);
  });

  it.each([
    [1, 'wait'],
    [5, 'drainAgain'],
  ] as const)('may not show yet: %s s after a spot warning was answered it is to %s', (seconds, kind) => {
    const startedAt = now - seconds * secondMs;
    const drains = [drain(1, { cause: 'spotInterruption', startedAt, since: startedAt })];
    const seen = on1([task(1, 1)], { instance: { status: 'ACTIVE' } });

    expect(moveOfOne({ drains, seen })?.kind).toBe(kind);
  });
});

describe('tasks on an instance that others end', () => {
  const startedAt = now - 10 * minuteMs;
  const movesOf = (cause: 'spotInterruption' | 'lifecycleAction' | 'consolidation', moves = [{ group: '', at: 0 }]) =>
    planCluster(
      input(
        {
          containerInstances: [instance(1, { status: 'DRAINING' }), instance(2)],
          tasks: [task(1, 1), task(2, 2, { group: 'service:other' })],
          services: [service(1), service(1, { name: 'other' })],
          groups: [group([member(1), member(2)])],
        },
        { drains: [drain(1, { cause, startedAt, since: startedAt })], memory: { moves } },
      ),
    ).memory.moves;

  it.each(['spotInterruption', 'lifecycleAction'] as const)('are remembered as moved once: %s', (cause) => {
    expect(movesOf(cause)).toEqual([{ group: 'service:api', at: startedAt }]);
    expect(movesOf(cause, [{ group: 'service:api', at: startedAt }])).toEqual([
      { group: 'service:api', at: startedAt },
    ]);
  });

  it('are remembered by the decision itself where Berth drains', () => {
    expect(movesOf('consolidation')).toEqual([]);
  });
});

describe('what an unsettled service lacks', () => {
  const plan = (isUnsettled: boolean, on = 1) =>
    planCluster(
      input({
        containerInstances: [
          instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 } }),
          instance(2, { status: 'DRAINING', remaining: { cpuUnits: 0, memoryMiB: 0 } }),
        ],
        tasks: [task(1, on)],
        services: [service(2, { runningCount: 2, isUnsettled })],
        groups: [group([member(1), member(2)], { maxSize: 9 })],
      }),
    );
  const launches = ({ steps }: ReturnType<typeof plan>) => steps.some((it) => it.kind === 'setGroupDesiredCapacity');

  it('is launched for once another look has confirmed it, and told meanwhile', () => {
    expect(launches(plan(false))).toBe(true);
    expect(launches(plan(true))).toBe(false);
    expect(plan(true).demand).toMatchObject([{ tasks: 1, verdicts: [{ tasks: 1, verdict: { kind: 'heldBack' } }] }]);
  });

  it('is launched for at once where some of its tasks have to leave', () => {
    expect(launches(plan(true, 2))).toBe(true);
  });
});
