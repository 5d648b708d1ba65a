import { describe, expect, it } from '@jest/globals';
import { autoScalingGroupReader } from '../../lib/aws/auto-scaling-group-reader.ts';
import { autoScalingGroupWriter } from '../../lib/aws/auto-scaling-group-writer.ts';
import { autoScalingClient, type ClientOptions, ecsClient } from '../../lib/aws/clients.ts';
import { ecsClusterReader } from '../../lib/aws/ecs-cluster-reader.ts';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import type { Actuators } from '../../lib/flows/apply.ts';
import { type LocalAws, localAws } from '../../simulator/host/local-aws.ts';
import { portsClusterReader } from '../../simulator/host/ports/cluster-reader.ts';
import { portsClusterWriter } from '../../simulator/host/ports/cluster-writer.ts';
import { portsGroupReader } from '../../simulator/host/ports/group-reader.ts';
import { portsGroupWriter } from '../../simulator/host/ports/group-writer.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { objects } from '../../simulator/world/json.ts';
import { freeRequests } from '../support/free-requests.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const cluster = 'main';
const minutes = 60_000;

const scenario = scenarioOf({
  cluster,
  duration: '2h',
  world: { apiThrottling: false },
  groups: { web: largeGroup(0, 10, 3), spare: largeGroup(0, 5, 0) },
  services: { api: packedService(256, 512, { count: 6 }) },
});

