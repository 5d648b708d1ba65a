import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  PutLifecycleHookCommand,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListContainerInstancesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../simulator/endpoint/server.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { createWorld } from '../../simulator/world/world.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld, smallWorldStart } from '../support/small-world.ts';

const minute = 60_000;

describe('the simulated AWS, through the SDK alone', () => {
  it('takes a cluster from its creation to running tasks', async () => {
    const clock = new VirtualClock(smallWorldStart);
    const world = createWorld({ kernel: clock, dice: seededDice(1) });
    await using endpoint = await listen({ world, now: () => clock.now() });
    const options = sdkOptions(endpoint.url);
    const ecs = new ECSClient(options);
    const autoScaling = new AutoScalingClient(options);
    const ec2 = new EC2Client(options);
    const UserData = Buffer.from('#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n').toString('base64');

    await ecs.send(new CreateClusterCommand({ clusterName: 'shop' }));
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'workers',
        LaunchTemplateData: { InstanceType: 'm5.large', UserData },
      }),
    );
    await autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'workers',
        LaunchTemplate: { LaunchTemplateName: 'workers', Version: '$Latest' },
        MinSize: 0,
        MaxSize: 4,
        DesiredCapacity: 2,
        AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
        Tags: [{ Key: 'berth:cluster', Value: 'shop', PropagateAtLaunch: true }],
      }),
    );
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'web',
        requiresCompatibilities: ['EC2'],
        containerDefinitions: [{ name: 'main', image: 'web', cpu: 256, memory: 512, essential: true }],
      }),
    );
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'shop',
        serviceName: 'web',
        taskDefinition: 'web',
        desiredCount: 3,
        launchType: 'EC2',
      }),
    );
    await clock.runUntil(smallWorldStart + 20 * minute);

    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'shop', services: ['web'] }));
    expect(services?.[0]).toMatchObject({ status: 'ACTIVE', desiredCount: 3, runningCount: 3, pendingCount: 0 });
    expect(services?.[0]?.createdAt).toEqual(new Date(smallWorldStart));
    const { AutoScalingGroups } = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['workers'] }),
    );
    expect(AutoScalingGroups?.[0]).toMatchObject({ MinSize: 0, MaxSize: 4, DesiredCapacity: 2 });
    expect(AutoScalingGroups?.[0]?.CreatedTime).toEqual(new Date(smallWorldStart));
    expect(AutoScalingGroups?.[0]?.Instances?.map((it) => it.LifecycleState)).toEqual(['InService', 'InService']);
    const ids = AutoScalingGroups?.[0]?.Instances?.map((it) => it.InstanceId ?? '') ?? [];
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    const instances = Reservations?.flatMap((it) => it.Instances ?? []) ?? [];
    expect(instances.map((it) => it.InstanceId)).toEqual(ids);
    expect(instances.map((it) => it.State?.Name)).toEqual(['running', 'running']);
    expect(instances.every((it) => it.LaunchTime instanceof Date && it.LaunchTime.getTime() > smallWorldStart)).toBe(
      true,
    );
  });
});

describe('the simulated AWS, half an hour old, through the SDK', () => {
  it('describes a cluster, its container instances and its tasks', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const ecs = new ECSClient(sdkOptions(endpoint.url));

    const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: ['shop', 'none'] }));
    const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster: 'shop' }));
    const { containerInstances } = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster: 'shop', containerInstances: containerInstanceArns }),
    );
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: 'shop' }));
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'shop', tasks: taskArns }));

    expect(clusters?.[0]).toMatchObject({ clusterName: 'shop', registeredContainerInstancesCount: 3 });
    expect(containerInstances).toHaveLength(3);
    expect(containerInstances?.every((it) => it.registeredAt instanceof Date && it.agentConnected)).toBe(true);
    expect(tasks?.map((it) => it.lastStatus)).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'RUNNING']);
    expect(tasks?.every((it) => it.createdAt instanceof Date && it.startedAt instanceof Date)).toBe(true);
  });

  it('drains a container instance, then terminates it through its lifecycle hook', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const ecs = new ECSClient(sdkOptions(endpoint.url));
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    const group = async () => (await autoScaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups?.[0];
    const InstanceId = (await group())?.Instances?.[0]?.InstanceId ?? '';
    const { containerInstanceArns } = await ecs.send(
      new ListContainerInstancesCommand({ cluster: 'shop', filter: `ec2InstanceId == ${InstanceId}` }),
    );

    const drained = await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster: 'shop',
        containerInstances: containerInstanceArns,
        status: 'DRAINING',
      }),
    );
    const terminated = await autoScaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
    );
    await clock.runUntil(clock.now() + 2 * minute);
    const waiting = (await group())?.Instances?.find((it) => it.InstanceId === InstanceId);
    await autoScaling.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: 'shop-workers',
        LifecycleHookName: 'berth-drain',
        LifecycleActionResult: 'CONTINUE',
        InstanceId,
      }),
    );
    await clock.runUntil(clock.now() + 10 * minute);

    expect(drained.containerInstances?.[0]?.status).toBe('DRAINING');
    expect(terminated.Activity).toMatchObject({ AutoScalingGroupName: 'shop-workers' });
    expect(terminated.Activity?.StartTime).toBeInstanceOf(Date);
    expect(waiting?.LifecycleState).toBe('Terminating:Wait');
    expect((await group())?.Instances).toHaveLength(2);
    expect((await group())?.DesiredCapacity).toBe(2);
  });

  it('sizes a group, tells its activities and refuses what Auto Scaling refuses', async () => {
    const { world, clock } = await smallWorld();
    await using endpoint = await listen({ world, now: () => clock.now() });
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    const AutoScalingGroupName = 'shop-workers';

    await autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 5 }));
    await clock.runUntil(clock.now() + 5 * minute);
    const names: string[] = [];
    for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling, pageSize: 1 }, {})) {
      names.push(...(page.AutoScalingGroups ?? []).map((it) => `${it.AutoScalingGroupName} ${it.Instances?.length}`));
    }
    const activities = await autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName }));
    const tooMany = autoScaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 6 }));
    const hook = {
      AutoScalingGroupName,
      LifecycleHookName: 'other',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    };

    expect(names).toEqual(['shop-workers 5']);
    expect(activities.Activities?.length).toBeGreaterThanOrEqual(5);
    expect(activities.Activities?.every((it) => it.StartTime instanceof Date)).toBe(true);
    await expect(tooMany).rejects.toMatchObject({ name: 'ValidationError', $metadata: { httpStatusCode: 400 } });
    await expect(autoScaling.send(new PutLifecycleHookCommand(hook))).resolves.toBeDefined();
  });
});
