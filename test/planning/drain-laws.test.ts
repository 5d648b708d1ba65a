import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countsTowardsDesired, type LifecycleState } from '../../lib/model/auto-scaling-group.ts';
import { type Drain, type DrainCause, isEndedByOthers } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { DeadlinePolicy } from '../../lib/model/settings.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import type { DrainContext, Move } from '../../lib/planning/drain-moves.ts';
import { looksEmpty } from '../../lib/planning/draining/emptiness.ts';
import { type DrainMoves, moveDrains } from '../../lib/planning/drains.ts';
import { drain, group, instance, instanceArn, member, now, provider, service, task } from '../support/builders.ts';
import { contextOf, on1, running } from './drain-support.ts';

const causes: readonly DrainCause[] = [
  'empty',
  'byHand',
  'consolidation',
  'rotation',
  'rebalance',
  'repair',
  'lifecycleAction',
  'spotInterruption',
];
const lifecycleStates: readonly LifecycleState[] = [
  'InService',
  'InService',
  'InService',
  'Terminating:Wait',
  'Terminating:Wait',
  'Terminating',
  'Terminating:Retained',
  'Standby',
];
const policies: readonly DeadlinePolicy[] = ['abandon', 'stopTasks', 'proceed'];

/** How one instance is seen in one look. */
const sight = fc.record({
  isRegistered: fc.constantFrom(true, true, true, true, false),
  isMember: fc.constantFrom(true, true, true, true, false),
  status: fc.constantFrom('DRAINING', 'DRAINING', 'DRAINING', 'ACTIVE', 'DEREGISTERING' as const),
  isConnected: fc.constantFrom(true, true, true, false),
  lifecycleState: fc.constantFrom(...lifecycleStates),
  /** Of two tasks, which are there; the second is standalone. */
  tasks: fc.constantFrom(0, 0, 0, 1, 2, 3),
  isRead: fc.constantFrom(true, true, true, false),
  agrees: fc.constantFrom(true, true, true, false),
  isProtected: fc.constantFrom(true, false, undefined),
  isNeeded: fc.constantFrom(true, false, false, false),
});

const look = fc.record({
  afterMs: fc.constantFrom(1, secondMs, 10 * secondMs, 20 * secondMs, minuteMs, 20 * minuteMs),
  sights: fc.tuple(sight, sight, sight),
  minSize: fc.integer({ min: 0, max: 3 }),
  isPartial: fc.constantFrom(true, false, false, false, false),
  isGrowing: fc.constantFrom(true, false, false),
  isManaged: fc.constantFrom(true, false, false, false),
});

type Look = Parameters<Parameters<typeof look.map>[0]>[0];

const history = fc.record({
  drains: fc.array(
    fc.record({
      cause: fc.constantFrom(...causes),
      state: fc.constantFrom('draining', 'emptied', 'terminating', 'restoring' as const),
    }),
    { maxLength: 3 },
  ),
  onDeadline: fc.constantFrom(...policies),
  onEndingDeadline: fc.constantFrom(...policies),
  endingDeadlineMs: fc.constantFrom(undefined, minuteMs),
  daemonGraceMs: fc.constantFrom(0, 30 * secondMs),
  looks: fc.array(look, { minLength: 1, maxLength: 8 }),
});

type History = Parameters<Parameters<typeof history.map>[0]>[0];

const tasksOf = (n: number, { tasks }: Look['sights'][number]) => [
  ...((tasks & 1) === 0 ? [] : [task(10 * n, n)]),
  ...((tasks & 2) === 0 ? [] : [task(10 * n + 1, n, { group: 'family:job' })]),
];

