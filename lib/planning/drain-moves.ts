import { countsTowardsDesired } from '../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import { type Drain, isEndedByOthers } from '../model/memory.ts';
import { deadlineFor } from './deadlines.ts';
import { complete, leaveGroup, moveOfEnding, terminateRetained } from './draining/by-others.ts';
import { holdOf, isRetained } from './draining/hooks.ts';
import { type DrainContext, enter, laterOn, type Move, secondLookMs, waitUntil } from './draining/move.ts';
import { moveOfOwn, reasonToStay } from './draining/own.ts';
import { hasGap, isPartial, type Membership, type View } from './view.ts';

export type { DrainContext, Move } from './draining/move.ts';
export { isRevocable } from './draining/own.ts';

/** A deadline is fixed when the drain is made, or, where that was not possible, at its next move. */
export const withDeadline = (view: View, drain: Drain): Drain => {
  if (drain.deadlineAt !== undefined || drain.state === 'restoring' || isPartial(view)) return drain;
  const deadlineAt = deadlineFor(view, drain);
  return deadlineAt === undefined ? drain : { ...drain, deadlineAt };
};

/** Registered anew, under another ARN: what was seen under the old one proves nothing. */
const followed = (view: View, drain: Drain, instance: ContainerInstance | undefined): Drain =>
  instance === undefined || instance.arn === drain.containerInstanceArn || view.registeredTwice.has(drain.ec2InstanceId)
    ? drain
    : { ...drain, containerInstanceArn: instance.arn, state: 'draining', since: view.now };

/** The next move of a drain, from what is. Every rule may be evaluated again at any time with the same result. */
export const moveOf = (context: DrainContext, given: Drain): Move => {
  const { view } = context;
  const membership = view.membershipByEc2Id.get(given.ec2InstanceId);
  const instance = view.instanceByEc2Id.get(given.ec2InstanceId);
  const drain = withDeadline(view, followed(view, given, instance));
  const uncertain =
    hasGap(view, 'cluster', 'containerInstances', 'groups') && (instance === undefined || membership === undefined);
  if (uncertain) return laterOn(view, drain, 'part of the cluster could not be read');
  if (instance === undefined) return release(context, drain, membership);
  // Terminated or detached, its agent silent: ECS may keep showing it for as long as it likes.
  if (membership === undefined && !instance.agentConnected) return { kind: 'end', drain };
  const seen = { drain, instance, membership };
  const isHeld = holdOf(view, membership) !== undefined || isRetained(membership);
  return isEndedByOthers(drain.cause) || isHeld ? moveOfEnding(context, seen) : moveOfOwn(context, seen);
};

/** No longer a container instance: nothing can run there, so whatever still holds it lets it go. */
const release = (context: DrainContext, drain: Drain, membership: Membership | undefined): Move => {
  const { view } = context;
  const hold = holdOf(view, membership);
  if (hold !== undefined) return complete(view, hold, drain, 'not registered with ECS: nothing can run there');
  if (membership === undefined) return { kind: 'end', drain };
  const { name } = membership.group;
  if (isRetained(membership))
    return terminateRetained(view, name, drain, 'retained by its group, and not registered with ECS', false);
  if (!countsTowardsDesired(membership.member)) return { kind: 'end', drain };
  if (drain.cause === 'spotInterruption' && drain.state !== 'terminating')
    return leaveGroup(context, { membership }, drain, 'spot interruption; not registered with ECS any more', false);
  if (drain.cause !== 'repair' || isPartial(view) || reasonToStay(context, { drain, membership }) !== undefined)
    return { kind: 'end', drain };
  return context.growing.has(name)
    ? waitUntil(view.now + secondLookMs, drain, `${name} grows first`)
    : {
        kind: 'terminate',
        drain: enter(drain, 'terminating', view.now),
        group: name,
        reason: 'not registered with ECS any more: nothing of it can run there',
        regardless: false,
        keepsDesiredCapacity: false,
      };
};
