import { countsTowardsDesired, isTerminating } from '../../model/auto-scaling-group.ts';
import type { Drain, DrainCause } from '../../model/memory.ts';
import { minuteMs } from '../../model/time.ts';
import { workLeftOn } from '../deadlines.ts';
import { shrinkForbiddenIn } from '../groups.ts';
import { pauseOf } from '../keeping/pause.ts';
import { isPartial, type View } from '../view.ts';
import { lookAt, looksEmpty } from './emptiness.ts';
import {
  type DrainContext,
  enter,
  laterOn,
  type Move,
  nextLookAt,
  restore,
  type Seen,
  secondLookMs,
  waitUntil,
} from './move.ts';
import { describeLeft, isLeftForGood, isOverdue, stopTasksLeft } from './overdue.ts';
import { isBelowMinimum, mayOnlySeemBelowMinimum, wasAskedFor } from './places.ts';

/** DRAINING that was asked for shows within seconds, seldom later (ECS API reference, eventual consistency). */
const showsWithinMs = minuteMs;

/** What was asked for and not done, since a function died or a call failed, is asked for again for so long. */
const askedAgainForMs = 5 * minuteMs;

const forRoom: readonly DrainCause[] = ['empty', 'consolidation'];

/** Whether a drain only gives up room that was not needed, so that it is taken back as soon as it is. */
const yieldsToDemand = ({ cause }: Drain): boolean => forRoom.includes(cause);

/**
 * Whether waiting tasks can have the room of a drain again: until its termination was asked for, or was not heard.
 * What leaves for another reason than being too much is not taken back for demand's sake.
 */
export const isRevocable = (view: View, drain: Drain): boolean => {
  const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
  const isGoing = membership !== undefined && isTerminating(membership.member);
  return yieldsToDemand(drain) && !wasAskedFor(view, drain) && !isGoing;
};

/** What would forbid to drain it now forbids to terminate it too: people and settings change while it empties. */
export const reasonToStay = (
  { view, states }: DrainContext,
  { drain, membership }: Pick<Seen, 'drain' | 'membership'>,
): string | undefined => {
  if (membership === undefined) return 'it has left its group';
  if (view.registeredTwice.has(drain.ec2InstanceId)) return 'registered under two ARNs: what runs there is not certain';
  if (drain.cause !== 'byHand' && pauseOf(view) !== undefined) return 'a person has paused it';
  const { group, member } = membership;
  if (!countsTowardsDesired(member)) return `its group says ${member.lifecycleState}`;
  const forbidden = shrinkForbiddenIn(states, group.name);
  if (forbidden !== undefined) return forbidden.detail;
  if (member.protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn) return 'a person has protected it';
  return isBelowMinimum(view, group, drain) ? belowMinimum : undefined;
};

const belowMinimum = 'its group may not become smaller';

/** Work that came after the decision to drain an empty instance would be disturbed for nothing. */
const hasNewWork = (view: View, { drain }: Seen): boolean =>
  drain.cause === 'empty' && workLeftOn(view, drain.containerInstanceArn).length > 0;

/** An instance that leaves by Berth's own choice, which can be taken back. */
export const moveOfOwn = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const { drain, instance, membership } = seen;
  if (instance.status === 'ACTIVE') return moveOfActive(context, seen);
  if (membership !== undefined && isTerminating(membership.member))
    return laterOn(view, drain, 'Auto Scaling is terminating it');
  if (instance.status !== 'DRAINING') return laterOn(view, drain, `ECS shows it as ${instance.status}`);
  if (wasAskedFor(view, drain)) return askAgain(context, seen);
  if (drain.state === 'restoring' && view.now - drain.since < secondLookMs)
    return waitUntil(drain.since + secondLookMs, drain, 'ACTIVE was asked for and does not show yet');
  if (isNeededAgain(context, seen))
    return restore(view, drain, 'its room is needed again', drain.cause === 'empty' ? 'no' : 'tasks');
  const reason = reasonToRestore(context, seen) ?? reasonToStay(context, seen);
  if (reason === belowMinimum && membership !== undefined && mayOnlySeemBelowMinimum(view, membership.group, drain))
    return waitUntil(view.now + secondLookMs, drain, 'what its group loses already is not clear yet');
  if (reason !== undefined) return restore(view, drain, reason);
  if (isPartial(view)) return laterOn(view, drain, 'part of the cluster could not be read');
  return goOn(context, seen);
};

/** What runs there was thought to fit elsewhere: an instance that it had to be kept for is not tried again at once. */
const isNeededAgain = ({ restores }: DrainContext, { drain }: Seen): boolean =>
  drain.state !== 'restoring' && restores.has(drain.ec2InstanceId) && yieldsToDemand(drain);

const reasonToRestore = ({ view }: DrainContext, seen: Seen): string | undefined => {
  if (seen.drain.state === 'restoring') return 'not yet ACTIVE again';
  return hasNewWork(view, seen) ? 'work landed on it before it was closed' : undefined;
};

