import { createHash } from 'node:crypto';
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeContainerInstancesCommand, DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../simulator/endpoint/server.ts';
import { AwsApiError } from '../../simulator/world/api.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const now = (): number => Date.now();

describe('the JSON protocols, spoken by the SDK', () => {
  it('carries an ECS call and its answer as they are, times as epoch seconds', async () => {
    const registeredAt = 1_795_400_000.25;
    const world = fakeWorld({
      ecs: {
        DescribeContainerInstances: () => ({
          containerInstances: [{ ec2InstanceId: 'i-1', version: 7, agentConnected: true, registeredAt }],
          failures: [],
        }),
      },
    });
    await using endpoint = await listen({ world, now });
    const ecs = new ECSClient(sdkOptions(endpoint.url));

    const answer = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster: 'c', containerInstances: ['a', 'b'] }),
    );

    expect(world.calls).toEqual([
      {
        service: 'ecs',
        operation: 'DescribeContainerInstances',
        input: { cluster: 'c', containerInstances: ['a', 'b'] },
        caller: 'external',
      },
    ]);
    expect(answer.containerInstances).toEqual([
      { ec2InstanceId: 'i-1', version: 7, agentConnected: true, registeredAt: new Date(registeredAt * 1_000) },
    ]);
  });

  it('answers a refusal as the exception the SDK knows', async () => {
    const world = fakeWorld({
      ecs: {
        DescribeServices: () => {
          throw new AwsApiError('ClusterNotFoundException', 'Cluster not found.');
        },
      },
    });
    await using endpoint = await listen({ world, now });
    const ecs = new ECSClient(sdkOptions(endpoint.url));

    const answer = ecs.send(new DescribeServicesCommand({ services: ['s'] }));

    await expect(answer).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
      message: 'Cluster not found.',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('passes metric times in and out of CloudWatch', async () => {
    const world = fakeWorld({
      monitoring: {
        GetMetricData: () => ({
          MetricDataResults: [
            {
              Id: 'cpu',
              Label: 'CPUReservation',
              StatusCode: 'Complete',
              Timestamps: [1_795_400_000],
              Values: [42.5],
            },
          ],
        }),
      },
    });
    await using endpoint = await listen({ world, now });
    const cloudWatch = new CloudWatchClient(sdkOptions(endpoint.url));

    const answer = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(1_795_396_400_000),
        EndTime: new Date(1_795_400_060_000),
        MetricDataQueries: [{ Id: 'cpu', Expression: 'm1' }],
      }),
    );

    expect(world.calls[0]?.input).toEqual({
      StartTime: 1_795_396_400,
      EndTime: 1_795_400_060,
      MetricDataQueries: [{ Id: 'cpu', Expression: 'm1' }],
    });
    expect(answer.MetricDataResults).toEqual([
      {
        Id: 'cpu',
        Label: 'CPUReservation',
        StatusCode: 'Complete',
        Timestamps: [new Date(1_795_400_000_000)],
        Values: [42.5],
      },
    ]);
  });

  it('unpacks the gzip of a large PutMetricData', async () => {
    const world = fakeWorld({ monitoring: { PutMetricData: () => ({}) } });
    await using endpoint = await listen({ world, now });
    const cloudWatch = new CloudWatchClient(sdkOptions(endpoint.url));
    const MetricData = Array.from({ length: 500 }, (_, i) => ({ MetricName: `a-rather-long-name-${i}`, Value: i }));

    await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'Berth', MetricData }));

    expect(world.calls[0]?.input).toEqual({ Namespace: 'Berth', MetricData });
  });

  it('carries SQS messages, whose checksums the SDK verifies', async () => {
    const bodies: string[] = [];
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const world = fakeWorld({
      sqs: {
        SendMessage: ({ MessageBody }) => {
          const text = typeof MessageBody === 'string' ? MessageBody : '';
          bodies.push(text);
          return { MessageId: 'm1', MD5OfMessageBody: md5(text) };
        },
        ReceiveMessage: () => ({
          Messages: bodies.map((Body) => ({ MessageId: 'm1', ReceiptHandle: 'r1', Body, MD5OfBody: md5(Body) })),
        }),
      },
    });
    await using endpoint = await listen({ world, now });
    const sqs = new SQSClient(sdkOptions(endpoint.url));
    const QueueUrl = `${endpoint.url}/123456789012/decide.fifo`;

    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'grüß <Gott> & "Welt"' }));
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));

    expect(received.Messages?.map((it) => it.Body)).toEqual(['grüß <Gott> & "Welt"']);
    expect(world.calls[0]?.input).toMatchObject({ QueueUrl });
  });

  it.each(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'])(
    'tells a missing queue under both of its names, given %s',
    async (code) => {
      const world = fakeWorld({
        sqs: {
          GetQueueUrl: () => {
            throw new AwsApiError(code, 'The specified queue does not exist.');
          },
        },
      });
      await using endpoint = await listen({ world, now });
      const sqs = new SQSClient(sdkOptions(endpoint.url));

      const answer = sqs.send(new GetQueueUrlCommand({ QueueName: 'q' }));

      await expect(answer).rejects.toMatchObject({
        name: 'QueueDoesNotExist',
        Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' },
        message: 'The specified queue does not exist.',
      });
    },
  );
});

describe('the JSON protocols, spoken badly', () => {
  const post = (url: string, target: string, body: string): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
      body,
    });
  const ecs = 'AmazonEC2ContainerServiceV20141113';

  it.each([
    ['a body that is not JSON', `${ecs}.ListClusters`, '{"cluster":', 'SerializationException'],
    ['a body that is no object', `${ecs}.ListClusters`, '[1]', 'SerializationException'],
    ['a body that is null', `${ecs}.ListClusters`, 'null', 'SerializationException'],
    ['an operation the world lacks', `${ecs}.BoilWater`, '{}', 'UnknownOperationException'],
    ['a name every object has', `${ecs}.constructor`, '{}', 'UnknownOperationException'],
    ['a service the world lacks', 'Kitchen_2026.BoilWater', '{}', 'UnknownOperationException'],
    ['a target without a dot', 'BoilWater', '{}', 'UnknownOperationException'],
    ['an empty target', '', '{}', 'UnknownOperationException'],
    ['DynamoDB where none is played', 'DynamoDB_20120810.GetItem', '{}', 'UnknownOperationException'],
  ])('refuses %s', async (_, target, body, code) => {
    await using endpoint = await listen({ world: fakeWorld({}), now });

    const answer = await post(endpoint.url, target, body);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: code });
  });

  it('takes an empty body for an empty input', async () => {
    const world = fakeWorld({ events: { ListRules: () => ({ Rules: [] }) } });
    await using endpoint = await listen({ world, now });

    const answer = await post(endpoint.url, 'AWSEvents.ListRules', '');

    expect(await answer.json()).toEqual({ Rules: [] });
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(world.calls[0]?.input).toEqual({});
  });
});
