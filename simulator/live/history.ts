import type { VirtualClock } from '../kernel/virtual-clock.ts';
import type { LivePoint } from './wire.ts';

/** A day at this grain is as many points as a wide chart has pixels; older ones are forgotten. */
const grainMs = 2 * 60_000;
const mostPoints = 720;

/** What a list keeps of its newest; the same array until something is added. */
export class Newest<T> {
  private kept: readonly T[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get all(): readonly T[] {
    return this.kept;
  }

  add(it: T): void {
    this.kept = [...this.kept.slice(Math.max(0, this.kept.length + 1 - this.most)), it];
  }
}

/** Takes a point at even steps of virtual time, from now on. */
export const keepHistory = (
  clock: Pick<VirtualClock, 'at' | 'now'>,
  look: (at: number) => LivePoint,
): { readonly points: () => readonly LivePoint[] } => {
  const points = new Newest<LivePoint>(mostPoints);
  const take = (): void => {
    points.add(look(clock.now()));
    clock.at(clock.now() + grainMs, take);
  };
  clock.at(clock.now(), take);
  return { points: () => points.all };
};
