import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import { type Drain, isEndedByOthers } from '../../model/memory.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';
import { isPartial, type View } from '../view.ts';
import { lookAt, looksEmpty } from './emptiness.ts';
import { type Hold, heartbeatDueAt, holdOf, isRetained } from './hooks.ts';
import {
  type DrainContext,
  enter,
  laterOn,
  type Move,
  nextLookAt,
  type Seen,
  secondLookMs,
  waitUntil,
} from './move.ts';
import { describeLeft, isOverdue, stopTasksLeft } from './overdue.ts';
import { provenEmpty } from './own.ts';
import { isBelowMinimum } from './places.ts';

/** EC2 takes a spot instance two minutes after its warning (EC2 user guide): a little before that nothing is lost. */
const spotLeaveMs = 95 * secondMs;

/** A group that grows in this decision may shrink in the next one: there is no time to lose. */
const afterGrowthMs = 5 * secondMs;

/** An interrupted spot instance that its group still counts: the group would replace it, which Berth has done already. */
const isCountedSpot = ({ drain, membership }: Pick<Seen, 'drain' | 'membership'>): boolean =>
  drain.cause === 'spotInterruption' && membership !== undefined && countsTowardsDesired(membership.member);

/** An instance that somebody else ends, or that Berth ended and a hook holds: it must be empty, whatever we need. */
export const moveOfEnding = (context: DrainContext, seen: Seen): Move =>
  isCountedSpot(seen) ? moveOfSpot(context, seen) : moveOfLeaving(context, seen);

const moveOfSpot = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const { drain } = seen;
  if (drain.state === 'terminating' && view.now - drain.since < secondLookMs)
    return waitUntil(drain.since + secondLookMs, drain, 'its termination was asked for');
  const leaveAt = drain.startedAt + spotLeaveMs;
  if (view.now >= leaveAt)
    return leaveGroup(context, seen, drain, `EC2 is ending it anyway: ${describeLeft(view, drain)}`, true);
  if (seen.instance.status === 'ACTIVE') return drainAgain(view, drain);
  const look = lookAt(view, seen);
  if (look.kind === 'empty') return leaveGroup(context, seen, look.drain, `spot interruption; ${provenEmpty}`, false);
  if (look.kind === 'lookAgain') return waitUntil(Math.min(look.at, leaveAt), look.drain, look.reason);
  return isOverdue(view, look.drain) && view.settings.drain.onEndingDeadline === 'stopTasks'
    ? noLaterThan(leaveAt, stopTasksLeft(view, look.drain))
    : waitUntil(nextLookAt(view, leaveAt), look.drain, describeLeft(view, look.drain));
};

const noLaterThan = (at: EpochMs, move: Move): Move =>
  'wakeAt' in move ? { ...move, wakeAt: Math.min(at, move.wakeAt) } : move;

/** Lowers the group's desired capacity by the instance that EC2 takes, where the group has room above its minimum. */
export const leaveGroup = (
  { view, states, growing }: DrainContext,
  { membership }: Pick<Seen, 'membership'>,
  drain: Drain,
  reason: string,
  regardless: boolean,
): Move => {
  if (membership === undefined) return laterOn(view, drain, 'EC2 is ending it');
  const { group } = membership;
  const hold = states.find((it) => it.group.name === group.name)?.hold;
  if (hold?.reason === 'managedScaling' || hold?.reason === 'groupConflict')
    return laterOn(view, drain, `EC2 is ending it, and its group is not ours to size: ${hold.detail}`);
  if (isBelowMinimum(view, group, drain))
    return laterOn(view, drain, 'EC2 is ending it, and its group replaces it: it may not become smaller');
  if (isPartial(view)) return waitUntil(view.now + secondLookMs, drain, 'part of the cluster could not be read');
  if (growing.has(group.name)) return waitUntil(view.now + afterGrowthMs, drain, `${group.name} grows first`);
  return {
    kind: 'terminate',
    drain: { ...drain, state: 'terminating', since: view.now },
    group: group.name,
    reason,
    regardless,
    keepsDesiredCapacity: false,
  };
};

/** Asked for a moment ago, DRAINING may not show yet (ECS API reference, eventual consistency). */
const drainingShowsMs = 5 * secondMs;

const drainAgain = (view: View, given: Drain): Move => {
  // Whatever was seen before it was ACTIVE proves nothing: the two looks begin anew.
  const drain = enter(given, 'draining', view.now);
  const showsAt = given.startedAt + drainingShowsMs;
  return given.state === 'draining' && view.now < showsAt && view.now > given.startedAt
    ? waitUntil(showsAt, drain, 'DRAINING was asked for and does not show yet')
    : { kind: 'drainAgain', drain, reason: 'it is ending and not yet DRAINING' };
};

