import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects, texts } from '../../simulator/world/json.ts';
import {
  instancesOf,
  minute,
  ofKind,
  refusal,
  second,
  tasksOf,
  textAt,
  type UnderTest,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const prepared = async (): Promise<UnderTest> => {
  const under = worldUnderTest();
  withGroup(under, { size: 2 });
  withDefinition(under, 'web', { cpu: 10, memory: 10 });
  await under.pass(2 * minute);
  withService(under, 'web', 3);
  await under.pass(minute);
  return under;
};

describe('ECS answers', () => {
  it.each<[string, string, JsonObject, string]>([
    ['an unknown cluster', 'ListTasks', { cluster: 'x' }, 'ClusterNotFoundException: Cluster not found.'],
    [
      'an unknown service',
      'UpdateService',
      { cluster: 'c', service: 'x' },
      'ServiceNotFoundException: Service not found.',
    ],
    [
      'more than ten services',
      'DescribeServices',
      { cluster: 'c', services: Array.from({ length: 11 }, String) },
      'InvalidParameterException',
    ],
    [
      'more than ten instances at once',
      'UpdateContainerInstancesState',
      { cluster: 'c', status: 'DRAINING', containerInstances: Array.from({ length: 11 }, String) },
      'InvalidParameterException',
    ],
    ['an unknown definition', 'DescribeTaskDefinition', { taskDefinition: 'x' }, 'ClientException'],
    [
      'an unmodelled filter',
      'ListContainerInstances',
      { cluster: 'c', filter: 'agentHash == 1' },
      'InvalidParameterException',
    ],
    ['deleting a service with tasks', 'DeleteService', { cluster: 'c', service: 'web' }, 'InvalidParameterException'],
    ['deleting a cluster in use', 'DeleteCluster', { cluster: 'c' }, 'ClusterContainsServicesException'],
    [
      'protecting nothing it knows for too long',
      'UpdateTaskProtection',
      { cluster: 'c', tasks: [], protectionEnabled: true, expiresInMinutes: 3_000 },
      'InvalidParameterException',
    ],
    ['an operation nobody knows', 'MakeCoffee', {}, 'UnknownOperationException'],
  ])('%s with an error', async (_, operation, input, expected) => {
    const under = await prepared();

    expect(refusal(() => under.ecs(operation, input))).toContain(expected);
    expect(ofKind(under, 'api').at(-1)).toMatchObject({ operation, error: expected.split(':')[0] });
  });

  it('names missing ones in failures[] and answers the rest', async () => {
    const under = await prepared();

    expect(under.ecs('DescribeServices', { cluster: 'c', services: ['web', 'gone'] })).toMatchObject({
      services: [{ serviceName: 'web' }],
      failures: [{ arn: 'arn:aws:ecs:eu-west-1:123456789012:service/c/gone', reason: 'MISSING' }],
    });
    expect(under.ecs('DescribeTasks', { cluster: 'c', tasks: ['0'.repeat(32)] })).toMatchObject({
      tasks: [],
      failures: [{ reason: 'MISSING' }],
    });
    expect(under.ecs('GetTaskProtection', { cluster: 'c', tasks: ['0'.repeat(32)] })).toMatchObject({
      failures: [{ reason: 'MISSING' }],
    });
  });

  it('pages by nextToken', async () => {
    const under = await prepared();

    const first = under.ecs('ListTasks', { cluster: 'c', maxResults: 2 });
    const rest = under.ecs('ListTasks', { cluster: 'c', maxResults: 2, nextToken: textAt(first, 'nextToken') });

    expect([texts(first, 'taskArns')?.length, texts(rest, 'taskArns')?.length, rest['nextToken']]).toEqual([
      2,
      1,
      undefined,
    ]);
  });

  it('shows a stopped task for an hour, under desiredStatus STOPPED only (ECS API, ListTasks)', async () => {
    const under = await prepared();
    const task = textAt(tasksOf(under)[0], 'taskArn');
    under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 2 });
    under.ecs('StopTask', { cluster: 'c', task });
    await under.pass(second);
    const running = tasksOf(under).length;
    await under.pass(50 * minute);
    const stopped = tasksOf(under, { desiredStatus: 'STOPPED' });
    await under.pass(15 * minute);

    expect(running).toBe(2);
    expect(stopped).toMatchObject([{ taskArn: task, lastStatus: 'STOPPED', stopCode: 'UserInitiated' }]);
    expect(tasksOf(under, { desiredStatus: 'STOPPED' })).toHaveLength(0);
  });

  it('filters container instances by the cluster query language', async () => {
    const under = await prepared();
    const id = textAt(instancesOf(under)[0], 'ec2InstanceId');
    const count = (filter: string): number | undefined =>
      texts(under.ecs('ListContainerInstances', { cluster: 'c', filter }), 'containerInstanceArns')?.length;

    expect(
      [
        `ec2InstanceId == ${id}`,
        `ec2InstanceId in ['${id}', 'i-other']`,
        'agentConnected == true and runningTasksCount > 0',
        'attribute:ecs.instance-type != m5.large',
        `not(ec2InstanceId == ${id}) || task:group == nobody`,
        'attribute:stack exists',
        'attribute:stack !exists',
        'runningTasksCount >= 1 && (attribute:ecs.os-type == linux)',
      ].map(count),
    ).toEqual([1, 1, 2, 0, 1, 0, 2, 2]);
  });

  it('counts a cluster with STATISTICS', async () => {
    const under = await prepared();

    expect(under.ecs('DescribeClusters', { clusters: ['c', 'none'], include: ['STATISTICS'] })).toMatchObject({
      clusters: [
        {
          registeredContainerInstancesCount: 2,
          runningTasksCount: 3,
          activeServicesCount: 1,
          statistics: expect.arrayContaining([{ name: 'runningEC2TasksCount', value: '3' }]),
        },
      ],
      failures: [{ reason: 'MISSING' }],
    });
  });

  it('tags and untags any resource', async () => {
    const under = await prepared();
    const resourceArn = 'arn:aws:ecs:eu-west-1:123456789012:service/c/web';
    under.ecs('TagResource', {
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    under.ecs('UntagResource', { resourceArn, tagKeys: ['a'] });

    expect(under.ecs('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'b', value: '2' }] });
  });
});

describe('EC2 and STS answer', () => {
  it('instance types, instances and who one is', async () => {
    const under = await prepared();

    expect(under.call('ec2', 'DescribeInstanceTypes', { InstanceTypes: ['m5.large'] })).toMatchObject({
      InstanceTypes: [
        {
          VCpuInfo: { DefaultVCpus: 2 },
          MemoryInfo: { SizeInMiB: 8_192 },
          NetworkInfo: { MaximumNetworkInterfaces: 3 },
        },
      ],
    });
    expect(objects(under.call('ec2', 'DescribeInstances'), 'Reservations')).toHaveLength(2);
    expect(under.call('sts', 'GetCallerIdentity')).toMatchObject({ Account: '123456789012' });
    expect(refusal(() => under.call('ec2', 'RunInstances'))).toContain('InvalidAction');
  });
});
