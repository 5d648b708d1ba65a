import { createHash } from 'node:crypto';
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceTypesCommand, DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../simulator/endpoint/server.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld, smallWorldStart } from '../support/small-world.ts';

const minute = 60_000;

describe('the services around ECS in the simulated AWS, through the SDK', () => {
  it('keeps metrics and answers them', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const cloudWatch = new CloudWatchClient(sdkOptions(endpoint.url));
    const start = clock.now();
    const Dimensions = [{ Name: 'QueueName', Value: 'orders & returns' }];
    const Metric = { Namespace: 'Test', MetricName: 'Depth', Dimensions };

    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'Test',
        MetricData: [7, 9].map((Value, i) => ({
          MetricName: 'Depth',
          Dimensions,
          Value,
          Timestamp: new Date(start + i * minute),
        })),
      }),
    );
    await clock.runUntil(start + 5 * minute);
    const { MetricDataResults } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(start),
        EndTime: new Date(start + 5 * minute),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [{ Id: 'depth', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
      }),
    );

    expect(MetricDataResults).toEqual([
      {
        Id: 'depth',
        Label: 'Depth',
        StatusCode: 'Complete',
        Timestamps: [new Date(start), new Date(start + minute)],
        Values: [7, 9],
      },
    ]);
  });

  it('carries messages through queues of both kinds', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const sqs = new SQSClient(sdkOptions(endpoint.url));
    const bodies = ['{"a":1}', '<b>', 'grüß'];

    const plain = await sqs.send(new CreateQueueCommand({ QueueName: 'plain' }));
    const fifo = await sqs.send(new CreateQueueCommand({ QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } }));
    const QueueUrl = plain.QueueUrl;
    const Entries = bodies.map((MessageBody, i) => ({ Id: `m${i}`, MessageBody }));
    const batch = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const sent = await sqs.send(
      new SendMessageCommand({
        QueueUrl: fifo.QueueUrl,
        MessageBody: 'decide',
        MessageGroupId: 'shop',
        MessageDeduplicationId: 'shop#1',
      }),
    );
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const ReceiptHandle = received.Messages?.[0]?.ReceiptHandle;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    const missing = sqs.send(new ReceiveMessageCommand({ QueueUrl: `${endpoint.url}/123456789012/none` }));

    expect(batch.Successful).toHaveLength(3);
    expect(sent.MD5OfMessageBody).toBe(createHash('md5').update('decide').digest('hex'));
    expect(received.Messages?.map((it) => it.Body).sort()).toEqual([...bodies].sort());
    await expect(missing).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });

  it('describes instance types and launch templates', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const ec2 = new EC2Client(sdkOptions(endpoint.url));

    const types = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['m5.large'] }));
    const templates = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: 'shop-workers', Versions: ['$Latest'] }),
    );

    expect(types.InstanceTypes?.[0]).toMatchObject({
      InstanceType: 'm5.large',
      VCpuInfo: { DefaultVCpus: 2 },
      MemoryInfo: { SizeInMiB: 8_192 },
    });
    expect(templates.LaunchTemplateVersions?.[0]).toMatchObject({
      LaunchTemplateName: 'shop-workers',
      VersionNumber: 1,
      CreateTime: new Date(smallWorldStart),
      LaunchTemplateData: { InstanceType: 'm5.large' },
    });
  });
});
