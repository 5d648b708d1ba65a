import { describe, expect, it } from '@jest/globals';
import { objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  instancesOf,
  minute,
  ofKind,
  second,
  serviceNamed,
  tasksOf,
  textAt,
  type UnderTest,
  userDataFor,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const run = (under: UnderTest, taskDefinition: string, more: Parameters<UnderTest['ecs']>[1] = {}) =>
  under.ecs('RunTask', { cluster: 'c', taskDefinition, ...more });

const spreadOf = (under: UnderTest, filter = {}): readonly number[] =>
  Object.values(countBy(tasksOf(under, filter), 'containerInstanceArn')).sort();

describe('where a task fits', () => {
  it('an awsvpc task takes one network interface of the instance, whose first is its own: two on an m5.large', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'net', { networkMode: 'awsvpc', cpu: 10, memory: 10 });
    await under.pass(2 * minute);

    const answer = run(under, 'net', { count: 3 });

    expect(objects(answer, 'tasks')).toHaveLength(2);
    expect(objects(answer, 'failures')).toMatchObject([{ reason: 'RESOURCE:ENI' }]);
    expect(objects(answer, 'tasks')?.[0]).toMatchObject({
      lastStatus: 'PROVISIONING',
      containerInstanceArn: expect.any(String),
    });
  });

  it('a host port is taken once per instance and protocol, and shows in remainingResources as in use', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 2 });
    withDefinition(under, 'port', { cpu: 10, memory: 10, portMappings: [{ containerPort: 80, hostPort: 8_080 }] });
    withDefinition(under, 'udp', {
      cpu: 10,
      memory: 10,
      portMappings: [{ containerPort: 53, hostPort: 8_080, protocol: 'udp' }],
    });
    await under.pass(2 * minute);

    const tcp = run(under, 'port', { count: 3 });
    const udp = run(under, 'udp', { count: 2 });

    expect([objects(tcp, 'tasks')?.length, objects(udp, 'tasks')?.length]).toEqual([2, 2]);
    expect(objects(tcp, 'failures')?.[0]).toMatchObject({ reason: 'RESOURCE:PORTS' });
    const remaining = objects(instancesOf(under)[0] ?? {}, 'remainingResources');
    expect(remaining?.[2]).toMatchObject({ name: 'PORTS', stringSetValue: expect.arrayContaining(['22', '8080']) });
  });

  it('GPUs are handed out by id', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1, instanceType: 'g4dn.12xlarge' });
    withDefinition(under, 'train', { more: { resourceRequirements: [{ type: 'GPU', value: '3' }] } });
    await under.pass(2 * minute);

    const answer = run(under, 'train', { count: 2 });

    expect(objects(objects(answer, 'tasks')?.[0] ?? {}, 'containers')?.[0]?.['gpuIds']).toHaveLength(3);
    expect(objects(answer, 'failures')).toMatchObject([{ reason: 'RESOURCE:GPU' }]);
  });

  it('reserves memoryReservation before memory, and the task size before its containers', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    withDefinition(under, 'soft', { cpu: 100, memory: 4_000, more: { memoryReservation: 500 } });
    under.ecs('RegisterTaskDefinition', {
      family: 'sized',
      cpu: '1024',
      memory: '2048',
      containerDefinitions: [{ name: 'a', image: 'x', cpu: 10, memory: 100 }],
    });
    await under.pass(2 * minute);

    const soft = objects(run(under, 'soft'), 'tasks')?.[0];
    const sized = objects(run(under, 'sized'), 'tasks')?.[0];

    expect(soft).toMatchObject({ cpu: '100', memory: '500' });
    expect(sized).toMatchObject({ cpu: '1024', memory: '2048' });
  });

  it('refuses RunTask in a cluster without instances', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    withDefinition(under, 'job');

    expect(() => run(under, 'job')).toThrow('No Container Instances were found in your cluster.');
  });
});

