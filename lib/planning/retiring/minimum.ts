import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { GroupState } from '../groups.ts';
import { leavingOf } from '../leaving/empties.ts';
import type { View } from '../view.ts';

/**
 * How many instances more each group must have before all its retiring ones may go: whether or not what they run fits
 * elsewhere already, none may fall below its minimum size. Groups that lack none are left out.
 */
export const missingForMinimum = (view: View, states: readonly GroupState[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    states.flatMap(({ group, hold }) => {
      if (hold !== undefined) return [];
      const retiring = group.instances.filter(
        (it) =>
          countsTowardsDesired(it) &&
          Object.hasOwn(view.memory.retiring, it.ec2InstanceId) &&
          !view.drainByEc2Id.has(it.ec2InstanceId),
      ).length;
      const leaving = retiring + leavingOf(view, new Map(), group.name);
      const missing = Math.min(group.minSize + leaving, group.maxSize) - group.desiredCapacity;
      return retiring > 0 && missing > 0 ? [[group.name, missing] as const] : [];
    }),
  );
