import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { UnplaceableReason } from '../../model/plan.ts';
import type { EpochMs } from '../../model/time.ts';
import type { View } from '../view.ts';
import type { LaunchBudget } from './budget.ts';
import type { Failing } from './failures.ts';

/** How many more instances a group may be asked for now, and what forbids one more. */
export interface Limit {
  readonly instances: number;
  readonly reason: Extract<UnplaceableReason, 'groupsAtMaximum' | 'capacityErrors' | 'launchBudget' | 'caps'>;
  readonly detail: string;
  /** When it will be less tight, where that is known. */
  readonly reopensAt: EpochMs | undefined;
}

/** The tightest; of several as tight, the first. */
export const tightest = (first: Limit, ...others: readonly Limit[]): Limit =>
  others.reduce((least, it) => (it.instances < least.instances ? it : least), first);

const ofFailures = (view: View, group: AutoScalingGroup, failing: Failing, outstanding: number): Limit => {
  const mayAsk = view.now >= failing.probeAt;
  return {
    instances: mayAsk ? Math.max(0, failing.budget - outstanding) : 0,
    reason: 'capacityErrors',
    detail: `launches of ${group.name} fail: ${failing.cause}`,
    reopensAt: mayAsk ? undefined : failing.probeAt,
  };
};

/** What the group alone allows; `outstanding` are the instances it was asked for that have not registered. */
export const limitOf = (
  view: View,
  group: AutoScalingGroup,
  known: { readonly failing: Failing | undefined; readonly budget: LaunchBudget; readonly outstanding: number },
): Limit => {
  const { failing, budget, outstanding } = known;
  return tightest(
    {
      instances: Math.max(0, group.maxSize - group.desiredCapacity),
      reason: 'groupsAtMaximum',
      detail: `${group.name} may have ${group.maxSize}`,
      reopensAt: undefined,
    },
    {
      instances: budget.left,
      reason: 'launchBudget',
      detail: `${group.name}: ${budget.detail}`,
      reopensAt: budget.reopensAt,
    },
    ...(failing?.isWhole === true ? [ofFailures(view, group, failing, outstanding)] : []),
  );
};
