import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { ClusterMemory, GroupSize } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';

/** So long what somebody else raised a desired capacity to is kept, whether it is used or not. */
const keptForMs = 60 * minuteMs;

type Remembered = { readonly memory: Pick<ClusterMemory, 'sizes'>; readonly now: EpochMs };

/**
 * The desired capacity that somebody else asked for within the last hour, while it is not lowered; undefined where nobody
 * did. Who it was Auto Scaling does not tell: a person, a template that was deployed again, a scheduled action. It is
 * respected as a minimum would be.
 */
export const raiseOf = (
  { memory, now }: Remembered,
  { name, desiredCapacity }: AutoScalingGroup,
): GroupSize['raised'] => {
  const raised = memory.sizes[name]?.raised;
  const holds = raised !== undefined && now - raised.at < keptForMs && desiredCapacity >= raised.to;
  return holds ? raised : undefined;
};

/** Whether more is asked for than was ever seen or asked for by Berth: from the next decision on it is kept for an hour. */
export const isRaisedNow = ({ memory }: Remembered, { name, desiredCapacity }: AutoScalingGroup): boolean =>
  desiredCapacity > (memory.sizes[name]?.highest ?? Infinity);

/** The group, with what somebody raised it to as the least it may have. */
export const withRaisedMinimum = (group: AutoScalingGroup, remembered: Remembered): AutoScalingGroup => {
  const raised = raiseOf(remembered, group);
  return raised === undefined || raised.to <= group.minSize ? group : { ...group, minSize: raised.to };
};

/** Says so; undefined where nobody raised it. */
export const raisedNote = (remembered: Remembered, group: AutoScalingGroup): string | undefined => {
  const raised = raiseOf(remembered, group);
  if (raised === undefined) return undefined;
  const minutes = Math.ceil((raised.at + keptForMs - remembered.now) / minuteMs);
  return `somebody else raised its desired capacity to ${raised.to}: kept for ${minutes} min more`;
};
