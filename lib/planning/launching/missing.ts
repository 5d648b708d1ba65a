import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { LaunchIntent } from '../../model/memory.ts';
import type { EpochMs } from '../../model/time.ts';
import type { View } from '../view.ts';
import type { Failing } from './failures.ts';

/** What a group lacks of its desired capacity. */
export interface Missing {
  readonly onTheirWay: number;
  /** Past the boot deadline. */
  readonly late: number;
  /** AWS had none when Auto Scaling tried: it tries again, nobody knows how long. */
  readonly failed: number;
  /** To be remembered: since when the group has fewer instances than desired. */
  readonly intents: readonly LaunchIntent[];
}

const membersOf = (group: AutoScalingGroup): number => group.instances.filter(countsTowardsDesired).length;

/** So many times are told apart; in a storm of launches the lowest sizes, which come first, share the next one's. */
const mostIntents = 100;

/**
 * Since when the group lacks instances, by the desired capacity it lacks them of. A capacity that is lowered keeps the
 * times of what is still missing: an exhausted group must not look as if it had only just been asked.
 */
const intentsOf = (view: View, group: AutoScalingGroup, members: number): readonly LaunchIntent[] => {
  const since = new Map<number, EpochMs>();
  for (const it of view.memory.intents.filter((one) => one.group === group.name)) {
    const desired = Math.min(it.desiredCapacity, group.desiredCapacity);
    if (desired > members) since.set(desired, Math.min(since.get(desired) ?? it.at, it.at));
  }
  if (group.desiredCapacity > members && !since.has(group.desiredCapacity)) since.set(group.desiredCapacity, view.now);
  return [...since]
    .sort(([a], [b]) => a - b)
    .slice(-mostIntents)
    .map(([desiredCapacity, at]) => ({ group: group.name, desiredCapacity, at }));
};

/** The lowest capacities are filled first; what was asked for before a failure has failed. */
export const missingOf = (view: View, group: AutoScalingGroup, failing: Failing | undefined): Missing => {
  const members = membersOf(group);
  const intents = intentsOf(view, group, members);
  const failedAt = failing?.isWhole === true ? failing.at : Number.NEGATIVE_INFINITY;
  const counts = { onTheirWay: 0, late: 0, failed: 0 };
  for (const [n, it] of intents.entries()) {
    const instances = it.desiredCapacity - (intents[n - 1]?.desiredCapacity ?? members);
    const isLate = view.now - it.at >= view.settings.bootDeadlineMs;
    counts[it.at <= failedAt ? 'failed' : isLate ? 'late' : 'onTheirWay'] += instances;
  }
  return { ...counts, intents };
};
