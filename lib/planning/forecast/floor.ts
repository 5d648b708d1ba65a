import type { ServiceForecast } from '../../model/forecast.ts';
import type { EpochMs } from '../../model/time.ts';

/**
 * The highest floor from now until `aheadMs` from now, so that tasks that are wanted by then run by then. 0, which raises
 * nothing, where there is no forecast or it is over.
 */
export const forecastFloor = (forecast: ServiceForecast | undefined, aheadMs: number, now: EpochMs): number => {
  if (forecast === undefined || now >= forecast.expiresAt) return 0;
  const { from, periodMs, floors } = forecast;
  const periodAt = (at: EpochMs): number => Math.floor((at - from) / periodMs);
  const ahead = floors.slice(Math.max(0, periodAt(now)), Math.max(0, periodAt(now + aheadMs) + 1));
  return Math.max(0, ...ahead.filter(Number.isFinite));
};
