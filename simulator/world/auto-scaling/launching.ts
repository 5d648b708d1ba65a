import type { Market } from '../ec2/capacity.ts';
import type { NewInstance } from '../ec2/instances.ts';
import { agentSettingsOf } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { object, text } from '../json.ts';
import type { Cause } from '../log.ts';
import { isMixed, type LaunchOption } from './pools.ts';
import { inZone } from './roster.ts';
import type { Group } from './state.ts';

export const subnetIn = (group: Group, zone: string): string =>
  group.subnets[group.zones.indexOf(zone)] ?? 'subnet-00000000';

const refusalKey = (zone: string, market: Market): string => `${zone} ${market}`;

export const isRefused = (group: Group, zone: string, market: Market, now: number): boolean =>
  now < (group.refusals.get(refusalKey(zone, market))?.untilMs ?? 0);

/** EC2 had no capacity there: the group pauses, twice as long each time. */
export const refuse = (group: Group, zone: string, market: Market, ground: Ground): number => {
  const { low, high } = ground.constants.launchBackOffMs;
  const attempts = (group.refusals.get(refusalKey(zone, market))?.attempts ?? 0) + 1;
  const untilMs = ground.now() + Math.min(high, low * 2 ** (attempts - 1));
  group.refusals.set(refusalKey(zone, market), { untilMs, attempts });
  return untilMs;
};

export const allow = (group: Group, zone: string, market: Market): void => {
  group.refusals.delete(refusalKey(zone, market));
};

/** Whether a group goes on trying in a zone without capacity rather than go elsewhere. (Auto Scaling API, AvailabilityZoneDistribution.) */
const keepsToZones = (group: Group): boolean =>
  text(object(group.json, 'AvailabilityZoneDistribution') ?? {}, 'CapacityDistributionStrategy') === 'balanced-only';

/**
 * The zone with fewest of the group's instances, those asked for included; luck decides between equals. Where EC2 just
 * had no capacity is left out; undefined where that is everywhere. (Auto Scaling user guide, instance distribution.)
 */
export const nextZone = (group: Group, market: Market, ground: Ground): string | undefined => {
  const isOpen = (zone: string): boolean => !isRefused(group, zone, market, ground.now());
  const candidates = keepsToZones(group) ? group.zones : group.zones.filter(isOpen);
  const fewest = Math.min(...candidates.map((zone) => inZone(group, zone)));
  const emptiest = candidates.filter((zone) => inZone(group, zone) === fewest);
  const zone = emptiest[Math.floor(ground.luck() * emptiest.length)];
  return zone !== undefined && isOpen(zone) ? zone : undefined;
};

/** What EC2 says where it has no capacity, as the scaling activity repeats it. (Auto Scaling user guide, troubleshooting capacity.) */
export const noCapacityMessage = (group: Group, zone: string, market: Market, typeName: string): string => {
  const ending = 'Launching EC2 instance failed.';
  if (market === 'spot') {
    return `Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches your request. ${ending}`;
  }
  const others = group.zones.filter((it) => it !== zone);
  const advice = [
    'not specifying an Availability Zone in your request',
    ...(others.length > 0 ? [`choosing ${others.join(', ')}`] : []),
  ];
  const message = `We currently do not have sufficient ${typeName} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${typeName} capacity by ${advice.join(' or ')}. ${ending}`;
  return isMixed(group) ? `Could not launch On-Demand Instances. InsufficientInstanceCapacity - ${message}` : message;
};

/** What the group asks EC2 for: the option's machine, in this zone and market. */
export const newInstance = (
  group: Group,
  { type, data }: LaunchOption,
  where: { readonly id: string; readonly zone: string; readonly market: Market; readonly cause: Cause },
): NewInstance => ({
  id: where.id,
  group: group.name,
  spot: where.market === 'spot',
  cause: where.cause,
  tags: new Map([...group.tags.values()].filter((it) => it.propagateAtLaunch).map((it) => [it.key, it.value])),
  machine: {
    ec2InstanceId: where.id,
    instanceType: type.name,
    architecture: type.architecture,
    vcpus: type.vcpus,
    memoryMiB: type.memoryMiB,
    gpus: type.gpus,
    maxNetworkInterfaces: type.maxNetworkInterfaces,
    availabilityZone: where.zone,
    subnetId: subnetIn(group, where.zone),
    imageId: text(data, 'ImageId') ?? 'ami-0123456789abcdef0',
    autoScalingGroupArn: group.arn,
    agent: agentSettingsOf(text(data, 'UserData')),
  },
});
