import { describe, expect, it } from '@jest/globals';
import { settingsOf } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { pathText } from '../../lib/settings/problems.ts';

const metrics = [{ name: 'orders', namespace: 'Shop', metricName: 'Orders', statistic: 'Sum', period: '1m' }];
const cpu = { kind: 'cpu', target: 60 };

const parsed = (forecast: unknown, signals: readonly object[] = [cpu]) =>
  parseSettings({ clusters: { p: { services: { api: { metrics, scaling: { maximum: 20, signals, forecast } } } } } });

const forecastOf = (forecast: unknown, signals?: readonly object[]) => {
  const result = parsed(forecast, signals);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return settingsOf(result.settings, 'p').services['api']?.scaling?.forecast;
};

const problemsOf = (forecast: unknown, signals?: readonly object[]): readonly string[] => {
  const result = parsed(forecast, signals);
  return result.ok ? [] : result.problems.map((it) => `${pathText(it.path).replace(/^.*scaling\./, '')}: ${it.remedy}`);
};

describe('services.<name>.scaling.forecast', () => {
  it('is off unless asked for, and has defaults then', () => {
    expect(forecastOf(undefined)).toBeUndefined();
    expect(forecastOf(null)).toBeUndefined();
    expect(forecastOf({})).toEqual({ quantile: 0.75, aheadMs: 10 * minuteMs, timeZone: 'UTC' });
    expect(forecastOf({ quantile: 0.9, ahead: '4m', timeZone: 'Europe/Berlin' })).toEqual({
      quantile: 0.9,
      aheadMs: 4 * minuteMs,
      timeZone: 'Europe/Berlin',
    });
  });

  it.each([
    [{ quantile: 1 }, 'forecast.quantile: write a number from 0.5 to 0.99, such as 0.75'],
    [{ quantile: Number.NaN }, 'forecast.quantile: write a number from 0.5 to 0.99, such as 0.75'],
    [{ quantile: '90%' }, 'forecast.quantile: write a number from 0.5 to 0.99, such as 0.75'],
    [{ ahead: '3h' }, 'forecast.ahead: write a duration from 0s to 2h, such as 2m or 1h'],
    [{ timeZone: 'Europe/Berlln' }, 'forecast.timeZone: write an IANA time zone, such as Europe/Berlin or UTC'],
    [{ horizon: '1d' }, 'forecast.horizon: remove it or correct its spelling; known here: quantile, ahead, timeZone'],
  ])('refuses %j', (forecast, problem) => {
    expect(problemsOf(forecast)).toEqual([problem]);
  });

  it.each([
    ['a response time', [{ kind: 'responseTime', targetGroup: 'targetgroup/a/1', loadBalancer: 'app/a/1', target: 1 }]],
    ['a backlog', [{ kind: 'backlog', queue: 'jobs', target: 10 }]],
    [
      'requests of a target group whose balancer is not named',
      [{ kind: 'requestsPerTarget', targetGroup: 'targetgroup/a/1', target: 9 }],
    ],
    ['a metric of each task', [{ kind: 'metric', metric: 'orders', measures: 'perTask', target: 9 }]],
    ['steps', [{ kind: 'cpu', steps: [{ from: 60, add: 1 }] }]],
  ])('refuses to be made of %s alone', (_, signals) => {
    expect(problemsOf({}, signals)).toEqual([
      expect.stringMatching(/^forecast: remove it, or add a signal with a target/),
    ]);
    expect(problemsOf({}, [...signals.filter((it) => it.kind !== 'cpu'), cpu])).toEqual([]);
  });

  it.each([
    [{ kind: 'memory', target: 60 }],
    [{ kind: 'requestsPerTarget', targetGroup: 'targetgroup/a/1', loadBalancer: 'app/a/1', target: 9 }],
    [{ kind: 'metric', metric: 'orders', measures: 'total', target: 9 }],
  ])('is made of %j', (signal) => {
    expect(problemsOf({}, [signal])).toEqual([]);
  });
});