describe('constraints and strategies (ECS developer guide, task placement)', () => {
  it('distinctInstance puts one task of the service on each instance', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 3 });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 4, { placementConstraints: [{ type: 'distinctInstance' }] });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual([1, 1, 1]);
  });

  it('memberOf reads built-in and custom attributes', async () => {
    const under = worldUnderTest();
    withGroup(under, { name: 'plain', size: 1 });
    const userData = userDataFor('c', `echo ECS_INSTANCE_ATTRIBUTES='{"stack":"gold"}' >> /etc/ecs/ecs.config`);
    withGroup(under, { name: 'gold', size: 1, instanceType: 'c5.large', userData });
    withDefinition(under, 'custom', { constraints: ['attribute:stack == gold'] });
    withDefinition(under, 'type', { constraints: ['attribute:ecs.instance-type =~ m5.*'] });
    await under.pass(2 * minute);

    const places = ['custom', 'type'].map((family) => {
      const arn = textAt(objects(run(under, family), 'tasks')?.[0], 'containerInstanceArn');
      const instance = instancesOf(under).find((it) => it['containerInstanceArn'] === arn);
      return objects(instance ?? {}, 'attributes')?.find((it) => it['name'] === 'ecs.instance-type')?.['value'];
    });

    expect(places).toEqual(['c5.large', 'm5.large']);
  });

  it.each([
    ['binpack on memory fills one instance', [{ type: 'binpack', field: 'memory' }], [4]],
    ['spread over instances takes them by turns', [{ type: 'spread', field: 'instanceId' }], [2, 2]],
    ['a service without a strategy spreads over zones, then instances', [], [2, 2]],
  ])('%s', async (_, placementStrategy, expected) => {
    const under = worldUnderTest();
    withGroup(under, { size: 2, zones: ['eu-west-1a', 'eu-west-1b'] });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    withService(under, 'web', 4, { placementStrategy });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual(expected);
  });

  it('applies strategies in the order listed', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 4, zones: ['eu-west-1a', 'eu-west-1b'] });
    withDefinition(under, 'web');
    await under.pass(2 * minute);
    const placementStrategy = [
      { type: 'spread', field: 'attribute:ecs.availability-zone' },
      { type: 'binpack', field: 'cpu' },
    ];
    withService(under, 'web', 4, { placementStrategy });
    await under.pass(2 * minute);

    expect(spreadOf(under)).toEqual([2, 2]);
    expect(countBy(tasksOf(under), 'availabilityZone')).toEqual({ 'eu-west-1a': 2, 'eu-west-1b': 2 });
  });
});

describe('daemons', () => {
  it('take their room on a new instance before any waiting task does', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });
    withDefinition(under, 'web', { cpu: 1_024 });
    withDefinition(under, 'agent', { cpu: 128 });
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    withService(under, 'web', 6);
    await under.pass(minute);

    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: 3 });
    await under.pass(4 * minute);

    expect(countBy(tasksOf(under), 'group')).toEqual({ 'service:agent': 3, 'service:web': 3 });
    expect(serviceNamed(under, 'agent')).toMatchObject({ desiredCount: 3, runningCount: 3 });
  });

  it('run only on instances that answer to their constraints, and are redeployed by stopping first', async () => {
    const under = worldUnderTest(1, { taskStoppingMs: { low: 20_000, high: 20_000 } });
    withGroup(under, { name: 'a', size: 1 });
    withGroup(under, { name: 'b', size: 1, instanceType: 'c5.large' });
    withDefinition(under, 'agent', { constraints: ['attribute:ecs.instance-type == c5.large'] });
    withService(under, 'agent', 0, { schedulingStrategy: 'DAEMON' });
    await under.pass(2 * minute);
    const before = tasksOf(under).length;

    under.ecs('UpdateService', { cluster: 'c', service: 'agent', forceNewDeployment: true });
    await under.pass(5 * second);
    const during = tasksOf(under).length;
    await under.pass(2 * minute);

    expect([before, during, tasksOf(under).length]).toEqual([1, 0, 1]);
    expect(objects(serviceNamed(under, 'agent'), 'deployments')).toMatchObject([{ rolloutState: 'COMPLETED' }]);
  });
});

