import type { ClusterMemory, GroupSize } from '../../model/memory.ts';
import { minuteMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import { isRaisedNow, raiseOf } from '../keeping/raised.ts';
import { hasGap, type View } from '../view.ts';
import { type SizeStep, sizesAfter } from './steps.ts';

/** So long a size of before may still show; reads of groups are late by seconds, if at all. Assumed. */
const showsForMs = 5 * minuteMs;

const sizeAfter = (view: View, { group, hold }: GroupState, planned: number): GroupSize => {
  const before = view.memory.sizes[group.name];
  const { desiredCapacity: desired } = group;
  // Two that size one group would each take the other's change for a person's.
  const isOurs = hold?.reason !== 'managedScaling' && hold?.reason !== 'groupConflict';
  const raised = isOurs && isRaisedNow(view, group) ? { to: desired, at: view.now } : raiseOf(view, group);
  const highest = Math.max(desired, planned);
  const shows = before !== undefined && before.highest > highest && view.now - before.at < showsForMs;
  return { ...(shows ? { highest: before.highest, at: before.at } : { highest, at: view.now }), raised };
};

/**
 * To be remembered: the highest desired capacity that was seen or asked for lately, by which one that somebody else
 * raised is told from one that a read shows late.
 */
export const groupSizesAfter = (
  view: View,
  states: readonly GroupState[],
  steps: readonly SizeStep[],
): ClusterMemory['sizes'] => {
  const planned = sizesAfter(view.settings.mode === 'act' ? steps : []);
  return {
    ...(hasGap(view, 'groups') ? view.memory.sizes : {}),
    ...Object.fromEntries(
      states.map((it) => [it.group.name, sizeAfter(view, it, planned.get(it.group.name) ?? 0)] as const),
    ),
  };
};
