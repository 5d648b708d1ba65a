import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import {
  autoScalingClient,
  type ClientOptions,
  cloudWatchClient,
  dynamoDbClient,
  ecsClient,
  sqsClient,
} from '../../lib/aws/clients.ts';
import { ec2Client } from '../../lib/aws/ec2-client.ts';
import { loopbackAws, Refusal } from './loopback-aws.ts';

const surroundings = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
let before: Readonly<Record<string, string | undefined>> = {};

beforeEach(() => {
  before = Object.fromEntries(surroundings.map((name) => [name, process.env[name]]));
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
});

afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

describe('clients', () => {
  it('go where the environment says, and show each of their calls to who asked', async () => {
    await using aws = await loopbackAws({
      ListClusters: () => ({}),
      DescribeAutoScalingGroups: () => ({}),
      ListMetrics: () => ({}),
      ListTables: () => ({}),
      ListQueues: () => ({}),
      DescribeRegions: () => ({}),
    });
    process.env['AWS_ENDPOINT_URL'] = aws.config.endpoint;
    const seen: string[] = [];
    const options: ClientOptions = {
      instrument: (client) => {
        client.middlewareStack.add(
          (next, context) => (args) => {
            seen.push(context.commandName ?? 'unnamed');
            return next(args);
          },
          { step: 'initialize', priority: 'high' },
        );
      },
    };

    await ecsClient(options).send(new ListClustersCommand());
    await autoScalingClient(options).send(new DescribeAutoScalingGroupsCommand());
    await cloudWatchClient(options).send(new ListMetricsCommand());
    await dynamoDbClient(options).send(new ListTablesCommand());
    await sqsClient(options).send(new ListQueuesCommand());
    await ec2Client(options).send(new DescribeRegionsCommand());

    expect(seen).toEqual(aws.calls.map((it) => `${it.operation}Command`));
    expect(seen).toHaveLength(6);
  });

  it('retry by the strategy they are given', async () => {
    await using aws = await loopbackAws({
      ListClusters: (_, earlier) => {
        if (earlier < 2) throw new Refusal('ThrottlingException', 'Rate exceeded');
        return { clusterArns: ['arn:c'] };
      },
    });
    process.env['AWS_ENDPOINT_URL'] = aws.config.endpoint;
    const retryStrategy = new ConfiguredRetryStrategy(3, () => 0);

    const { clusterArns } = await ecsClient({ retryStrategy }).send(new ListClustersCommand());

    expect(clusterArns).toEqual(['arn:c']);
    expect(aws.calls).toHaveLength(3);
  });

  it('give up after three attempts by themselves', async () => {
    await using aws = await loopbackAws({
      ListClusters: () => {
        throw new Refusal('ServerException', 'oops');
      },
    });
    process.env['AWS_ENDPOINT_URL'] = aws.config.endpoint;

    await expect(
      ecsClient({ retryStrategy: new ConfiguredRetryStrategy(3, () => 0) }).send(new ListClustersCommand()),
    ).rejects.toThrow('oops');
  });
});
