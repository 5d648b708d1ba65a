import { describe, expect, it } from '@jest/globals';
import type { DrainCause, OwnCause } from '../../lib/model/memory.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { isRevocable } from '../../lib/planning/drain-moves.ts';
import {
  drain,
  group,
  instance,
  instanceArn,
  member,
  now,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { api, contextOf, moved, moveOfOne, on1, running } from './drain-support.ts';

const causes: readonly OwnCause[] = ['empty', 'byHand', 'consolidation', 'rotation', 'rebalance', 'repair'];
const others = causes.filter((it) => it !== 'empty');
const emptied = { state: 'emptied', since: now - 10 * secondMs } as const;
const needed = { needed: new Set(['i-1']), restores: new Set(['i-1']) };

describe('a drain of Berth’s own', () => {
  it.each(causes)('terminates what is proven empty: %s', (cause) => {
    const { steps, changed } = moved({ drains: [running({ cause, ...emptied })], seen: on1([]) });

    expect(steps.map((it) => it.kind)).toEqual(['terminateInstances']);
    expect(changed.map((it) => it.state)).toEqual(['terminating']);
  });

  it('is taken back for the tasks it runs only where it was to be empty', () => {
    const kinds = causes.map((cause) => moveOfOne({ drains: [running({ cause })], seen: on1([api]) })?.kind);

    expect(kinds).toEqual(['restore', ...others.map(() => 'wait')]);
  });

  it.each<[DrainCause, string, boolean]>([
    ['empty', 'restore', true],
    ['consolidation', 'restore', true],
    ['byHand', 'wait', false],
    ['rotation', 'wait', false],
    ['rebalance', 'wait', false],
    ['repair', 'wait', false],
    ['lifecycleAction', 'wait', false],
    ['spotInterruption', 'wait', false],
  ])('when its room is needed, one for %s: %s', (cause, kind, revocable) => {
    const situation = { drains: [running({ cause })], seen: on1([]), context: needed };

    expect(moveOfOne(situation)?.kind).toBe(kind);
    expect(isRevocable(contextOf(situation).view, running({ cause }))).toBe(revocable);
  });

  it('that was taken back is asked for again only once ACTIVE should show', () => {
    const after = (ago: number) =>
      moveOfOne({ drains: [running({ state: 'restoring', since: now - ago })], seen: on1([]) });

    expect(after(secondMs)).toMatchObject({ kind: 'wait', wakeAt: now + 9 * secondMs });
    expect(after(10 * secondMs)).toMatchObject({ kind: 'restore', reason: 'not yet ACTIVE again' });
  });

  it('cannot be revoked for a minute after its termination was asked for, nor while Auto Scaling terminates it', () => {
    const { view } = contextOf({ drains: [], seen: on1([]) });
    const asked = (ago: number) => isRevocable(view, running({ state: 'terminating', since: now - ago }));
    const going = contextOf({ drains: [], seen: on1([], { member: { lifecycleState: 'Terminating' } }) }).view;

    expect([asked(minuteMs - 1), asked(minuteMs)]).toEqual([false, true]);
    expect(isRevocable(going, running())).toBe(false);
  });

  it.each(causes)('is restored when the instance leaves for Standby in the middle: %s', (cause) => {
    const standby = on1([], { member: { lifecycleState: 'Standby' } });

    expect(moveOfOne({ drains: [running({ cause })], seen: standby })?.kind).toBe('restore');
    expect(moveOfOne({ drains: [running({ cause })], seen: { ...on1([]), groups: [] } })?.kind).toBe('restore');
  });

  it('asks nothing of an instance that ECS is taking off its books', () => {
    const seen = on1([], { instance: { status: 'DEREGISTERING' }, member: { lifecycleState: 'Standby' } });

    expect(moveOfOne({ drains: [running()], seen })).toMatchObject({ kind: 'wait', wakeAt: now + minuteMs });
  });

  it('follows an instance that registers anew, and proves its emptiness again', () => {
    const seen = { ...on1([]), tasksOnDraining: { 'arn:new': [] } };
    const anew = seen.containerInstances?.map((it) => ({ ...it, arn: 'arn:new' })) ?? [];
    const move = moveOfOne({ drains: [running(emptied)], seen: { ...seen, containerInstances: anew } });

    expect(move).toMatchObject({ kind: 'wait', drain: { containerInstanceArn: 'arn:new', since: now } });
  });
});

describe('an own drain whose instance is still ACTIVE', () => {
  const active = (tasks = [api], over = {}) => on1(tasks, { instance: { status: 'ACTIVE' }, ...over });
  const kind = (cause: OwnCause, since: number, seen = active()) =>
    moveOfOne({ drains: [running({ cause, since })], seen })?.kind;

  it('is asked for again by hand whatever it runs', () => {
    expect(kind('byHand', now)).toBe('drainAgain');
  });

  it.each(['consolidation', 'rotation', 'rebalance', 'repair'] as const)(
    'waits a minute for %s to show, and is decided anew a while after',
    (cause) => {
      expect(kind(cause, now - 59 * secondMs)).toBe('wait');
      expect(moveOfOne({ drains: [running({ cause, since: now - minuteMs })], seen: active() })).toMatchObject({
        kind: 'restore',
        abandoned: 'instance',
      });
    },
  );

  it.each(['0', '2'])('ends nothing that has a second registration, which may run tasks: %s', (other) => {
    const again = instance(1, { arn: instanceArn(other), runningTasksCount: 1 });
    const seen = on1([]);
    const both = { ...seen, containerInstances: [...(seen.containerInstances ?? []), again] };
    const drains = [running({ state: 'emptied', since: now - minuteMs })];

    expect(moveOfOne({ drains, seen })?.kind).toBe('terminate');
    expect(moveOfOne({ drains, seen: both })?.kind).toBe('restore');
  });

  it('is taken back, not forgotten, when its room is needed: DRAINING may have been asked for a moment ago', () => {
    const situation = { drains: [running({ cause: 'empty' })], seen: active([]), context: needed };

    expect(moveOfOne(situation)?.kind).toBe('restore');
  });

  it('waits in a partial view', () => {
    const gaps = [{ subject: 'services', cause: 'throttled', detail: '' }] as const;

    expect(kind('empty', now - minuteMs, active([], { seen: { gaps } }))).toBe('wait');
  });
});

describe('the looks at an instance that empties', () => {
  const daemon = service(1, { name: 'agent', schedulingStrategy: 'DAEMON' });
  const agent = task(7, 1, { group: 'service:agent' });
  const withDaemon = on1([agent], { seen: { services: [daemon] } });

  it.each([
    [29, 'wait'],
    [30, 'terminate'],
  ] as const)('leave daemons their grace: after %s s it is to %s', (seconds, kind) => {
    const drains = [running({ state: 'emptied', since: now - seconds * secondMs })];
    const move = moveOfOne({ drains, seen: withDaemon, rules: { daemonGraceMs: 30 * secondMs } });

    expect(move?.kind).toBe(kind);
    if (move?.kind === 'wait') expect(move.wakeAt).toBe(now + secondMs);
  });

  it('give no grace where no daemon is left', () => {
    const rules = { daemonGraceMs: 30 * secondMs };

    expect(moveOfOne({ drains: [running(emptied)], seen: on1([]), rules })?.kind).toBe('terminate');
  });

  it('find nothing proven while ECS holds more than the listed tasks account for', () => {
    const seen = on1([], { instance: { remaining: { cpuUnits: 2048, memoryMiB: 7679 } } });

    expect(moveOfOne({ drains: [running(emptied)], seen })).toMatchObject({
      kind: 'wait',
      reason: 'ECS still holds resources there that no listed task accounts for',
    });
  });

  it('see a task that is stopping, by a short ARN too', () => {
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:task/0a1b';
    const stopping = task(1, 1, { arn, lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' });
    const move = moveOfOne({ drains: [running(emptied)], seen: on1([stopping]) });

    expect(move).toMatchObject({ kind: 'wait', drain: { state: 'draining' }, reason: '1 task left: service:api 0a1b' });
  });

  it('see the last of 150 tasks', () => {
    const definition = taskDefinition('api', { cpuUnits: 0, memoryMiB: 1 });
    const seen = (count: number) => {
      const tasks = Array.from({ length: count }, (_, n) => task(n, 1, { desiredStatus: 'STOPPED' }));
      const remaining = { cpuUnits: 2048, memoryMiB: 7680 - count };
      return on1(tasks, { instance: { remaining }, seen: { taskDefinitions: { [definition.arn]: definition } } });
    };
    const kindWith = (count: number) => moveOfOne({ drains: [running(emptied)], seen: seen(count) })?.kind;

    expect([kindWith(150), kindWith(1), kindWith(0)]).toEqual(['wait', 'wait', 'terminate']);
  });

  it('come each minute, for what stops sends an event, and never after the deadline', () => {
    const wakeAt = (startedAt: number, deadlineAt: number) =>
      moved({ drains: [running({ startedAt, deadlineAt })], seen: on1([api]) }).wakeAts;

    expect(wakeAt(now - minuteMs, now + 60 * minuteMs)).toEqual([now + minuteMs]);
    expect(wakeAt(now - 9 * minuteMs, now + 60 * minuteMs)).toEqual([now + minuteMs]);
    expect(wakeAt(now - 9 * minuteMs, now + 7 * secondMs)).toEqual([now + 7 * secondMs]);
  });
});

describe('an own drain past its deadline', () => {
  const overdue = running({ deadlineAt: now });
  const job = task(2, 1, { group: 'family:job' });
  const slow = { ...taskDefinition('api'), stopTimeoutMs: 2 * minuteMs };

  it('goes on until then', () => {
    expect(moveOfOne({ drains: [running({ deadlineAt: now + 1 })], seen: on1([api]) })?.kind).toBe('wait');
  });

  it('is given up by default: restored, with what was left named, and left alone', () => {
    const { steps, abandoned } = moved({ drains: [overdue], seen: on1([api, job]) });

    expect(steps.map((it) => [it.kind, it.reason])).toEqual([
      ['restoreInstances', 'past its deadline: 2 tasks left: service:api 1, family:job 2'],
    ]);
    expect(abandoned).toEqual(['i-1', 'service:api', 'family:job']);
  });

  it('is not given up once it is empty, nor where what it holds was not looked into', () => {
    const unread = on1([], { seen: { tasksOnDraining: {} } });

    expect(moveOfOne({ drains: [{ ...overdue, ...emptied }], seen: on1([]) })?.kind).toBe('terminate');
    expect(moveOfOne({ drains: [overdue], seen: unread })?.kind).toBe('wait');
  });

  it('is left alone too where it turns out to be needed, unless it was empty when it began', () => {
    const of = (cause: 'consolidation' | 'empty') =>
      moved({ drains: [running({ cause })], seen: on1([]), context: needed }).abandoned;

    expect(of('consolidation')).toEqual(['i-1']);
    expect(of('empty')).toEqual([]);
  });

  it('asks whether tasks are protected before it stops any', () => {
    const { steps, questions } = moved({
      drains: [overdue],
      seen: on1([api, job]),
      rules: { onDeadline: 'stopTasks' },
    });

    expect(steps).toEqual([]);
    expect(questions).toEqual([api.arn]);
  });

  it('stops service tasks, never standalone or protected ones, and again once their stopTimeout is over', () => {
    const kept = task(3, 1);
    const seen = on1([api, job, kept], {
      seen: {
        taskProtection: { [api.arn]: false, [kept.arn]: true },
        taskDefinitions: { [slow.arn]: slow },
      },
    });
    const rules = { onDeadline: 'stopTasks' } as const;
    const { steps, changed, wakeAts } = moved({ drains: [overdue], seen, rules });
    expect(steps).toMatchObject([{ kind: 'stopTasks', taskArns: [api.arn] }]);
    expect(wakeAts).toEqual([now + 2.5 * minuteMs]);

    expect(moved({ drains: changed, seen, rules }).steps).toEqual([]);
    const again = changed.map((it) => ({ ...it, deadlineAt: now }));
    const stopping = on1([{ ...api, desiredStatus: 'STOPPED' }]);
    expect(moved({ drains: again, seen: stopping, rules }).steps).toMatchObject([{ taskArns: [api.arn] }]);
  });

  it('is given up where nothing that is left may be stopped', () => {
    const rules = { onDeadline: 'stopTasks' } as const;
    const { steps, abandoned } = moved({ drains: [overdue], seen: on1([job]), rules });
    const left = 'past its deadline, and none left that may be stopped: 1 task left: family:job 2';
    expect(steps.map((it) => [it.kind, it.reason])).toEqual([['restoreInstances', left]]);
    expect(abandoned).toEqual(['i-1', 'family:job']);

    const isProtected = on1([api], { seen: { taskProtection: { [api.arn]: true } } });
    expect(moveOfOne({ drains: [overdue], seen: isProtected, rules })?.kind).toBe('restore');
  });

  it('waits where all that is left, and may not be stopped, stops already', () => {
    const seen = on1([{ ...job, desiredStatus: 'STOPPED' }]);

    expect(moveOfOne({ drains: [overdue], seen, rules: { onDeadline: 'stopTasks' } })).toMatchObject({
      kind: 'wait',
      wakeAt: now + minuteMs,
      questions: [],
    });
  });

  it('proceeds with what runs where the settings say so, and says it', () => {
    const rules = { onDeadline: 'proceed' } as const;
    const { steps } = moved({ drains: [overdue], seen: on1([job]), rules });
    expect(steps).toMatchObject([
      { kind: 'terminateInstances', instances: [{ ec2InstanceId: 'i-1', version: undefined }] },
    ]);
    expect(steps[0]?.reason).toMatch(/settings say proceed: 1 task left: family:job 2/);

    const atMinimum = on1([job], { group: { minSize: 1 } });
    expect(moveOfOne({ drains: [overdue], seen: atMinimum, rules })?.kind).toBe('restore');
    const gaps = [{ subject: 'services', cause: 'failed', detail: '' }] as const;
    expect(moveOfOne({ drains: [overdue], seen: on1([job], { seen: { gaps } }), rules })?.kind).toBe('wait');
  });

  it('asks again for a termination that it proceeded with', () => {
    const asked = { ...overdue, state: 'terminating', since: now - 20 * secondMs } as const;

    expect(moveOfOne({ drains: [asked], seen: on1([job]), rules: { onDeadline: 'proceed' } })?.kind).toBe('terminate');
    expect(moveOfOne({ drains: [asked], seen: on1([job]), rules: { onDeadline: 'abandon' } })?.kind).toBe('wait');
  });
});

describe('terminations', () => {
  const many = (rules = {}) => {
    const ids = [1, 2, 3];
    return moved({
      drains: ids.map((n) => drain(n, { ...emptied, cause: 'rotation', deadlineAt: now })),
      seen: {
        containerInstances: ids.map((n) => instance(n, { status: 'DRAINING' })),
        tasksOnDraining: Object.fromEntries(ids.map((n) => [instanceArn(`${n}`), n === 3 ? [task(9, 3)] : []])),
        groups: [group(ids.map((n) => member(n)))],
      },
      rules,
    });
  };

  it('are one step a group, with a reason for each where they differ', () => {
    const { steps } = many({ onDeadline: 'proceed' });

    expect(steps).toMatchObject([
      {
        kind: 'terminateInstances',
        instances: [{ version: 1 }, { version: 1 }, { ec2InstanceId: 'i-3', version: undefined }],
      },
    ]);
    expect(steps[0]?.reason).toMatch(/^i-1, i-2: proven empty.*; i-3: past its deadline/);
  });

  /** Of a group that must keep one of them. */
  const twoEmptied = {
    containerInstances: [1, 2].map((n) => instance(n, { status: 'DRAINING' })),
    tasksOnDraining: { [instanceArn('1')]: [], [instanceArn('2')]: [] },
    groups: [group([member(1), member(2)], { minSize: 1 })],
  };

  it('never take a group below its minimum, the oldest drains first', () => {
    const { moves } = moved({
      drains: [drain(1, { ...emptied, startedAt: now - 1 }), drain(2, { ...emptied, cause: 'rotation' })],
      seen: twoEmptied,
    });

    expect([...moves.values()].map((it) => it.kind)).toEqual(['restore', 'terminate']);
  });

  it('count an instance that is restored as staying', () => {
    const { moves } = moved({
      drains: [drain(1, { state: 'restoring', startedAt: now - 1 }), drain(2, { ...emptied, startedAt: now })],
      seen: twoEmptied,
    });

    expect([...moves.values()].map((it) => it.kind)).toEqual(['restore', 'terminate']);
  });

  it('wait while their group grows, and stay proven', () => {
    const context = { growing: new Set(['web']) };

    expect(moveOfOne({ drains: [running(emptied)], seen: on1([]), context })).toMatchObject({
      kind: 'wait',
      drain: emptied,
      wakeAt: now + 10 * secondMs,
    });
  });

  it('are due for an instance under repair that ECS has no longer on its books', () => {
    const gone = { groups: [group([member(1)])] };
    const kind = (cause: OwnCause) => moveOfOne({ drains: [running({ cause })], seen: gone })?.kind;

    expect([kind('repair'), kind('rotation')]).toEqual(['terminate', 'end']);
  });
});
