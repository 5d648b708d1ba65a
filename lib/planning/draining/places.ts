import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import { type Drain, isEndedByOthers } from '../../model/memory.ts';
import { minuteMs } from '../../model/time.ts';
import { oncePer } from '../once.ts';
import type { View } from '../view.ts';

/** Whether this drain is to lower its group's desired capacity: Berth's own, and interrupted spot instances. */
const lowersDesired = ({ cause, state }: Drain): boolean =>
  isEndedByOthers(cause) ? cause === 'spotInterruption' : state !== 'restoring';

/** For so long a termination that was asked for may be under way although the group does not show it yet. */
const irrevocableMs = minuteMs;

export const wasAskedFor = (view: View, drain: Drain): boolean =>
  drain.state === 'terminating' && view.now - drain.since < irrevocableMs;

const inTurn = (a: Drain, b: Drain): number =>
  Number(isEndedByOthers(a.cause)) - Number(isEndedByOthers(b.cause)) ||
  a.startedAt - b.startedAt ||
  (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1);

/** The place of each of these drains among those of its group that still count: own ones first, the oldest at 0. */
const placesOf = oncePer((view: View): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  const found = new Map<string, number>();
  for (const { ec2InstanceId } of [...view.drainByEc2Id.values()].filter(lowersDesired).sort(inTurn)) {
    const membership = view.membershipByEc2Id.get(ec2InstanceId);
    if (membership === undefined || !countsTowardsDesired(membership.member)) continue;
    const place = counts.get(membership.group.name) ?? 0;
    found.set(ec2InstanceId, place);
    counts.set(membership.group.name, place + 1);
  }
  return found;
});

/** Whether a group has no room above its minimum for this drain to lower its desired capacity. */
export const isBelowMinimum = (view: View, group: AutoScalingGroup, drain: Drain): boolean =>
  (placesOf(view).get(drain.ec2InstanceId) ?? Infinity) >= group.desiredCapacity - group.minSize;

/**
 * Whether it may only seem so: a group may show a desired capacity that a termination has lowered already, and still the
 * instance that it was lowered by.
 */
export const mayOnlySeemBelowMinimum = (view: View, group: AutoScalingGroup, drain: Drain): boolean => {
  const found = placesOf(view);
  const underWay = [...view.drainByEc2Id.values()].filter(
    (it) => wasAskedFor(view, it) && found.has(it.ec2InstanceId) && isOfGroup(view, it, group),
  ).length;
  return (
    underWay > 0 && (found.get(drain.ec2InstanceId) ?? Infinity) - underWay < group.desiredCapacity - group.minSize
  );
};

const isOfGroup = (view: View, { ec2InstanceId }: Drain, { name }: AutoScalingGroup): boolean =>
  view.membershipByEc2Id.get(ec2InstanceId)?.group.name === name;
