import type { World } from '../world/world.ts';

export interface InstanceFigures {
  /** From launch to the stop by EC2, summed; what has not ended counts to the end of the run. */
  readonly instanceHours: number;
  readonly minimum: number;
  /** Weighted by time. */
  readonly mean: number;
  readonly maximum: number;
  readonly atEnd: number;
  readonly launches: number;
  readonly drains: number;
  readonly restores: number;
  readonly terminations: number;
  /** Terminations while a task that is not a daemon's was live (PENDING to DEPROVISIONING). */
  readonly terminationsWithLiveTask: number;
}

/** Follows the instances of a world from now on. */
export const instanceMeter = (world: World, startMs: number): ((nowMs: number) => InstanceFigures) => {
  let live = 0;
  let since = startMs;
  let area = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = 0;
  const counts = { launches: 0, drains: 0, restores: 0, terminations: 0, withLiveTask: 0 };
  /** The level held for a while counts; the ramp at the beginning, from nothing to the first size, does not. */
  const settle = (now: number): void => {
    if (now <= since) return;
    area += live * (now - since);
    if (now - startMs > rampMs) minimum = Math.min(minimum, live);
    maximum = Math.max(maximum, live);
    since = now;
  };
  world.log.subscribe(
    (record) => {
      if (record.kind === 'instance' && record.change === 'launched') {
        settle(record.at);
        live++;
        counts.launches++;
      } else if (record.kind === 'instanceTerminated') {
        settle(record.at);
        live--;
        counts.terminations++;
        if (record.liveTasks > 0) counts.withLiveTask++;
      } else if (record.kind === 'containerInstance') {
        if (record.change === 'DRAINING') counts.drains++;
        if (record.change === 'ACTIVE') counts.restores++;
      }
    },
    ['instance', 'instanceTerminated', 'containerInstance'],
  );
  return (now) => {
    settle(now);
    const elapsed = now - startMs;
    return {
      instanceHours: area / 3_600_000,
      minimum: Number.isFinite(minimum) ? minimum : live,
      mean: elapsed > 0 ? area / elapsed : live,
      maximum,
      atEnd: live,
      launches: counts.launches,
      drains: counts.drains,
      restores: counts.restores,
      terminations: counts.terminations,
      terminationsWithLiveTask: counts.withLiveTask,
    };
  };
};

const rampMs = 30 * 60_000;
