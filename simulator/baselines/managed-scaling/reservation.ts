import { instancesFromZero } from './rules.ts';
import type { Settings } from './served.ts';

/** What a provider's group looks like at one moment. */
export interface Situation {
  /** Instances in service: N. */
  readonly running: number;
  /** Of those, instances with a task that is not a daemon's. */
  readonly busy: number;
  /** Tasks that wait in PROVISIONING for this provider. */
  readonly waiting: number;
  /** Instances they need at least; undefined where none of them fits the smallest type. */
  readonly toAdd: number | undefined;
}

export interface Reservation {
  /** CapacityProviderReservation: M ÷ N × 100, or one of the special values. */
  readonly percent: number;
  /** Instances needed: M. */
  readonly needed: number;
  /** Instances in service: N. */
  readonly running: number;
}

/**
 * CapacityProviderReservation as ECS computes it each minute. Nothing waits: M counts the instances that are not empty.
 * Something does: M is N and what the waiting tasks need, within the scaling steps. (ECS developer guide, cluster auto
 * scaling and managed scaling behavior; AWS containers blog, deep dive on cluster auto scaling.)
 */
export const reservationOf = ({ running, busy, waiting, toAdd }: Situation, settings: Settings): Reservation => {
  if (waiting > 0 && toAdd === undefined) return { percent: settings.targetCapacity, needed: running, running };
  if (waiting > 0 && running === 0) return { percent: 200, needed: instancesFromZero, running };
  if (running === 0) return { percent: 100, needed: 0, running };
  const step = Math.min(settings.maximumScalingStepSize, Math.max(settings.minimumScalingStepSize, toAdd ?? 0));
  const needed = waiting > 0 ? running + step : busy;
  return { percent: (needed / running) * 100, needed, running };
};
