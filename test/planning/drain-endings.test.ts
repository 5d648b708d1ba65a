import { describe, expect, it } from '@jest/globals';
import type { LifecycleState } from '../../lib/model/auto-scaling-group.ts';
import type { Drain, TerminationHook } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { drain, group, instance, instanceArn, member, now, provider, service, task } from '../support/builders.ts';
import { api, moved, moveOfOne, on1, running, type Situation } from './drain-support.ts';

const ours: TerminationHook = {
  name: 'berth-drain',
  heartbeatTimeoutMs: 10 * minuteMs,
  globalTimeoutMs: 1_000 * minuteMs,
};
const foreign: TerminationHook = { ...ours, name: 'logs' };
const managed: TerminationHook = { ...ours, name: 'ecs-managed-draining-termination-hook' };

const hooked = (...hooks: readonly TerminationHook[]): Partial<Observation> => ({
  surroundings: [{ group: 'web', hooks, scalingPolicies: [], isRefreshing: false }],
});

const ending = (over: Partial<Drain> = {}): Drain => drain(1, { cause: 'lifecycleAction', startedAt: now, ...over });
const emptied = { state: 'emptied', since: now - 10 * secondMs } as const;

const heldIn = (
  lifecycleState: LifecycleState,
  tasks: Parameters<typeof on1>[0],
  seen: Partial<Observation> = {},
): Partial<Observation> => on1(tasks, { member: { lifecycleState }, group: { desiredCapacity: 0 }, seen });

const held = (tasks: Parameters<typeof on1>[0], seen: Partial<Observation> = hooked(ours)) =>
  heldIn('Terminating:Wait', tasks, seen);

