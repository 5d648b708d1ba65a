import { beforeAll, describe, expect, it } from '@jest/globals';
import { autoScalingGroupReader } from '../../lib/aws/auto-scaling-group-reader.ts';
import { autoScalingClient, type ClientOptions, cloudWatchClient, ecsClient } from '../../lib/aws/clients.ts';
import { cloudWatchMetricReader } from '../../lib/aws/cloud-watch-metric-reader.ts';
import { ec2Client } from '../../lib/aws/ec2-client.ts';
import { ec2ShapeReader } from '../../lib/aws/ec2-shape-reader.ts';
import { ecsClusterReader } from '../../lib/aws/ecs-cluster-reader.ts';
import { type Observers, observe } from '../../lib/flows/observe.ts';
import type { Drain } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { type LocalAws, localAws } from '../../simulator/host/local-aws.ts';
import { portsClusterReader } from '../../simulator/host/ports/cluster-reader.ts';
import { portsGroupReader } from '../../simulator/host/ports/group-reader.ts';
import { portsMetricReader } from '../../simulator/host/ports/metric-reader.ts';
import { portsShapeReader } from '../../simulator/host/ports/shape-reader.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { freeRequests } from '../support/free-requests.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const cluster = 'main';

/** Services of each kind, tasks that come and go, a deployment, groups at zero and of several types. */
const busy = scenarioOf({
  cluster,
  duration: '2h',
  world: { apiThrottling: false },
  groups: {
    web: { ...largeGroup(0, 30, 6), attributes: { stack: 'web' } },
    mixed: {
      types: [
        { instanceType: 'm5.large', pricePerHour: 0.1 },
        { instanceType: 'm6i.large', pricePerHour: 0.1 },
      ],
      minSize: 0,
      maxSize: 5,
      desiredCapacity: 2,
    },
    empty: largeGroup(0, 5, 0),
  },
  services: {
    api: {
      ...packedService(256, 512, {
        steps: [
          { at: '0s', value: 9 },
          { at: '20m', value: 14 },
          { at: '40m', value: 5 },
        ],
      }),
      deployments: ['30m'],
    },
    ports: { ...packedService(128, 256, { count: 3 }), hostPorts: [8080] },
    lonely: {
      ...packedService(64, 128, { count: 2 }),
      placementConstraints: [{ type: 'distinctInstance' }, { type: 'memberOf', expression: 'attribute:stack == web' }],
    },
    interfaces: { ...packedService(128, 256, { count: 3 }), networkMode: 'awsvpc' },
    waiting: {
      ...packedService(2_000, 512, { count: 1 }),
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:stack == none' }],
    },
    agent: { schedulingStrategy: 'DAEMON', cpuUnits: 32, memoryMiB: 64 },
  },
});

const clients = (aws: LocalAws): ClientOptions => ({
  config: {
    endpoint: aws.endpoint.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  },
});

interface Faces {
  readonly wire: Observers;
  readonly ports: Observers;
}

const facesOf = (aws: LocalAws): Faces => {
  const requests = freeRequests(aws.world, () => aws.clock.now());
  return {
    wire: {
      cluster: ecsClusterReader(ecsClient(clients(aws))),
      groups: autoScalingGroupReader(autoScalingClient(clients(aws))),
    },
    ports: { cluster: portsClusterReader(aws.world, requests), groups: portsGroupReader(aws.world, requests) },
  };
};

const byArn = <T extends { readonly arn: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => a.arn.localeCompare(b.arn));

/** AWS promises no order of what it lists. */
const inOrder = (it: Observation): Observation => ({
  ...it,
  containerInstances: byArn(it.containerInstances),
  tasks: byArn(it.tasks),
  services: byArn(it.services),
  groups: byArn(it.groups),
  tasksOnDraining: Object.fromEntries(Object.entries(it.tasksOnDraining).map(([arn, tasks]) => [arn, byArn(tasks)])),
});

const drainingOf = (aws: LocalAws): readonly Drain[] =>
  [...(aws.world.view.ecs.clusters.get(cluster)?.instances.values() ?? [])]
    .filter((it) => it.status === 'DRAINING')
    .map((it) => ({
      ec2InstanceId: it.ec2InstanceId,
      containerInstanceArn: it.arn,
      group: 'web',
      cause: 'empty',
      state: 'draining',
      startedAt: 0,
      since: 0,
      deadlineAt: 0, // past it every one is looked into
    }));

