import { describe, expect, it } from '@jest/globals';
import { numbers, objects } from '../../simulator/world/json.ts';
import { minute, only, start, worldUnderTest } from './world-under-test.ts';

const hour = 60 * minute;
const day = 24 * hour;

/** A metric with a datapoint an hour for so many days until now, and the oldest of them that can be asked for. */
const oldestShown = async (days: number, periodSeconds: number, keptMs?: number): Promise<number> => {
  const under = worldUnderTest(1, keptMs === undefined ? {} : { metricKeptMs: keptMs });
  const MetricData = Array.from({ length: days * 24 }, (_, n) => ({
    MetricName: 'CPUUtilization',
    Value: 50,
    Timestamp: (start - days * day + n * hour) / 1_000,
  }));
  under.call('monitoring', 'PutMetricData', { Namespace: 'AWS/ECS', MetricData });
  await under.pass(5 * minute);
  const Metric = { Namespace: 'AWS/ECS', MetricName: 'CPUUtilization' };
  const answer = under.call('monitoring', 'GetMetricData', {
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: periodSeconds, Stat: 'Sum' } }],
    StartTime: (start - days * day) / 1_000,
    EndTime: start / 1_000,
    ScanBy: 'TimestampAscending',
  });
  const [oldest = Number.NaN] = numbers(only(objects(answer, 'MetricDataResults') ?? []), 'Timestamps') ?? [];
  return (start - oldest * 1_000) / day;
};

describe('the past of a metric in CloudWatch', () => {
  it('goes back two weeks, at five minutes and at an hour', async () => {
    expect(await oldestShown(14, 300)).toBe(14);
    expect(await oldestShown(14, 3_600)).toBe(14);
  });

  it.each([
    [60, 14, 15],
    [300, 62, 63],
    [3_600, 79, 80],
  ])('can be asked for at %i s as long as CloudWatch keeps that', async (periodSeconds, least, most) => {
    const oldest = await oldestShown(80, periodSeconds, 500 * day);

    expect(oldest).toBeGreaterThan(least);
    expect(oldest).toBeLessThanOrEqual(most);
  });
});
