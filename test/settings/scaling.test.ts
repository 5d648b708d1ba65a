import { describe, expect, it } from '@jest/globals';
import { type ScalingSettings, settingsOf } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { pathText } from '../../lib/settings/problems.ts';

const parsed = (api: object) => parseSettings({ clusters: { p: { services: { api } } } });

const scalingOf = (scaling: object, more: object = {}): ScalingSettings | undefined => {
  const result = parsed({ ...more, scaling });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return settingsOf(result.settings, 'p').services['api']?.scaling;
};

const problemsOf = (api: object): readonly string[] => {
  const result = parsed(api);
  return result.ok
    ? []
    : result.problems.map(
        (it) => `${pathText(it.path).replace('clusters.p.services.api.', '')}: ${it.found}; ${it.remedy}`,
      );
};

const cpu = { kind: 'cpu', target: 60 };

describe('services.<name>.scaling', () => {
  it('fills in its defaults', () => {
    expect(scalingOf({ maximum: 20, signals: [cpu] })).toEqual({
      minimum: 1,
      maximum: 20,
      signals: [
        {
          name: 'cpu',
          source: { kind: 'cpu' },
          measure: 'perTask',
          rule: { kind: 'target', target: 60 },
          activation: 0,
          noDataIsZero: false,
        },
      ],
      scaleOut: { tolerance: 0.1, stabilisationMs: 0, policies: [], select: 'largest', cooldownMs: 0 },
      scaleIn: { tolerance: 0.1, stabilisationMs: 12 * minuteMs, policies: [], select: 'largest', cooldownMs: 0 },
      zeroAfterMs: 5 * minuteMs,
      fallback: undefined,
      calendar: [],
      pause: undefined,
      quietReadIntervalMs: 7 * minuteMs,
    });
  });

  it('compiles every kind of signal', () => {
    const stat = { namespace: 'N', metricName: 'M', statistic: 'Sum' };
    const scaling = scalingOf(
      {
        minimum: 0,
        maximum: 50,
        signals: [
          { kind: 'requestsPerTarget', targetGroup: 'targetgroup/api/1', target: 1000 },
          { kind: 'responseTime', targetGroup: 'targetgroup/api/1', loadBalancer: 'app/web/2', target: 0.4 },
          { kind: 'backlog', queue: 'jobs', drainWithin: '10m', secondsPerMessage: 3, activation: 5 },
          { kind: 'metric', metric: 'age', measures: 'ofService', target: 30, noDataIsZero: true },
          { kind: 'taskQueue', family: 'report', target: 2 },
          {
            kind: 'memory',
            steps: [
              { from: 80, add: '10%' },
              { from: 60, to: 80, add: 1 },
              { to: 20, remove: 1 },
            ],
          },
        ],
      },
      { metricMath: [{ name: 'age', expression: 'a / b', inputs: { a: stat, b: stat }, period: '1m' }] },
    );

    expect(scaling?.signals.map((it) => [it.name, it.measure])).toEqual([
      ['requestsPerTarget api', 'perTask'],
      ['responseTime api', 'ofService'],
      ['backlog jobs', 'total'],
      ['age', 'ofService'],
      ['taskQueue report', 'total'],
      ['memory', 'perTask'],
    ]);
    expect(scaling?.signals[2]).toMatchObject({ rule: { kind: 'target', target: 200 }, activation: 5 });
    expect(scaling?.signals[3]).toMatchObject({ source: { metric: { expression: 'a / b', periodMs: minuteMs } } });
    expect(scaling?.signals[5]?.rule).toEqual({
      kind: 'steps',
      steps: [
        { from: 80, to: Number.MAX_VALUE, change: { kind: 'share', share: 0.1 } },
        { from: 60, to: 80, change: { kind: 'tasks', tasks: 1 } },
        { from: -Number.MAX_VALUE, to: 20, change: { kind: 'tasks', tasks: -1 } },
      ],
    });
    expect(scaling?.scaleOut.cooldownMs).toBe(5 * minuteMs); // steps say by how much, not how far
  });

  it('compiles directions, calendar, fallback and pause', () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    const scaling = scalingOf({
      maximum: 40,
      signals: [cpu],
      scaleIn: {
        tolerance: '20%',
        stabilisation: '10m',
        policies: [
          { tasks: 4, period: '1m' },
          { share: '10%', period: '5m' },
        ],
        select: 'smallest',
        cooldown: '2m',
      },
      calendar: [
        { days: 'mon-fri', from: '08:00', to: '18:00', ...berlin, minimum: 10 },
        { cron: '30 22 * * sun', for: '8h', ...berlin, count: 2 },
      ],
      fallback: { tasks: 8 },
      pause: { what: 'scaleIn', until: '2026-12-24T18:00Z' },
    });

    expect(scaling?.scaleIn).toEqual({
      tolerance: 0.2,
      stabilisationMs: 10 * minuteMs,
      policies: [
        { tasks: 4, share: undefined, periodMs: minuteMs },
        { tasks: undefined, share: 0.1, periodMs: 5 * minuteMs },
      ],
      select: 'smallest',
      cooldownMs: 2 * minuteMs,
    });
    expect(scaling?.calendar).toMatchObject([
      { when: { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1080 }, minimum: 10, maximum: undefined },
      { when: { minutes: [30], hours: [22], weekdays: [0], lastsMs: 480 * minuteMs }, minimum: 2, maximum: 2 },
    ]);
    expect(scaling?.fallback).toEqual({ tasks: 8, afterFailures: 3 });
    expect(scaling?.pause).toEqual({ what: 'scaleIn', until: Date.UTC(2026, 11, 24, 18) });
  });

  const scaled = (over: object) => ({ scaling: { maximum: 20, signals: [cpu], ...over } });
  const week = { days: 'mon', from: '08:00', to: '18:00', timeZone: 'UTC' };

  it.each([
    [
      'a target of 0',
      scaled({ signals: [{ kind: 'cpu', target: 0 }] }),
      ['scaling.signals[0].target: 0; write a number above 0'],
    ],
    ['no maximum', { scaling: { signals: [cpu] } }, ['scaling.maximum: nothing; write a whole number from 1 to 5000']],
    ['a minimum above the maximum', scaled({ minimum: 21 }), ['scaling.minimum: 21; write at most 20, the maximum']],
    [
      'neither signals nor calendar',
      { scaling: { maximum: 5 } },
      ['scaling: a section; write signals or a calendar: by what it is to be scaled'],
    ],
    [
      'an unknown kind of signal',
      scaled({ signals: [{ kind: 'disk', target: 5 }] }),
      [
        'scaling.signals[0].kind: "disk"; write kind: cpu, memory, requestsPerTarget, responseTime, backlog, metric or taskQueue',
      ],
    ],
    [
      'neither target nor steps',
      scaled({ signals: [{ kind: 'cpu' }] }),
      ['scaling.signals[0]: a section; write either target or steps'],
    ],
    [
      'two signals of the same',
      scaled({ signals: [cpu, { kind: 'cpu', target: 70 }] }),
      ['scaling.signals[1]: a section; remove it: a signal above is of the same'],
    ],
    [
      'a metric nobody named',
      scaled({ signals: [{ kind: 'metric', metric: 'lag', measures: 'total', target: 5 }] }),
      ['scaling.signals[0].metric: "lag"; write the name of a metric of this service, under metrics or metricMath'],
    ],
    [
      'zero tasks by CPU',
      scaled({ minimum: 0 }),
      [
        'scaling.minimum: 0; write 1, or add a signal of kind backlog, metric, taskQueue: no other tells when no task runs',
      ],
    ],
    [
      'a cron that is none',
      scaled({ calendar: [{ cron: '61 * * * *', for: '1h', timeZone: 'UTC', count: 3 }] }),
      [
        'scaling.calendar[0].cron: "61 * * * *"; write five fields, minute hour day month weekday, such as "30 7 * * mon-fri"',
      ],
    ],
    [
      'a cron nobody can meet',
      scaled({ calendar: [{ cron: '0 0 31 2 *', for: '1h', timeZone: 'UTC', count: 3 }] }),
      ['scaling.calendar[0].cron: "0 0 31 2 *"; write a day that comes: no month it names has that day'],
    ],
    [
      'a window that holds nothing',
      scaled({ calendar: [week] }),
      ['scaling.calendar[0]: a section; write minimum, maximum or count: what holds meanwhile'],
    ],
    [
      'a floor above the maximum',
      scaled({ calendar: [{ ...week, minimum: 30 }] }),
      ['scaling.calendar[0].minimum: 30; write at most 20, the maximum'],
    ],
    [
      'overlapping steps',
      scaled({
        signals: [
          {
            kind: 'cpu',
            steps: [
              { from: 50, add: 1 },
              { from: 60, to: 70, add: 2 },
            ],
          },
        ],
      }),
      ['scaling.signals[0].steps[1]: a section; write values that no step above is for'],
    ],
    [
      'an expression without an input',
      {
        metricMath: [
          {
            name: 'x',
            expression: 'IF(a > 0, a / tasks, "b")',
            inputs: { a: { namespace: 'N', metricName: 'M', statistic: 'Sum' } },
            period: '1m',
          },
        ],
      },
      [
        'metricMath[0].expression: "IF(a > 0, a / tasks, \\"b\\")"; write an input for tasks, or correct the expression',
      ],
    ],
    [
      'a policy of tasks and a share',
      scaled({ scaleOut: { policies: [{ tasks: 1, share: '5%', period: '1m' }] } }),
      ['scaling.scaleOut.policies[0]: a section; write either tasks, such as 4, or share, such as 100%'],
    ],
    [
      'a time without its offset',
      scaled({ pause: { what: 'all', until: '2026-12-24 18:00' } }),
      ['scaling.pause.until: "2026-12-24 18:00"; write a time with its offset from UTC, such as "2026-12-24T18:00Z"'],
    ],
    [
      'an unknown key',
      scaled({ max: 5 }),
      [expect.stringMatching(/^scaling\.max: an unknown key; remove it or correct its spelling; known here: minimum/)],
    ],
  ])('refuses %s', (_, api, problems) => {
    expect(problemsOf(api)).toEqual(problems);
  });
});