/**
 * DRAINING does not show. It may have been asked for a moment ago, so the drain is not just forgotten: ACTIVE is asked
 * for, lest the instance stay closed for good.
 */
const moveOfActive = (context: DrainContext, seen: Seen): Move => {
  const { view, needed } = context;
  const { drain } = seen;
  if (drain.state === 'restoring' || drain.state === 'terminating') return { kind: 'end', drain };
  const isNeeded = needed.has(drain.ec2InstanceId) && yieldsToDemand(drain);
  const landed = hasNewWork(view, seen) ? 'work landed on it before it was closed' : undefined;
  const reason = (isNeeded ? 'its room is needed' : undefined) ?? landed ?? reasonToStay(context, seen);
  if (reason !== undefined) return restore(view, drain, reason);
  if (isPartial(view)) return laterOn(view, drain, 'part of the cluster could not be read');
  const isAskedAgain = drain.cause === 'empty' || drain.cause === 'byHand';
  if (wasTakenBack(view, drain, isAskedAgain))
    return restore(view, drain, 'somebody has made it ACTIVE again', 'instance');
  if (isAskedAgain)
    return { kind: 'drainAgain', drain: enter(drain, 'draining', view.now), reason: 'asked for and not yet DRAINING' };
  // What runs there had room elsewhere when the drain was made; whether it still has is to be decided anew, and not at
  // once: where ECS's reads lag behind, tasks would be moved again and again.
  return view.now - drain.since < showsWithinMs
    ? waitUntil(drain.since + showsWithinMs, drain, 'DRAINING was asked for and does not show yet')
    : restore(view, drain, 'it changed before it was closed', 'instance');
};

/** What was seen to be DRAINING, or must long be, and is not any more, was made ACTIVE by a person: that is not fought. */
const wasTakenBack = (view: View, drain: Drain, isAskedAgain: boolean): boolean =>
  drain.state === 'emptied' || (isAskedAgain && view.now - drain.since >= askedAgainForMs);

/** A termination that may not have been heard is asked for again, while everything that spoke for it still does. */
const askAgain = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const { drain } = seen;
  if (view.now - drain.since < secondLookMs)
    return waitUntil(drain.since + secondLookMs, drain, 'its termination was asked for');
  const isStillRight = !isPartial(view) && reasonToStay(context, seen) === undefined;
  if (isStillRight && looksEmpty(view, seen)) return terminateEmpty(context, seen, drain);
  if (isStillRight && mayProceed(view, drain)) return proceed(context, seen, drain);
  return laterOn(view, drain, 'its termination was asked for');
};

const goOn = (context: DrainContext, seen: Seen): Move => {
  const { view } = context;
  const look = lookAt(view, seen);
  switch (look.kind) {
    case 'empty':
      return terminateEmpty(context, seen, look.drain);
    case 'lookAgain':
      return waitUntil(look.at, look.drain, look.reason);
    case 'notEmpty':
      return isOverdue(view, look.drain)
        ? giveUp(context, seen, look.drain)
        : waitUntil(nextLookAt(view, look.drain.deadlineAt), look.drain, describeLeft(view, look.drain));
  }
};

const mayProceed = (view: View, drain: Drain): boolean =>
  isOverdue(view, drain) && view.settings.drain.onDeadline === 'proceed';

/** Past its deadline, what the settings say. */
const giveUp = (context: DrainContext, seen: Seen, drain: Drain): Move => {
  const { view } = context;
  switch (view.settings.drain.onDeadline) {
    case 'abandon':
      return restore(view, drain, `past its deadline: ${describeLeft(view, drain)}`, 'tasks');
    case 'stopTasks':
      return isLeftForGood(view, drain)
        ? restore(
            view,
            drain,
            `past its deadline, and none left that may be stopped: ${describeLeft(view, drain)}`,
            'tasks',
          )
        : stopTasksLeft(view, drain);
    case 'proceed':
      return proceed(context, seen, drain);
  }
};

/** The exception that the settings make: it goes with what it runs. */
const proceed = (context: DrainContext, seen: Seen, drain: Drain): Move =>
  terminate(context, seen, drain, {
    reason: `past its deadline, to which the settings say proceed: ${describeLeft(context.view, drain)}`,
    regardless: true,
  });

const terminateEmpty = (context: DrainContext, seen: Seen, drain: Drain): Move =>
  terminate(context, seen, drain, { reason: provenEmpty, regardless: false });

export const provenEmpty = 'proven empty: no task but daemons in two looks, and ECS holds nothing else for them';

/** Unless its group grows in this very decision. */
const terminate = (
  { view, growing }: DrainContext,
  { membership }: Seen,
  drain: Drain,
  why: { readonly reason: string; readonly regardless: boolean },
): Move => {
  if (membership === undefined) return laterOn(view, drain, 'it has left its group');
  const group = membership.group.name;
  if (growing.has(group)) return waitUntil(view.now + secondLookMs, drain, `${group} grows first`);
  return {
    kind: 'terminate',
    drain: enter(drain, 'terminating', view.now),
    group,
    keepsDesiredCapacity: false,
    ...why,
  };
};
