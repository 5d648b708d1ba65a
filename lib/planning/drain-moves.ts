import { type AutoScalingGroup, countsTowardsDesired, isTerminating } from '../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Drain, DrainState } from '../model/memory.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { GroupState } from './groups.ts';
import { accountsFor, hasGap, isDaemonTask, isPartial, type Membership, type View } from './view.ts';

/** Emptiness is proven by two looks at least this far apart: ECS's reads may lag behind its writes. */
const secondLookMs = 10 * secondMs;

/** For so long a termination that was asked for may be under way although the group does not show it yet. */
const irrevocableMs = minuteMs;

/** Whether a drain of Berth's own can still be taken back: until its termination was asked for, or was not heard. */
export const isRevocable = (view: View, drain: Drain): boolean => {
  const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
  const asked = drain.state === 'terminating' && view.now - drain.since < irrevocableMs;
  return drain.cause === 'empty' && !asked && !(membership !== undefined && isTerminating(membership.member));
};

/** What becomes of one drain in this decision. */
export type Move =
  | { readonly kind: 'wait'; readonly drain: Drain; readonly wakeAt: EpochMs | undefined }
  | { readonly kind: 'drainAgain'; readonly drain: Drain }
  | { readonly kind: 'restore'; readonly drain: Drain; readonly reason: string }
  | { readonly kind: 'terminate'; readonly drain: Drain; readonly group: string }
  | { readonly kind: 'complete'; readonly drain: Drain; readonly group: string }
  | { readonly kind: 'end'; readonly drain: Drain };

/** What the rest of the plan says of draining instances and their groups. */
export interface DrainContext {
  readonly view: View;
  readonly states: readonly GroupState[];
  /** EC2 instance ids whose room waiting tasks need; `restores` are those of draining instances. */
  readonly needed: ReadonlySet<string>;
  readonly restores: ReadonlySet<string>;
  /** Groups that get a size-changing call in this decision already. */
  readonly growing: ReadonlySet<string>;
}

interface Seen {
  readonly drain: Drain;
  readonly instance: ContainerInstance;
  readonly membership: Membership | undefined;
}

const enter = (drain: Drain, state: DrainState, now: EpochMs): Drain =>
  drain.state === state ? drain : { ...drain, state, since: now };

/**
 * Whether nothing but daemons is left: DRAINING is visible, every task that still holds something was listed, and
 * ECS's own account of what the instance has left agrees. A hole in any of these reads makes it false.
 */
const looksEmpty = (view: View, { drain, instance }: Seen): boolean => {
  const tasks = view.observation.tasksOnDraining[drain.containerInstanceArn];
  if (tasks === undefined || instance.status !== 'DRAINING') return false;
  return tasks.every((it) => isDaemonTask(view, it)) && accountsFor(view, instance, tasks);
};

/** Work that came after the decision to drain an empty instance: it would be disturbed for nothing. */
const hasWork = (view: View, { drain }: Seen): boolean =>
  (view.observation.tasksOnDraining[drain.containerInstanceArn] ?? []).some((it) => !isDaemonTask(view, it));

/** The group that holds the instance for a termination hook, if one does. */
const heldBy = (membership: Membership | undefined): string | undefined =>
  membership?.member.lifecycleState === 'Terminating:Wait' ? membership.group.name : undefined;

/** The next move of a drain, from what is. Every rule may be evaluated again at any time with the same result. */
export const moveOf = (context: DrainContext, drain: Drain): Move => {
  const { view } = context;
  const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
  const instance = view.instanceByEc2Id.get(drain.ec2InstanceId);
  const uncertain =
    hasGap(view, 'containerInstances', 'groups') && (instance === undefined || membership === undefined);
  if (uncertain) return { kind: 'wait', drain, wakeAt: undefined };
  if (instance === undefined) return release(view, drain, membership);
  // Terminated or detached, its agent silent: ECS may keep showing it for as long as it likes.
  if (membership === undefined && !instance.agentConnected) return { kind: 'end', drain };
  const seen = { drain, instance, membership };
  const own = drain.cause === 'empty' && heldBy(membership) === undefined;
  return own ? moveOfOwn(context, seen) : moveOfExternal(context, seen);
};

/** No longer a container instance: nothing can run there, so a hook that holds it is let go. */
const release = (view: View, drain: Drain, membership: Membership | undefined): Move => {
  const group = heldBy(membership);
  return group === undefined
    ? { kind: 'end', drain }
    : { kind: 'complete', drain: enter(drain, 'terminating', view.now), group };
};

/** An instance that somebody else ends, or that Berth ended and a hook holds: it must be empty, whatever we need. */
const moveOfExternal = (context: DrainContext, seen: Seen): Move => {
  const { drain, instance } = seen;
  // Whatever was seen before it was ACTIVE proves nothing: the two looks begin anew.
  if (instance.status === 'ACTIVE') return { kind: 'drainAgain', drain: enter(drain, 'draining', context.view.now) };
  if (drain.state === 'terminating' && looksEmpty(context.view, seen)) return finish(context, seen, drain);
  return look(context, seen);
};

