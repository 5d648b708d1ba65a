import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import type { Drain, DrainCause, DrainState, OwnCause, RetireCause } from '../../lib/model/memory.ts';
import type { DisruptionBudget } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import type { Move } from '../../lib/planning/drain-moves.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { breakerOf } from '../../lib/planning/keeping/breaker.ts';
import { allowanceFor } from '../../lib/planning/keeping/budgets.ts';
import { type PlanningInput, viewOf } from '../../lib/planning/view.ts';
import { drain, group, input, instance, member, now } from '../support/builders.ts';

const budget = (over: Partial<DisruptionBudget> = {}): DisruptionBudget => ({
  causes: ['empty', 'consolidation', 'rotation', 'rebalance', 'repair', 'byHand'],
  instances: undefined,
  share: undefined,
  atLeast: 0,
  windows: [],
  ...over,
});

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

interface Case {
  readonly size?: number;
  readonly over?: Partial<AutoScalingGroup>;
  readonly budgets?: readonly DisruptionBudget[];
  readonly drains?: readonly Drain[];
  readonly retiring?: Readonly<Record<string, RetireCause>>;
  readonly disconnected?: readonly number[];
}

const inputOf = ({ size = 10, over = {}, budgets = [], drains = [], retiring = {}, disconnected = [] }: Case) =>
  input(
    {
      containerInstances: numbers(size).map((n) => instance(n, { agentConnected: !disconnected.includes(n) })),
      groups: [
        group(
          numbers(size).map((n) => member(n)),
          over,
        ),
      ],
    },
    {
      drains,
      memory: {
        retiring: Object.fromEntries(Object.entries(retiring).map(([id, cause]) => [id, { cause, since: now }])),
      },
      settings: { budgets },
    },
  );

type Moves = Parameters<typeof allowanceFor>[2];

const allowanceOf = (given: PlanningInput, cause: OwnCause, moves: Moves = new Map()): number => {
  const view = viewOf(given);
  const states = view.observation.groups.map((it) => stateOf(view, it));
  const [first] = view.observation.groups;
  return first === undefined ? Number.NaN : allowanceFor(view, states, moves, cause)(first);
};

// The clock stands at Monday, 2026-11-23 12:00Z.
const noon = { days: [1], fromMinute: 11 * 60, toMinute: 13 * 60, timeZone: 'UTC' } as const;
const night = { ...noon, fromMinute: 22 * 60, toMinute: 6 * 60 };

