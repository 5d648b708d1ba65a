import { type ClusterListener, type WatchedWorld, watchCluster } from './cluster-watch.ts';
import { followLives } from './lives.ts';

/** How many instances were launched, drained and so on, by whomever. */
export interface InstanceCounts {
  readonly launches: number;
  readonly drains: number;
  readonly restores: number;
  readonly terminations: number;
  /** Terminations while a task that is not a daemon's was live (PENDING to DEPROVISIONING). */
  readonly terminationsWithLiveTask: number;
}

export interface InstanceFigures extends InstanceCounts {
  /** From launch to the stop by EC2, a minute at least, summed; what has not ended counts to the end of the run. */
  readonly instanceHours: number;
  readonly minimum: number;
  /** Weighted by time. */
  readonly mean: number;
  readonly maximum: number;
  readonly atEnd: number;
}

/** Counts what happens to instances. */
export interface InstanceCounter {
  readonly listener: ClusterListener;
  counts(): InstanceCounts;
}

export const countInstances = (): InstanceCounter => {
  const counts = { launches: 0, drains: 0, restores: 0, terminations: 0, terminationsWithLiveTask: 0 };
  return {
    listener: {
      launched: () => {
        counts.launches++;
      },
      drained: () => {
        counts.drains++;
      },
      restored: () => {
        counts.restores++;
      },
      stopped: ({ tasks }) => {
        counts.terminations++;
        if (tasks.size > 0) counts.terminationsWithLiveTask++;
      },
    },
    counts: () => ({ ...counts }),
  };
};

/** How many there were at least, at most and on average. */
class Level {
  private readonly startMs: number;
  private readonly rampMs = 30 * 60_000;
  private live = 0;
  private since: number;
  private area = 0;
  private minimum = Number.POSITIVE_INFINITY;
  private maximum = 0;

  constructor(startMs: number) {
    this.startMs = startMs;
    this.since = startMs;
  }

  change(at: number, by: 1 | -1): void {
    this.settle(at);
    this.live += by;
  }

  figures(now: number): Pick<InstanceFigures, 'minimum' | 'mean' | 'maximum' | 'atEnd'> {
    this.settle(now);
    const elapsed = now - this.startMs;
    return {
      minimum: Number.isFinite(this.minimum) ? this.minimum : this.live,
      mean: elapsed > 0 ? this.area / elapsed : this.live,
      maximum: this.maximum,
      atEnd: this.live,
    };
  }

  /** The level held for a while counts; the ramp at the beginning, from nothing to the first size, does not. */
  private settle(now: number): void {
    if (now <= this.since) return;
    this.area += this.live * (now - this.since);
    if (now - this.startMs > this.rampMs) this.minimum = Math.min(this.minimum, this.live);
    this.maximum = Math.max(this.maximum, this.live);
    this.since = now;
  }
}

/** Follows the instances of a world from now on. */
export const instanceMeter = (world: WatchedWorld, startMs: number): ((nowMs: number) => InstanceFigures) => {
  const counter = countInstances();
  const lives = followLives(startMs, () => 0);
  const level = new Level(startMs);
  const levels: ClusterListener = {
    launched: (_instance, at) => {
      level.change(at, 1);
    },
    stopped: (_instance, at) => {
      level.change(at, -1);
    },
  };
  watchCluster({ world, arrivals: [] }, [levels, lives.listener, counter.listener]);
  return (now) => ({
    ...level.figures(now),
    ...counter.counts(),
    instanceHours: lives.figures(now).instanceHours,
  });
};
