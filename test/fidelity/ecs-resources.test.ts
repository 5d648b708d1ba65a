import { describe, expect, it } from '@jest/globals';
import { number, objects, text } from '../../simulator/world/json.ts';
import {
  countBy,
  detailsOf,
  instancesOf,
  minute,
  only,
  refusal,
  second,
  tasksOf,
  textAt,
  userDataFor,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { arnsOn, clusterOf, consistent, reasonsOf, resource, run, startedBy } from './ecs-harness.ts';

describe('what a container instance registers', () => {
  it.each([
    ['', 7_985],
    ['echo ECS_RESERVED_MEMORY=256 >> /etc/ecs/ecs.config', 7_985 - 256],
  ])(
    'ECS developer guide, container instance memory management: an m4.large of 8 GiB registers 7985 MiB, less ECS_RESERVED_MEMORY (%s)',
    async (more, memory) => {
      const under = await clusterOf(1, { instanceType: 'm4.large', userData: userDataFor('c', more) });

      expect(resource(only(instancesOf(under)), 'registeredResources', 'MEMORY')).toBe(memory);
    },
  );

  it('ECS API, ContainerInstance: 1024 CPU units a vCPU', async () => {
    const under = await clusterOf(1, { instanceType: 'm5.xlarge' });

    expect(resource(only(instancesOf(under)), 'registeredResources', 'CPU')).toBe(4_096);
  });

  it('ECS API, ContainerInstance: the agent reserves ports 22, 2375, 2376, 51678 and 51679', async () => {
    const under = await clusterOf(1);

    expect(resource(only(instancesOf(under)), 'registeredResources', 'PORTS')).toEqual([
      '22',
      '2375',
      '2376',
      '51678',
      '51679',
    ]);
  });

  it('ECS API, ContainerInstance: remaining CPU and MEMORY are what is left, remaining PORTS what is in use', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job', { cpu: 100, memory: 200, portMappings: [{ containerPort: 80, hostPort: 8_080 }] });
    run(under, 'job');

    const instance = only(instancesOf(under));

    expect(resource(instance, 'remainingResources', 'CPU')).toBe(2_048 - 100);
    const memory = resource(instance, 'registeredResources', 'MEMORY');
    expect(resource(instance, 'remainingResources', 'MEMORY')).toBe(Number(memory) - 200);
    expect(resource(instance, 'remainingResources', 'PORTS')).toContain('8080');
  });

  it('ECS developer guide, GPUs: an instance of N GPUs registers N ids, each for one container', async () => {
    const under = await clusterOf(1, { instanceType: 'g4dn.12xlarge' });
    withDefinition(under, 'train', { more: { resourceRequirements: [{ type: 'GPU', value: '3' }] } });

    const answer = run(under, 'train', { count: 2 });

    const instance = only(instancesOf(under));
    expect(resource(instance, 'registeredResources', 'GPU')).toHaveLength(4);
    expect(resource(instance, 'remainingResources', 'GPU')).toHaveLength(1);
    expect(startedBy(answer)).toHaveLength(1);
    expect(reasonsOf(answer)).toEqual(['RESOURCE:GPU']);
  });

  it('ECS API, ResourceRequirement: ALL takes every GPU, and finds no room where one is taken', async () => {
    const under = await clusterOf(1, { instanceType: 'g4dn.12xlarge' });
    withDefinition(under, 'all', { more: { resourceRequirements: [{ type: 'GPU', value: 'ALL' }] } });
    withDefinition(under, 'one', { more: { resourceRequirements: [{ type: 'GPU', value: '1' }] } });

    const first = run(under, 'all');
    const left = resource(only(instancesOf(under)), 'remainingResources', 'GPU');
    under.ecs('StopTask', { cluster: 'c', task: only(startedBy(first)) });
    await under.pass(2 * minute);
    run(under, 'one');

    expect(left).toEqual([]);
    expect(reasonsOf(run(under, 'all'))).toEqual(['RESOURCE:GPU']);
  });

  it('ECS developer guide, Amazon EBS volumes: tasks with a volume go to Nitro instances, as many as these may attach (assumed)', async () => {
    const answers = ['m4.large', 'm5.large'].map(async (instanceType) => {
      const under = await clusterOf(1, { instanceType });
      under.ecs('RegisterTaskDefinition', {
        family: 'stateful',
        containerDefinitions: [{ name: 'main', image: 'example', memory: 16 }],
        volumes: [{ name: 'data', configuredAtLaunch: true }],
      });
      return [1, 2, 3].flatMap(() => startedBy(run(under, 'stateful', { count: 10 }))).length;
    });

    expect(await Promise.all(answers)).toEqual([0, 24]); // of 28 attachments three interfaces and the root volume
  });

  it('observed, TaskDefinition runtimePlatform: an instance of another architecture lacks an attribute', async () => {
    const under = await clusterOf(1);
    under.ecs('RegisterTaskDefinition', {
      family: 'arm',
      containerDefinitions: [{ name: 'main', image: 'example', memory: 16 }],
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    });

    expect(reasonsOf(run(under, 'arm'))).toEqual(['ATTRIBUTE']);
  });

  it('ECS API, RegisterContainerInstance: resources of the user’s own are carried, and a task takes what it asks for', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job', { more: { resourceRequirements: [{ type: 'licences', value: '2' }] } });
    const containerInstanceArn = textAt(only(instancesOf(under)), 'containerInstanceArn');
    under.ecs('RegisterContainerInstance', {
      cluster: 'c',
      containerInstanceArn,
      totalResources: [
        { name: 'licences', type: 'INTEGER', integerValue: 3 },
        { name: 'disks', type: 'STRINGSET', stringSetValue: ['sda', 'sdb'] },
        { name: 'CPU', type: 'INTEGER', integerValue: 1 },
      ],
    });

    const answer = run(under, 'job', { count: 2 });

    const instance = only(instancesOf(under));
    expect(reasonsOf(answer)).toEqual(['RESOURCE:licences']);
    expect(resource(instance, 'registeredResources', 'CPU')).toBe(2_048);
    expect(resource(instance, 'registeredResources', 'licences')).toBe(3);
    expect(resource(instance, 'remainingResources', 'licences')).toBe(1);
    expect(resource(instance, 'remainingResources', 'disks')).toEqual(['sda', 'sdb']);
  });

  it('ECS service quotas: at most ten custom attributes an instance', async () => {
    const under = await clusterOf(1);
    const targetId = textAt(only(instancesOf(under)), 'containerInstanceArn');
    const put = (n: number): string =>
      refusal(() =>
        under.ecs('PutAttributes', { cluster: 'c', attributes: [{ name: `a${n}`, value: 'x', targetId }] }),
      );

    const answers = Array.from({ length: 11 }, (_, n) => put(n));

    expect(answers.filter((it) => it === 'accepted')).toHaveLength(10);
    expect(answers.at(-1)).toContain('AttributeLimitExceededException');
    const listed = under.ecs('ListAttributes', {
      cluster: 'c',
      targetType: 'container-instance',
      attributeName: 'a3',
    });
    expect(listed['attributes']).toMatchObject([{ name: 'a3', value: 'x', targetId }]);
  });

  it.each(['ecs.ami-id', 'ecs.availability-zone', 'ecs.instance-type', 'ecs.os-type', 'ecs.cpu-architecture'])(
    'ECS developer guide, task placement attributes: %s is built in',
    async (name) => {
      const under = await clusterOf(1);

      const attributes = objects(only(instancesOf(under)), 'attributes') ?? [];

      expect(text(attributes.find((it) => it['name'] === name) ?? {}, 'value')).toBeDefined();
    },
  );
});