describe('allowanceFor', () => {
  it.each<readonly [string, Case, number]>([
    ['the whole group without budgets', {}, 10],
    ['down to the minimum', { over: { minSize: 4 } }, 6],
    ['none at the minimum', { over: { minSize: 10 } }, 0],
    ['none below the minimum', { over: { minSize: 12 } }, 0],
    ['by desired capacity, not by members', { over: { desiredCapacity: 7, minSize: 4 } }, 3],
    ['a count', { budgets: [budget({ instances: 2 })] }, 2],
    ['none for a count of none', { budgets: [budget({ instances: 0 })] }, 0],
    ['a share', { budgets: [budget({ share: 0.3 })] }, 3],
    ['a share rounded down', { size: 19, budgets: [budget({ share: 0.1 })] }, 1],
    ['none of a small share', { size: 9, budgets: [budget({ share: 0.1 })] }, 0],
    ['what a share is never less than', { size: 9, budgets: [budget({ share: 0.1, atLeast: 1 })] }, 1],
    ['a share that binary fractions miss', { size: 100, budgets: [budget({ share: 0.29 })] }, 29],
    ['the least of count and share', { budgets: [budget({ share: 0.5, instances: 3 })] }, 3],
    ['the least of share and count', { budgets: [budget({ share: 0.2, instances: 3 })] }, 2],
    ['at least so many, but not more than the count', { budgets: [budget({ share: 0, atLeast: 4, instances: 3 })] }, 3],
    ['none where a budget has no number', { budgets: [budget()] }, 0],
    ['the least of several budgets', { budgets: [budget({ instances: 5 }), budget({ instances: 3 })] }, 3],
    ['the minimum where budgets give more', { over: { minSize: 9 }, budgets: [budget({ instances: 5 })] }, 1],
    ['what others are limited to does not count', { budgets: [budget({ causes: ['rotation'], instances: 0 })] }, 10],
    ['a budget that holds now', { budgets: [budget({ instances: 1, windows: [night, noon] })] }, 1],
    ['a budget that does not hold now', { budgets: [budget({ instances: 1, windows: [night] })] }, 10],
    ['a budget without days', { budgets: [budget({ instances: 1, windows: [{ ...noon, days: [] }] })] }, 10],
    [
      'none where a window cannot be read',
      { budgets: [budget({ instances: 5, windows: [{ ...night, timeZone: 'Nowhere' }] })] },
      0,
    ],
    ['a count less those that leave', { budgets: [budget({ instances: 3 })], drains: [drain(1), drain(2)] }, 1],
    ['none where more leave already', { budgets: [budget({ instances: 1 })], drains: [drain(1), drain(2)] }, 0],
    [
      'a count less those that leave for another cause of the budget',
      { budgets: [budget({ instances: 3 })], drains: [drain(1, { cause: 'rotation' })] },
      2,
    ],
    [
      'a count whole where those leave for causes of others',
      { budgets: [budget({ causes: ['empty'], instances: 3 })], drains: [drain(1, { cause: 'rotation' })] },
      3,
    ],
    [
      'a count whole where others end it',
      { budgets: [budget({ instances: 3 })], drains: [drain(1, { cause: 'spotInterruption' })] },
      3,
    ],
    [
      'a count whole where it is restored',
      { budgets: [budget({ instances: 3 })], drains: [drain(1, { state: 'restoring' })] },
      3,
    ],
    [
      'a count whole where it leaves another group',
      { budgets: [budget({ instances: 3 })], drains: [drain(99, { group: 'other' })] },
      3,
    ],
    ['a count whole where it left its group and ECS', { budgets: [budget({ instances: 3 })], drains: [drain(99)] }, 3],
    ['a count less those to leave', { budgets: [budget({ instances: 3 })], retiring: { 'i-1': 'rotation' } }, 2],
    ['a count whole where it is gone', { budgets: [budget({ instances: 3 })], retiring: { 'i-99': 'rotation' } }, 3],
    [
      'a count less one that both is to leave and leaves',
      {
        budgets: [budget({ instances: 3 })],
        retiring: { 'i-1': 'rotation' },
        drains: [drain(1, { cause: 'rotation' })],
      },
      2,
    ],
    ['a count less those without an agent', { budgets: [budget({ instances: 3 })], disconnected: [4, 5] }, 1],
    [
      'a count less one that leaves without an agent',
      { budgets: [budget({ instances: 3 })], disconnected: [1], drains: [drain(1)] },
      2,
    ],
    ['the whole group where none without an agent is limited', { disconnected: [4, 5] }, 10],
    ['above the minimum less those that leave', { over: { minSize: 7 }, drains: [drain(1)] }, 2],
    [
      'above the minimum where others end it',
      { over: { minSize: 7 }, drains: [drain(1, { cause: 'lifecycleAction' })] },
      3,
    ],
    [
      'above the minimum less one whose replacement comes first',
      { over: { minSize: 7 }, retiring: { 'i-1': 'rotation' } },
      2,
    ],
    ['above the minimum, none coming', { over: { minSize: 7 }, retiring: { 'i-1': 'consolidation' } }, 2],
    [
      'above the minimum, that one leaving',
      { over: { minSize: 7 }, retiring: { 'i-1': 'consolidation' }, drains: [drain(1)] },
      2,
    ],
  ])('lets go for being empty: %s', (_, given, expected) => {
    expect(allowanceOf(inputOf(given), 'empty')).toBe(expected);
  });

  it.each<readonly [string, Case, OwnCause, number]>([
    ['nothing limits what is replaced first: rotation', { over: { minSize: 10 } }, 'rotation', Infinity],
    ['nothing limits what is replaced first: rebalance', { over: { minSize: 10 } }, 'rebalance', Infinity],
    ['nothing limits what is replaced first: repair', { over: { minSize: 10 } }, 'repair', Infinity],
    ['the minimum limits consolidation', { over: { minSize: 10 } }, 'consolidation', 0],
    ['the minimum limits what a person asked for', { over: { minSize: 10 } }, 'byHand', 0],
    ['a budget limits rotation', { budgets: [budget({ instances: 2 })], disconnected: [1] }, 'rotation', 1],
    ['what has no agent may be repaired', { budgets: [budget({ instances: 2 })], disconnected: [1] }, 'repair', 2],
    [
      'repairs under way count',
      { budgets: [budget({ instances: 2 })], disconnected: [1, 2], retiring: { 'i-1': 'repair' } },
      'repair',
      1,
    ],
  ])('%s', (_, given, cause, expected) => {
    expect(allowanceOf(inputOf(given), cause)).toBe(expected);
  });

  it('counts a member that is terminating towards budgets, but no more towards the size', () => {
    const members = [member(0, { lifecycleState: 'Terminating' }), member(1), member(2)];
    const given = (budgets: readonly DisruptionBudget[]) =>
      input(
        {
          containerInstances: numbers(3).map((n) => instance(n)),
          groups: [group(members, { desiredCapacity: 2, minSize: 1 })],
        },
        { drains: [drain(0, { state: 'terminating' })], settings: { budgets } },
      );

    expect(allowanceOf(given([]), 'empty')).toBe(1);
    expect(allowanceOf(given([budget({ instances: 1 })]), 'empty')).toBe(0);
  });

  it('counts one that left its group as long as something can run there', () => {
    const given = inputOf({ budgets: [budget({ instances: 1 })], drains: [drain(20, { cause: 'consolidation' })] });
    const withIt = (agentConnected: boolean): PlanningInput => {
      const detached = instance(20, { status: 'DRAINING', agentConnected });
      const { observation: seen } = given;
      return { ...given, observation: { ...seen, containerInstances: [...seen.containerInstances, detached] } };
    };

    expect(allowanceOf(withIt(true), 'consolidation')).toBe(0);
    expect(allowanceOf(withIt(false), 'consolidation')).toBe(1);
  });

  it('counts one no longer that is taken back by this very plan', () => {
    const leaving = drain(1);
    const given = inputOf({ over: { minSize: 9 }, budgets: [budget({ instances: 1 })], drains: [leaving] });
    const doing = (move: Move): Moves => new Map([['i-1', move]]);

    expect(allowanceOf(given, 'empty', doing({ kind: 'drainAgain', drain: leaving, reason: '' }))).toBe(0);
    expect(
      allowanceOf(given, 'empty', doing({ kind: 'restore', drain: leaving, reason: '', abandoned: 'instance' })),
    ).toBe(1);
  });

  it('takes an instance that is registering as one that is on its way', () => {
    const given = input(
      {
        containerInstances: [instance(0), instance(1, { status: 'REGISTERING', agentConnected: false })],
        groups: [group([member(0), member(1)])],
      },
      { settings: { budgets: [budget({ instances: 1 })] } },
    );

    expect(allowanceOf(given, 'empty')).toBe(1);
  });

  it('gives each group a budget of its own, and an unknown group nothing', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name, n) => group([member(2 * n), member(2 * n + 1)], { name }));
    if (a === undefined || b === undefined || c === undefined) return;
    const view = viewOf(
      input(
        { containerInstances: numbers(6).map((n) => instance(n)), groups: [a, b] },
        { drains: [drain(0, { group: 'a' })], settings: { budgets: [budget({ instances: 1 })] } },
      ),
    );
    const allowance = allowanceFor(
      view,
      [a, b].map((it) => stateOf(view, it)),
      new Map(),
      'consolidation',
    );

    expect([a, b, c].map(allowance)).toEqual([0, 1, 0]);
  });

  const ownCauses: readonly OwnCause[] = ['empty', 'byHand', 'consolidation', 'rotation', 'rebalance', 'repair'];
  const drainCauses: readonly DrainCause[] = [...ownCauses, 'lifecycleAction', 'spotInterruption'];
  const states: readonly DrainState[] = ['draining', 'emptied', 'terminating', 'restoring'];
  const cases = fc.record({
    size: fc.constant(12),
    over: fc.record({ minSize: fc.nat({ max: 5 }), desiredCapacity: fc.integer({ min: 4, max: 12 }) }),
    budgets: fc.array(
      fc.record({
        causes: fc.subarray([...ownCauses]),
        instances: fc.option(fc.integer({ min: 2, max: 12 }), { nil: undefined }),
        share: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        atLeast: fc.nat({ max: 3 }),
        windows: fc.subarray([noon, night]),
      }),
      { maxLength: 2 },
    ),
    drains: fc.uniqueArray(
      fc
        .record({ n: fc.nat({ max: 13 }), cause: fc.constantFrom(...drainCauses), state: fc.constantFrom(...states) })
        .map(({ n, ...over }) => drain(n, over)),
      { selector: (it) => it.ec2InstanceId, minLength: 1, maxLength: 4 },
    ),
    retiring: fc.dictionary(
      fc.nat({ max: 12 }).map((n) => `i-${n}`),
      fc.constantFrom<RetireCause>('consolidation', 'rotation', 'rebalance', 'repair'),
    ),
    disconnected: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 2 }),
  });

  it('is never negative, and never more than is above the minimum without a replacement', () => {
    let positive = 0;
    fc.assert(
      fc.property(cases, fc.constantFrom(...ownCauses), (given, cause) => {
        const allowance = allowanceOf(inputOf(given), cause);
        const { desiredCapacity, minSize } = given.over;

        expect(allowance).toBeGreaterThanOrEqual(0);
        if (allowance > 0) positive += 1;
        if (cause === 'empty' || cause === 'byHand' || cause === 'consolidation')
          expect(allowance).toBeLessThanOrEqual(Math.max(0, desiredCapacity - minSize));
      }),
      { numRuns: 500, seed: 3 },
    );
    expect(positive).toBeGreaterThan(250);
  });

  it('is never more for one drain more', () => {
    let less = 0;
    fc.assert(
      fc.property(cases, fc.constantFrom(...ownCauses), (given, cause) => {
        const [, ...fewer] = given.drains;
        const before = allowanceOf(inputOf({ ...given, drains: fewer }), cause);
        const after = allowanceOf(inputOf(given), cause);

        expect(after).toBeLessThanOrEqual(before);
        if (after < before) less += 1;
      }),
      { numRuns: 1000, seed: 5 },
    );
    expect(less).toBeGreaterThan(60);
  });
});

