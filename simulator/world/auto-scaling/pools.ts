import { AwsApiError, type JsonObject } from '../api.ts';
import type { Market } from '../ec2/capacity.ts';
import { type InstanceType, instanceTypes } from '../ec2/instance-types.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import { number, object, objects, text } from '../json.ts';
import type { Group, LaunchSource } from './state.ts';

/** One way to launch an instance of a group: a type, and the template data it is launched from. */
export interface LaunchOption {
  readonly type: InstanceType;
  readonly source: LaunchSource;
  readonly data: JsonObject;
}

const mixedPolicyOf = (group: Group): JsonObject | undefined => object(group.json, 'MixedInstancesPolicy');

export const isMixed = (group: Group): boolean => mixedPolicyOf(group) !== undefined;

/** The launch template specification of a group, from its own or its mixed instances policy. */
export const specificationOf = (group: Group): JsonObject => {
  const mixed = object(mixedPolicyOf(group) ?? {}, 'LaunchTemplate') ?? {};
  const specification = object(group.json, 'LaunchTemplate') ?? object(mixed, 'LaunchTemplateSpecification');
  if (specification === undefined) {
    throw new AwsApiError(
      'ValidationError',
      'Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.',
    );
  }
  return specification;
};

const typeNamed = (name: string): InstanceType => {
  const type = instanceTypes.get(name);
  if (type === undefined) throw new AwsApiError('ValidationError', `The instance type '${name}' is not modelled.`);
  return type;
};

/** The overrides of a mixed instances policy in their order, else the template's own type. */
export const optionsOf = (group: Group, templates: LaunchTemplates): readonly LaunchOption[] => {
  const launch = object(mixedPolicyOf(group) ?? {}, 'LaunchTemplate') ?? {};
  const overrides = objects(launch, 'Overrides') ?? [];
  return (overrides.length === 0 ? [{}] : overrides).map((override) => {
    const specification = object(override, 'LaunchTemplateSpecification') ?? specificationOf(group);
    const { template, version } = templates.resolve(specification);
    return {
      type: typeNamed(text(override, 'InstanceType') ?? text(version.data, 'InstanceType') ?? ''),
      source: { templateId: template.id, templateName: template.name, version: version.number },
      data: version.data,
    };
  });
};

const distributionOf = (group: Group): JsonObject => object(mixedPolicyOf(group) ?? {}, 'InstancesDistribution') ?? {};

/** Whether a template asks for Spot Instances by itself. (EC2 API, InstanceMarketOptions.) */
const isSpotTemplate = (data: JsonObject): boolean =>
  text(object(data, 'InstanceMarketOptions') ?? {}, 'MarketType') === 'spot';

/**
 * How many of so many instances are to be On-Demand: the base, and the percentage of the rest, rounded up.
 * (Auto Scaling API, InstancesDistribution; the rounding is assumed.)
 */
export const onDemandShareOf = (group: Group, templates: LaunchTemplates, size: number): number => {
  if (!isMixed(group)) return isSpotTemplate(templates.resolve(specificationOf(group)).version.data) ? 0 : size;
  const distribution = distributionOf(group);
  const base = number(distribution, 'OnDemandBaseCapacity') ?? 0;
  const percentage = number(distribution, 'OnDemandPercentageAboveBaseCapacity') ?? 100;
  return Math.min(size, base + Math.ceil((Math.max(0, size - base) * percentage) / 100));
};

/** The only market a group launches in; undefined where it mixes them. */
export const onlyMarketOf = (group: Group, templates: LaunchTemplates): Market | undefined => {
  if (onDemandShareOf(group, templates, 1_000_000) === 0) return 'spot';
  return onDemandShareOf(group, templates, 1_000_000) === 1_000_000 ? 'onDemand' : undefined;
};

export type AllocationStrategy =
  | 'prioritized'
  | 'lowest-price'
  | 'capacity-optimized'
  | 'capacity-optimized-prioritized'
  | 'price-capacity-optimized';

const strategies: readonly AllocationStrategy[] = [
  'prioritized',
  'lowest-price',
  'capacity-optimized',
  'capacity-optimized-prioritized',
  'price-capacity-optimized',
];

