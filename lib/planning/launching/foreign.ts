import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { View } from '../view.ts';

/** Whether a termination by Berth is under way, which lowers the desired capacity by one. */
const isShrinking = (view: View, group: string): boolean =>
  [...view.drainByEc2Id.values()].some((it) => it.group === group && it.state === 'terminating');

/** Said where a group is to have fewer instances than it has, which only somebody else asks for: Berth lowers by what goes. */
const tooManyNote = ({ desiredCapacity, instances }: AutoScalingGroup): string | undefined => {
  const there = instances.filter(countsTowardsDesired).length;
  return there > desiredCapacity
    ? `desired capacity is ${desiredCapacity}, fewer than its ${there} instances; those that run tasks stay`
    : undefined;
};

/**
 * Said where the group lacks instances that Berth asked for, and its desired capacity is not what Berth set: a person,
 * a template that was deployed again, a scheduled action. What is there is followed, never fought.
 */
const tooFewNote = (view: View, { name, desiredCapacity }: AutoScalingGroup): string | undefined => {
  const asked = new Set(view.memory.launches.filter((it) => it.group === name).map((it) => it.at));
  const [last] = view.memory.intents
    .filter((it) => it.group === name && asked.has(it.at))
    .toSorted((a, b) => b.at - a.at || b.desiredCapacity - a.desiredCapacity);
  if (last === undefined || last.desiredCapacity === desiredCapacity) return undefined;
  if (desiredCapacity < last.desiredCapacity && isShrinking(view, name)) return undefined;
  return `desired capacity was set to ${desiredCapacity} by somebody else; Berth had asked for ${last.desiredCapacity}`;
};

/** What somebody else made of a group's size, for people to know. */
export const foreignSizeNote = (view: View, group: AutoScalingGroup): string | undefined =>
  tooManyNote(group) ?? tooFewNote(view, group);
