import { claimsOf, type Wants } from '../requirements.ts';
import type { Room } from '../room.ts';

/** CPU units, MiB, GPUs, network interfaces and EBS volumes: what is counted down. Claims are not counted, they are taken or free. */
export const dimensions = 5;

/** Stands for "without limit" where it is multiplied and divided. */
const plenty = 1e9;

/** A room, or the requirements of a task. */
type Sizes = Pick<Room, 'cpuUnits' | 'memoryMiB' | 'gpus' | 'networkInterfaces'> & {
  readonly ebsVolumes?: number | undefined;
};

const sizes = (it: Sizes): readonly number[] => [
  it.cpuUnits,
  it.memoryMiB,
  it.gpus,
  Math.min(plenty, it.networkInterfaces),
  Math.min(plenty, it.ebsVolumes ?? 0),
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

/** A room that has less than nothing of something holds nothing: it then has less than nothing of everything. */
const holdsNothing = new Float64Array(dimensions).fill(-1);

export const noRooms = (): Rooms => ({ count: 0, left: new Float64Array(64 * dimensions), claims: [] });

export const addRoom = (rooms: Rooms, room: Room): number => {
  const index = rooms.count++;
  if (rooms.count * dimensions > rooms.left.length) {
    const grown = new Float64Array(2 * rooms.left.length);
    grown.set(rooms.left);
    rooms.left = grown;
  }
  const has = sizes(room);
  rooms.left.set(has.some((it) => it < 0) ? holdsNothing : has, index * dimensions);
  rooms.claims[index] = room.claims.size > 0 ? room.claims : undefined;
  return index;
};

/** What a task needs, in the form that is compared with rooms. */
export interface Need {
  readonly sizes: Float64Array;
  /** The dimensions besides CPU and memory, which nearly every task needs, of which it needs any. */
  readonly others: readonly number[];
  readonly claims: readonly string[];
}

export const needFor = (sizes: Float64Array, claims: readonly string[]): Need => ({
  sizes,
  others: [2, 3, 4].filter((it) => at(sizes, it) > 0),
  claims,
});

export const needOf = (it: Wants): Need => needFor(vectorOf(it.requirements), claimsOf(it));

/** Whether a room has at least that of what few tasks need. */
export const hasOthers = (left: Float64Array, cell: number, { others, sizes }: Need): boolean => {
  for (const d of others) if (at(left, cell + d) < at(sizes, d)) return false;
  return true;
};

/** The first room from `start` on that is large enough for a task, claims aside; `count` where there is none. */
export const nextLargeEnough = ({ left, count }: Rooms, need: Need, start: number): number => {
  const [cpu, memory] = [at(need.sizes, 0), at(need.sizes, 1)];
  const isPlain = need.others.length === 0;
  const end = count * dimensions;
  let cell = start * dimensions;
  for (; cell < end; cell += dimensions)
    if ((left[cell] ?? 0) >= cpu && (left[cell + 1] ?? 0) >= memory && (isPlain || hasOthers(left, cell, need))) break;
  return cell / dimensions;
};

/** How many of `wanted` identical tasks the room has space for; one at most that claims something. */
export const spaceIn = (rooms: Rooms, index: number, need: Need, wanted: number): number => {
  const { left } = rooms;
  let most = need.claims.length > 0 ? Math.min(1, wanted) : wanted;
  for (let d = 0; d < dimensions; d++) {
    const size = at(need.sizes, d);
    const room = at(left, index * dimensions + d);
    if (size > room) return 0;
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
