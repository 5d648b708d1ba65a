import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CountHistory } from '../../../lib/model/service-counts.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import type { Datapoint } from '../../../lib/planning/counts/history.ts';
import { countOf } from '../../../lib/planning/counts/wanted-count.ts';
import { deployment, now, service, taskSet } from '../../support/builders.ts';
import { backlog, check, course, cpu, direction, scaling } from './counts.ts';
import { hpaMissingCases } from './hpa-cases.ts';

describe('countOf', () => {
  it('raises a service that is over its target, and says why', () => {
    const { wanted, report } = check(scaling(), { desired: 10, values: { cpu: 90 } });

    expect(wanted).toEqual({
      service: 'api',
      from: 10,
      to: 15,
      reason: 'cpu is 90, its target is 60: 15 tasks',
      at: now,
    });
    expect(report).toMatchObject({ recommended: 15, wanted: 15, holds: [] });
  });

  it('divides by the tasks that ran when it was measured, and counts what is on its way', () => {
    const first = check(scaling(), { desired: 10, values: { cpu: 90 } });
    const raised = check(
      scaling(),
      { desired: 15, running: 10, values: { cpu: 90 }, at: now + minuteMs },
      first.history,
    );
    expect(raised.wanted).toBeUndefined();

    // All 15 run by now, but the datapoint is of a minute in which 10 did.
    const late = check(
      scaling(),
      { desired: 15, running: 15, values: { cpu: 90 }, at: now + 2 * minuteMs },
      raised.history,
    );
    expect(late.wanted).toBeUndefined();
  });

  it('takes the largest of several signals', () => {
    const settings = scaling({ signals: [cpu(), backlog()] });

    const { wanted, report } = check(settings, { desired: 10, values: { cpu: 90, backlog: 400 } });

    expect(wanted?.to).toBe(40);
    expect(report.signals).toEqual([
      { signal: 'cpu', value: 90, tasks: 15 },
      { signal: 'backlog', value: 400, tasks: 40 },
    ]);
  });

  it.each(hpaMissingCases)('decides as HPA does: $from', ({ desired, value, target, bounds, expected }) => {
    const [minimum, maximum] = bounds;
    const signals = [cpu({ rule: { kind: 'target', target } }), backlog()];
    const settings = scaling({ minimum, maximum, signals, scaleIn: direction() });

    expect(check(settings, { desired, values: { cpu: value, backlog: undefined } }).report.wanted).toBe(expected);
  });

  it.each([
    ['raises by the other', 90, 15, []],
    ['does not lower by the other', 10, 10, ['missingSignal']],
  ])('while a signal says nothing it %s', (_, value, expected, holds) => {
    const settings = scaling({ signals: [cpu(), backlog()], scaleIn: direction() });

    const { report } = check(settings, { desired: 10, values: { cpu: value, backlog: undefined } });

    expect(report).toMatchObject({ wanted: expected, holds });
  });

  it('takes NaN and stale datapoints for nothing said', () => {
    const settings = scaling({ scaleIn: direction() });
    const nan = check(settings, { desired: 10, values: { cpu: Number.NaN } });
    expect(nan.report).toMatchObject({ wanted: 10, signals: [{ signal: 'cpu', value: undefined, tasks: undefined }] });
    expect(nan.history?.readings['cpu']).toMatchObject({ value: undefined, failures: 1 });

    const datapointOf = (minutes: number) =>
      countOf({
        name: 'api',
        service: service(10, { runningCount: 10 }),
        settings,
        history: undefined,
        datapoints: new Map([['cpu', { value: 6, at: now - minutes * minuteMs }]]),
        hasScalableTarget: false,
        acts: true,
        now,
      }).report.wanted;
    expect(datapointOf(6)).toBe(1);
    expect(datapointOf(7)).toBe(10); // over for more than five minutes
  });

  it('falls back to a count when a signal has failed so often, and only upwards', () => {
    const settings = scaling({ fallback: { tasks: 8, afterFailures: 3 }, scaleIn: direction() });

    expect(course(settings, 5, 4, () => ({ cpu: undefined })).counts).toEqual([5, 5, 8, 8]);
    expect(course(settings, 12, 4, () => ({ cpu: undefined })).counts).toEqual([12, 12, 12, 12]);
  });

  it('lets no data stand for 0 where the settings say so', () => {
    const settings = scaling({ signals: [cpu({ noDataIsZero: true })], scaleIn: direction() });

    expect(check(settings, { desired: 10, values: { cpu: undefined } }).wanted?.to).toBe(1);
  });

  it('lowers only by the most of its window', () => {
    const { counts } = course(scaling(), 10, 8, (n) => ({ cpu: n < 2 ? 60 : 20 }));

    expect(counts).toEqual([10, 10, 10, 10, 10, 10, 4, 4]);
  });

  it.each([
    ['its minimum', { minimum: 5 }, 1, { cpu: 60 }, 5],
    ['its maximum', { maximum: 12 }, 10, { cpu: 600 }, 12],
    ['its maximum from above', { maximum: 8 }, 10, { cpu: 60 }, 8],
  ])('keeps to %s', (_, over, desired, values, expected) => {
    expect(check(scaling(over), { desired, values }).wanted?.to).toBe(expected);
  });

  it('leaves a service alone that somebody has stopped', () => {
    const { report, wanted } = check(scaling({ minimum: 2 }), { desired: 0, values: { cpu: undefined } });

    expect(wanted).toBeUndefined();
    expect(report.holds).toEqual(['stoppedByHand']);
  });

  it.each([
    ['a daemon service', { schedulingStrategy: 'DAEMON' as const }, false, 'daemon'],
    ['an external deployment', { deploymentKind: 'external' as const }, false, 'externalDeployment'],
    ['a service that is ending', { status: 'DRAINING' as const }, false, 'notActive'],
    ['what Application Auto Scaling scales', {}, true, 'scalableTarget'],
  ])('refuses %s', (_, over, hasScalableTarget, hold) => {
    const { report, wanted } = check(scaling(), { desired: 5, values: { cpu: 200 }, over, hasScalableTarget });

    expect(wanted).toBeUndefined();
    expect(report.holds).toEqual([hold]);
  });

  it.each([
    ['a rolling deployment', { deployments: [deployment({ desiredCount: 10, rolloutState: 'IN_PROGRESS' })] }],
    [
      'blue/green that is held',
      {
        deploymentKind: 'blueGreen' as const,
        deployments: [deployment({ desiredCount: 10 }), deployment({ id: 'ecs-svc/0', status: 'ACTIVE' })],
      },
    ],
    ['two task sets', { deploymentKind: 'codeDeploy' as const, taskSets: [taskSet(), taskSet({ id: 'ecs-svc/ts2' })] }],
  ])('never scales in during %s, and out as ever', (_, over) => {
    const settings = scaling({ scaleIn: direction() });

    expect(check(settings, { desired: 10, values: { cpu: 10 }, over }).report.holds).toEqual(['deployment']);
    expect(check(settings, { desired: 10, values: { cpu: 90 }, over }).wanted?.to).toBe(15);
  });

  it('is paused, wholly or from scaling in, until a time', () => {
    const pause = (what: 'all' | 'scaleIn') =>
      scaling({ pause: { what, until: now + minuteMs }, scaleIn: direction() });

    expect(check(pause('all'), { desired: 10, values: { cpu: 90 } }).report.holds).toEqual(['paused']);
    expect(check(pause('scaleIn'), { desired: 10, values: { cpu: 90 } }).wanted?.to).toBe(15);
    expect(check(pause('scaleIn'), { desired: 10, values: { cpu: 10 } }).report.holds).toEqual(['paused']);
    expect(check(pause('all'), { desired: 10, values: { cpu: 90 }, at: now + minuteMs }).wanted?.to).toBe(15);
  });

  it('says when somebody else has set the count, and goes on from there', () => {
    const { history } = check(scaling(), { desired: 10, values: { cpu: 60 } });

    const { report } = check(scaling(), { desired: 3, running: 10, values: { cpu: 60 }, at: now + minuteMs }, history);

    expect(report.notices).toEqual(['its desired count was set from 10 to 3 by somebody else']);
  });

  it('says of a count that it asked for in vain that nothing is launched for it, until it is set', () => {
    const minutes = (desired: readonly number[]) => {
      let history: CountHistory | undefined;
      return desired.map((count, n) => {
        const it = check(scaling(), { desired: count, values: { cpu: 90 }, at: now + n * minuteMs }, history);
        history = it.history;
        return it;
      });
    };

    const refused = minutes([10, 10, 10, 10, 10]);
    expect(refused.map((it) => it.wanted?.isInVain ?? false)).toEqual([false, false, false, true, true]);
    expect(refused.map((it) => it.report.notices.length)).toEqual([0, 0, 0, 1, 1]);
    expect(refused[4]?.report.notices[0]).toContain('asked for 4 times in vain');

    const late = minutes([10, 10, 10, 10, 15, 15]);
    expect(late.map((it) => it.wanted?.isInVain ?? false)).toEqual([false, false, false, true, false, false]);
  });

  it('is silent about a change of its own', () => {
    const { history } = check(scaling(), { desired: 10, values: { cpu: 90 } });

    const { report } = check(scaling(), { desired: 15, values: { cpu: 60 }, at: now + minuteMs }, history);

    expect(report.notices).toEqual([]);
  });

  it('names a service that is not there', () => {
    const nothing = { service: undefined, history: undefined, hasScalableTarget: false, acts: true, now };

    expect(
      countOf({ ...nothing, name: 'gone', settings: scaling(), datapoints: new Map<string, Datapoint>() }),
    ).toEqual({
      report: expect.objectContaining({ service: 'gone', holds: ['notFound'] }),
      history: undefined,
      wanted: undefined,
    });
  });

  describe('from and to zero', () => {
    const settings = scaling({ minimum: 0, signals: [backlog({ activation: 5 })] });

    it('starts the first task above the activation only, whatever the target asks for', () => {
      // KEDA documentation, scaling thresholds: 40 messages, threshold 10, activation 50.
      const keda = scaling({ minimum: 0, signals: [backlog({ activation: 50 })] });
      expect(check(keda, { desired: 0, values: { backlog: 40 } }).wanted).toBeUndefined();
      expect(check(keda, { desired: 0, values: { backlog: 51 } }).wanted?.to).toBe(6);
      expect(check(settings, { desired: 0, values: { backlog: 6 } }).wanted?.to).toBe(1);
    });

    it('stops the last one when nothing was active for long enough, and starts again', () => {
      const { counts } = course(settings, 3, 12, (n) => ({ backlog: n < 2 ? 30 : n < 10 ? 0 : 20 }));

      expect(counts).toEqual([3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 2, 2]);
    });

    it('never goes to zero while a signal says nothing', () => {
      const { counts } = course(settings, 3, 20, () => ({ backlog: undefined }));

      expect(new Set(counts)).toEqual(new Set([3]));
    });

    it('keeps one task while there is a little to do', () => {
      const { counts } = course({ ...settings, scaleIn: direction() }, 3, 8, () => ({ backlog: 6 }));

      expect(counts.at(-1)).toBe(1);
    });
  });

  describe('cooldowns', () => {
    it('raises no further by a target while a raise cools down', () => {
      const settings = scaling({ scaleOut: direction({ cooldownMs: 3 * minuteMs }) });

      const { counts } = course(settings, 10, 6, () => ({ cpu: 90 }));

      expect(counts).toEqual([15, 15, 15, 23, 23, 23]);
    });

    it('lowers once in a cooldown', () => {
      const settings = scaling({ scaleIn: direction({ cooldownMs: 3 * minuteMs }) });

      const { counts } = course(settings, 100, 5, () => ({ cpu: 45 }));

      expect(counts).toEqual([75, 75, 75, 57, 57]);
    });
  });

  describe('over a course of minutes', () => {
    const signals = [cpu(), backlog()];
    const anySettings = fc
      .record({
        minimum: fc.nat(5),
        span: fc.nat(40),
        out: fc.nat(3),
        inward: fc.nat(6),
        policies: fc.array(
          fc.record({
            tasks: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
            minutes: fc.integer({ min: 1, max: 5 }),
          }),
          { maxLength: 2 },
        ),
        cooldown: fc.nat(3),
      })
      .map(({ minimum, span, out, inward, policies: some, cooldown }) => {
        const policies = some.map((it) => ({
          tasks: it.tasks,
          share: it.tasks === undefined ? 0.5 : undefined,
          periodMs: it.minutes * minuteMs,
        }));
        return scaling({
          minimum,
          maximum: minimum + span,
          signals,
          scaleOut: direction({ stabilisationMs: out * minuteMs, policies, cooldownMs: cooldown * minuteMs }),
          scaleIn: direction({ stabilisationMs: inward * minuteMs, policies, cooldownMs: cooldown * minuteMs }),
        });
      });
    const load = fc.option(fc.double({ min: 0, max: 300, noNaN: true }), { nil: undefined });
    const loads = fc.array(fc.record({ cpu: load, backlog: load }), { minLength: 1, maxLength: 30 });

    it('never leaves its bounds', () => {
      fc.assert(
        fc.property(anySettings, loads, fc.nat(60), (settings, values, from) => {
          const { counts } = course(settings, from, values.length, (n) => values[n] ?? {});
          for (const it of counts) {
            if (from === 0 && settings.minimum > 0) continue;
            expect(it).toBeGreaterThanOrEqual(settings.minimum);
            expect(it).toBeLessThanOrEqual(settings.maximum);
          }
        }),
      );
    });

    it('never lowers the count by a missing signal', () => {
      fc.assert(
        fc.property(anySettings, loads, fc.nat(40), (settings, values, more) => {
          const from = settings.minimum + Math.min(more, settings.maximum - settings.minimum);
          const { counts } = course(settings, from, values.length, (n) => ({ ...values[n], cpu: undefined }));
          [from, ...counts].reduce((before, it) => {
            expect(it).toBeGreaterThanOrEqual(before);
            return it;
          });
        }),
      );
    });

    it('decides the same after a restart, by what the store kept', () => {
      const stored = (it: CountHistory): CountHistory => JSON.parse(JSON.stringify(it)) as CountHistory;
      fc.assert(
        fc.property(anySettings, loads, fc.nat(40), (settings, values, from) => {
          const lived = course(settings, from, values.length, (n) => values[n] ?? {});
          const died = course(settings, from, values.length, (n) => values[n] ?? {}, stored);
          expect(died.counts).toEqual(lived.counts);
        }),
      );
    });

    it('does not move on constant work with noise below the tolerance', () => {
      const noise = fc.array(fc.double({ min: -0.09, max: 0.09, noNaN: true }), { minLength: 5, maxLength: 40 });
      fc.assert(
        fc.property(noise, fc.integer({ min: 1, max: 90 }), (noises, tasks) => {
          const { counts } = course(scaling({ minimum: 0 }), tasks, noises.length, (n, there) => ({
            cpu: (60 * tasks * (1 + (noises[n] ?? 0))) / there,
          }));
          expect(new Set(counts)).toEqual(new Set([tasks]));
        }),
      );
    });

    it('does not swing, whatever the delay of its tasks and the work', () => {
      const work = fc.double({ min: 5, max: 80, noNaN: true });
      fc.assert(
        fc.property(work, fc.nat(6), fc.integer({ min: 1, max: 60 }), (units, delay, from) => {
          const settings = scaling();
          let [desired, history] = [from, undefined as CountHistory | undefined];
          const counts: number[] = [];
          for (let minute = 0; minute < 60; minute++) {
            const running = Math.min(desired, counts.at(-1 - delay) ?? from, ...counts.slice(-1 - delay));
            const values = { cpu: (60 * units) / Math.max(1, running) };
            const it = check(settings, { desired, running, values, at: now + minute * minuteMs }, history);
            desired = it.wanted?.to ?? desired;
            history = it.history;
            counts.push(desired);
          }
          // It may climb in steps and come down once; it never goes down and up again.
          const turns = counts.slice(1).filter((it, n) => it < (counts[n] ?? 0)).length;
          const lastFall = counts.findLastIndex((it, n) => n > 0 && it < (counts[n - 1] ?? 0));
          const lastRise = counts.findLastIndex((it, n) => n > 0 && it > (counts[n - 1] ?? 0));
          expect(turns).toBeLessThanOrEqual(3);
          if (lastFall > 0) expect(lastRise).toBeLessThan(lastFall);
        }),
      );
    });
  });
});
