import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { LaunchFailure } from '../../model/memory.ts';
import type { FailedActivity } from '../../model/observation.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { hasGap, type View } from '../view.ts';

/** The first look whether AWS has some again: capacity often comes back within minutes, and a call costs nothing. */
const firstWaitMs = minuteMs;

/** Probes are never rarer: a group whose only tasks are bound to it must not wait longer than it has to. */
const longestWaitMs = 10 * minuteMs;

/** After so long without a failure a group is as good as any other. */
const forgottenMs = 30 * minuteMs;

/** No instance boots and registers faster than this: one that registers sooner was launched before the failure. */
const fastestBootMs = minuteMs;

/** A group that AWS had no instances for, as the planner counts it. */
export interface Failing {
  /** Of the last failure. */
  readonly at: EpochMs;
  readonly cause: string;
  /** Whether the group can launch nowhere; else only `zones` are without capacity, and Auto Scaling tries the others. */
  readonly isWhole: boolean;
  /** Zones that were without capacity when last asked, and are not to be asked yet. */
  readonly zones: ReadonlySet<string>;
  /** How many instances may be on their way at once; 1 after a failure, one more with each that has come since. */
  readonly budget: number;
  /** From when on one more may be asked for. */
  readonly probeAt: EpochMs;
}

/** The one of the group's several zones that a failure was about; undefined where it was about the group. */
const zoneOf = ({ availabilityZones }: AutoScalingGroup, zone: string | undefined): string | undefined =>
  zone !== undefined && availabilityZones.length > 1 && availabilityZones.includes(zone) ? zone : undefined;

const waitOf = (it: LaunchFailure): number => it.waitMs ?? firstWaitMs;

/** Instances that were launched since then and have registered: in the zone, or in any. */
const joinedSince = (view: View, group: AutoScalingGroup, zone: string | undefined, at: EpochMs): number =>
  group.instances.filter((it) => {
    const registeredAt = view.instanceByEc2Id.get(it.ec2InstanceId)?.registeredAt ?? Number.NEGATIVE_INFINITY;
    const isThere = zone === undefined || it.availabilityZone === zone;
    return isThere && countsTowardsDesired(it) && registeredAt >= at + fastestBootMs;
  }).length;

const newestOf = (activities: readonly FailedActivity[]): FailedActivity | undefined =>
  activities.toSorted((a, b) => b.at - a.at || (a.activityId < b.activityId ? -1 : 1)).at(0);

/**
 * What is known after one more failure; `isProbe`: no instance has come since the one before. Auto Scaling tries again and
 * again by itself; only what fails after the wait is a probe that failed, and makes the next one come later.
 */
const afterFailure = (
  it: Omit<LaunchFailure, 'budget' | 'waitMs'>,
  known: LaunchFailure | undefined,
  isProbe: boolean,
): LaunchFailure => {
  const wait = known !== undefined && isProbe ? waitOf(known) : firstWaitMs;
  const isOver = known !== undefined && isProbe && it.at >= known.at + wait;
  return { ...it, budget: 1, waitMs: isOver ? Math.min(2 * wait, longestWaitMs) : wait };
};

/** What is known of one zone, or of the group as a whole, after this look. */
const failureAfter = (
  view: View,
  group: AutoScalingGroup,
  zone: string | undefined,
  known: LaunchFailure | undefined,
  newest: FailedActivity | undefined,
): LaunchFailure | undefined => {
  const joined = known === undefined ? 0 : joinedSince(view, group, zone, known.at);
  if (newest !== undefined && newest.at > (known?.at ?? Number.NEGATIVE_INFINITY)) {
    const { at, cause } = newest;
    return afterFailure({ group: group.name, at, cause, availabilityZone: zone }, known, joined === 0);
  }
  return known === undefined ? undefined : { ...known, budget: 1 + joined };
};

/** The failures of a group that still count, by zone. */
const failuresOf = (view: View, group: AutoScalingGroup): readonly LaunchFailure[] => {
  const known = view.memory.launchFailures
    .filter((it) => it.group === group.name)
    .toSorted((a, b) => b.at - a.at || (a.cause < b.cause ? -1 : 1));
  const seen = view.observation.failedActivities.filter((it) => it.group === group.name);
  const zones = new Set([
    ...known.map((it) => zoneOf(group, it.availabilityZone)),
    ...seen.map((it) => zoneOf(group, it.availabilityZone)),
  ]);
  return [...zones]
    .sort((a = '', b = '') => (a < b ? -1 : 1))
    .map((zone) =>
      failureAfter(
        view,
        group,
        zone,
        known.find((it) => zoneOf(group, it.availabilityZone) === zone),
        newestOf(seen.filter((it) => zoneOf(group, it.availabilityZone) === zone)),
      ),
    )
    .filter((it) => it !== undefined)
    .filter((it) => view.now - it.at < forgottenMs);
};

/** Undefined where no launch of the group has failed lately. */
export const failingOf = (view: View, group: AutoScalingGroup): Failing | undefined => {
  const failures = failuresOf(view, group);
  const [last] = failures.toSorted((a, b) => b.at - a.at);
  if (last === undefined) return undefined;
  const byZone = failures.filter((it) => it.availabilityZone !== undefined);
  const general = failures.filter((it) => it.availabilityZone === undefined);
  const isWhole = general.length > 0 || byZone.length === group.availabilityZones.length;
  const counted = general.length > 0 ? general : byZone;
  const isWaiting = (it: LaunchFailure): boolean => it.budget === 1 && view.now < it.at + waitOf(it);
  return {
    at: last.at,
    cause: last.cause,
    isWhole,
    zones: new Set(byZone.filter(isWaiting).flatMap((it) => it.availabilityZone ?? [])),
    budget: Math.max(...counted.map((it) => it.budget)),
    probeAt: Math.min(...counted.map((it) => (it.budget > 1 ? it.at : it.at + waitOf(it)))),
  };
};

/** To be remembered; those of groups that a partial look did not show are not forgotten. */
export const launchFailuresAfter = (view: View): readonly LaunchFailure[] => {
  const { groups } = view.observation;
  const unseen = hasGap(view, 'groups')
    ? view.memory.launchFailures.filter((it) => !groups.some((group) => group.name === it.group))
    : [];
  return [...groups.flatMap((it) => failuresOf(view, it)), ...unseen];
};

/** A launch that AWS refused at once. */
export interface RefusedLaunch {
  readonly group: string;
  /** Undefined where the group has but one. */
  readonly availabilityZone: string | undefined;
  readonly instances: number;
  readonly cause: string;
}

/** The failures that are known, after launches that were refused at `at`: in order, so that it does not matter which came first. */
export const failuresAfterRefusals = (
  failures: readonly LaunchFailure[],
  refused: readonly RefusedLaunch[],
  at: EpochMs,
): readonly LaunchFailure[] => {
  const byPlace = Map.groupBy(refused, (it) => JSON.stringify([it.group, it.availabilityZone]));
  const isSame = (a: RefusedLaunch, b: LaunchFailure): boolean =>
    a.group === b.group && a.availabilityZone === b.availabilityZone;
  const anew = [...byPlace]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, its]) => {
      const [first] = its.toSorted((a, b) => (a.cause < b.cause ? -1 : 1));
      if (first === undefined) return [];
      const known = failures.find((it) => isSame(first, it));
      const { group, availabilityZone, cause } = first;
      return [afterFailure({ group, at, cause, availabilityZone }, known, known?.budget === 1)];
    });
  return [...failures.filter((it) => !refused.some((one) => isSame(one, it))), ...anew];
};
