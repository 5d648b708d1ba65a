import { claimsOf, type Wants } from '../requirements.ts';
import type { Room } from '../room.ts';

/** CPU units, MiB, GPUs and network interfaces: what is counted down. Claims are not counted, they are taken or free. */
export const dimensions = 4;

/** Stands for "without limit" where it is multiplied and divided. */
const plenty = 1e9;

type Sizes = Pick<Room, 'cpuUnits' | 'memoryMiB' | 'gpus' | 'networkInterfaces'>;

const sizes = (it: Sizes): readonly number[] => [
  it.cpuUnits,
  it.memoryMiB,
  it.gpus,
  Math.min(plenty, it.networkInterfaces),
];

export const vectorOf = (it: Sizes): Float64Array => Float64Array.from(sizes(it));

/**
 * An index that is known to exist; the type of an array cannot say so. Counts, too, are kept in this one class of array:
 * a read that has seen several classes is compiled to something ten times slower, and these are inner loops. (The two innermost read
 * without it: before they are compiled a call costs more than the read.)
 */
export const at = (numbers: Float64Array, index: number): number => numbers[index] ?? 0;

/**
 * The rooms of many instances side by side in flat arrays: thousands of shapes are tried on thousands of instances,
 * and most tries end at the first comparison.
 */
export interface Rooms {
  count: number;
  left: Float64Array;
  readonly claims: (ReadonlySet<string> | undefined)[];
}

export const noRooms = (): Rooms => ({ count: 0, left: new Float64Array(64 * dimensions), claims: [] });

export const addRoom = (rooms: Rooms, room: Room): number => {
  const index = rooms.count++;
  if (rooms.count * dimensions > rooms.left.length) {
    const grown = new Float64Array(2 * rooms.left.length);
    grown.set(rooms.left);
    rooms.left = grown;
  }
  rooms.left.set(sizes(room), index * dimensions);
  rooms.claims[index] = room.claims.size > 0 ? room.claims : undefined;
  return index;
};

/** What a task needs, in the form that is compared with rooms. */
export interface Need {
  readonly sizes: Float64Array;
  readonly claims: readonly string[];
}

export const needOf = (it: Wants): Need => ({ sizes: vectorOf(it.requirements), claims: claimsOf(it) });

/** The first room from `start` on that is large enough for a task, claims aside; `count` where there is none. */
export const nextLargeEnough = ({ left, count }: Rooms, { sizes }: Need, start: number): number => {
  const [cpu, memory, gpus, interfaces] = [at(sizes, 0), at(sizes, 1), at(sizes, 2), at(sizes, 3)];
  const end = count * dimensions;
  let cell = start * dimensions;
  for (; cell < end; cell += dimensions)
    if (
      (left[cell] ?? 0) >= cpu &&
      (left[cell + 1] ?? 0) >= memory &&
      (left[cell + 2] ?? 0) >= gpus &&
      (left[cell + 3] ?? 0) >= interfaces
    )
      break;
  return cell / dimensions;
};

/** How many of `wanted` identical tasks the room has space for; one at most that claims something. */
export const spaceIn = (rooms: Rooms, index: number, need: Need, wanted: number): number => {
  const { left } = rooms;
  let most = need.claims.length > 0 ? Math.min(1, wanted) : wanted;
  for (let d = 0; d < dimensions; d++) {
    const size = at(need.sizes, d);
    const room = at(left, index * dimensions + d);
    if (size > room || room < 0) return 0;
    if (size > 0 && size * most > room) most = Math.floor(room / size);
  }
  const taken = rooms.claims[index];
  return taken !== undefined && need.claims.some((it) => taken.has(it)) ? 0 : most;
};

export const takeRoom = (rooms: Rooms, index: number, need: Need, count: number): void => {
  for (let d = 0; d < dimensions; d++) {
    const cell = index * dimensions + d;
    rooms.left[cell] = at(rooms.left, cell) - at(need.sizes, d) * count;
  }
  if (need.claims.length > 0) rooms.claims[index] = new Set([...(rooms.claims[index] ?? []), ...need.claims]);
};