/** An instance that is being taken out because it is empty: our own choice, so it can be taken back. */
const moveOfOwn = (context: DrainContext, seen: Seen): Move => {
  const { view, restores, needed } = context;
  const { drain, instance, membership } = seen;
  if (instance.status === 'ACTIVE') {
    const asked = drain.state === 'draining' || drain.state === 'emptied';
    const wanted = needed.has(drain.ec2InstanceId) || hasWork(view, seen) || reasonToStay(context, seen) !== undefined;
    return asked && !wanted && !isPartial(view)
      ? { kind: 'drainAgain', drain: enter(drain, 'draining', view.now) }
      : { kind: 'end', drain };
  }
  if (membership !== undefined && isTerminating(membership.member)) return laterOn(view, drain);
  if (drain.state === 'terminating' && view.now - drain.since < irrevocableMs) return askAgain(context, seen);
  const reason = reasonToRestore(view, seen, restores) ?? reasonToStay(context, seen);
  if (reason !== undefined) return { kind: 'restore', drain: enter(drain, 'restoring', view.now), reason };
  return isPartial(view) ? { kind: 'wait', drain, wakeAt: undefined } : look(context, seen);
};

const reasonToRestore = (view: View, seen: Seen, restores: ReadonlySet<string>): string | undefined => {
  if (seen.drain.state === 'restoring') return 'not yet ACTIVE again';
  if (restores.has(seen.drain.ec2InstanceId)) return 'its room is needed again';
  return hasWork(view, seen) ? 'work landed on it before it was closed' : undefined;
};

/** What would forbid to drain it now forbids to terminate it too: people and settings change while it empties. */
const reasonToStay = ({ view, states }: DrainContext, { drain, membership }: Seen): string | undefined => {
  if (membership === undefined) return 'it has left its group';
  const { group, member } = membership;
  if (!countsTowardsDesired(member)) return `its group says ${member.lifecycleState}`;
  const hold = states.find((it) => it.group.name === group.name)?.hold;
  if (hold?.reason === 'managedScaling' || hold?.reason === 'groupConflict') return hold.detail;
  if (member.protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn) return 'a person has protected it';
  return isBelowMinimum(view, group, drain) ? 'its group may not become smaller' : undefined;
};

/** Whether a group has room above its minimum for this drain: the oldest drains come first. */
const isBelowMinimum = (view: View, group: AutoScalingGroup, drain: Drain): boolean =>
  (placesOf(view).get(drain.ec2InstanceId) ?? -1) >= group.desiredCapacity - group.minSize;

const places = new WeakMap<View, ReadonlyMap<string, number>>();

/** The place of each of Berth's own drains among those of its group that still count, the oldest at 0. */
const placesOf = (view: View): ReadonlyMap<string, number> => {
  const known = places.get(view);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  const found = new Map<string, number>();
  const oldestFirst = [...view.drainByEc2Id.values()]
    .filter((it) => it.cause === 'empty' && it.state !== 'restoring')
    .sort((a, b) => a.startedAt - b.startedAt || (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1));
  for (const { ec2InstanceId } of oldestFirst) {
    const membership = view.membershipByEc2Id.get(ec2InstanceId);
    if (membership === undefined || !countsTowardsDesired(membership.member)) continue;
    const place = counts.get(membership.group.name) ?? 0;
    found.set(ec2InstanceId, place);
    counts.set(membership.group.name, place + 1);
  }
  places.set(view, found);
  return found;
};

/** A termination that may not have been heard is asked for again, while everything that spoke for it still does. */
const askAgain = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const still = !isPartial(view) && looksEmpty(view, seen) && reasonToStay(context, seen) === undefined;
  return still ? finish(context, seen, seen.drain) : laterOn(view, seen.drain);
};

const laterOn = (view: View, drain: Drain): Move => ({ kind: 'wait', drain, wakeAt: view.now + minuteMs });

/** Looks for emptiness: once, and once more ten seconds later. */
const look = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const drain = seen.drain.state === 'terminating' ? enter(seen.drain, 'draining', view.now) : seen.drain;
  if (!looksEmpty(view, seen))
    return { kind: 'wait', drain: enter(drain, 'draining', view.now), wakeAt: view.now + 2 * secondLookMs };
  if (drain.state === 'draining')
    return { kind: 'wait', drain: enter(drain, 'emptied', view.now), wakeAt: view.now + secondLookMs };
  if (view.now - drain.since < secondLookMs) return { kind: 'wait', drain, wakeAt: drain.since + secondLookMs };
  return finish(context, seen, drain);
};

/** Proven empty: let go by its hook, or terminated, unless its group grows in this very decision. */
const finish = ({ view, growing }: DrainContext, { membership }: Seen, proven: Drain): Move => {
  const drain = enter(proven, 'terminating', view.now);
  const held = heldBy(membership);
  if (held !== undefined) return { kind: 'complete', drain, group: held };
  if (proven.cause !== 'empty' || membership === undefined) return laterOn(view, proven); // EC2 is ending it
  return growing.has(membership.group.name)
    ? { kind: 'wait', drain: proven, wakeAt: view.now + secondLookMs }
    : { kind: 'terminate', drain, group: membership.group.name };
};
