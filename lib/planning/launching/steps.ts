import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { LaunchInstances, SetGroupDesiredCapacity } from '../../model/plan.ts';
import { minuteMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import { counted } from '../text.ts';
import type { View } from '../view.ts';
import { maySeem } from './resized.ts';

/** What changes the size of a group upwards, or takes back what was asked for in vain. */
export type SizeStep = SetGroupDesiredCapacity | LaunchInstances;

/** Auto Scaling API reference, LaunchInstances: RequestedCapacity is at most 100. */
const mostACall = 100;

/** The same call within this time is the same request; a later one asks anew, for capacity may have come back. */
const sameRequestMs = minuteMs;

const mask = (1n << 64n) - 1n;

/** Fowler, Noll and Vo's hash (FNV-1a, 64 bits), as 16 hexadecimal digits. */
const hashOf = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & mask;
  return hash.toString(16).padStart(16, '0');
};

const reasonFor = (tasks: number, instances: number): string => {
  const more = counted(instances, 'more instance');
  return tasks === 0
    ? `instances that are to be replaced may not leave their group below its minimum: ${more} first`
    : `${counted(tasks, 'task')} without room need ${more}`;
};

const tally = <T>(items: readonly T[]): ReadonlyMap<T, number> =>
  new Map([...Map.groupBy(items, (it) => it)].map(([key, its]) => [key, its.length]));

/** LaunchInstances takes one zone a call, which groups of several must name. */
const launchSteps = (
  view: View,
  { group, zoneOfNext }: GroupState,
  instances: number,
  tasks: number,
): readonly LaunchInstances[] => {
  const isZonal = group.availabilityZones.length > 1;
  const zones = Array.from({ length: instances }, (_, n) => (isZonal ? zoneOfNext(n) : undefined));
  const bucket = Math.floor(view.now / sameRequestMs);
  return [...tally(zones)]
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .flatMap(([availabilityZone, inZone]) =>
      Array.from({ length: Math.ceil(inZone / mostACall) }, (_, call): LaunchInstances => {
        const count = Math.min(mostACall, inZone - call * mostACall);
        const request = [view.cluster, group.arn, availabilityZone, group.desiredCapacity, count, call, bucket];
        return {
          kind: 'launchInstances',
          group: group.name,
          from: group.desiredCapacity,
          count,
          availabilityZone,
          clientToken: `berth-${hashOf(request.join('|'))}`,
          reason: reasonFor(tasks, instances),
          ...maySeem(group.name, view),
        };
      }),
    );
};

/** One change of size a group: to the exact count, in one step, or in one a zone. */
export const growthSteps = (view: View, state: GroupState, instances: number, tasks: number): readonly SizeStep[] => {
  if (instances === 0) return [];
  const { name: group, desiredCapacity: from } = state.group;
  if (view.settings.groups[group]?.launchInstances === true) return launchSteps(view, state, instances, tasks);
  const to = from + instances;
  const reason = reasonFor(tasks, instances);
  return [{ kind: 'setGroupDesiredCapacity', group, from, to, reason, ...maySeem(group, view) }];
};

const launchedLately = (view: View, group: string): number =>
  view.memory.launches.reduce((total, it) => (it.group === group ? total + it.instances : total), 0);

/**
 * Launches that AWS had no instances for are taken back, or they would all come at once when it has some again, long
 * after other groups have taken the tasks. Only Berth's own, and only where the group cannot pick a busy victim: every
 * instance in service is protected, new ones will be, and no fewer are left desired than there are.
 */
export const takeBackSteps = (view: View, { group, failing, hold, missing }: GroupState): readonly SizeStep[] => {
  const mayLower = hold === undefined || hold.reason === 'launchBudget' || hold.reason === 'unknownInstanceShape';
  if (!mayLower || failing?.isWhole !== true || missing.failed === 0 || missing.onTheirWay > 0) return [];
  const isSafe =
    group.newInstancesProtectedFromScaleIn &&
    group.instances
      .filter((it) => it.lifecycleState === 'InService' && countsTowardsDesired(it))
      .every((it) => it.protectedFromScaleIn);
  const { name, desiredCapacity: from } = group;
  const to = Math.max(group.minSize, from - Math.min(missing.failed, launchedLately(view, name)));
  if (!isSafe || to >= from) return [];
  const reason = `${from - to} of its launches failed and are taken back: ${failing.cause}`;
  return [{ kind: 'setGroupDesiredCapacity', group: name, from, to, reason, ...maySeem(name, view) }];
};

/** The size that each group has once the steps are done, by name; several steps of one group add up. */
export const sizesAfter = (steps: readonly SizeStep[]): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>();
  for (const it of steps)
    sizes.set(it.group, it.kind === 'setGroupDesiredCapacity' ? it.to : (sizes.get(it.group) ?? it.from) + it.count);
  return sizes;
};
