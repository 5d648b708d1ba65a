import type { Requirements } from '../../model/task-definition.ts';
import { portKey } from '../requirements.ts';
import type { Room } from '../room.ts';

/** CPU units, MiB and GPUs: what is counted down. Ports are not counted, they are taken or free. */
export const dimensions = 3;

const sizes = (it: Room | Requirements): readonly number[] => [it.cpuUnits, it.memoryMiB, it.gpus];

export const vectorOf = (it: Room | Requirements): Float64Array => Float64Array.from(sizes(it));

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
  readonly ports: (ReadonlySet<string> | undefined)[];
}

export const noRooms = (): Rooms => ({ count: 0, left: new Float64Array(64 * dimensions), ports: [] });

export const addRoom = (rooms: Rooms, room: Room): number => {
  const index = rooms.count++;
  if (rooms.count * dimensions > rooms.left.length) {
    const grown = new Float64Array(2 * rooms.left.length);
    grown.set(rooms.left);
    rooms.left = grown;
  }
  rooms.left.set(sizes(room), index * dimensions);
  rooms.ports[index] = room.portsInUse.size > 0 ? room.portsInUse : undefined;
  return index;
};

/** What a task needs, in the form that is compared with rooms. */
export interface Need {
  readonly sizes: Float64Array;
  readonly ports: readonly string[];
}

export const needOf = (it: Requirements): Need => ({ sizes: vectorOf(it), ports: it.hostPorts.map(portKey).sort() });

/** The first room from `start` on that is large enough for a task, ports aside; `count` where there is none. */
export const nextLargeEnough = ({ left, count }: Rooms, { sizes }: Need, start: number): number => {
  const [cpu, memory, gpus] = [at(sizes, 0), at(sizes, 1), at(sizes, 2)];
  const end = count * dimensions;
  let cell = start * dimensions;
  for (; cell < end; cell += dimensions)
    if ((left[cell] ?? 0) >= cpu && (left[cell + 1] ?? 0) >= memory && (left[cell + 2] ?? 0) >= gpus) break;
  return cell / dimensions;
};

/** How many of `wanted` identical tasks the room has space for; with a static host port one at most. */
export const spaceIn = (rooms: Rooms, index: number, need: Need, wanted: number): number => {
  const { left } = rooms;
  let most = need.ports.length > 0 ? Math.min(1, wanted) : wanted;
  for (let d = 0; d < dimensions; d++) {
    const size = at(need.sizes, d);
    const room = at(left, index * dimensions + d);
    if (size > room || room < 0) return 0;
    if (size > 0 && size * most > room) most = Math.floor(room / size);
  }
  const taken = rooms.ports[index];
  return taken !== undefined && need.ports.some((it) => taken.has(it)) ? 0 : most;
};

export const takeRoom = (rooms: Rooms, index: number, need: Need, count: number): void => {
  for (let d = 0; d < dimensions; d++) {
    const cell = index * dimensions + d;
    rooms.left[cell] = at(rooms.left, cell) - at(need.sizes, d) * count;
  }
  if (need.ports.length > 0) rooms.ports[index] = new Set([...(rooms.ports[index] ?? []), ...need.ports]);
};