describe('the hook of an instance that is not empty', () => {
  const beat = (over: Partial<Drain>, seen = held([api])) => moveOfOne({ drains: [ending(over)], seen });

  it.each([
    ['before half of its timeout has passed', { startedAt: now - 5 * minuteMs + 1 }, 'wait'],
    ['once half of it has passed', { startedAt: now - 5 * minuteMs }, 'heartbeat'],
    [
      'again half of it after the last',
      { startedAt: now - 60 * minuteMs, heartbeatAt: now - 5 * minuteMs },
      'heartbeat',
    ],
    ['not sooner', { startedAt: now - 60 * minuteMs, heartbeatAt: now - 5 * minuteMs + 1 }, 'wait'],
    [
      'no longer than Auto Scaling allows',
      { startedAt: now - 1_000 * minuteMs, heartbeatAt: now - 5 * minuteMs },
      'wait',
    ],
  ] as const)('is told to wait longer %s', (_, over, kind) => {
    expect(beat(over)?.kind).toBe(kind);
  });

  it('remembers when, and wakes in time for the next', () => {
    const { steps, changed, wakeAts } = moved({
      drains: [ending({ startedAt: now - 60 * minuteMs })],
      seen: held([api]),
    });
    const brief = hooked({ ...ours, heartbeatTimeoutMs: 30 * secondMs });

    expect(steps).toMatchObject([{ kind: 'recordHeartbeats', group: 'web', lifecycleHookName: 'berth-drain' }]);
    expect(changed.map((it) => it.heartbeatAt)).toEqual([now]);
    expect(wakeAts).toEqual([now + minuteMs]);
    expect(moved({ drains: [ending()], seen: held([api], brief) }).wakeAts).toEqual([now + 15 * secondMs]);
  });

  it('is taken to wait an hour where it is not known yet', () => {
    expect(beat({ startedAt: now - 30 * minuteMs }, held([api], {}))?.kind).toBe('heartbeat');
    expect(beat({ startedAt: now - 30 * minuteMs + 1 }, held([api], {}))?.kind).toBe('wait');
  });

  it.each([
    ['somebody else’s', hooked(foreign)],
    ['ECS’s own', hooked(managed)],
    ['ECS’s own, by the capacity provider', { capacityProviders: [provider('cp', { managedDraining: true })] }],
  ])('is left alone where it is %s, empty or not', (_, seen) => {
    const past = ending({ startedAt: now - 60 * minuteMs });

    expect(moveOfOne({ drains: [past], seen: held([api], seen) })?.kind).toBe('wait');
    expect(moveOfOne({ drains: [{ ...past, ...emptied }], seen: held([], seen) })).toMatchObject({
      kind: 'wait',
      reason: expect.stringMatching(/not Berth's/),
    });
  });

  it('is told at the second look where the instance was found by looking: how long it has waited is not known', () => {
    const { changed, steps } = moved({ drains: [], seen: held([api]) });
    expect(steps).toEqual([]);

    const later = changed.map((it) => ({
      ...it,
      startedAt: now - 11 * secondMs,
      heartbeatAt: (it.heartbeatAt ?? 0) - 11_000,
    }));
    expect(moved({ drains: later, seen: held([api]) }).steps).toMatchObject([{ kind: 'recordHeartbeats' }]);
  });
});

describe('an instance that others end', () => {
  const active = { instance: { status: 'ACTIVE' as const }, member: { lifecycleState: 'Terminating:Wait' as const } };

  it('is drained, unless ECS drains it itself', () => {
    const kind = (seen: Partial<Observation>) =>
      moveOfOne({ drains: [ending()], seen: on1([api], { ...active, seen }) })?.kind;

    expect([kind(hooked(ours)), kind(hooked(ours, managed))]).toEqual(['drainAgain', 'wait']);
  });

  it('is only looked at where it is DRAINING when the hook fires', () => {
    const { steps, changed } = moved({ drains: [], seen: held([api], hooked(ours, managed)) });

    expect(steps).toEqual([]);
    expect(changed.map((it) => [it.cause, it.state])).toEqual([['lifecycleAction', 'draining']]);
  });

  it('is let go by our hook although ECS’s holds it too', () => {
    const { steps } = moved({ drains: [ending(emptied)], seen: held([], hooked(ours, managed)) });

    expect(steps).toMatchObject([{ kind: 'completeLifecycleActions', lifecycleHookName: 'berth-drain' }]);
  });

  it('is let go where Berth’s own termination ran into Berth’s own hook', () => {
    const own = running({ state: 'terminating', since: now - 5 * secondMs });

    expect(moveOfOne({ drains: [own], seen: held([]) })?.kind).toBe('complete');
  });

  it('proves its emptiness in two looks where its drain was about to be taken back', () => {
    expect(moveOfOne({ drains: [running({ state: 'restoring' })], seen: held([]) })?.kind).toBe('wait');
  });

  it.each(['abandon', 'stopTasks', 'proceed'] as const)('has no deadline of its own accord: %s', (onEndingDeadline) => {
    const old = ending({ startedAt: now - 40 * 60 * minuteMs, heartbeatAt: now });

    expect(moveOfOne({ drains: [old], seen: held([api]), rules: { onEndingDeadline } })?.kind).toBe('wait');
  });

  it.each([
    ['abandon', 'wait'],
    ['stopTasks', 'stopTasks'],
    ['proceed', 'complete'],
  ] as const)('past its deadline with %s: %s', (onEndingDeadline, kind) => {
    const late = ending({ startedAt: now - 60 * minuteMs, heartbeatAt: now - minuteMs, deadlineAt: now });
    const seen = held([api], { ...hooked(ours), taskProtection: { [api.arn]: false } });
    const rules = { onEndingDeadline, endingDeadlineMs: 60 * minuteMs };

    expect(moveOfOne({ drains: [late], seen, rules })?.kind).toBe(kind);
    expect(moveOfOne({ drains: [{ ...late, deadlineAt: now + 1 }], seen, rules })?.kind).toBe('wait');
  });

  it('is sent no more heartbeats past its deadline where it is abandoned', () => {
    const late = ending({ startedAt: now - 60 * minuteMs, deadlineAt: now });

    expect(moveOfOne({ drains: [late], seen: held([api]) })?.kind).toBe('wait');
    expect(moveOfOne({ drains: [late], seen: held([api]), rules: { onEndingDeadline: 'stopTasks' } })?.kind).toBe(
      'heartbeat',
    );
  });

  it('is let go with what it runs where Berth proceeded with it', () => {
    const own = running({ state: 'terminating', since: now, deadlineAt: now });

    expect(moveOfOne({ drains: [own], seen: held([api]), rules: { onDeadline: 'proceed' } })?.kind).toBe('complete');
    expect(moveOfOne({ drains: [own], seen: held([api]) })?.kind).toBe('wait');
  });

  it.each(['lifecycleAction', 'spotInterruption'] as const)('is over when ECS no longer knows it: %s', (cause) => {
    const leaving = { groups: [group([member(1, { lifecycleState: 'Terminating' })])] };

    expect(moved({ drains: [ending({ cause })], seen: {} }).ended).toHaveLength(1);
    expect(moved({ drains: [ending({ cause })], seen: leaving }).ended).toHaveLength(1);
  });
});

describe('an instance that its group retains', () => {
  const retained = (tasks: Parameters<typeof on1>[0]) => heldIn('Terminating:Retained', tasks);

  it('is found by looking, and drained', () => {
    const seen = on1([api], { instance: { status: 'ACTIVE' }, member: { lifecycleState: 'Terminating:Retained' } });
    const { steps, changed } = moved({ drains: [], seen });

    expect(steps).toMatchObject([{ kind: 'drainInstances', cause: 'lifecycleAction' }]);
    expect(changed).toHaveLength(1);
  });

  it('is terminated when it is proven empty, outside the desired capacity, whether or not its group grows', () => {
    const context = { growing: new Set(['web']) };
    const { steps } = moved({ drains: [ending(emptied)], seen: retained([]), context });

    expect(steps).toMatchObject([
      { kind: 'terminateInstances', keepsDesiredCapacity: true, instances: [{ version: 1 }] },
    ]);
    expect(moveOfOne({ drains: [ending(emptied)], seen: retained([api]) })?.kind).toBe('wait');
  });

  it('is terminated at once where it is not registered with ECS', () => {
    const groups = [group([member(1, { lifecycleState: 'Terminating:Retained' })], { desiredCapacity: 0 })];

    expect(moved({ drains: [], seen: { groups } }).steps).toMatchObject([{ keepsDesiredCapacity: true }]);
  });

  it('is not told to wait: no hook holds it', () => {
    const old = ending({ startedAt: now - 600 * minuteMs });

    expect(moveOfOne({ drains: [old], seen: retained([api]) })?.kind).toBe('wait');
  });

  it('goes with what it runs past its deadline, where the settings say proceed', () => {
    const late = ending({ deadlineAt: now });

    expect(moveOfOne({ drains: [late], seen: retained([api]), rules: { onEndingDeadline: 'proceed' } })).toMatchObject({
      kind: 'terminate',
      regardless: true,
      keepsDesiredCapacity: true,
    });
  });
});

describe('an interrupted spot instance', () => {
  const interrupted = (ago: number, over: Partial<Drain> = {}): Drain =>
    drain(1, { cause: 'spotInterruption', startedAt: now - ago, since: now - ago, ...over });
  const at = (seconds: number, rest: Partial<Situation> = {}) =>
    moveOfOne({ drains: [interrupted(seconds * secondMs)], seen: on1([api]), ...rest });

  it('leaves its group 95 s after the warning, with what it still runs, so that it is not replaced', () => {
    expect(at(94)).toMatchObject({ kind: 'wait', wakeAt: now + secondMs });
    expect(at(95)).toMatchObject({ kind: 'terminate', regardless: true, keepsDesiredCapacity: false });
    const { steps } = moved({ drains: [interrupted(95 * secondMs)], seen: on1([api]) });
    expect(steps[0]?.reason).toMatch(/^EC2 is ending it anyway: 1 task left/);
  });

  it('leaves its group sooner when it is proven empty', () => {
    const drains = [interrupted(30 * secondMs, emptied)];

    expect(moveOfOne({ drains, seen: on1([]) })).toMatchObject({ kind: 'terminate', regardless: false });
  });

  it.each<[string, Partial<Situation>, number]>([
    ['its group is at its minimum', { seen: on1([api], { group: { minSize: 1 } }) }, minuteMs],
    ['its group grows in this decision', { context: { growing: new Set(['web']) } }, 5 * secondMs],
    [
      'its group is not Berth’s to size',
      { seen: on1([api], { seen: { capacityProviders: [provider('cp', { managedScaling: true })] } }) },
      minuteMs,
    ],
    [
      'part of the cluster could not be read',
      { seen: on1([api], { seen: { gaps: [{ subject: 'services', cause: 'failed', detail: '' }] } }) },
      10 * secondMs,
    ],
  ])('does not leave while %s', (_, rest, wakeMs) => {
    expect(at(95, rest)).toMatchObject({ kind: 'wait', wakeAt: now + wakeMs });
  });

  it('is not asked for twice in ten seconds', () => {
    const asked = (ago: number) =>
      at(100, { drains: [interrupted(100 * secondMs, { state: 'terminating', since: now - ago })] })?.kind;

    expect([asked(9_999), asked(10_000)]).toEqual(['wait', 'terminate']);
  });

  it('leaves the room above the minimum to Berth’s own drains first', () => {
    const ids = [1, 2, 3];
    const { steps } = moved({
      drains: [
        interrupted(95 * secondMs),
        interrupted(96 * secondMs, { ec2InstanceId: 'i-2', containerInstanceArn: instanceArn('2') }),
        drain(3, { cause: 'rotation' }),
      ],
      seen: {
        containerInstances: ids.map((n) => instance(n, { status: 'DRAINING' })),
        services: [service(1)],
        groups: [
          group(
            ids.map((n) => member(n)),
            { minSize: 1 },
          ),
        ],
      },
    });

    expect(steps).toMatchObject([{ kind: 'terminateInstances', instances: [{ ec2InstanceId: 'i-2' }] }]);
  });

  it('has its tasks stopped in time where the settings say so', () => {
    const seen = on1([api], { seen: { taskProtection: { [api.arn]: false } } });
    const drains = [interrupted(60 * secondMs, { deadlineAt: now })];

    expect(moveOfOne({ drains, seen, rules: { onEndingDeadline: 'stopTasks' } })).toMatchObject({
      kind: 'stopTasks',
      wakeAt: now + 35 * secondMs,
    });
    expect(moveOfOne({ drains, seen })?.kind).toBe('wait');
  });

  it('is left to its group once that terminates it, and let go by the hook', () => {
    const drains = [interrupted(100 * secondMs, emptied)];

    expect(moveOfOne({ drains, seen: heldIn('Terminating', []) })?.kind).toBe('wait');
    expect(moveOfOne({ drains, seen: held([]) })?.kind).toBe('complete');
  });

  it('leaves its group when it has gone from ECS', () => {
    const groups = [group([member(1)])];

    expect(moveOfOne({ drains: [interrupted(50 * secondMs)], seen: { groups } })?.kind).toBe('terminate');
  });

  it('is drained as long as it is ACTIVE', () => {
    expect(at(10, { seen: on1([task(1, 1)], { instance: { status: 'ACTIVE' } }) })?.kind).toBe('drainAgain');
  });
});