const observed = ({ sights, minSize, isPartial, isManaged }: Look, at: number): Partial<Observation> => {
  const each = sights.map((its, n) => ({ ...its, n, there: tasksOf(n, its) }));
  return {
    observedAt: at,
    containerInstances: each
      .filter((it) => it.isRegistered)
      .map(({ n, status, isConnected, agrees, there }) =>
        instance(n, {
          status,
          agentConnected: isConnected,
          remaining: { cpuUnits: 2048 - 512 * there.length, memoryMiB: 7680 - 1024 * there.length - (agrees ? 0 : 1) },
        }),
      ),
    tasks: each.flatMap((it) => it.there),
    tasksOnDraining: Object.fromEntries(each.filter((it) => it.isRead).map((it) => [instanceArn(`${it.n}`), it.there])),
    taskProtection: Object.fromEntries(
      each.flatMap((it) =>
        it.isProtected === undefined ? [] : it.there.map((one) => [one.arn, it.isProtected === true]),
      ),
    ),
    services: [service(3)],
    capacityProviders: isManaged ? [provider('cp', { managedDraining: true })] : [],
    groups: [
      group(
        each.filter((it) => it.isMember).map((it) => member(it.n, { lifecycleState: it.lifecycleState })),
        { minSize, desiredCapacity: 3 },
      ),
    ],
    gaps: isPartial ? [{ subject: 'services', cause: 'throttled', detail: '' }] : [],
  };
};

interface Decision {
  readonly context: DrainContext;
  readonly before: ReadonlyMap<string, Drain>;
  readonly made: DrainMoves;
}

/** Plays one decision after the other; what each leaves in the store is what the next begins with. */
const play = ({ drains, looks, ...rules }: History): readonly Decision[] => {
  let at = now;
  let stored = new Map(
    drains.map((it, n) => [`i-${n}`, drain(n, { ...it, startedAt: now - 10 * secondMs, since: now - 10 * secondMs })]),
  );
  return looks.map((its) => {
    at += its.afterMs;
    const ids = new Set(its.sights.flatMap((one, n) => (one.isNeeded ? [`i-${n}`] : [])));
    const context = contextOf({
      drains: [...stored.values()],
      seen: observed(its, at),
      rules,
      context: { needed: ids, restores: ids, growing: new Set(its.isGrowing ? ['web'] : []) },
    });
    const made = moveDrains(context);
    const before = stored;
    stored = new Map([...stored, ...made.changed.map((it) => [it.ec2InstanceId, it] as const)]);
    for (const it of made.ended) stored.delete(it.ec2InstanceId);
    return { context, before, made };
  });
};

type Terminate = Extract<Move, { readonly kind: 'terminate' }>;

const every = (law: (move: Move, decision: Decision) => void): void => {
  fc.assert(
    fc.property(history, (given) => {
      for (const decision of play(given)) for (const move of decision.made.moves.values()) law(move, decision);
    }),
    { numRuns: 500 },
  );
};

const isAllowedRegardless = (move: Terminate, { view }: DrainContext): boolean => {
  const its = move.drain;
  const { onDeadline, onEndingDeadline, endingDeadlineMs } = view.settings.drain;
  if (its.cause === 'spotInterruption' && view.now - its.startedAt >= 95 * secondMs) return true;
  // Its hook was abandoned: the group ended it, and what holds for endings holds for it.
  if (move.keepsDesiredCapacity && onEndingDeadline === 'proceed' && endingDeadlineMs !== undefined) return true;
  const policy = isEndedByOthers(its.cause) ? onEndingDeadline : onDeadline;
  return policy === 'proceed' && its.deadlineAt !== undefined && view.now >= its.deadlineAt;
};

