import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { EpochMs } from '../../model/time.ts';
import { holdsAll } from '../../placement/holds.ts';
import type { Ask, Site } from '../../placement/site.ts';
import type { Move } from '../drain-moves.ts';
import type { GroupState } from '../groups.ts';
import { accountsFor, isPartial, type View } from '../view.ts';
import { workOn } from '../work.ts';

type Moves = ReadonlyMap<string, Move>;

/**
 * Since when an instance holds nothing but daemons; undefined where it holds more. A task that is stopping has left
 * the list of running tasks, but ECS's account of the instance still shows it.
 */
export const emptySinceOf = (view: View, it: ContainerInstance, moves: Moves): EpochMs | undefined => {
  const empty = workOn(view, it) === 0 && accountsFor(view, it, view.tasksByInstance.get(it.arn) ?? []);
  if (!empty) return undefined;
  // A drain that has just ended was ended for a reason: the quiet time begins anew.
  return moves.has(it.ec2InstanceId) ? view.now : (view.memory.emptySince[it.ec2InstanceId] ?? view.now);
};

/** To be remembered. Quiet time is counted over complete views only; after a hole the old beginning still holds. */
export const emptySinceAfter = (view: View, moves: Moves): Readonly<Record<string, EpochMs>> =>
  isPartial(view)
    ? view.memory.emptySince
    : Object.fromEntries(
        view.observation.containerInstances
          .filter((it) => it.status === 'ACTIVE' && it.agentConnected && view.membershipByEc2Id.has(it.ec2InstanceId))
          .flatMap((it) => {
            const since = emptySinceOf(view, it, moves);
            return since === undefined ? [] : [[it.ec2InstanceId, since] as const];
          }),
      );

/** Instances that a drain of Berth's own already takes out of a group's count, although the group still counts them. */
export const leavingOf = (view: View, moves: Moves, group: string): number =>
  [...view.drainByEc2Id.values()].filter((drain) => {
    const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
    const counted = membership?.group.name === group && countsTowardsDesired(membership.member);
    const move = moves.get(drain.ec2InstanceId)?.kind;
    const goes = drain.state !== 'restoring' && move !== 'restore' && move !== 'end';
    return counted && goes && drain.cause !== 'lifecycleAction';
  }).length;

/** Chooses, per group and as many as may go, the instances that have been empty longest. */
export const chooseEmpties = (
  view: View,
  allowance: (group: AutoScalingGroup) => number,
  states: readonly GroupState[],
  ready: ReadonlyMap<ContainerInstance, EpochMs>,
): readonly ContainerInstance[] =>
  ready.size === 0
    ? []
    : states.flatMap(({ group }) =>
        [...ready]
          .filter(([it]) => view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name === group.name)
          .sort(([a, since], [b, other]) => since - other || (a.arn < b.arn ? -1 : 1))
          .slice(0, Math.max(0, allowance(group)))
          .map(([it]) => it),
      );

/**
 * How many of the instances, the first ones first, may go so that the rest still holds what must have room: the largest
 * number found by halving.
 */
export const howManyMayGo = (
  instances: readonly ContainerInstance[],
  present: readonly Site[],
  asks: readonly Ask[],
): number => {
  if (asks.length === 0) return instances.length;
  const holdsWithout = (many: number): boolean => {
    const gone = new Set(instances.slice(0, many).map((it) => it.ec2InstanceId));
    return holdsAll(
      asks,
      present.filter((it) => !gone.has(it.id)),
    );
  };
  let [least, most] = [0, instances.length];
  if (holdsWithout(most)) return most;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (holdsWithout(middle)) least = middle;
    else most = middle;
  }
  return least;
};