describe('breakerOf', () => {
  const findingOf = (seen: Parameters<typeof input>[0], rest: Parameters<typeof input>[1] = {}) =>
    breakerOf(viewOf(input(seen, rest)));
  const cluster = (size: number, unwell: number) => ({
    containerInstances: numbers(size).map((n) => instance(n, { agentConnected: n >= unwell })),
    groups: [group(numbers(size).map((n) => member(n)))],
  });

  it.each<readonly [string, number, number, number, boolean]>([
    ['nobody is unwell', 10, 0, 0.2, false],
    ['three of ten', 10, 3, 0.2, true],
    ['two of three: too few to tell', 3, 2, 0.2, false],
    ['three of three', 3, 3, 0.2, true],
    ['exactly the share', 15, 3, 0.2, false],
    ['one more than the share', 15, 4, 0.2, true],
    ['a share of all', 5, 5, 1, false],
    ['a share of none', 1000, 3, 0, true],
  ])('opens or not: %s', (_, size, unwell, circuitBreakerShare, opens) => {
    expect(findingOf(cluster(size, unwell), { settings: { circuitBreakerShare } })?.reason).toBe(
      opens ? 'circuitBreaker' : undefined,
    );
  });

  it('says the numbers', () => {
    expect(findingOf(cluster(10, 4))?.detail).toContain('4 of 10 instances');
    expect(findingOf(cluster(10, 4))?.detail).toContain('20 %');
  });

  it('gives the same answer when asked again', () => {
    const view = viewOf(input(cluster(10, 4)));

    expect(breakerOf(view)).toBe(breakerOf(view));
  });

  it('counts what a group calls unhealthy', () => {
    const unhealthy = { healthStatus: 'Unhealthy' };
    const members = numbers(6).map((n) => member(n, n < 3 ? unhealthy : {}));

    expect(findingOf({ ...cluster(6, 0), groups: [group(members)] })).toBeDefined();
  });

  it('counts instances that others drain', () => {
    const draining = cluster(10, 4).containerInstances.map((it) => ({ ...it, status: 'DRAINING' as const }));
    const drains = numbers(4).map((n) => drain(n, { cause: 'spotInterruption' }));

    expect(findingOf({ ...cluster(10, 4), containerInstances: draining }, { drains })).toBeDefined();
  });

  it.each<readonly [string, Parameters<typeof input>[0], Parameters<typeof input>[1]]>([
    ['drains of its own', cluster(10, 4), { drains: numbers(2).map((n) => drain(n)) }],
    [
      'instances of nobody who opted in',
      { ...cluster(10, 4), groups: [group(numbers(8).map((n) => member(n + 2)))] },
      {},
    ],
    [
      'instances that are registering',
      {
        ...cluster(10, 4),
        containerInstances: cluster(10, 4).containerInstances.map((it, n) =>
          n < 2 ? { ...it, status: 'REGISTERING' as const } : it,
        ),
      },
      {},
    ],
  ])('leaves out %s', (_, seen, rest) => {
    expect(findingOf(cluster(10, 4))).toBeDefined();
    expect(findingOf(seen, rest)).toBeUndefined();
  });

  it('leaves those out of the whole too', () => {
    // Of 16, four are unwell: exactly a quarter. Of the 14 without two drains of its own they are more.
    const drains = [drain(14), drain(15)];
    const settings = { circuitBreakerShare: 0.25, quietTimeMs: minuteMs };

    expect(findingOf(cluster(16, 4), { settings })).toBeUndefined();
    expect(findingOf(cluster(16, 4), { settings, drains })).toBeDefined();
  });
});