describe('every sequence of decisions about drains', () => {
  it('terminates only what looks empty now and did so ten seconds ago, unless a deadline or EC2 forces it', () => {
    const seen = { empty: 0, regardless: 0 };
    every((move, { context, before }) => {
      if (move.kind !== 'terminate') return;
      const { view } = context;
      const its = view.instanceByEc2Id.get(move.drain.ec2InstanceId);
      if (move.regardless) {
        seen.regardless++;
        expect(isAllowedRegardless(move, context)).toBe(true);
      } else if (its !== undefined) {
        seen.empty++;
        expect(looksEmpty(view, { drain: move.drain, instance: its, membership: undefined })).toBe(true);
        const earlier = before.get(move.drain.ec2InstanceId);
        expect(['emptied', 'terminating']).toContain(earlier?.state);
        if (earlier?.state === 'emptied') expect(view.now - earlier.since).toBeGreaterThanOrEqual(10 * secondMs);
      }
    });
    expect(Math.min(seen.empty, seen.regardless)).toBeGreaterThan(5);
  });

  it('wakes up for whatever waits, and says what it waits for', () => {
    every((move, { context: { view }, made }) => {
      if (move.kind !== 'wait' && move.kind !== 'heartbeat' && move.kind !== 'stopTasks') return;
      expect(move.wakeAt).toBeGreaterThan(view.now);
      expect(made.wakeAts).toContain(move.wakeAt);
      if (move.kind === 'wait') expect(move.reason).not.toBe('');
    });
  });

  it('loses no drain: each is moved by a step, waits or is over, and one that is over holds nothing', () => {
    every((move, { before, made, context: { view } }) => {
      const id = move.drain.ec2InstanceId;
      if (move.kind === 'end') {
        expect(made.ended.map((it) => it.ec2InstanceId)).toContain(id);
        const its = view.instanceByEc2Id.get(id);
        const isClosed = its?.status === 'DRAINING' && its.agentConnected && view.membershipByEc2Id.has(id);
        expect(isClosed).toBe(false);
      } else if (before.get(id) !== move.drain) expect(made.changed).toContain(move.drain);
    });
  });

  it('keeps each group at its minimum, in one call, and sizes none that grows', () => {
    fc.assert(
      fc.property(history, (given) => {
        for (const { context, made } of play(given)) {
          const sizing = made.steps.filter((it) => it.kind === 'terminateInstances' && !it.keepsDesiredCapacity);
          expect(sizing.length).toBeLessThanOrEqual(1);
          if (sizing.length > 0) expect(context.growing.size).toBe(0);
          const gone = sizing.flatMap((it) => ('instances' in it ? it.instances : []));
          const [its] = context.view.observation.groups;
          expect((its?.desiredCapacity ?? 0) - gone.length).toBeGreaterThanOrEqual(
            gone.length > 0 ? (its?.minSize ?? 0) : 0,
          );
          const members = its?.instances.filter(countsTowardsDesired).map((it) => it.ec2InstanceId) ?? [];
          for (const it of gone) expect(members).toContain(it.ec2InstanceId);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes away nothing on a partial look', () => {
    every((move, { context: { view } }) => {
      if (view.observation.gaps.length > 0) expect(move.kind).not.toBe('terminate');
    });
  });

  it('never stops a task that is standalone, protected, or not known not to be', () => {
    let seen = 0;
    every((move, { context: { view } }) => {
      if (move.kind !== 'stopTasks') return;
      for (const arn of move.taskArns) {
        seen++;
        expect(view.observation.tasks.find((it) => it.arn === arn)?.group).toBe('service:api');
        expect(view.observation.taskProtection[arn]).toBe(false);
      }
    });
    expect(seen).toBeGreaterThan(5);
  });

  it('tells only hooks that hold an instance, and none while ECS drains the group', () => {
    let seen = 0;
    every((move, { context: { view } }) => {
      if (move.kind !== 'heartbeat' && move.kind !== 'complete') return;
      seen++;
      expect(view.membershipByEc2Id.get(move.drain.ec2InstanceId)?.member.lifecycleState).toBe('Terminating:Wait');
      expect(view.observation.capacityProviders).toEqual([]);
    });
    expect(seen).toBeGreaterThan(5);
  });

  it('takes back only what is Berth’s own, and for demand’s sake only what was too much', () => {
    every((move) => {
      if (move.kind !== 'restore') return;
      expect(isEndedByOthers(move.drain.cause)).toBe(false);
      if (/room is needed/.test(move.reason)) expect(['empty', 'consolidation']).toContain(move.drain.cause);
      if (move.abandoned === 'instance') expect(move.reason).toMatch(/before it was closed|made it ACTIVE again/);
      if (move.abandoned === 'tasks') expect(move.reason).toMatch(/past its deadline|room is needed again/);
    });
  });
});

describe('a drain that nothing disturbs', () => {
  it.each(causes.filter((it) => it !== 'lifecycleAction'))(
    'follows its own wake-ups to its termination: %s',
    (cause) => {
      let its = running({ cause, startedAt: now, since: now });
      let at = now;
      for (let decisions = 0; decisions < 5; decisions++) {
        const context = contextOf({ drains: [its], seen: { ...on1([]), observedAt: at } });
        const { steps, changed, wakeAts } = moveDrains(context);
        if (steps.length > 0) {
          expect(steps.map((it) => it.kind)).toEqual(['terminateInstances']);
          expect(at - now).toBe(10 * secondMs);
          return;
        }
        its = changed[0] ?? its;
        at = Math.min(...wakeAts);
      }
      throw new Error('it was not terminated');
    },
  );
});
