import type { JsonObject } from '../../simulator/world/api.ts';
import { objects, text } from '../../simulator/world/json.ts';
import { groupNamed, membersOf, textAt, type UnderTest, userDataFor } from '../world/world-under-test.ts';

/** What a group needs to say to launch several instance types. */
const mixedPolicy = (types: readonly string[], distribution: JsonObject = {}): JsonObject => ({
  MixedInstancesPolicy: {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateName: 'm-template', Version: '$Latest' },
      Overrides: types.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: distribution,
  },
});

/** A cluster `c` and a group `m` of several types, or refused with what it says. */
export const withMixedGroup = (
  it: UnderTest,
  options: { readonly types: readonly string[]; readonly distribution?: JsonObject; readonly more: JsonObject },
): void => {
  it.ecs('CreateCluster', { clusterName: 'c' });
  it.call('ec2', 'CreateLaunchTemplate', {
    LaunchTemplateName: 'm-template',
    LaunchTemplateData: { InstanceType: 'm5.large', UserData: userDataFor('c') },
  });
  it.autoScaling('CreateAutoScalingGroup', {
    AutoScalingGroupName: 'm',
    MinSize: 0,
    MaxSize: 20,
    AvailabilityZones: ['eu-west-1a'],
    ...mixedPolicy(options.types, options.distribution),
    ...options.more,
  });
};

export const idOf = (member: JsonObject | undefined): string => textAt(member, 'InstanceId');

export const idsOf = (it: UnderTest, name = 'g'): readonly string[] => membersOf(it, name).map(idOf);

export const setDesired = (it: UnderTest, DesiredCapacity: number, name = 'g'): void => {
  it.autoScaling('SetDesiredCapacity', { AutoScalingGroupName: name, DesiredCapacity });
};

/** Newest first, as Auto Scaling answers them. */
export const activitiesOf = (it: UnderTest, name = 'g'): readonly JsonObject[] =>
  objects(it.autoScaling('DescribeScalingActivities', { AutoScalingGroupName: name }), 'Activities') ?? [];

export const failuresOf = (it: UnderTest, name = 'g'): readonly string[] =>
  activitiesOf(it, name)
    .filter((activity) => activity['StatusCode'] === 'Failed')
    .map((activity) => text(activity, 'StatusMessage') ?? '');

export const stateOf = (it: UnderTest, id: string, name = 'g'): string | undefined =>
  text(membersOf(it, name).find((member) => member['InstanceId'] === id) ?? {}, 'LifecycleState');

export const desiredOf = (it: UnderTest, name = 'g'): number => Number(groupNamed(it, name)['DesiredCapacity']);

/** The instances a group counts, one by one: what its running tally must equal. */
export const recount = (it: UnderTest, name = 'g') => {
  const group = it.world.view.groups.get(name);
  if (group === undefined) throw new Error(`no group ${name}`);
  const counted = [...group.instances.values()].filter(
    ({ state }) => state.startsWith('Pending') || state === 'InService',
  );
  const zones: Record<string, number> = {};
  for (const { ec2 } of counted) {
    const zone = ec2.machine.availabilityZone;
    zones[zone] = (zones[zone] ?? 0) + 1;
  }
  return {
    total: counted.length,
    spot: counted.filter(({ ec2 }) => ec2.spot).length,
    zones,
    tally: {
      total: group.tally.total - group.asked,
      spot: group.tally.spot,
      zones: Object.fromEntries([...group.tally.zones].filter(([, count]) => count > 0)),
    },
    asked: group.asked,
    extra: group.extra,
  };
};