describe('what a task takes', () => {
  it.each([
    ['the size of the task before that of its containers', { cpu: '512', memory: '1024' }, 512, 1_024],
    ['else the sum over its containers, memoryReservation before memory', {}, 30, 600],
  ])('ECS API, TaskDefinition: %s', async (_, size, cpu, memory) => {
    const under = await clusterOf(1);
    under.ecs('RegisterTaskDefinition', {
      family: 'job',
      ...size,
      containerDefinitions: [
        { name: 'a', image: 'x', cpu: 10, memory: 400, memoryReservation: 100 },
        { name: 'b', image: 'x', cpu: 20, memory: 500 },
      ],
    });

    run(under, 'job');

    const instance = only(instancesOf(under));
    const used = (name: string): number =>
      Number(resource(instance, 'registeredResources', name)) - Number(resource(instance, 'remainingResources', name));
    expect([used('CPU'), used('MEMORY')]).toEqual([cpu, memory]);
  });

  it('ECS API, ContainerDefinition: cpu 0 or absent reserves none', async () => {
    const under = await clusterOf(1);
    under.ecs('RegisterTaskDefinition', {
      family: 'job',
      containerDefinitions: [{ name: 'a', image: 'x', memory: 10 }],
    });

    run(under, 'job');

    expect(resource(only(instancesOf(under)), 'remainingResources', 'CPU')).toBe(2_048);
  });

  it.each([
    ['m5.large', 2],
    ['c5.large', 2],
    ['m5.xlarge', 3],
  ])(
    'ECS developer guide, container instance ENI: %s takes its interfaces less one: %i awsvpc tasks without trunking',
    async (instanceType, fits) => {
      const under = await clusterOf(1, { instanceType });
      withDefinition(under, 'net', { networkMode: 'awsvpc', cpu: 1, memory: 4 });

      const answer = run(under, 'net', { count: 10 });

      expect(startedBy(answer)).toHaveLength(fits);
      expect(new Set(reasonsOf(answer))).toEqual(new Set(['RESOURCE:ENI']));
      expect(resource(only(instancesOf(under)), 'registeredResources', 'ENI')).toBeUndefined();
    },
  );
});

