import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';
import { minute, only, start, type UnderTest, worldUnderTest } from './world-under-test.ts';

const put = (under: UnderTest, Value: number): void => {
  const Dimensions = [
    { Name: 'ServiceName', Value: 'web' },
    { Name: 'ClusterName', Value: 'c' },
  ];
  under.call('monitoring', 'PutMetricData', {
    Namespace: 'AWS/ECS',
    MetricData: [{ MetricName: 'CPUUtilization', Dimensions, Value }],
  });
};

const get = (under: UnderTest, Stat: string, Period = 60): JsonObject => {
  const Dimensions = [
    { Name: 'ClusterName', Value: 'c' },
    { Name: 'ServiceName', Value: 'web' },
  ];
  const Metric = { Namespace: 'AWS/ECS', MetricName: 'CPUUtilization', Dimensions };
  const answer = under.call('monitoring', 'GetMetricData', {
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period, Stat } }],
    StartTime: start / 1_000,
    EndTime: start / 1_000 + 3_600,
  });
  return only(objects(answer, 'MetricDataResults') ?? []);
};

describe('CloudWatch', () => {
  it('shows a datapoint about a minute after its period ends, newest first, whatever the order of dimensions', async () => {
    const under = worldUnderTest();
    put(under, 40);
    put(under, 60);
    await under.pass(minute);
    put(under, 70);
    const early = get(under, 'Average');
    await under.pass(1.25 * minute);
    const first = get(under, 'Average');
    await under.pass(minute);

    expect(early['Values']).toEqual([]);
    expect(first).toMatchObject({ Values: [50], Timestamps: [start / 1_000], StatusCode: 'Complete' });
    expect(get(under, 'Average')).toMatchObject({ Values: [70, 50] });
  });

  it.each([
    ['Sum', 170],
    ['Minimum', 40],
    ['Maximum', 70],
    ['SampleCount', 3],
    ['p50', 60],
  ])('answers %s over several minutes', async (stat, expected) => {
    const under = worldUnderTest();
    put(under, 40);
    put(under, 60);
    await under.pass(minute);
    put(under, 70);
    await under.pass(10 * minute);

    expect(get(under, stat, 300)['Values']).toEqual([expected]);
  });

  it('lists metrics', () => {
    const under = worldUnderTest();
    put(under, 1);

    expect(
      under.call('monitoring', 'ListMetrics', { Namespace: 'AWS/ECS', Dimensions: [{ Name: 'ClusterName' }] }),
    ).toMatchObject({
      Metrics: [{ MetricName: 'CPUUtilization' }],
    });
  });
});
