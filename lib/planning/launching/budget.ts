import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { LaunchCount } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { View } from '../view.ts';
import { workOn } from '../work.ts';

const hourMs = 60 * minuteMs;

/** A group that used its budget up to no end is tried again this often, one instance at a time. */
const probeEveryMs = 10 * minuteMs;

/** How long launches are remembered: those of the hour before tell whether a group is on probation. */
export const launchesLastMs = 2 * hourMs;

/**
 * How many more instances a group may be asked for. Launches that led to a registered instance with a task cost nothing:
 * growth is not stopped. What never registers, never gets a task, or is gone again counts for an hour.
 */
export interface LaunchBudget {
  readonly left: number;
  /** When there will be more; undefined while some is left. */
  readonly reopensAt: EpochMs | undefined;
  readonly detail: string;
}

/** Instances of the group that registered since then and hold work. */
const fruitfulSince = (view: View, group: AutoScalingGroup, at: EpochMs): number =>
  group.instances.filter((it) => {
    const instance = view.instanceByEc2Id.get(it.ec2InstanceId);
    return (
      instance !== undefined && countsTowardsDesired(it) && instance.registeredAt >= at && workOn(view, instance) > 0
    );
  }).length;

const instancesIn = (launches: readonly LaunchCount[]): number =>
  launches.reduce((total, it) => total + it.instances, 0);

const firstAt = (launches: readonly LaunchCount[]): EpochMs => Math.min(...launches.map((it) => it.at));

/** Over any hour, launches that bore no fruit never exceed the limit. */
export const launchBudgetOf = (view: View, group: AutoScalingGroup): LaunchBudget => {
  const limit = view.settings.launchesPerHour;
  const known = view.memory.launches.filter((it) => it.group === group.name && it.at > view.now - launchesLastMs);
  const recent = known.filter((it) => it.at > view.now - hourMs);
  const launched = instancesIn(recent);
  const wasted = recent.length === 0 ? 0 : Math.max(0, launched - fruitfulSince(view, group, firstAt(recent)));
  const left = Math.max(0, limit - wasted);
  const detail = `${wasted} of the ${launched} instances launched in the last hour have no task; ${limit} such are allowed (launchesPerHour)`;
  if (left === 0) return { left, reopensAt: recent.length === 0 ? undefined : firstAt(recent) + hourMs, detail };
  const isOnProbation =
    known.length > 0 && instancesIn(known) >= limit && fruitfulSince(view, group, firstAt(known)) === 0;
  if (!isOnProbation) return { left, reopensAt: undefined, detail };
  const next = Math.max(...known.map((it) => it.at)) + probeEveryMs;
  return view.now >= next
    ? { left: 1, reopensAt: undefined, detail }
    : { left: 0, reopensAt: next, detail: `${detail}; one is tried every ${probeEveryMs / minuteMs} minutes` };
};
