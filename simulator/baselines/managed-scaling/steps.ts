import type { Reservation } from './reservation.ts';
import type { ManagedScalingRules } from './rules.ts';
import type { Settings } from './served.ts';

/** A group's sizes as its policy sees them. */
export interface Sizes {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
}

const within = ({ minSize, maxSize }: Sizes, size: number): number => Math.min(maxSize, Math.max(minSize, size));

/** The size at which the reservation would be the target: N × percent ÷ target, which is M ÷ target. From nothing: two, whatever the target (assumed for targets below 100). */
const aim = ({ needed, running }: Reservation, { targetCapacity }: Settings): number =>
  running === 0 ? needed : Math.ceil((needed * 100) / targetCapacity - 1e-9);

/** Straight to the aim, and never down. */
export const scaleOutTo = (reservation: Reservation, settings: Settings, sizes: Sizes): number =>
  Math.max(sizes.desired, within(sizes, aim(reservation, settings)));

/** Towards the aim by a share of the group at most, one instance at least, and never up. (AWS containers blog, faster scaling-in.) */
export const scaleInTo = (
  reservation: Reservation,
  settings: Settings,
  sizes: Sizes,
  { scaleInStepShare }: ManagedScalingRules,
): number => {
  const most = Math.max(1, Math.floor(sizes.desired * scaleInStepShare));
  return Math.min(sizes.desired, within(sizes, Math.max(aim(reservation, settings), sizes.desired - most)));
};
