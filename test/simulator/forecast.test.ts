import { describe, expect, it } from '@jest/globals';
import { forecastSchedule } from '../../deployment/wiring.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { noise, office, past } from '../planning/forecast/pasts.ts';
import { localBerth } from '../support/local-berth.ts';
import { actingSettings } from '../support/local-run.ts';
import { runScaled } from '../support/scaled-services.ts';
import { largeGroup, scenarioOf } from '../support/scenarios.ts';

const rampAt = 8 * 60 * minuteMs;

const web = { name: 'web', target: 60, minimum: 2, maximum: 60 };

/** A night, and a morning that fills within the hour; CloudWatch knows of two weeks like it. */
const morning = scenarioOf({
  cluster: 'shop',
  start: '2026-01-06T00:00:00Z',
  duration: '14h',
  groups: { shop: largeGroup(1, 40) },
  services: {
    web: {
      cpuUnits: 512,
      memoryMiB: 1024,
      loadBalancer: true,
      demand: { calendar: { low: -100, high: 60, noise: 0.05 }, perTask: 3.3, minimum: 2, history: '14d' },
    },
  },
});

describe('a service with a forecast', () => {
  it('has its tasks before the ramp, and is never overloaded', async () => {
    const without = await runScaled(morning, [web], 'berth');
    const made = await runScaled(morning, [{ ...web, forecast: { quantile: 0.5 } }], 'berth');
    const overloadedOf = (it: typeof made): number => it.minutes.filter(({ load }) => load > 1.25).length;

    expect(made.simulation.violations).toEqual([]);
    expect(overloadedOf(without)).toBeGreaterThan(0);
    expect(overloadedOf(made)).toBeLessThan(overloadedOf(without) / 2);
    expect(made.taskHours).toBeLessThan(without.taskHours * 1.1);
    const risesAt = (it: typeof made): number =>
      it.minutes.find(({ at, desired }) => at > rampAt && desired > 4)?.at ?? Number.NaN;
    expect(risesAt(made)).toBeLessThan(risesAt(without));
  });
});

describe('the function forecast, as it is deployed', () => {
  it('reads two weeks from CloudWatch over the wire, keeps the floors, and says how they did', async () => {
    const scaling = { maximum: 60, signals: [{ kind: 'cpu', target: 60 }], forecast: {} };
    const settings = actingSettings({}, { shop: { services: { web: { scaling } } } });
    await using it = await localBerth(['shop'], settings);
    const now = it.aws.clock.now();
    const Dimensions = [
      { Name: 'ClusterName', Value: 'shop' },
      { Name: 'ServiceName', Value: 'web' },
    ];
    const MetricData = past(14, (at) => 5 * office(at) * (1 + 0.2 * noise(at)), now).map(({ at, value }) => ({
      MetricName: 'CPUUtilization',
      Dimensions,
      Value: value,
      Timestamp: at / 1_000,
    }));
    it.aws.world.call('monitoring', 'PutMetricData', { Namespace: 'AWS/ECS', MetricData }, 'test');
    await it.pass(5);

    it.deployed.functions.forecast?.invoke({});
    await it.pass(1);

    const made = it.invocations.find(({ functionName }) => functionName === 'forecast');
    expect(made?.error).toBeUndefined();
    expect([...it.telemetry.errors]).toEqual([]);
    const error = it.telemetry.counts.get('ForecastError') ?? 0;
    expect(error).toBeGreaterThan(10);
    expect(error).toBeLessThan(98);
    expect(it.aws.world.call('events', 'DescribeRule', { Name: 'forecast' }, 'test')).toMatchObject({
      ScheduleExpression: forecastSchedule,
    });
  });

  it('is not there where nobody asks for a forecast', async () => {
    await using it = await localBerth(['shop']);

    expect(it.deployed.functions.forecast).toBeUndefined();
  });
});