const moveOfLeaving = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const { drain, instance, membership } = seen;
  const hold = holdOf(view, membership);
  if (instance.status === 'ACTIVE')
    return hold?.byEcs === true
      ? laterOn(view, drain, 'managed draining: ECS drains it itself')
      : drainAgain(view, drain);
  if (drain.state === 'terminating' && looksEmpty(view, seen)) return finish(view, seen, hold, drain);
  const look = lookAt(view, seen);
  switch (look.kind) {
    case 'empty':
      return finish(view, seen, hold, look.drain);
    case 'lookAgain':
      return waitUntil(look.at, look.drain, look.reason);
    case 'notEmpty':
      return holdOn(view, seen, hold, look.drain);
  }
};

/** Proven empty: let go by its hook, or terminated where no hook holds it any longer. */
const finish = (view: View, { membership }: Pick<Seen, 'membership'>, hold: Hold | undefined, drain: Drain): Move => {
  if (hold !== undefined) return complete(view, hold, drain, 'empty: nothing is left to wait for');
  if (membership !== undefined && isRetained(membership))
    return terminateRetained(view, membership.group.name, drain, `retained by its group; ${provenEmpty}`, false);
  return laterOn(view, drain, 'empty; it is being ended');
};

/** Completes our hook; others' hooks are theirs to complete. */
export const complete = (view: View, { group, ours }: Hold, drain: Drain, reason: string): Move =>
  ours === undefined
    ? laterOn(view, drain, `${reason}; the hook that holds it is not Berth's`)
    : { kind: 'complete', drain: enter(drain, 'terminating', view.now), group, reason };

export const terminateRetained = (
  view: View,
  group: string,
  drain: Drain,
  reason: string,
  regardless: boolean,
): Move =>
  isPartial(view)
    ? laterOn(view, drain, 'part of the cluster could not be read')
    : {
        kind: 'terminate',
        drain: enter(drain, 'terminating', view.now),
        group,
        reason,
        regardless,
        keepsDesiredCapacity: true,
      };

interface Ending {
  readonly isOverdue: boolean;
  readonly at: EpochMs | undefined;
  readonly policy: 'abandon' | 'stopTasks' | 'proceed';
}

/** Berth's own drain that a hook holds obeys its own deadline where that lets it go, and that of endings else. */
const endingOf = (view: View, drain: Drain): Ending => {
  const { onDeadline, onEndingDeadline, endingDeadlineMs } = view.settings.drain;
  if (isEndedByOthers(drain.cause) || onDeadline !== 'abandon')
    return {
      isOverdue: isOverdue(view, drain),
      at: drain.deadlineAt,
      policy: isEndedByOthers(drain.cause) ? onEndingDeadline : onDeadline,
    };
  const at = endingDeadlineMs === undefined ? undefined : drain.since + endingDeadlineMs;
  return { isOverdue: at !== undefined && view.now >= at, at, policy: onEndingDeadline };
};

/** Not empty yet: its hook is told to wait longer, as long as the settings let it. */
const holdOn = (view: View, seen: Seen, hold: Hold | undefined, drain: Drain): Move => {
  const ending = endingOf(view, drain);
  const left = describeLeft(view, drain);
  if (ending.isOverdue && ending.policy === 'proceed') return letGo(view, seen, hold, drain, left);
  if (ending.isOverdue && ending.policy === 'abandon')
    return laterOn(view, drain, `past its deadline, left to its hook: ${left}`);
  const dueAt = heartbeatDueAt(hold, drain);
  if (hold !== undefined && dueAt !== undefined && view.now >= dueAt) {
    const beaten = { ...drain, heartbeatAt: view.now };
    const wakeAt = nextLookAt(view, heartbeatDueAt(hold, beaten), ending.at);
    return { kind: 'heartbeat', drain: beaten, group: hold.group, wakeAt };
  }
  if (ending.isOverdue) return stopTasksLeft(view, drain);
  return waitUntil(nextLookAt(view, dueAt, ending.at), drain, left);
};

/** Past its deadline and the settings say proceed: it goes with what it runs. */
const letGo = (view: View, { membership }: Seen, hold: Hold | undefined, drain: Drain, left: string): Move => {
  const reason = `past its deadline, to which the settings say proceed: ${left}`;
  if (hold !== undefined) return complete(view, hold, drain, reason);
  if (membership !== undefined && isRetained(membership))
    return terminateRetained(view, membership.group.name, drain, reason, true);
  return laterOn(view, drain, `it is being ended; ${left}`);
};
