import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import { type Drain, isEndedByOthers, type OwnCause } from '../../model/memory.ts';
import type { DisruptionBudget } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Move } from '../drain-moves.ts';
import type { GroupState } from '../groups.ts';
import { oncePerPart } from '../once.ts';
import type { View } from '../view.ts';
import { isOpen, isReadable } from './calendar.ts';

/** What this plan does with each drain, by EC2 instance id. */
type Moves = ReadonlyMap<string, Move>;

const replacingFirst: readonly OwnCause[] = ['rotation', 'rebalance', 'repair'];

/** Whether a replacement comes before the instance goes, so that its group is never smaller for it. */
const replacesFirst = (cause: OwnCause): boolean => replacingFirst.includes(cause);

/** An instance of a group that is or may be out of service already. */
interface Away {
  /** Why it is leaving by Berth's choice; none where it only has no agent. */
  readonly causes: readonly OwnCause[];
  readonly isDisconnected: boolean;
  /** Whether it is going to take one from the group's desired capacity that is still in it. */
  readonly makesSmaller: boolean;
}

/** Whether it is ACTIVE again, or asked to be: by an earlier plan, or by this one. */
const isTakenBack = ({ ec2InstanceId, state }: Drain, moves: Moves): boolean =>
  state === 'restoring' || moves.get(ec2InstanceId)?.kind === 'restore';

const awayOf = (view: View, moves: Moves, id: string): Away => {
  const membership = view.membershipByEc2Id.get(id);
  const isInGroup = membership !== undefined && countsTowardsDesired(membership.member);
  const instance = view.instanceByEc2Id.get(id);
  const own = view.drainByEc2Id.get(id);
  const draining = own === undefined || isTakenBack(own, moves) || isEndedByOthers(own.cause) ? undefined : own.cause;
  const retiring = view.memory.retiring[id]?.cause;
  // One whose replacement comes first takes one from its group as well: the replacement is in the desired capacity by then.
  const goes = draining !== undefined || retiring !== undefined;
  return {
    causes: [draining, retiring].filter((it) => it !== undefined),
    isDisconnected: instance !== undefined && instance.status !== 'REGISTERING' && !instance.agentConnected,
    makesSmaller: isInGroup && goes,
  };
};

const groupNameOf = (view: View, id: string): string =>
  view.membershipByEc2Id.get(id)?.group.name ?? view.drainByEc2Id.get(id)?.group ?? '';

/** Its drain is over, though it is still written down: in no group any more, and nothing can run there. */
const isGone = (view: View, id: string): boolean =>
  !view.membershipByEc2Id.has(id) && view.instanceByEc2Id.get(id)?.agentConnected !== true;

const awayByGroup = oncePerPart((view: View, moves: Moves): ReadonlyMap<string, readonly Away[]> => {
  const ids = new Set([...view.drainByEc2Id.keys(), ...view.membershipByEc2Id.keys()]);
  const groups = new Map<string, Away[]>();
  for (const id of ids) {
    if (isGone(view, id)) continue;
    const away = awayOf(view, moves, id);
    if (away.causes.length === 0 && !away.isDisconnected) continue;
    const name = groupNameOf(view, id);
    const others = groups.get(name);
    if (others === undefined) groups.set(name, [away]);
    else others.push(away);
  }
  return groups;
});

/** A budget whose windows cannot be read holds always: what it forbids is not known. */
const isKnown = (budget: DisruptionBudget): boolean => budget.windows.every(isReadable);

const holdsNow = (budget: DisruptionBudget, now: EpochMs): boolean =>
  budget.windows.length === 0 || !isKnown(budget) || budget.windows.some((it) => isOpen(it, now));

/** A product of a decimal share may fall just short of the whole number it stands for: 0.29 × 100. */
const wholeShare = (share: number, of: number): number => Math.floor(share * of + 1e-9);

/** How many of a group's instances may be away at once. A budget that cannot be read, or names no number, lets none go. */
const limitOf = (budget: DisruptionBudget, { desiredCapacity }: AutoScalingGroup): number => {
  const ofShare =
    budget.share === undefined ? undefined : Math.max(budget.atLeast, wholeShare(budget.share, desiredCapacity));
  const limits = [budget.instances, ofShare].filter((it) => it !== undefined);
  return isKnown(budget) && limits.length > 0 ? Math.min(...limits) : 0;
};

/**
 * How many more instances of a group may begin to leave for this cause. Each budget applies to every group by itself, and
 * the least of those that name the cause and hold now counts. What is leaving for any cause that a budget names is
 * taken from it, and so is what has no agent, except for repair, which is there to end that. Groups never fall below
 * their minimum size for a cause without a replacement. Infinity where nothing limits it; 0 for an unknown group.
 */
export const allowanceFor = (
  view: View,
  states: readonly GroupState[],
  moves: Moves,
  cause: OwnCause,
): ((group: AutoScalingGroup) => number) => {
  const budgets = view.settings.budgets.filter((it) => it.causes.includes(cause) && holdsNow(it, view.now));
  const allowances = new Map(
    states.map(({ group }) => {
      const away = awayByGroup(view, moves).get(group.name) ?? [];
      const spent = ({ causes }: DisruptionBudget): number =>
        away.filter((it) => (it.isDisconnected && cause !== 'repair') || it.causes.some((one) => causes.includes(one)))
          .length;
      const aboveMinimum = group.desiredCapacity - group.minSize - away.filter((it) => it.makesSmaller).length;
      const limits = budgets.map((it) => limitOf(it, group) - spent(it));
      return [group.name, Math.max(0, Math.min(replacesFirst(cause) ? Infinity : aboveMinimum, ...limits))] as const;
    }),
  );
  return ({ name }) => allowances.get(name) ?? 0;
};
