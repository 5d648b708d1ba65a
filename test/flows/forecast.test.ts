import { describe, expect, it } from '@jest/globals';
import { type ForecastDependencies, makeForecasts } from '../../lib/flows/forecast.ts';
import type { Gap } from '../../lib/model/observation.ts';
import type { ScalingSettings } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { cpu, scaling } from '../planning/counts/counts.ts';
import { dayMs, hourMs, noise, office, past, today } from '../planning/forecast/pasts.ts';
import { settings } from '../support/builders.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const forecast = { quantile: 0.9, aheadMs: 10 * minuteMs, timeZone: 'UTC' };

const flow = (services: Readonly<Record<string, Partial<ScalingSettings>>>) => {
  const store = memoryStore();
  const telemetry = memoryTelemetry();
  const pasts: Record<string, ReturnType<typeof past> | undefined> = {};
  const asked: { ids: readonly string[]; from: number; to: number }[] = [];
  const metrics: string[] = [];
  const gaps: Gap[] = [];
  let now = today;
  const deps: ForecastDependencies = {
    clusters: ['main'],
    settings: {
      defaults: settings(),
      clusters: {
        main: settings({
          services: Object.fromEntries(
            Object.entries(services).map(([name, over]) => [name, { metrics: [], scaling: scaling(over) }]),
          ),
        }),
      },
    },
    metrics: {
      history: (queries, from, to) => {
        asked.push({ ids: queries.map((it) => it.id), from, to });
        metrics.push(...queries.map(({ metric }) => ('metricName' in metric ? metric.metricName : metric.expression)));
        return Promise.resolve({
          items: queries.flatMap(({ id }) => {
            const points = pasts[id];
            return points === undefined ? [] : [{ id, points }];
          }),
          gaps,
        });
      },
    },
    store,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    telemetry,
  };
  const later = (ms: number): void => {
    now += ms;
  };
  return { deps, store, telemetry, pasts, asked, metrics, gaps, later };
};

/** The sum of the CPU of tasks, five samples a task and datapoint. */
const busy = past(14, (at) => 5 * office(at) * (1 + 0.2 * noise(at)));

describe('makeForecasts', () => {
  it('keeps the floors of the services that ask for a forecast, from two weeks of their load', async () => {
    const it = flow({ api: { forecast }, other: {} });
    it.pasts['main/api cpu'] = busy;

    await makeForecasts(it.deps);

    expect(it.asked).toEqual([{ ids: ['main/api cpu'], from: today - 14 * dayMs, to: today }]);
    const [kept, ...others] = await it.store.forecasts('main');
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ service: 'api', from: today, expiresAt: today + 2 * dayMs });
    // 1,080 per cent of CPU, 60 and a tolerance of 10 % for each task.
    expect(kept?.floors[(12 * hourMs) / (15 * minuteMs)]).toBe(17);
    expect(it.telemetry.lines).toMatchObject([
      {
        message: 'forecast',
        fields: { service: 'api', signals: [{ signal: 'cpu', verdict: expect.stringMatching(/^used; over 7 days/) }] },
      },
    ]);
  });

  it('tells the error of the worst forecast in use, as a share of the seasonal-naive rule’s', async () => {
    const it = flow({ api: { forecast }, flat: { forecast } });
    it.pasts['main/api cpu'] = busy;
    it.pasts['main/flat cpu'] = past(14, () => 100);

    await makeForecasts(it.deps);

    const error = it.telemetry.counts.get('ForecastError') ?? 0;
    expect(error).toBeGreaterThan(10);
    expect(error).toBeLessThan(98);
  });

  it('takes the floors from a service whose forecast no longer proves itself', async () => {
    const it = flow({ api: { forecast } });
    it.pasts['main/api cpu'] = busy;
    await makeForecasts(it.deps);

    it.pasts['main/api cpu'] = past(14, () => 500);
    await makeForecasts(it.deps);

    expect(await it.store.forecasts('main')).toMatchObject([{ service: 'api', floors: [] }]);
    expect(JSON.stringify(it.telemetry.lines.at(-1))).toContain('not used: on its own past it is not better');
  });

  it('leaves the last forecast of a service whose metrics cannot be read, and makes the others', async () => {
    const it = flow({ api: { forecast }, web: { forecast } });
    it.pasts['main/api cpu'] = busy;
    it.pasts['main/web cpu'] = busy;
    await makeForecasts(it.deps);

    it.pasts['main/api cpu'] = undefined;
    it.gaps.push({ subject: 'metrics', cause: 'throttled', detail: 'metric main/api cpu: throttled' });
    it.later(hourMs);
    await makeForecasts(it.deps);

    expect((await it.store.forecasts('main')).map((one) => [one.service, one.madeAt])).toEqual([
      ['api', today],
      ['web', today + hourMs],
    ]);
    expect(it.telemetry.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({
          services: ['main/api'],
          problems: ['metric main/api cpu: throttled'],
        }) as object,
      }),
    );
  });

  it('makes the others where one cannot be kept, and fails', async () => {
    const it = flow({ api: { forecast }, web: { forecast } });
    it.pasts['main/api cpu'] = busy;
    it.pasts['main/web cpu'] = busy;
    const deps: ForecastDependencies = {
      ...it.deps,
      store: {
        keepForecast: (cluster, one) =>
          one.service === 'api' ? Promise.reject(new Error('throttled')) : it.store.keepForecast(cluster, one),
      },
    };

    await expect(makeForecasts(deps)).rejects.toThrow('1 of 2 forecasts could not be kept');
    expect(await it.store.forecasts('main')).toMatchObject([{ service: 'web' }]);
  });

  it('asks for the load behind a signal, and for nothing of one that tells none', async () => {
    const rule = { kind: 'target', target: 1_000 } as const;
    const own = { namespace: 'Shop', metricName: 'Orders', dimensions: {}, statistic: 'Sum', periodMs: minuteMs };
    const metric = { name: 'orders', ...own };
    const it = flow({
      api: {
        forecast,
        signals: [
          cpu({
            name: 'requests',
            source: { kind: 'requestsPerTarget', targetGroup: 'targetgroup/a/1', loadBalancer: 'app/a/1' },
            rule,
          }),
          cpu({
            name: 'no balancer',
            source: { kind: 'requestsPerTarget', targetGroup: 'targetgroup/a/1', loadBalancer: undefined },
            rule,
          }),
          cpu({ name: 'memory', source: { kind: 'memory' } }),
          cpu({ name: 'orders', source: { kind: 'metric', metric }, measure: 'total', rule }),
          cpu({ name: 'orders a task', source: { kind: 'metric', metric }, measure: 'perTask', rule }),
          cpu({ name: 'backlog', source: { kind: 'backlog', queue: 'jobs', inFlight: false }, measure: 'total', rule }),
          cpu({ name: 'by steps', rule: { kind: 'steps', steps: [] } }),
        ],
      },
    });

    await makeForecasts(it.deps);

    expect(it.metrics).toEqual(['RequestCount', 'MemoryUtilization', 'Orders']);
  });
});