describe('network interface trunking', () => {
  const opted = async (instanceType: string, operation = 'PutAccountSettingDefault') => {
    const under = worldUnderTest(1, consistent);
    under.ecs(operation, { name: 'awsvpcTrunking', value: 'enabled' });
    withGroup(under, { size: 1, instanceType });
    withDefinition(under, 'net', { networkMode: 'awsvpc', cpu: 1, memory: 4 });
    await under.pass(3 * minute);
    return under;
  };
  const attributeNames = (under: Awaited<ReturnType<typeof opted>>): readonly unknown[] =>
    (objects(only(instancesOf(under)), 'attributes') ?? []).map((it) => it['name']);

  it.each(['PutAccountSetting', 'PutAccountSettingDefault'])(
    'ECS developer guide, container instance ENI: an m5.large launched after %s takes ten, and carries ecs.awsvpc-trunk-id',
    async (operation) => {
      const under = await opted('m5.large', operation);

      const started = [run(under, 'net', { count: 10 }), run(under, 'net')].map((it) => startedBy(it).length);

      expect(started).toEqual([10, 0]);
      expect(attributeNames(under)).toContain('ecs.awsvpc-trunk-id');
    },
  );

  it('ECS developer guide, container instance ENI: a type without a trunk stays as it is', async () => {
    const under = await opted('t3.large');

    expect(startedBy(run(under, 'net', { count: 10 }))).toHaveLength(2);
    expect(attributeNames(under)).not.toContain('ecs.awsvpc-trunk-id');
  });

  it('ECS developer guide, container instance ENI: an instance launched before the opt-in has no trunk', async () => {
    const under = worldUnderTest(1, consistent);
    withGroup(under, { size: 1 });
    withDefinition(under, 'net', { networkMode: 'awsvpc', cpu: 1, memory: 4 });
    await under.pass(12 * second); // launched, and not yet registered

    under.ecs('PutAccountSetting', { name: 'awsvpcTrunking', value: 'enabled' });
    await under.pass(3 * minute);

    expect(attributeNames(under)).not.toContain('ecs.awsvpc-trunk-id');
    expect(under.ecs('ListAccountSettings', { name: 'awsvpcTrunking' })).toMatchObject({
      settings: [{ name: 'awsvpcTrunking', value: 'enabled' }],
    });
  });

  it('ECS API, ContainerInstance status: REGISTERING while its trunk is attached, and no task comes before ACTIVE', async () => {
    const under = worldUnderTest(1, { ...consistent, trunkAttachMs: { low: minute, high: minute } });
    under.ecs('PutAccountSetting', { name: 'awsvpcTrunking', value: 'enabled' });
    withGroup(under, { size: 1 });
    withDefinition(under, 'web');
    withService(under, 'web', 1);
    await under.pass(100 * second);
    const early = [textAt(only(instancesOf(under)), 'status'), tasksOf(under).length];

    await under.pass(2 * minute);

    expect(early).toEqual(['REGISTERING', 0]);
    expect([textAt(only(instancesOf(under)), 'status'), tasksOf(under).length]).toEqual(['ACTIVE', 1]);
    const told = detailsOf(under, 'ECS Container Instance State Change').map((it) => it['status']);
    expect(told.slice(0, 2)).toEqual(['REGISTERING', 'ACTIVE']);
  });
});

