import type { TimelinePoint } from './simulation.ts';

const fewestMs = 10_000;
const samples = 1_000;

/** Samples a run at even steps, a thousand or so of them, and keeps those at which something had changed. */
export class Timeline {
  private readonly look: (atMs: number) => TimelinePoint;
  private readonly stepMs: number;
  private readonly kept: TimelinePoint[] = [];
  private nextAt: number;

  /** `look` tells what is, at a time at which nothing has happened since. */
  constructor(startMs: number, durationMs: number, look: (atMs: number) => TimelinePoint) {
    this.look = look;
    this.stepMs = Math.max(fewestMs, Math.ceil(durationMs / samples / 1_000) * 1_000);
    this.nextAt = startMs;
  }

  /** Takes the samples that lie before a change. */
  pass(at: number): void {
    for (; this.nextAt < at; this.nextAt += this.stepMs) this.keep(this.look(this.nextAt));
  }

  points(now: number): readonly TimelinePoint[] {
    this.pass(now);
    return [...this.kept, this.look(now)];
  }

  private keep(point: TimelinePoint): void {
    const last = this.kept.at(-1);
    if (last === undefined || !isSame(last, point)) this.kept.push(point);
  }
}

/** Nothing but the time differs. */
const isSame = (a: TimelinePoint, b: TimelinePoint): boolean =>
  a.active === b.active &&
  a.incoming === b.incoming &&
  a.leaving === b.leaving &&
  a.desiredCapacity === b.desiredCapacity &&
  a.boundInstances === b.boundInstances &&
  a.runningTasks === b.runningTasks &&
  a.waitingTasks === b.waitingTasks &&
  a.demandCpuUnits === b.demandCpuUnits &&
  a.demandMemoryMiB === b.demandMemoryMiB &&
  a.supplyCpuUnits === b.supplyCpuUnits &&
  a.supplyMemoryMiB === b.supplyMemoryMiB &&
  a.dollarsPerHour === b.dollarsPerHour;
