import type { Scenario } from '../workloads/scenario.ts';
import type { Size } from './sizes.ts';

/** A standalone task that somebody wants from a time on. */
export interface Arrival {
  readonly atMs: number;
  readonly size: Size;
}

/** Tasks of one size are interchangeable: whichever is run first counts as the one that came first. */
export const sizeKey = ({ cpuUnits, memoryMiB }: Size): string => `${cpuUnits} ${memoryMiB}`;

export const arrivalsOf = ({ startMs, tasks }: Scenario): readonly Arrival[] =>
  tasks
    .map(({ arrivalMs, size: { cpuUnits, memoryMiB } }) => ({
      atMs: startMs + arrivalMs,
      size: { cpuUnits, memoryMiB },
    }))
    .sort((a, b) => a.atMs - b.atMs);
