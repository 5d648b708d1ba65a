import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClustersCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { isThrottlingError } from '@smithy/core/retry';
import { listen } from '../../simulator/endpoint/server.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld } from '../support/small-world.ts';

const failureOf = async (call: Promise<unknown>): Promise<Error> => {
  const error: unknown = await call.then(
    () => new Error('accepted'),
    (it: unknown) => it,
  );
  if (error instanceof Error) return error;
  throw new TypeError('no error');
};

describe('a throttled call', () => {
  it('is what the SDK takes for one, whichever the protocol', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const options = sdkOptions(endpoint.url);
    world.charge('ecs', 'DescribeClusters', 1_000, 'external');
    world.charge('autoscaling', 'DescribeAutoScalingGroups', 1_000, 'external');
    world.charge('ec2', 'DescribeInstanceTypes', 1_000, 'external');

    const errors = [
      await failureOf(new ECSClient(options).send(new DescribeClustersCommand({}))),
      await failureOf(new AutoScalingClient(options).send(new DescribeAutoScalingGroupsCommand({}))),
      await failureOf(new EC2Client(options).send(new DescribeInstanceTypesCommand({}))),
    ];

    expect(errors.map((it) => it.name)).toEqual(['ThrottlingException', 'Throttling', 'RequestLimitExceeded']);
    expect(errors.map((it) => it.message)).toEqual(['Rate exceeded', 'Rate exceeded', 'Request limit exceeded.']);
    expect(errors.map(({ name, message }) => isThrottlingError({ name, message }))).toEqual([true, true, true]);
  });

  it('is rare for a program that calls in turn while the clock stands still', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const ecs = new ECSClient(sdkOptions(endpoint.url));
    const before = clock.now();

    for (let n = 0; n < 200; n++) await ecs.send(new ListTasksCommand({ cluster: 'shop' }));

    expect(clock.now()).toBe(before);
  });
});

describe('CloudWatch through the SDK', () => {
  it('takes metric math and keeps alarms', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const cloudWatch = new CloudWatchClient(sdkOptions(endpoint.url));
    const start = clock.now();
    const MetricStat = { Metric: { Namespace: 'Test', MetricName: 'Depth' }, Period: 60, Stat: 'Sum' };

    await cloudWatch.send(
      new PutMetricDataCommand({ Namespace: 'Test', MetricData: [{ MetricName: 'Depth', Value: 3 }] }),
    );
    await cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'deep',
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
        Metrics: [
          { Id: 'm1', MetricStat, ReturnData: false },
          { Id: 'e1', Expression: 'm1 * 2', Label: 'twice' },
        ],
      }),
    );
    await clock.runUntil(start + 4 * 60_000);
    const { MetricDataResults } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(start - 60_000),
        EndTime: new Date(start + 4 * 60_000),
        MetricDataQueries: [
          { Id: 'm1', MetricStat, ReturnData: false },
          { Id: 'e1', Expression: 'SUM(METRICS()) + 1' },
        ],
      }),
    );
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['deep'] }));
    const missing = cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'test' }),
    );

    expect(MetricDataResults).toMatchObject([{ Id: 'e1', Label: 'e1', Values: [4] }]);
    expect(MetricAlarms).toMatchObject([
      { AlarmName: 'deep', StateValue: 'ALARM', StateUpdatedTimestamp: expect.any(Date), Threshold: 5 },
    ]);
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });
});
