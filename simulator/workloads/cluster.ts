import type { JsonObject } from '../world/api.ts';
import type { World } from '../world/world.ts';

/** One Auto Scaling group that Berth may size. */
export interface GroupSpec {
  readonly name: string;
  readonly instanceType: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
}

export interface ServiceSpec {
  readonly name: string;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly desiredCount: number;
}

export interface ClusterSpec {
  readonly cluster: string;
  readonly groups: readonly GroupSpec[];
  readonly services: readonly ServiceSpec[];
}

const caller = 'workload';

const registerRevision = (world: World, service: ServiceSpec): void => {
  world.call(
    'ecs',
    'RegisterTaskDefinition',
    {
      family: service.name,
      networkMode: 'bridge',
      requiresCompatibilities: ['EC2'],
      containerDefinitions: [
        { name: 'main', image: 'example', essential: true, cpu: service.cpuUnits, memory: service.memoryMiB },
      ],
    },
    caller,
  );
};

const createGroup = (world: World, cluster: string, group: GroupSpec): void => {
  const userData = Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config\n`).toString('base64');
  world.call(
    'ec2',
    'CreateLaunchTemplate',
    { LaunchTemplateName: group.name, LaunchTemplateData: { InstanceType: group.instanceType, UserData: userData } },
    caller,
  );
  const zones = ['a', 'b', 'c'].map((letter) => `${world.region}${letter}`);
  world.call(
    'autoscaling',
    'CreateAutoScalingGroup',
    {
      AutoScalingGroupName: group.name,
      LaunchTemplate: { LaunchTemplateName: group.name, Version: '1' },
      MinSize: group.minSize,
      MaxSize: group.maxSize,
      DesiredCapacity: group.desiredCapacity,
      AvailabilityZones: zones,
      NewInstancesProtectedFromScaleIn: true,
      Tags: [{ Key: 'berth:cluster', Value: cluster, PropagateAtLaunch: false }],
    },
    caller,
  );
  world.call(
    'autoscaling',
    'SuspendProcesses',
    { AutoScalingGroupName: group.name, ScalingProcesses: ['AZRebalance'] },
    caller,
  );
  world.call(
    'autoscaling',
    'PutLifecycleHook',
    {
      AutoScalingGroupName: group.name,
      LifecycleHookName: 'berth-drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 900,
      DefaultResult: 'CONTINUE',
    },
    caller,
  );
};

/** Sets a cluster up through the world's own API, as a user's infrastructure code would. */
export const createCluster = (world: World, { cluster, groups, services }: ClusterSpec): void => {
  world.call('ecs', 'CreateCluster', { clusterName: cluster }, caller);
  for (const group of groups) createGroup(world, cluster, group);
  for (const service of services) {
    registerRevision(world, service);
    const request: JsonObject = {
      cluster,
      serviceName: service.name,
      taskDefinition: service.name,
      desiredCount: service.desiredCount,
      launchType: 'EC2',
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
      // Packed, so that instances empty as the load falls.
      placementStrategy: [{ type: 'binpack', field: 'cpu' }],
    };
    world.call('ecs', 'CreateService', request, caller);
  }
};

export const setDesiredCount = (world: World, cluster: string, service: string, desiredCount: number): void => {
  world.call('ecs', 'UpdateService', { cluster, service, desiredCount }, caller);
};

/** A new revision of the same size: every task of the service is replaced under its deployment limits. */
export const deploy = (world: World, cluster: string, service: ServiceSpec): void => {
  registerRevision(world, service);
  world.call('ecs', 'UpdateService', { cluster, service: service.name, taskDefinition: service.name }, caller);
};