const wireOf = ({ endpoint }: LocalAws): Actuators => {
  const options: ClientOptions = {
    config: {
      endpoint: endpoint.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
  };
  const [ecs, autoScaling] = [ecsClient(options), autoScalingClient(options)];
  return {
    cluster: ecsClusterReader(ecs),
    clusterWriter: ecsClusterWriter(ecs),
    groups: autoScalingGroupReader(autoScaling),
    groupWriter: autoScalingGroupWriter(autoScaling),
  };
};

const portsOf = ({ world, clock }: LocalAws): Actuators => {
  const requests = freeRequests(world, () => clock.now());
  return {
    cluster: portsClusterReader(world, requests),
    clusterWriter: portsClusterWriter(requests),
    groups: portsGroupReader(world, requests),
    groupWriter: portsGroupWriter(requests),
  };
};

/** The same story told in two worlds that are alike, once over the SDK and once over the ports. */
const tellTwice = async <T>(
  story: (face: Actuators, aws: LocalAws) => Promise<T>,
): Promise<{ readonly wire: T; readonly ports: T }> => {
  const tell = async (faceOf: (aws: LocalAws) => Actuators): Promise<T> => {
    await using aws = await localAws({ start: scenario.startMs, seed: 5, constants: scenario.world });
    stageScenario(aws.world, aws.clock, scenario, berthSetup);
    await aws.clock.runUntil(aws.clock.now() + 10 * minutes);
    return await story(faceOf(aws), aws);
  };
  return { wire: await tell(wireOf), ports: await tell(portsOf) };
};

const tasksOf = (aws: LocalAws) => [...(aws.world.view.ecs.clusters.get(cluster)?.tasks.values() ?? [])];
const instancesOf = (aws: LocalAws) => [...(aws.world.view.ecs.clusters.get(cluster)?.instances.values() ?? [])];
const missing = (arn: string): string => `${arn.slice(0, arn.lastIndexOf('/'))}/0123456789abcdef`;
const everywhere = { instanceTypes: [], availabilityZones: [], market: undefined };

describe('the ports face changes what the SDK changes, and says the same of it', () => {
  it('runs tasks, once for each token', async () => {
    const request = { clientToken: 'one', taskDefinition: 'api', count: 2 };
    const { wire, ports } = await tellTwice(async (face) => [
      await face.clusterWriter.runTask(cluster, request),
      await face.clusterWriter.runTask(cluster, request),
      await face.clusterWriter.runTask(cluster, { ...request, count: 3 }),
      await face.clusterWriter.runTask(cluster, {
        ...request,
        clientToken: 'two',
        overrides: { cpu: '1000000' },
        tags: { team: 'data' },
      }),
      await face.clusterWriter.runTask(cluster, { ...request, clientToken: 'three', taskDefinition: 'nobody' }),
      await face.clusterWriter.runTask(cluster, { ...request, clientToken: 'four', capacityProvider: 'nobody' }),
      await face.clusterWriter.runTask('nowhere', { ...request, clientToken: 'five' }),
    ]);

    expect(ports).toEqual(wire);
    expect(wire).toMatchObject([
      { kind: 'started', missing: undefined },
      { kind: 'started', missing: undefined },
      { kind: 'rejected' },
      { kind: 'noRoom', detail: 'RESOURCE:CPU on 6' },
      { kind: 'rejected' },
      { kind: 'rejected' },
      { kind: 'rejected' },
    ]);
    expect(wire[1]).toEqual(wire[0]);
  });

  it('stops tasks, whose protection it reads', async () => {
    const { wire, ports } = await tellTwice(async (face, aws) => {
      const [first = '', second = '', ...others] = tasksOf(aws).map((it) => it.arn);
      const protect = { cluster, tasks: [second], protectionEnabled: true };
      aws.world.call('ecs', 'UpdateTaskProtection', protect, 'test');
      const alone = await face.clusterWriter.runTask(cluster, {
        clientToken: 'one',
        taskDefinition: 'api',
        count: 1,
      });
      const standalone = alone.kind === 'started' ? alone.taskArns : [];
      return [
        await face.clusterWriter.stopTasks(cluster, [first, missing(first)], 'past its deadline'),
        await face.cluster.taskProtection(cluster, [first, second, ...others, ...standalone, missing(first)]),
        tasksOf(aws)
          .filter((it) => it.desiredStatus === 'STOPPED')
          .map((it) => [it.arn === first, it.stoppedReason]),
      ];
    });

    expect(ports).toEqual(wire);
    expect(wire).toMatchObject([
      [{ result: 'done' }, { result: 'gone' }],
      { items: [{ isProtected: true }, {}, {}, {}, {}], gaps: [] },
      [[true, 'past its deadline']],
    ]);
  });

  it('marks and deregisters instances', async () => {
    const { wire, ports } = await tellTwice(async (face, aws) => {
      const arns = instancesOf(aws).map((it) => it.arn);
      const [first = ''] = arns;
      const marked = await face.clusterWriter.markInstances(cluster, arns, 'rotation');
      const unmarked = await face.clusterWriter.markInstances(cluster, arns.slice(1), undefined);
      const described = aws.world.call('ecs', 'DescribeContainerInstances', {
        cluster,
        containerInstances: arns,
        include: ['TAGS'],
      });
      const tags = (objects(described, 'containerInstances') ?? []).map((it) => it['tags']);
      const gone = await face.clusterWriter.deregisterInstances(cluster, [first, missing(first)]);
      return [marked, unmarked, tags, gone, instancesOf(aws).map((it) => it.arn)];
    });

    expect(ports).toEqual(wire);
    expect(wire).toMatchObject([
      [{ result: 'done' }, { result: 'done' }, { result: 'done' }],
      [{ result: 'done' }, { result: 'done' }],
      [[{ key: 'berth:drain', value: 'rotation' }], [], []],
      [{ result: 'done' }, { result: 'gone' }],
      { length: 2 },
    ]);
  });

  it('launches instances where there are some, and keeps hooks waiting', async () => {
    const launch = { group: 'spare', count: 2, availabilityZone: 'eu-west-1a', clientToken: 'one' };
    const { wire, ports } = await tellTwice(async (face, aws) => {
      const launched = await face.groupWriter.launchInstances(launch);
      const again = await face.groupWriter.launchInstances(launch);
      const tooMany = await face.groupWriter.launchInstances({ ...launch, count: 9, clientToken: 'two' });
      aws.world.setCapacityError(everywhere);
      const none = await face.groupWriter.launchInstances({ ...launch, clientToken: 'three' });
      const [first = '', second = ''] = instancesOf(aws).map((it) => it.ec2InstanceId);
      await face.groupWriter.terminateInstances('web', [first], 'lowered');
      await aws.clock.runUntil(aws.clock.now() + 2_000);
      const beats = await face.groupWriter.recordHeartbeats('web', 'berth-drain', [first, second]);
      const since = scenario.startMs;
      return [launched, again, tooMany, none, beats, await face.groups.failedActivities(['spare', 'web'], since)];
    });

    expect(ports).toEqual(wire);
    expect(wire).toMatchObject([
      { kind: 'launched', ec2InstanceIds: { length: 2 } },
      { kind: 'launched', ec2InstanceIds: { length: 2 } },
      { kind: 'noCapacity' },
      { kind: 'noCapacity' },
      [{ result: 'done' }, { result: 'gone' }],
      { items: [{ group: 'spare', availabilityZone: 'eu-west-1a' }], gaps: [] },
    ]);
  });

  it('reads what stands around groups', async () => {
    const { wire, ports } = await tellTwice(async (face, aws) => {
      const AutoScalingGroupName = 'web';
      const call = (operation: string, input: object): void => {
        aws.world.call('autoscaling', operation, { AutoScalingGroupName, ...input }, 'test');
      };
      call('PutScalingPolicy', { PolicyName: 'cpu-50' });
      call('PutScalingPolicy', { PolicyName: 'ECSManagedAutoScalingPolicy-1' });
      call('PutScalingPolicy', { PolicyName: 'off', Enabled: false });
      call('StartInstanceRefresh', {});
      return face.groups.surroundings(['spare', 'web', 'nobody']);
    });

    expect(ports).toEqual(wire);
    expect(wire).toMatchObject({
      items: [
        { group: 'spare', hooks: [{ name: 'berth-drain' }], scalingPolicies: [], isRefreshing: false },
        { group: 'web', hooks: [{ name: 'berth-drain' }], scalingPolicies: ['cpu-50'], isRefreshing: true },
      ],
      gaps: [{ subject: 'surroundings', cause: 'notFound' }],
    });
  });
});