/** On-Demand: `prioritized` by default; Spot: `lowest-price`. (Auto Scaling API, InstancesDistribution.) */
export const strategyOf = (group: Group, market: Market): AllocationStrategy => {
  const member = market === 'spot' ? 'SpotAllocationStrategy' : 'OnDemandAllocationStrategy';
  const asked = text(distributionOf(group), member) ?? (market === 'spot' ? 'lowest-price' : 'prioritized');
  const known = strategies.find((it) => it === asked);
  if (known === undefined) throw new AwsApiError('ValidationError', `The allocation strategy ${asked} is not valid.`);
  return known;
};

const shuffled = <T>(items: readonly T[], luck: () => number): readonly T[] =>
  items.length < 2
    ? items
    : items
        .map((it): readonly [number, T] => [luck(), it])
        .sort(([a], [b]) => a - b)
        .map(([, it]) => it);

const byPrice = (a: LaunchOption, b: LaunchOption): number => a.type.listPrice - b.type.listPrice;

/**
 * The order in which one launch tries the types of a group. EC2's free capacity is nobody's to know, so what depends on
 * it falls to luck, type by type: `capacity-optimized` takes them in any order, `price-capacity-optimized` the cheaper
 * half first and `lowest-price` the so many cheapest of SpotInstancePools first, each in any order. Spot prices go by
 * the On-Demand list price. `prioritized` and `capacity-optimized-prioritized` keep the order of the overrides.
 * (Auto Scaling user guide, allocation strategies; the reduction is assumed.)
 */
export const inLaunchOrder = (
  group: Group,
  market: Market,
  options: readonly LaunchOption[],
  luck: () => number,
): readonly LaunchOption[] => {
  const firstCheapest = (count: number): readonly LaunchOption[] => {
    const sorted = [...options].sort(byPrice);
    return [...shuffled(sorted.slice(0, count), luck), ...shuffled(sorted.slice(count), luck)];
  };
  switch (strategyOf(group, market)) {
    case 'prioritized':
    case 'capacity-optimized-prioritized':
      return options;
    case 'capacity-optimized':
      return shuffled(options, luck);
    case 'price-capacity-optimized':
      return firstCheapest(Math.ceil(options.length / 2));
    case 'lowest-price':
      return market === 'onDemand'
        ? [...options].sort(byPrice)
        : firstCheapest(number(distributionOf(group), 'SpotInstancePools') ?? 2);
  }
};

/** How little an instance's type is wanted by the allocation strategy of its market; 0 where it does not say. */
export const misalignment = (
  group: Group,
  options: readonly LaunchOption[],
  it: { readonly ec2: { readonly spot: boolean; readonly machine: { readonly instanceType: string } } },
): number => {
  const name = it.ec2.machine.instanceType;
  const place = options.findIndex((option) => option.type.name === name);
  if (place < 0) return Number.POSITIVE_INFINITY; // its type is no longer asked for
  const strategy = strategyOf(group, it.ec2.spot ? 'spot' : 'onDemand');
  if (strategy === 'prioritized') return place;
  return strategy === 'lowest-price' ? (instanceTypes.get(name)?.listPrice ?? 0) : 0;
};

/** What would be launched but is not modelled is refused when it is asked for, not when it matters. */
export const refuseUnmodelled = (group: Group): void => {
  const launch = object(mixedPolicyOf(group) ?? {}, 'LaunchTemplate') ?? {};
  const overrides = objects(launch, 'Overrides') ?? [];
  const unit = text(group.json, 'DesiredCapacityType') ?? 'units';
  const asked: readonly [boolean, string][] = [
    [text(group.json, 'LaunchConfigurationName') !== undefined, 'A launch configuration'],
    [text(group.json, 'InstanceId') !== undefined, 'A group made from an instance'],
    [text(group.json, 'MaxInstanceLifetime') !== undefined, 'MaxInstanceLifetime'],
    [unit !== 'units', `DesiredCapacityType ${unit}`],
    [overrides.some((it) => text(it, 'WeightedCapacity') !== undefined), 'WeightedCapacity'],
    [overrides.some((it) => object(it, 'InstanceRequirements') !== undefined), 'InstanceRequirements'],
    [objects(distributionOf(group), 'DistributionSegments') !== undefined, 'DistributionSegments'],
  ];
  for (const [isAsked, what] of asked) {
    if (isAsked) throw new AwsApiError('ValidationError', `${what} is not modelled.`);
  }
};