describe('what a container instance counts', () => {
  it('ECS API, ContainerInstance: running and pending count what is wanted RUNNING; stopping tasks are in neither, and hold their resources', async () => {
    const under = await clusterOf(1, {}, { taskStoppingMs: { low: minute, high: minute } });
    withDefinition(under, 'job', { cpu: 100 });
    const [task] = startedBy(run(under, 'job'));
    await under.pass(minute);
    const counts = () => {
      const instance = only(instancesOf(under));
      return [number(instance, 'runningTasksCount'), number(instance, 'pendingTasksCount')];
    };
    const before = counts();

    under.ecs('StopTask', { cluster: 'c', task: task ?? '' });
    await under.pass(10 * second);

    const instance = only(instancesOf(under));
    expect([before, counts()]).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(resource(instance, 'remainingResources', 'CPU')).toBe(2_048 - 100);
    expect(arnsOn(under, instance)).toEqual([]);
    expect(arnsOn(under, instance, { desiredStatus: 'STOPPED' })).toEqual([task]);
    await under.pass(2 * minute);
    expect(resource(only(instancesOf(under)), 'remainingResources', 'CPU')).toBe(2_048);
  });

  it('ECS developer guide, container instance events: each start and stop of a task there is told, at a rising version', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job');
    run(under, 'job');
    await under.pass(minute);

    const versions = detailsOf(under, 'ECS Container Instance State Change').map((it) => number(it, 'version') ?? 0);

    expect(versions.length).toBeGreaterThan(1);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('ECS API, ListTasks: the status STOPPED lists what is being stopped and what stopped within the hour', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job');
    const [task] = startedBy(run(under, 'job'));
    await under.pass(minute);
    under.world.finishTask(task ?? '');
    await under.pass(minute);
    const instance = only(instancesOf(under));

    const soon = arnsOn(under, instance, { desiredStatus: 'STOPPED' });
    await under.pass(61 * minute);

    expect(soon).toEqual([task]);
    expect(arnsOn(under, instance, { desiredStatus: 'STOPPED' })).toEqual([]);
  });
});

describe('agents', () => {
  it('ECS API, ContainerInstance: only ACTIVE instances with a connected agent take tasks', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'job');
    under.world.disconnectAgent(textAt(only(instancesOf(under)), 'ec2InstanceId'));

    const answer = run(under, 'job');

    expect(reasonsOf(answer)).toEqual(['AGENT']);
    expect(only(instancesOf(under))).toMatchObject({ status: 'ACTIVE', agentConnected: false });
  });

  it('ECS developer guide, container agent: changes of tasks are heard once the agent is back, and room with it', async () => {
    const under = await clusterOf(1);
    withDefinition(under, 'web', { cpu: 1_500 });
    withService(under, 'web', 1);
    await under.pass(minute);
    const id = textAt(only(instancesOf(under)), 'ec2InstanceId');
    under.world.disconnectAgent(id);
    under.ecs('UpdateService', { cluster: 'c', service: 'web', forceNewDeployment: true });
    await under.pass(10 * minute);
    const away = countBy(tasksOf(under), 'lastStatus');

    under.world.reconnectAgent(id);
    await under.pass(minute);

    expect(away).toEqual({ RUNNING: 1 }); // not replaced: ECS waits for its agent
    expect(only(instancesOf(under))).toMatchObject({ agentConnected: true });
  });

  it('ECS API, DeregisterContainerInstance: a terminated instance goes by itself, one whose agent was away lingers with its tasks', async () => {
    const under = await clusterOf(2);
    withDefinition(under, 'web', { cpu: 1_500 });
    withService(under, 'web', 2);
    await under.pass(2 * minute);
    const [first, second_] = instancesOf(under).map((it) => textAt(it, 'ec2InstanceId'));
    under.autoScaling('SuspendProcesses', { AutoScalingGroupName: 'g' });
    under.world.disconnectAgent(first ?? '');
    under.world.killInstance(first ?? '');
    under.world.killInstance(second_ ?? '');

    await under.pass(30 * minute);

    expect(instancesOf(under)).toMatchObject([{ ec2InstanceId: first, agentConnected: false, runningTasksCount: 1 }]);
    const [service] = objects(under.ecs('DescribeServices', { cluster: 'c', services: ['web'] }), 'services') ?? [];
    expect(service).toMatchObject({ desiredCount: 2, runningCount: 1, pendingCount: 0 });
  });
});