const look = async (aws: LocalAws, read: Observers): Promise<Observation> =>
  inOrder(
    await observe(cluster, { drains: Promise.resolve(drainingOf(aws)), facts: undefined }, read, aws.clock.now()),
  );

/** Some of the things that happen to a cluster, to be seen half done. */
const disturb = (aws: LocalAws): void => {
  const [first, second, third] = [...(aws.world.view.ecs.clusters.get(cluster)?.instances.values() ?? [])];
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few instances');
  const containerInstances = [first.arn];
  aws.world.call('ecs', 'UpdateContainerInstancesState', { cluster, containerInstances, status: 'DRAINING' }, 'test');
  for (const task of [...first.tasks].slice(0, 3))
    aws.world.call('ecs', 'StopTask', { cluster, task: task.arn }, 'test');
  aws.world.call('ecs', 'RunTask', { cluster, taskDefinition: 'api', count: 5, launchType: 'EC2' }, 'test');
  aws.world.call(
    'ecs',
    'UpdateService',
    { cluster, service: 'api', desiredCount: 11, forceNewDeployment: true },
    'test',
  );
  const attributes = [{ name: 'stack', value: 'moved', targetType: 'container-instance', targetId: second.arn }];
  const totalResources = [
    { name: 'LICENCES', type: 'INTEGER', integerValue: 3 },
    { name: 'SEATS', type: 'STRINGSET', stringSetValue: ['a', 'b'] },
  ];
  const registration = { cluster, containerInstanceArn: second.arn, totalResources };
  aws.world.call('ecs', 'RegisterContainerInstance', registration, 'test');
  aws.world.call('ecs', 'PutAttributes', { cluster, attributes }, 'test');
  aws.world.call('autoscaling', 'PutScalingPolicy', { AutoScalingGroupName: 'web', PolicyName: 'of a person' }, 'test');
  aws.world.setCapacityError({ instanceTypes: [], availabilityZones: [], market: undefined });
  aws.world.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'empty', DesiredCapacity: 2 }, 'test');
  aws.world.disconnectAgent(second.ec2InstanceId);
  aws.world.killInstance(third.ec2InstanceId);
};

