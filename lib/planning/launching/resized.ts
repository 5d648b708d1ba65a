import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { ClusterMemory, Resized } from '../../model/memory.ts';
import { type EpochMs, secondMs } from '../../model/time.ts';

/** What was remembered, and when it is now. */
interface Remembered {
  readonly memory: ClusterMemory;
  readonly now: EpochMs;
}

/** So long after a group's size was changed a read may show the one before. Assumed: Auto Scaling states no consistency. */
export const settlesMs = 10 * secondMs;

/** The sizes that groups were given a moment ago. */
export const lastResized = ({ memory, now }: Remembered): readonly Resized[] =>
  memory.resized.filter((it) => now - it.at < settlesMs);

/**
 * The group with the size that Berth gave it a moment ago, where what was read is a size that it had before. Taken for
 * true, it would be launched for twice, or what was just taken back would be asked for again. No group has less than its
 * minimum: one that is read so has just been made, or given it.
 */
export const asResized = (group: AutoScalingGroup, remembered: Remembered): AutoScalingGroup => {
  const own = lastResized(remembered).filter((it) => it.group === group.name);
  const to = own.toSorted((a, b) => b.at - a.at).at(0)?.to;
  const isOld = to !== group.desiredCapacity && own.some((it) => it.from === group.desiredCapacity);
  const desiredCapacity = Math.max(group.minSize, to === undefined || !isOld ? group.desiredCapacity : to);
  return desiredCapacity === group.desiredCapacity ? group : { ...group, desiredCapacity };
};

/** The sizes before those that a group was given a moment ago, which a read may still show; undefined where it was given none. */
export const maySeem = (group: string, remembered: Remembered): { readonly maySeem?: readonly number[] } => {
  const before = lastResized(remembered).flatMap((it) => (it.group === group ? it.from : []));
  return before.length === 0 ? {} : { maySeem: [...new Set(before)].sort((a, b) => a - b) };
};
