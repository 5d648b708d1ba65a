import type { JsonObject } from '../../world/api.ts';
import { objects, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import type { Scenario, ScenarioGroup } from '../scenario.ts';
import type { Setup } from '../setup.ts';
import { callAsWorkload, type StageGround } from './ground.ts';

const userDataOf = (cluster: string, attributes: Readonly<Record<string, string>>): string => {
  const lines = ['#!/bin/bash', `echo ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config`];
  if (Object.keys(attributes).length > 0)
    lines.push(`echo 'ECS_INSTANCE_ATTRIBUTES=${JSON.stringify(attributes)}' >> /etc/ecs/ecs.config`);
  return Buffer.from(`${lines.join('\n')}\n`).toString('base64');
};

const createTemplate = (world: World, cluster: string, { name, types, market, attributes }: ScenarioGroup): void => {
  const LaunchTemplateData: JsonObject = {
    InstanceType: types[0]?.instanceType,
    UserData: userDataOf(cluster, attributes),
    // A mixed instances policy says it itself, and refuses a template that does.
    ...(market === 'spot' && types.length === 1 ? { InstanceMarketOptions: { MarketType: 'spot' } } : {}),
  };
  callAsWorkload(world, 'ec2', 'CreateLaunchTemplate', { LaunchTemplateName: name, LaunchTemplateData });
};

/** One type: the template as it is. Several: in the order of the scenario. (Auto Scaling API, InstancesDistribution.) */
const launchOf = ({ name, types, market }: ScenarioGroup): JsonObject => {
  const template = { LaunchTemplateName: name, Version: '1' };
  if (types.length === 1) return { LaunchTemplate: template };
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: template,
        Overrides: types.map(({ instanceType }) => ({ InstanceType: instanceType })),
      },
      InstancesDistribution: {
        OnDemandBaseCapacity: 0,
        OnDemandPercentageAboveBaseCapacity: market === 'spot' ? 0 : 100,
        OnDemandAllocationStrategy: 'prioritized',
        SpotAllocationStrategy: 'capacity-optimized-prioritized',
      },
    },
  };
};

const createGroup = ({ world, scenario, setup }: StageGround, group: ScenarioGroup): void => {
  const { name } = group;
  const isProtected = setup.berthContract || setup.managedTerminationProtection;
  createTemplate(world, scenario.cluster, group);
  callAsWorkload(world, 'autoscaling', 'CreateAutoScalingGroup', {
    AutoScalingGroupName: name,
    ...launchOf(group),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desiredCapacity,
    AvailabilityZones: group.zones.map((letter) => `${world.region}${letter}`),
    NewInstancesProtectedFromScaleIn: isProtected,
    Tags: setup.berthContract ? [{ Key: 'berth:cluster', Value: scenario.cluster, PropagateAtLaunch: false }] : [],
  });
  const ScalingProcesses = [
    ...(group.zoneRebalance ? [] : ['AZRebalance']),
    ...(setup.providers === 'hold' ? ['AlarmNotification'] : []),
  ];
  if (ScalingProcesses.length > 0)
    callAsWorkload(world, 'autoscaling', 'SuspendProcesses', { AutoScalingGroupName: name, ScalingProcesses });
  if (setup.berthContract)
    callAsWorkload(world, 'autoscaling', 'PutLifecycleHook', {
      AutoScalingGroupName: name,
      LifecycleHookName: 'berth-drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 900,
      DefaultResult: 'CONTINUE',
    });
  if (group.bootMs !== undefined) world.setBootTime(name, group.bootMs);
};

const limitedTo = ({ services, tasks }: Scenario): ReadonlySet<string> =>
  new Set([...services, ...tasks].flatMap((it) => it.groups));

/** The groups that get a capacity provider, which bears their name. */
const providedGroups = ({ scenario, setup }: StageGround): readonly string[] => {
  const names = scenario.groups.map((it) => it.name);
  if (setup.providers !== 'launchType') return names;
  const needed = limitedTo(scenario); // only a provider binds a task to a group
  return names.filter((it) => needed.has(it));
};

const enabled = (on: boolean): string => (on ? 'ENABLED' : 'DISABLED');

const createProvider = (world: World, setup: Setup, name: string): void => {
  const answer = callAsWorkload(world, 'autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] });
  const [group] = objects(answer, 'AutoScalingGroups') ?? [];
  const isManaged = setup.providers !== 'launchType';
  callAsWorkload(world, 'ecs', 'CreateCapacityProvider', {
    name,
    autoScalingGroupProvider: {
      autoScalingGroupArn: text(group ?? {}, 'AutoScalingGroupARN'),
      managedScaling: isManaged ? { status: 'ENABLED', ...setup.managedScaling } : { status: 'DISABLED' },
      managedTerminationProtection: enabled(isManaged && setup.managedTerminationProtection),
      managedDraining: enabled(setup.managedDraining),
    },
  });
};

/** The cluster with its groups and, where the setup wants them, their capacity providers. */
export const createCluster = (ground: StageGround): void => {
  const { world, scenario, setup } = ground;
  if (scenario.trunking)
    callAsWorkload(world, 'ecs', 'PutAccountSettingDefault', { name: 'awsvpcTrunking', value: 'enabled' });
  callAsWorkload(world, 'ecs', 'CreateCluster', { clusterName: scenario.cluster });
  for (const group of scenario.groups) createGroup(ground, group);
  const capacityProviders = providedGroups(ground);
  if (capacityProviders.length === 0) return;
  for (const name of capacityProviders) createProvider(world, setup, name);
  callAsWorkload(world, 'ecs', 'PutClusterCapacityProviders', {
    cluster: scenario.cluster,
    capacityProviders,
    defaultCapacityProviderStrategy: [],
  });
};
