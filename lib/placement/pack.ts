import type { Requirements } from '../model/task-definition.ts';
import { shapeKey } from './requirements.ts';
import { howManyFit, type Room, take } from './room.ts';

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
export interface Shape {
  readonly id: string;
  readonly requirements: Requirements;
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

export interface Packing {
  readonly placements: readonly Placement[];
  /** New instances by candidate id. */
  readonly launches: Readonly<Record<string, number>>;
  /** Tasks that found no place, by shape id. */
  readonly unplaced: Readonly<Record<string, number>>;
}

interface OpenBin {
  readonly id: string;
  readonly candidate: string | undefined;
  readonly source: Bin | Candidate;
  room: Room;
}

const size = (need: Requirements, unit: Requirements): number =>
  need.cpuUnits / Math.max(1, unit.cpuUnits) + need.memoryMiB / Math.max(1, unit.memoryMiB) + need.gpus;

/** Largest first, measured against the largest need in each dimension; ties by shape, then id, so order of input is moot. */
const decreasing = (shapes: readonly Shape[]): readonly Shape[] => {
  const unit = shapes.reduce<Requirements>(
    (most, { requirements: it }) => ({
      ...most,
      cpuUnits: Math.max(most.cpuUnits, it.cpuUnits),
      memoryMiB: Math.max(most.memoryMiB, it.memoryMiB),
    }),
    { cpuUnits: 0, memoryMiB: 0, gpus: 0, hostPorts: [], networkInterfaces: 0 },
  );
  const keyed = shapes.map((shape) => ({
    shape,
    size: size(shape.requirements, unit),
    key: shapeKey(shape.requirements),
  }));
  keyed.sort((a, b) => b.size - a.size || compare(a.key, b.key) || compare(a.shape.id, b.shape.id));
  return keyed.map(({ shape }) => shape);
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The candidate that houses the shape at the least price a task; ties by id. */
const cheapest = (
  shape: Shape,
  count: number,
  candidates: readonly Candidate[],
  opened: Readonly<Record<string, number>>,
) =>
  candidates
    .filter((it) => it.available > (opened[it.id] ?? 0) && shape.mayUseCandidate(it))
    .map((candidate) => ({ candidate, perInstance: howManyFit(candidate.room, shape.requirements, count) }))
    .filter(({ perInstance }) => perInstance > 0)
    .sort(
      (a, b) =>
        a.candidate.price / a.perInstance - b.candidate.price / b.perInstance ||
        compare(a.candidate.id, b.candidate.id),
    )
    .at(0)?.candidate;

/**
 * First-fit decreasing over shapes with counts: what fits goes to the bins in the order given, then to instances this
 * packing has opened already, and only then is another one opened. Cost grows with shapes times instances, not tasks.
 */
export const pack = (shapes: readonly Shape[], bins: readonly Bin[], candidates: readonly Candidate[]): Packing => {
  const open: OpenBin[] = bins.map((bin) => ({ id: bin.id, candidate: undefined, source: bin, room: bin.room }));
  const placements: Placement[] = [];
  const launches: Record<string, number> = {};
  const unplaced: Record<string, number> = {};

  const allowed = (shape: Shape, bin: OpenBin): boolean =>
    'kind' in bin.source ? shape.mayUseBin(bin.source) : shape.mayUseCandidate(bin.source);
  const put = (shape: Shape, bin: OpenBin, left: number): number => {
    const count = howManyFit(bin.room, shape.requirements, left);
    if (count === 0) return 0;
    bin.room = take(bin.room, shape.requirements, count);
    placements.push({ shape: shape.id, count, bin: bin.id, candidate: bin.candidate });
    return count;
  };
  const launch = (candidate: Candidate): OpenBin => {
    const number = (launches[candidate.id] ?? 0) + 1;
    launches[candidate.id] = number;
    const bin = { id: `${candidate.id}#${number}`, candidate: candidate.id, source: candidate, room: candidate.room };
    open.push(bin);
    return bin;
  };

  for (const shape of decreasing(shapes)) {
    let left = shape.count;
    for (const bin of open) {
      if (left === 0) break;
      if (allowed(shape, bin)) left -= put(shape, bin, left);
    }
    while (left > 0) {
      const candidate = cheapest(shape, left, candidates, launches);
      if (candidate === undefined) break;
      left -= put(shape, launch(candidate), left);
    }
    if (left > 0) unplaced[shape.id] = left;
  }
  return { placements, launches, unplaced };
};
