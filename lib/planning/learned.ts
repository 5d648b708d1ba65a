import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, instanceTypeOf } from '../model/container-instance.ts';
import type { ClusterMemory, LearnedShape } from '../model/memory.ts';
import type { Resources } from '../model/resources.ts';
import type { GroupState } from './groups.ts';
import { isCapability } from './sites.ts';
import type { View } from './view.ts';

const sharedByInstances = new WeakMap<ContainerInstance['attributes'], Readonly<Record<string, string>>>();

/**
 * What instances agree on and a new one can be expected to have. What every ECS agent can do is left out, as are the
 * attributes that follow from where an instance is.
 */
export const sharedAttributes = (siblings: readonly ContainerInstance[]): Readonly<Record<string, string>> => {
  const [first, ...others] = siblings;
  if (first === undefined) return {};
  const kept = sharedByInstances.get(first.attributes) ?? Object.fromEntries(worthKeeping(first.attributes));
  sharedByInstances.set(first.attributes, kept);
  const agreed = Object.entries(kept).filter(([name, value]) => others.every((it) => it.attributes[name] === value));
  return agreed.length === Object.keys(kept).length ? kept : Object.fromEntries(agreed);
};

const worthKeeping = (attributes: ContainerInstance['attributes']): readonly (readonly [string, string])[] =>
  Object.entries(attributes).filter(([name]) => !isCapability(name) && !ofOneInstance.has(name));

const ofOneInstance: ReadonlySet<string> = new Set([
  'ecs.availability-zone',
  'ecs.subnet-id',
  'ecs.instance-type',
  'ecs.awsvpc-trunk-id',
]);

const least = (a: Resources, b: Resources): Resources => ({
  cpuUnits: Math.min(a.cpuUnits, b.cpuUnits),
  memoryMiB: Math.min(a.memoryMiB, b.memoryMiB),
});

/** What was learned before still counts while a type that the group may launch is not among its live instances. */
const registeredBy = (
  group: AutoScalingGroup,
  siblings: readonly ContainerInstance[],
  smallest: Resources,
  before: LearnedShape | undefined,
): Resources => {
  const types = new Set(siblings.map(instanceTypeOf));
  const isCovered = group.instanceTypes.every((it) => types.has(it));
  const isKnown = before !== undefined && before.launchSource === group.launchSource;
  return isKnown && !isCovered ? least(smallest, before.registered) : smallest;
};

/** What live instances register, so that a group at zero is planned exactly the next time. */
export const learned = (view: View, states: readonly GroupState[]): ClusterMemory['shapes'] => {
  const shapes: Record<string, LearnedShape> = {};
  for (const { group, registered } of states) {
    const before = view.memory.shapes[group.name];
    if (before !== undefined) shapes[group.name] = before;
    const siblings = registered?.siblings ?? [];
    const sibling = siblings.toSorted((a, b) => a.registered.memoryMiB - b.registered.memoryMiB).at(0);
    if (sibling === undefined || group.launchSource === undefined) continue;
    shapes[group.name] = {
      launchSource: group.launchSource,
      instanceType: instanceTypeOf(sibling) ?? 'unknown',
      registered: registeredBy(group, siblings, sibling.registered, before),
      gpus: sibling.gpusRegistered ?? sibling.gpusRemaining,
      attributes: sharedAttributes(siblings),
      from: 'instance',
    };
  }
  return shapes;
};

/**
 * Whether a group is met, or met with another launch template, of which nothing is known: then EC2 is to be asked at once,
 * and not only by the minute check. Said once, for EC2 may not know either.
 */
export const isNewlyUnknown = (
  before: ClusterMemory,
  { shapes }: ClusterMemory,
  groups: readonly AutoScalingGroup[],
): boolean =>
  groups.some(
    ({ name, launchSource: source }) =>
      source !== undefined && shapes[name]?.launchSource !== source && before.sizes[name]?.launchSource !== source,
  );
