import type { Ground } from '../ground.ts';
import type { Group, GroupInstance, LifecycleState, Seen } from './state.ts';

/**
 * A write is not seen by every read at once: for a moment reads answer what was before. Writes themselves act on what
 * is. (Auto Scaling API promises no consistency; the length is assumed.)
 */
const stale = <T>(ground: Ground, was: T | undefined, before: Seen<T> | undefined): Seen<T> | undefined => {
  const { groupWriteVisibleAfterMs } = ground.constants;
  if (groupWriteVisibleAfterMs.high <= 0) return undefined;
  const now = ground.now();
  if (before !== undefined && now < before.untilMs) return before; // still showing an earlier state
  return { was, untilMs: now + ground.draw(groupWriteVisibleAfterMs) };
};

/** To be called before the desired capacity is written. */
export const hideDesired = (ground: Ground, group: Group): void => {
  group.seenDesired = stale(ground, group.desired, group.seenDesired);
};

/** To be called before an instance's state is written by a call. */
export const hideState = (ground: Ground, it: GroupInstance): void => {
  it.seenState = stale(ground, it.state, it.seenState);
};

/** An instance that a call has just launched. */
export const hideNew = (ground: Ground, it: GroupInstance): void => {
  it.seenState = stale<LifecycleState>(ground, undefined, undefined);
};
