import { describe, expect, it } from '@jest/globals';
import type { InvocationStart } from '../../simulator/host/lambda.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { objects, text } from '../../simulator/world/json.ts';
import { type Course, minute } from '../support/course.ts';
import { callsOf, endOf, evenly, eventful, type Kill, played } from './crash-course.ts';

const undisturbed = await played();

const killedIn = ({ invocations }: Course): readonly string[] =>
  invocations.flatMap((it) => (/killed (at|after) call/.test(it.error ?? '') ? [it.invocationId] : []));

/** Some 3,400, made while something was going on; those of the quiet after it are all alike. */
const calls = callsOf(undisturbed, ['decide', 'urgentEvents', 'metricCheck']);

/** Of the decision that restores an instance: what it leaves half done is seen by nobody but people. */
const restoring = calls.filter(({ invocationId }) =>
  undisturbed
    .records('api')
    .some(
      ({ input, operation, caller }) => caller === invocationId && operation === 'UntagResource' && 'tagKeys' in input,
    ),
);

/** The last calls of invocations that changed something: there a crash leaves half of it done. */
const writing = [...Map.groupBy(calls, (it) => it.invocationId)].flatMap(([id, its]) =>
  undisturbed.writes().some(({ caller }) => caller === id) ? its.slice(-4) : [],
);

describe('the undisturbed course', () => {
  it('has everything in it that a crash could leave half done, and ends as it should', () => {
    const done = undisturbed.decisions.flatMap((it) => it.outcomes.filter(({ result }) => result === 'done'));
    const kinds = done.map(({ step }) => (step.kind === 'drainInstances' ? `drain: ${step.cause}` : step.kind));
    const causes = undisturbed.decisions.flatMap((it) => it.input.drains.map(({ cause }) => cause));

    expect(kinds).toEqual(
      expect.arrayContaining([
        'setGroupDesiredCapacity',
        'drain: consolidation',
        'drain: empty',
        'drain: rotation',
        'drain: byHand',
        'restoreInstances',
        'terminateInstances',
        'completeLifecycleActions',
      ]),
    );
    expect(causes).toContain('lifecycleAction');
    expect(endOf(undisturbed)).toEqual({
      sizes: { web: 2, side: 1 },
      members: { web: ['InService', 'InService'], side: ['InService'] },
      marked: [],
      instances: ['side ACTIVE', 'web ACTIVE', 'web ACTIVE'],
      services: { api: 2, fill: 1, aside: 1 },
      remembered: { drains: [], intents: [], retiring: {}, queued: [] },
      plan: { steps: [], drains: [], demand: [] },
      hasLookedLately: true,
      liveTasksTerminated: 0,
      broken: [],
    });
    expect(calls.length).toBeGreaterThan(2_500);
    expect(restoring.length).toBeGreaterThan(10);
  });
});

/**
 * Which of equal instances left, and in which zones those are that stay, may differ: a minute later another one is
 * chosen. Sizes, how many instances are ACTIVE, what runs, and what is remembered may not.
 */
const sameEnd = async (kill: Kill, how: 'killAt' | 'killAfter'): Promise<void> => {
  const course = await played({
    [how]: (it: InvocationStart) => (it.invocationId === kill.invocationId ? kill.call : undefined),
  });

  expect(killedIn(course)).toEqual([kill.invocationId]);
  expect(endOf(course)).toEqual(endOf(undisturbed));
};

const named = (kills: readonly Kill[]) => kills.map((it) => [it.invocationId, it.call, it] as const);

describe('an invocation that dies', () => {
  const sample = [...evenly(writing, 16), ...evenly(calls, 8)];
  const [odd, even] = [sample.filter((_, n) => n % 2 === 1), sample.filter((_, n) => n % 2 === 0)];

  it.each(named([...odd, ...restoring.slice(-1)]))('%s before its call %i, leads to the same end', (...[, , kill]) =>
    sameEnd(kill, 'killAt'),
  );

  it.each(named([...even, ...restoring.slice(-2)]))('%s after its call %i, leads to the same end', (...[, , kill]) =>
    sameEnd(kill, 'killAfter'),
  );

  it.each([1, 2])('again and again leads to the same end: three in ten of all, seed %i', async (seed) => {
    const dice = seededDice(seed);
    const killing = ({ startedAt }: InvocationStart): number | undefined => {
      const isOver = startedAt - undisturbed.startMs > (eventful + 3) * minute;
      return isOver || dice.next() > 0.3 ? undefined : 1 + Math.floor(dice.next() * 18);
    };
    const course = await played(seed % 2 === 0 ? { killAt: killing } : { killAfter: killing });

    expect(killedIn(course).length).toBeGreaterThan(15);
    const end = endOf(course);
    // The person's wish to have an instance back is refused where the decision that was to drain it has died.
    const refused = /^capacityRun failed: RequestError: nothing was changed/;
    expect({ ...end, broken: end.broken.filter((it) => !refused.test(it)) }).toEqual(endOf(undisturbed));
  });
});

describe('events', () => {
  it.each([
    ['told twice', { eventDoubledShare: 1 }],
    ['told in any order, within a minute', { eventDeliveryMs: { low: 0, high: 60_000 } }],
    ['half of them up to ten minutes late', { eventLateShare: 0.5, eventLateMs: { low: 5_000, high: 600_000 } }],
    ['lost where AWS promises no more than its best', { bestEffortLostShare: 1 }],
    [
      'all of that by turns',
      {
        eventDoubledShare: 0.5,
        eventDeliveryMs: { low: 0, high: 30_000 },
        eventLateShare: 0.2,
        bestEffortLostShare: 0.5,
      },
    ],
  ])('%s lead to the same end', async (_, world) => {
    expect(endOf(await played({ world }))).toEqual(endOf(undisturbed));
  });

  it('lost, every one of them, lead to the same end: the minute check sees it all', async () => {
    const course = await played({}, ({ world }) => {
      for (const rule of objects(world.call('events', 'ListRules', {}), 'Rules') ?? [])
        if (rule['EventPattern'] !== undefined)
          world.call('events', 'RemoveTargets', { Rule: text(rule, 'Name') ?? '', Ids: ['queue'] });
    });

    expect(course.invocations.some((it) => it.functionName === 'clusterEvents')).toBe(false);
    expect(endOf(course)).toEqual(endOf(undisturbed));
  });
});
