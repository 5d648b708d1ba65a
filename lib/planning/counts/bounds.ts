import type { CountWindow, ScalingSettings } from '../../model/settings.ts';
import type { EpochMs } from '../../model/time.ts';
import { isOpen } from '../keeping/calendar.ts';
import { isCronOpen } from './cron.ts';

/** Between what a count is to stay now. */
export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

const holds = ({ when }: CountWindow, now: EpochMs): boolean =>
  'lastsMs' in when ? isCronOpen(when, now) : isOpen(when, now);

/**
 * The bounds in force: the highest of the floors, the lowest of the ceilings that hold now. A ceiling lowers the floor
 * with it: whoever closes at night means it. The service's own maximum is never passed.
 * @param forecast the forecast's floor: one among the others
 */
export const boundsAt = ({ minimum, maximum, calendar }: ScalingSettings, now: EpochMs, forecast = 0): Bounds => {
  const open = calendar.filter((it) => holds(it, now));
  const ceiling = Math.min(maximum, ...open.flatMap((it) => it.maximum ?? []));
  const floor = Math.max(minimum, forecast, ...open.flatMap((it) => it.minimum ?? []));
  return { minimum: Math.min(floor, ceiling), maximum: ceiling };
};

export const clamped = (tasks: number, { minimum, maximum }: Bounds): number =>
  Math.min(maximum, Math.max(minimum, tasks));
