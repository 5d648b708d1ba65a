import { shapeKey } from '../requirements.ts';
import { addRoom, type Need, needOf, nextLargeEnough, noRooms, type Rooms, spaceIn, takeRoom } from './rooms.ts';
import { type Bin, type Candidate, compare, type Launches, type Load, type Placement, type Shape } from './shapes.ts';

/** Largest first, the sum of the needs each against the largest need of its kind; ties by need, then id: input order is moot. */
export const decreasing = (shapes: readonly Shape[]): readonly Shape[] => {
  let cpuUnits = 1;
  let memoryMiB = 1;
  for (const { requirements: it } of shapes) {
    cpuUnits = Math.max(cpuUnits, it.cpuUnits);
    memoryMiB = Math.max(memoryMiB, it.memoryMiB);
  }
  return shapes
    .map((shape) => {
      const { requirements: it } = shape;
      return { shape, size: it.cpuUnits / cpuUnits + it.memoryMiB / memoryMiB + it.gpus, key: shapeKey(it) };
    })
    .sort((a, b) => b.size - a.size || compare(a.key, b.key) || compare(a.shape.id, b.shape.id))
    .map(({ shape }) => shape);
};

/** What went where, and the shapes of which tasks are left over, each with the rest of its count. */
export interface Filled {
  readonly placements: readonly Placement[];
  readonly left: readonly Shape[];
}

/**
 * Fills instances that exist, in the order given: the first that has room takes what it can. ECS decides where the
 * tasks really go, so there is nothing to gain by being clever here.
 */
export const fillBins = (ordered: readonly Shape[], bins: readonly Bin[]): Filled => {
  const rooms = noRooms();
  for (const bin of bins) addRoom(rooms, bin.room);
  const placements: Placement[] = [];
  const left: Shape[] = [];
  for (const shape of ordered) {
    const need = needOf(shape);
    let rest = shape.count;
    for (let index = -1; rest > 0; ) {
      index = nextLargeEnough(rooms, need, index + 1);
      const bin = bins[index];
      if (index === rooms.count) break;
      const space = spaceIn(rooms, index, need, rest);
      if (space === 0 || bin === undefined || !shape.mayUseBin(bin)) continue;
      takeRoom(rooms, index, need, space);
      placements.push({ shape: shape.id, count: space, bin: bin.id, candidate: undefined });
      rest -= space;
    }
    if (rest > 0) left.push({ ...shape, count: rest });
  }
  return { placements, left };
};

/** What has been opened so far: `kinds[n]` is the candidate of the n-th new instance, by index. */
interface Opened {
  readonly rooms: Rooms;
  readonly kinds: number[];
  readonly loads: Load[][];
  readonly launched: number[];
}

const put = (opened: Opened, index: number, shape: string, need: Need, count: number): void => {
  takeRoom(opened.rooms, index, need, count);
  opened.loads[index]?.push({ shape, count });
};

/** The candidate that houses the shape at the least price a task; earlier, by id, where equal. */
const cheapest = (need: Need, count: number, allowed: readonly boolean[], from: Stock, opened: Opened): number => {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, candidate] of from.candidates.entries()) {
    if (allowed[index] !== true || candidate.available <= (opened.launched[index] ?? 0)) continue;
    const space = spaceIn(from.rooms, index, need, count);
    if (space === 0 || candidate.price / space >= least) continue;
    best = index;
    least = candidate.price / space;
  }
  return best;
};

interface Stock {
  readonly candidates: readonly Candidate[];
  readonly rooms: Rooms;
}

const open = (opened: Opened, candidate: Candidate, kind: number): number => {
  opened.kinds.push(kind);
  opened.loads.push([]);
  opened.launched[kind] = (opened.launched[kind] ?? 0) + 1;
  return addRoom(opened.rooms, candidate.room);
};

/**
 * First-fit decreasing onto new instances only: each shape goes to the instances opened so far, then to as many more
 * as it takes. The yardstick: no other pass is kept unless it does better than this one.
 */
export const firstFitDecreasing = (ordered: readonly Shape[], candidates: readonly Candidate[]): Launches => {
  const stock: Stock = { candidates: candidates.toSorted((a, b) => compare(a.id, b.id)), rooms: noRooms() };
  for (const it of stock.candidates) addRoom(stock.rooms, it.room);
  const opened: Opened = { rooms: noRooms(), kinds: [], loads: [], launched: [] };
  const unplaced = new Map<string, number>();
  for (const shape of ordered) {
    const need = needOf(shape);
    const allowed = stock.candidates.map((it) => shape.mayUseCandidate(it));
    let rest = shape.count;
    for (let index = -1; rest > 0; ) {
      index = nextLargeEnough(opened.rooms, need, index + 1);
      if (index === opened.rooms.count) break;
      if (allowed[opened.kinds[index] ?? -1] !== true) continue;
      const space = spaceIn(opened.rooms, index, need, rest);
      if (space === 0) continue;
      put(opened, index, shape.id, need, space);
      rest -= space;
    }
    while (rest > 0) {
      const kind = cheapest(need, rest, allowed, stock, opened);
      const candidate = stock.candidates[kind];
      if (candidate === undefined) break;
      const space = spaceIn(stock.rooms, kind, need, rest);
      put(opened, open(opened, candidate, kind), shape.id, need, space);
      rest -= space;
    }
    if (rest > 0) unplaced.set(shape.id, rest);
  }
  const instances = opened.loads.flatMap((loads, index) => {
    const candidate = stock.candidates[opened.kinds[index] ?? -1];
    return candidate === undefined ? [] : [{ candidate, loads }];
  });
  return { instances, unplaced };
};
