import { describe, expect, it } from '@jest/globals';
import { numbered } from './answers.ts';
import { describing, reading, strings } from './ecs-harness.ts';
import { type Answers, type JsonObject } from './loopback-aws.ts';

describe('ecsClusterReader: clusters and capacity providers', () => {
  const cluster = (name: string): JsonObject => ({
    clusterArn: `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`,
    clusterName: name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: 2,
    runningTasksCount: 5,
    pendingTasksCount: 1,
    activeServicesCount: 3,
    capacityProviders: ['workers'],
    statistics: [
      { name: 'runningEC2TasksCount', value: '5' },
      { name: 'pendingEC2TasksCount', value: '1' },
    ],
  });

  it('reads one cluster, and has a gap where there is none', async () => {
    const answers: Answers = {
      DescribeClusters: (input) =>
        strings(input['clusters'])[0] === 'prod'
          ? { clusters: [cluster('prod')], failures: [] }
          : { clusters: [], failures: [{ arn: 'arn:aws:ecs:eu-west-1:1:cluster/none', reason: 'MISSING' }] },
    };
    const found = await reading(answers, (reader) => reader.cluster('prod'));
    const none = await reading(answers, (reader) => reader.cluster('none'));

    expect(found.result).toEqual({
      items: [
        {
          name: 'prod',
          arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/prod',
          status: 'ACTIVE',
          capacityProviders: ['workers'],
        },
      ],
      gaps: [],
    });
    expect(none.result).toMatchObject({ items: [], gaps: [{ subject: 'cluster', cause: 'missing' }] });
  });

  it('makes a fingerprint of all counts, whatever the order of the statistics', async () => {
    const { result, calls } = await reading(
      { DescribeClusters: describing('clusters', 'clusters', cluster) },
      (reader) => reader.statistics(numbered(101, (n) => `c${n}`)),
    );

    expect(calls.map((it) => strings(it.input['clusters']).length)).toEqual([100, 1]);
    expect(calls[0]?.input['include']).toEqual(['STATISTICS']);
    expect(result).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({
          cluster: expect.objectContaining({ name: 'c100' }),
          fingerprint: 'instances=2 running=5 pending=1 services=3 pendingEC2TasksCount=1 runningEC2TasksCount=5',
        }),
      ]),
    });
  });

  it('reads all pages of capacity providers', async () => {
    const provider = (name: string, over: JsonObject = {}): JsonObject => ({
      name,
      status: 'ACTIVE',
      autoScalingGroupProvider: {
        autoScalingGroupArn: `arn:aws:autoscaling:eu-west-1:1:autoScalingGroup:u:autoScalingGroupName/${name}-group`,
        managedScaling: { status: 'DISABLED' },
        managedTerminationProtection: 'ENABLED',
        managedDraining: 'DISABLED',
        ...over,
      },
    });
    const { result, calls } = await reading(
      {
        DescribeCapacityProviders: (_, earlier) =>
          earlier === 0
            ? { capacityProviders: [provider('a')], nextToken: 'more' }
            : {
                capacityProviders: [
                  provider('b', { autoScalingGroupArn: 'plain', managedScaling: undefined }),
                  { name: 'FARGATE', status: 'ACTIVE' },
                ],
                failures: [{ arn: 'arn:c', reason: 'MISSING' }],
              },
      },
      (reader) => reader.capacityProviders(['a', 'b', 'FARGATE', 'c']),
    );

    expect(calls).toHaveLength(2);
    expect(result).toEqual({
      items: [
        {
          name: 'a',
          autoScalingGroupName: 'a-group',
          managedScaling: false,
          managedTerminationProtection: true,
          managedDraining: false,
        },
        {
          name: 'b',
          autoScalingGroupName: 'plain',
          managedScaling: true,
          managedTerminationProtection: true,
          managedDraining: false,
        },
        {
          name: 'FARGATE',
          autoScalingGroupName: undefined,
          managedScaling: false,
          managedTerminationProtection: false,
          managedDraining: false,
        },
      ],
      gaps: [{ subject: 'capacityProviders', cause: 'missing', detail: 'arn:c: MISSING' }],
    });
  });

  it('asks nothing where nothing is named', async () => {
    const { calls } = await reading({}, async (reader) => [
      await reader.capacityProviders([]),
      await reader.taskDefinitions([]),
      await reader.containerInstancesByArn('prod', []),
      await reader.containerInstancesByEc2Id('prod', []),
    ]);

    expect(calls).toEqual([]);
  });
});
