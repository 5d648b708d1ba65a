import type { Wants } from '../requirements.ts';
import type { Room } from '../room.ts';

/** A place that exists or is on its way. `kind` and `id` say what it is to the caller. */
export interface Bin<K extends string = string> {
  readonly id: string;
  readonly kind: K;
  readonly room: Room;
}

/** A kind of instance that could be launched, up to `available` times, each with this room. */
export interface Candidate {
  readonly id: string;
  readonly room: Room;
  readonly available: number;
  /** Dollars an hour, or a stand-in in proportion to size; only compared. */
  readonly price: number;
}

/** Identical tasks that may go to the same places. */
export interface Shape extends Wants {
  readonly id: string;
  readonly count: number;
  readonly mayUseBin: (bin: Bin) => boolean;
  readonly mayUseCandidate: (candidate: Candidate) => boolean;
}

/** `count` tasks of a shape in a bin, or in the n-th new instance of a candidate. */
export interface Placement {
  readonly shape: string;
  readonly count: number;
  readonly bin: string;
  readonly candidate: string | undefined;
}

/** Tasks of one shape on one instance. */
export interface Load {
  readonly shape: string;
  readonly count: number;
}

/** One new instance and what it is launched for. */
export interface Launch {
  readonly candidate: Candidate;
  readonly loads: readonly Load[];
}

/** New instances, and by shape id the tasks that none of them holds. */
export interface Launches {
  readonly instances: readonly Launch[];
  readonly unplaced: ReadonlyMap<string, number>;
}

/** Ties break by code unit, never by locale. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const total = (numbers: Iterable<number>): number => {
  let sum = 0;
  for (const it of numbers) sum += it;
  return sum;
};
