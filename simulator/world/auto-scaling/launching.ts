import { pick } from '../../kernel/dice.ts';
import { AwsApiError, type JsonObject } from '../api.ts';
import { instanceTypes } from '../ec2/instance-types.ts';
import type { NewInstance } from '../ec2/instances.ts';
import { agentSettingsOf, type LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { number, object, objects, text } from '../json.ts';
import type { Cause } from '../log.ts';
import { type Group, isCounted } from './state.ts';

/** The launch template specification of a group, from its own or its mixed instances policy. */
export const specificationOf = (group: Group): JsonObject => {
  const mixed = object(group.json, 'MixedInstancesPolicy');
  const own = object(group.json, 'LaunchTemplate');
  const specification = own ?? object(object(mixed ?? {}, 'LaunchTemplate') ?? {}, 'LaunchTemplateSpecification');
  if (specification === undefined) {
    throw new AwsApiError(
      'ValidationError',
      'Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.',
    );
  }
  return specification;
};

/** Whether the next instance is Spot, by the distribution's base and percentage; capacity pools are not modelled. */
const isSpot = (group: Group, data: JsonObject): boolean => {
  if (text(object(data, 'InstanceMarketOptions') ?? {}, 'MarketType') === 'spot') return true;
  const distribution = object(object(group.json, 'MixedInstancesPolicy') ?? {}, 'InstancesDistribution');
  if (distribution === undefined) return false;
  const base = number(distribution, 'OnDemandBaseCapacity') ?? 0;
  const percentage = number(distribution, 'OnDemandPercentageAboveBaseCapacity') ?? 100;
  const all = [...group.instances.values()].filter(isCounted);
  const onDemand = all.filter((it) => !it.ec2.spot).length;
  return onDemand >= base + Math.ceil((Math.max(0, all.length + 1 - base) * percentage) / 100);
};

/** The first override's type, else the template's. */
const typeOf = (group: Group, data: JsonObject): string => {
  const mixed = object(object(group.json, 'MixedInstancesPolicy') ?? {}, 'LaunchTemplate') ?? {};
  const [first] = objects(mixed, 'Overrides') ?? [];
  return text(first ?? {}, 'InstanceType') ?? text(data, 'InstanceType') ?? '';
};

/** The zone with fewest of the group's instances, those asked for included; luck decides between equals. */
export const nextZone = (group: Group, ground: Ground): string => {
  const counts = new Map(group.zones.map((zone) => [zone, 0]));
  const count = (zone: string): void => {
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  };
  for (const it of group.instances.values()) if (isCounted(it)) count(it.ec2.machine.availabilityZone);
  for (const zone of group.launching) count(zone);
  const fewest = Math.min(...group.zones.map((zone) => counts.get(zone) ?? 0));
  const emptiest = group.zones.filter((zone) => counts.get(zone) === fewest);
  const dice = { next: ground.luck, fork: () => dice };
  return pick(dice, emptiest) ?? '';
};

/** What the group asks EC2 for: the template's machine, in this zone. */
export const newInstance = (
  ground: Ground,
  templates: LaunchTemplates,
  group: Group,
  zone: string,
  cause: Cause,
): NewInstance => {
  const { data } = templates.resolve(specificationOf(group)).version;
  const name = typeOf(group, data);
  const type = instanceTypes.get(name);
  if (type === undefined) throw new AwsApiError('ValidationError', `The instance type '${name}' is not modelled.`);
  const id = `i-${ground.hex(17)}`;
  return {
    id,
    group: group.name,
    spot: isSpot(group, data),
    cause,
    tags: new Map([...group.tags.values()].filter((it) => it.propagateAtLaunch).map((it) => [it.key, it.value])),
    machine: {
      ec2InstanceId: id,
      instanceType: name,
      architecture: type.architecture,
      vcpus: type.vcpus,
      memoryMiB: type.memoryMiB,
      gpus: type.gpus,
      maxNetworkInterfaces: type.maxNetworkInterfaces,
      availabilityZone: zone,
      subnetId: group.subnets[group.zones.indexOf(zone)] ?? 'subnet-00000000',
      imageId: text(data, 'ImageId') ?? 'ami-0123456789abcdef0',
      autoScalingGroupArn: group.arn,
      agent: agentSettingsOf(text(data, 'UserData')),
    },
  };
};