describe('the ports face', () => {
  const moments: { readonly at: string; readonly wire: Observation; readonly ports: Observation }[] = [];

  beforeAll(async () => {
    await using aws = await localAws({ start: busy.startMs, seed: 3, constants: busy.world });
    stageScenario(aws.world, aws.clock, busy, berthSetup);
    const faces = facesOf(aws);
    const seen = async (afterMs: number): Promise<void> => {
      await aws.clock.runUntil(aws.clock.now() + afterMs);
      const [wire, ports] = [await look(aws, faces.wire), await look(aws, faces.ports)];
      moments.push({ at: new Date(aws.clock.now()).toISOString(), wire, ports });
    };
    for (const seconds of [5, 30, 40, 10, 65]) await seen(seconds * 1_000);
    await seen(17 * minutes);
    disturb(aws);
    for (const seconds of [0, 1, 3, 7, 20, 60]) await seen(seconds * 1_000);
    await seen(8 * minutes);
    for (let n = 0; n < 12; n++) await seen(7_777);
    await seen(11 * minutes);
  });

  it('shows what the SDK shows, at every moment of a busy run', () => {
    for (const { wire, ports } of moments) expect(ports).toEqual(wire);
  });

  it('was looked at while there was something to see', () => {
    const seen = moments.map((it) => it.ports);
    const some = (of: (it: Observation) => boolean): boolean => seen.some(of);

    expect(some((it) => it.tasks.some((task) => task.lastStatus === 'PENDING'))).toBe(true);
    expect(some((it) => it.containerInstances.some((one) => one.status === 'DRAINING'))).toBe(true);
    expect(some((it) => it.containerInstances.some((one) => !one.agentConnected))).toBe(true);
    expect(
      some((it) =>
        Object.values(it.tasksOnDraining)
          .flat()
          .some((one) => one.desiredStatus === 'STOPPED'),
      ),
    ).toBe(true);
    expect(some((it) => it.services.some((one) => one.deployments.length > 1))).toBe(true);
    expect(
      some((it) => it.groups.some((one) => one.instances.some((member) => member.lifecycleState === 'Pending'))),
    ).toBe(true);
    expect(some((it) => it.surroundings.some((one) => one.scalingPolicies.length > 0))).toBe(true);
    expect(some((it) => it.failedActivities.length > 0)).toBe(true);
    expect(seen.every((it) => it.surroundings.every((one) => one.hooks.length === 1))).toBe(true);
    expect(seen.every((it) => it.gaps.length === 0 && it.groups.length === 3)).toBe(true);
  });

  it('shows the tags of services to who asks for them, as the SDK does', async () => {
    await using aws = await localAws({ start: busy.startMs, seed: 3, constants: busy.world });
    stageScenario(aws.world, aws.clock, busy, berthSetup);
    const { wire, ports } = facesOf(aws);
    await aws.clock.runUntil(aws.clock.now() + minutes);
    const api = aws.world.view.ecs.clusters.get(cluster)?.services.get('api');
    const tags = [
      { key: 'berth:max', value: '20' },
      { key: 'team', value: 'shop' },
    ];
    aws.world.call('ecs', 'TagResource', { resourceArn: api?.arn ?? '', tags }, 'test');
    const [asked, seen] = [await wire.cluster.services(cluster, true), await ports.cluster.services(cluster, true)];

    expect(byArn(seen.items)).toEqual(byArn(asked.items));
    expect(seen.items.find((it) => it.name === 'api')?.tags).toEqual({ 'berth:max': '20', team: 'shop' });
    expect(byArn((await ports.cluster.services(cluster)).items)).toEqual(
      byArn((await wire.cluster.services(cluster)).items),
    );
  });

  it('gives an unchanged observation of the same objects', async () => {
    await using aws = await localAws({ start: busy.startMs, seed: 3, constants: busy.world });
    stageScenario(aws.world, aws.clock, busy, berthSetup);
    const { ports } = facesOf(aws);
    await aws.clock.runUntil(aws.clock.now() + 10 * minutes);
    const read = () => observe(cluster, { drains: Promise.resolve([]), facts: undefined }, ports, aws.clock.now());

    const [before, after] = [await read(), await read()];

    expect(after.tasks).toBe(before.tasks);
    expect(after.containerInstances).toBe(before.containerInstances);
    expect(after.services).toBe(before.services);
    expect(after.groups[0]).toBe(before.groups[0]);
  });

  it('answers what else is asked as the SDK does: statistics, memberships, shapes, metrics', async () => {
    await using aws = await localAws({ start: busy.startMs, seed: 3, constants: busy.world });
    stageScenario(aws.world, aws.clock, busy, berthSetup);
    const { wire, ports } = facesOf(aws);
    const requests = freeRequests(aws.world, () => aws.clock.now());
    await aws.clock.runUntil(aws.clock.now() + 10 * minutes);
    const { items: groups } = await wire.groups.groupsOfClusters([cluster]);
    const ids = groups.flatMap((it) => it.instances.map((one) => one.ec2InstanceId));
    const metric = {
      name: 'cpu',
      namespace: 'AWS/ECS',
      metricName: 'CPUReservation',
      dimensions: { ClusterName: cluster },
      statistic: 'Average',
      periodMs: minutes,
    };
    const queries = [
      { id: 'a', metric },
      { id: 'b', metric: { ...metric, metricName: 'NoSuchMetric' } },
    ];

    expect(await ports.cluster.statistics([cluster])).toEqual(await wire.cluster.statistics([cluster]));
    expect(await ports.groups.memberships(ids)).toEqual(await wire.groups.memberships(ids));
    expect(ids.length).toBeGreaterThan(5);
    expect(await ports.cluster.containerInstancesByEc2Id(cluster, ids.slice(0, 2))).toEqual(
      await wire.cluster.containerInstancesByEc2Id(cluster, ids.slice(0, 2)),
    );
    const shapes = portsShapeReader(aws.world, requests);
    const wireShapes = ec2ShapeReader(ec2Client(clients(aws)));
    for (const group of groups) expect(await shapes.shapeOf(group)).toEqual(await wireShapes.shapeOf(group));
    const now = aws.clock.now();
    const read = await portsMetricReader(aws.world, requests).read(queries, now);
    expect(read).toEqual(await cloudWatchMetricReader(cloudWatchClient(clients(aws))).read(queries, now));
    expect(read.items[0]?.value).toBeGreaterThan(0);
  });
});
