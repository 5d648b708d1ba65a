import type { ClusterMemory, GroupSize } from '../../model/memory.ts';
import type { GroupState } from '../groups.ts';
import { isRaisedNow, raiseOf } from '../keeping/raised.ts';
import { hasGap, type View } from '../view.ts';
import { settlesMs } from './resized.ts';
import { type SizeStep, sizesAfter } from './steps.ts';

const sizeAfter = (view: View, { group, hold }: GroupState, planned: number): GroupSize => {
  const before = view.memory.sizes[group.name];
  const { desiredCapacity: desired } = group;
  // Two that size one group would each take the other's change for a person's.
  const isOurs = hold?.reason !== 'managedScaling' && hold?.reason !== 'groupConflict';
  const raised = isOurs && isRaisedNow(view, group) ? { to: desired, at: view.now } : raiseOf(view, group);
  const { launchSource } = group;
  const highest = Math.max(desired, planned);
  if (before === undefined || before.highest <= highest) return { highest, at: view.now, raised, launchSource };
  const at = before.isLower === true ? before.at : view.now;
  if (view.now - at >= settlesMs) return { highest, at: view.now, raised, launchSource };
  // Read late, it may be that nobody has lowered it.
  return { highest: before.highest, at, isLower: true, raised: raised ?? before.raised, launchSource };
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
