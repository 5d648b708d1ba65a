import type { Packing, Shape } from '../../lib/placement/pack.ts';
import { portKey } from '../../lib/placement/requirements.ts';
import { type Room } from '../../lib/placement/room.ts';
import type { PackingCase } from './packing-cases.ts';
import { howManyFit, take } from './plain-room.ts';

interface Place {
  readonly id: string;
  readonly candidate: string | undefined;
  readonly allows: (shape: Shape) => boolean;
  room: Room;
}

const order = (shapes: readonly Shape[]): readonly Shape[] => {
  const cpu = Math.max(1, ...shapes.map((it) => it.requirements.cpuUnits));
  const memory = Math.max(1, ...shapes.map((it) => it.requirements.memoryMiB));
  const size = ({ requirements: it }: Shape): number => it.cpuUnits / cpu + it.memoryMiB / memory + it.gpus;
  const key = ({ requirements: it, id }: Shape): string =>
    `${[it.cpuUnits, it.memoryMiB, it.gpus, it.networkInterfaces, ...it.hostPorts.map(portKey)].join(' ')} ${id}`;
  return shapes.toSorted((a, b) => size(b) - size(a) || (key(a) < key(b) ? -1 : 1));
};

/**
 * First-fit decreasing, one task at a time: the largest first, each to the first place that has room for it, a new
 * instance of the kind that houses its likes at the least price a task. The yardstick, written to be obvious.
 */
export const simplePacking = ({ shapes, bins, candidates }: PackingCase): Packing => {
  const places: Place[] = bins.map((it) => ({
    id: it.id,
    candidate: undefined,
    allows: (shape) => shape.mayUseBin(it),
    room: it.room,
  }));
  const placements: Packing['placements'][number][] = [];
  const launches: Record<string, number> = {};
  const unplaced: Record<string, number> = {};
  const launchFor = (shape: Shape, tasks: number): Place | undefined => {
    const priced = candidates
      .filter((it) => it.available > (launches[it.id] ?? 0) && shape.mayUseCandidate(it))
      .map((it) => ({ it, each: it.price / howManyFit(it.room, shape.requirements, tasks) }))
      .filter(({ each }) => Number.isFinite(each))
      .sort((a, b) => a.each - b.each || (a.it.id < b.it.id ? -1 : 1));
    const kind = priced[0]?.it;
    if (kind === undefined) return undefined;
    const number = (launches[kind.id] ?? 0) + 1;
    launches[kind.id] = number;
    const id = `${kind.id}#${number}`;
    places.push({ id, candidate: kind.id, allows: (it) => it.mayUseCandidate(kind), room: kind.room });
    return places.at(-1);
  };
  for (const shape of order(shapes))
    for (let task = 0; task < shape.count; task++) {
      const place =
        places.find((it) => it.allows(shape) && howManyFit(it.room, shape.requirements, 1) === 1) ??
        launchFor(shape, shape.count - task);
      if (place === undefined) {
        unplaced[shape.id] = (unplaced[shape.id] ?? 0) + 1;
        continue;
      }
      place.room = take(place.room, shape.requirements, 1);
      placements.push({ shape: shape.id, count: 1, bin: place.id, candidate: place.candidate });
    }
  return { placements, launches, unplaced };
};