describe('capacity providers', () => {
  const withProviders = (under: UnderTest, status: 'ENABLED' | 'DISABLED'): void => {
    for (const name of ['p1', 'p2']) {
      withGroup(under, { name, size: 0 });
      const groups = objects(
        under.autoScaling('DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] }),
        'AutoScalingGroups',
      );
      under.ecs('CreateCapacityProvider', {
        name,
        autoScalingGroupProvider: {
          autoScalingGroupArn: textAt(groups?.[0], 'AutoScalingGroupARN'),
          managedScaling: { status },
        },
      });
    }
    under.ecs('PutClusterCapacityProviders', {
      cluster: 'c',
      capacityProviders: ['p1', 'p2'],
      defaultCapacityProviderStrategy: [],
    });
    withDefinition(under, 'web');
  };
  const strategy = [
    { capacityProvider: 'p1', base: 2, weight: 1 },
    { capacityProvider: 'p2', base: 0, weight: 3 },
  ];
  const grow = (under: UnderTest, AutoScalingGroupName: string): void => {
    under.autoScaling('SetDesiredCapacity', { AutoScalingGroupName, DesiredCapacity: 1 });
  };

  it('with managed scaling, tasks without room wait in PROVISIONING without an instance, and are placed once it comes', async () => {
    const under = worldUnderTest();
    withProviders(under, 'ENABLED');
    withService(under, 'web', 2, { capacityProviderStrategy: [{ capacityProvider: 'p1', weight: 1 }] });
    await under.pass(10 * second);
    const waiting = tasksOf(under);
    grow(under, 'p2');
    await under.pass(3 * minute);
    const stillWaiting = tasksOf(under).filter((it) => text(it, 'containerInstanceArn') === undefined).length;
    grow(under, 'p1');
    await under.pass(3 * minute);

    expect(waiting.map((it) => [it['lastStatus'], it['containerInstanceArn'], it['capacityProviderName']])).toEqual([
      ['PROVISIONING', undefined, 'p1'],
      ['PROVISIONING', undefined, 'p1'],
    ]);
    expect(stillWaiting).toBe(2);
    const told = detailsOf(under, 'ECS Task State Change').filter((it) => it['lastStatus'] === 'PROVISIONING');
    expect(told.map((it) => it['containerInstanceArn'])).toEqual([undefined, undefined]);
    expect(countBy(tasksOf(under), 'lastStatus')).toEqual({ RUNNING: 2 });
    expect(
      instancesOf(under)
        .map((it) => it['capacityProviderName'])
        .sort(),
    ).toEqual(['p1', 'p2']);
  });

  it('with managed scaling off, RunTask fails at once and a service keeps trying', async () => {
    const under = worldUnderTest();
    withProviders(under, 'DISABLED');
    grow(under, 'p2');
    await under.pass(2 * minute);
    const capacityProviderStrategy = [{ capacityProvider: 'p1', weight: 1 }];
    const answer = run(under, 'web', { capacityProviderStrategy });
    withService(under, 'web', 1, { capacityProviderStrategy });
    await under.pass(minute);
    grow(under, 'p1');
    await under.pass(3 * minute);

    expect(answer).toMatchObject({ tasks: [], failures: [{ reason: 'ATTRIBUTE' }] });
    expect(countBy(tasksOf(under), 'capacityProviderName')).toEqual({ p1: 1 });
    expect(ofKind(under, 'taskWithdrawn').map((it) => it.reason)).toEqual(['noRoom']);
  });

  it('gives the base first, then by weight (ECS API, CapacityProviderStrategyItem)', async () => {
    const under = worldUnderTest();
    withProviders(under, 'ENABLED');
    withService(under, 'web', 10, { capacityProviderStrategy: strategy });
    await under.pass(10 * second);

    expect(countBy(tasksOf(under), 'capacityProviderName')).toEqual({ p1: 4, p2: 6 });
  });

  it('queues at most 500 tasks a cluster (ECS service quotas)', async () => {
    const under = worldUnderTest(1, { serviceTaskLaunchesPerMinute: 10_000 });
    withProviders(under, 'ENABLED');
    withService(under, 'web', 600, { capacityProviderStrategy: [{ capacityProvider: 'p1', weight: 1 }] });
    await under.pass(minute);

    expect(ofKind(under, 'taskWanted')).toHaveLength(600);
    expect(under.ecs('DescribeClusters', { clusters: ['c'] })).toMatchObject({
      clusters: [{ pendingTasksCount: 500 }],
    });
  });
});
