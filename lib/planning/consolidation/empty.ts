import {
  addRoom,
  at,
  dimensions,
  nextLargeEnough,
  noRooms,
  type Rooms,
  spaceIn,
  takeRoom,
} from '../../placement/packing/rooms.ts';
import type { Site } from '../../placement/site.ts';
import type { Kind, Kinds, Load } from './kinds.ts';
import type { Weighed } from './weigh.ts';
import { zoneOf } from './zones.ts';

/** What can be emptied, before it is proved. */
export interface Emptied {
  /** In the order in which they were emptied. */
  readonly chosen: readonly Weighed[];
  /** Those whose tasks found no room. */
  readonly stuck: readonly Weighed[];
  /** Those that were not tried to the end: the work of one pass was done. */
  readonly untried: readonly Weighed[];
}

/** All that one pass starts from; several passes share it. */
export interface Fleet {
  /** In the order of their ids. */
  readonly sites: readonly Site[];
  readonly kinds: Kinds;
  /** ACTIVE instances by zone. */
  readonly activeByZone: ReadonlyMap<string, number>;
}

/** How many instances may be chosen. */
export interface Limits {
  readonly ofGroup: (group: Weighed['group']) => number;
  readonly inAll: number;
}

/** Instances looked at for tasks in one pass, at the very most. */
const mostLooks = 5_000_000;

interface Before {
  readonly left: Float64Array;
  readonly claims: ReadonlySet<string> | undefined;
}

/** A pass under way. What is by position goes by the order in which instances are filled. */
interface Pass {
  readonly fleet: Fleet;
  readonly siteAt: readonly number[];
  readonly rooms: Rooms;
  /** By kind: no position before this one has room for it, and none will have again. */
  readonly from: number[];
  /** By position: what was moved there. */
  readonly received: (Load[] | undefined)[];
  /** What is to be undone should the attempt at hand fail. */
  readonly touched: Map<number, Before>;
  lowestTouched: number;
  looks: number;
}

const startPass = (
  fleet: Fleet,
  order: readonly Weighed[],
): { readonly pass: Pass; readonly positions: ReadonlyMap<string, number> } => {
  const indexOf = new Map(fleet.sites.map((it, n) => [it.id, n]));
  const last = order.flatMap((it) => indexOf.get(it.instance.ec2InstanceId) ?? []).reverse();
  const areLast = new Set(last);
  const siteAt = [...fleet.sites.keys()].filter((n) => !areLast.has(n)).concat(last);
  const rooms = noRooms();
  for (const n of siteAt) {
    const site = fleet.sites[n];
    if (site !== undefined) addRoom(rooms, site.room);
  }
  return {
    positions: new Map(siteAt.map((n, position) => [fleet.sites[n]?.id ?? '', position])),
    pass: {
      fleet,
      siteAt,
      rooms,
      from: [],
      received: [],
      touched: new Map(),
      lowestTouched: Number.POSITIVE_INFINITY,
      looks: 0,
    },
  };
};

const touch = (pass: Pass, position: number): void => {
  if (pass.touched.has(position)) return;
  const { left, claims } = pass.rooms;
  const cell = position * dimensions;
  pass.touched.set(position, { left: left.slice(cell, cell + dimensions), claims: claims[position] });
  pass.lowestTouched = Math.min(pass.lowestTouched, position);
};

const settle = (pass: Pass): void => {
  pass.touched.clear();
  pass.lowestTouched = Number.POSITIVE_INFINITY;
};

const undo = (pass: Pass): void => {
  for (const [position, { left, claims }] of pass.touched) {
    pass.rooms.left.set(left, position * dimensions);
    pass.rooms.claims[position] = claims;
  }
  settle(pass);
};

const close = (pass: Pass, position: number): void => {
  touch(pass, position);
  pass.rooms.left.fill(-1, position * dimensions, (position + 1) * dimensions);
};

const gpuDimension = 2;

/** How many of `wanted` tasks a position has space for that is large enough for one, claims aside. */
const spaceAt = (pass: Pass, it: Kind, position: number, wanted: number): number => {
  const site = pass.siteAt[position] ?? 0;
  if (!it.mayUse(site)) return 0;
  const space = spaceIn(pass.rooms, position, it.need, wanted);
  if (space === 0 || !it.takesAllGpus) return space;
  const gpus = pass.fleet.sites[site]?.gpus ?? 0;
  return gpus > 0 && at(pass.rooms.left, position * dimensions + gpuDimension) === gpus ? 1 : 0;
};

/** First fit. Only what is full without the attempt at hand is never looked at again. */
const placeLoad = (pass: Pass, { kind, tasks }: Load, moved: Map<number, Load[]>): boolean => {
  const it = pass.fleet.kinds.all[kind];
  if (it === undefined) return false;
  const { rooms } = pass;
  let wanted = tasks;
  let position = pass.from[kind] ?? 0;
  while (wanted > 0) {
    const next = nextLargeEnough(rooms, it.need, position);
    pass.looks += next - position + 1;
    const space = next < rooms.count ? spaceAt(pass, it, next, wanted) : 0;
    const full = space === 0 ? Math.min(next + 1, rooms.count) : next;
    pass.from[kind] = Math.max(pass.from[kind] ?? 0, Math.min(full, pass.lowestTouched));
    if (next >= rooms.count || pass.looks > mostLooks) return false;
    position = next + 1;
    if (space === 0) continue;
    touch(pass, next);
    takeRoom(rooms, next, it.need, space);
    if (it.takesAllGpus) rooms.left[next * dimensions + gpuDimension] = 0;
    const its = moved.get(next) ?? [];
    its.push({ kind, tasks: space });
    moved.set(next, its);
    wanted -= space;
  }
  return true;
};

const sizeOf = ({ need: { sizes } }: Kind): number => at(sizes, 0) * 4 + at(sizes, 1);

/** The largest first, as first fit has it. */
const inOrder = ({ fleet }: Pass, loads: readonly Load[]): readonly Load[] => {
  const size = ({ kind }: Load): number => {
    const it = fleet.kinds.all[kind];
    return it === undefined ? 0 : sizeOf(it);
  };
  return loads.toSorted((a, b) => size(b) - size(a) || a.kind - b.kind);
};

/** Places all of them and remembers where, or none. */
const placeAll = (pass: Pass, loads: readonly Load[]): boolean => {
  const moved = new Map<number, Load[]>();
  if (!inOrder(pass, loads).every((it) => placeLoad(pass, it, moved))) {
    undo(pass);
    return false;
  }
  for (const [position, its] of moved) pass.received[position] = [...(pass.received[position] ?? []), ...its];
  settle(pass);
  return true;
};

/**
 * Empties instance after instance in the given order, each on what the ones before left: what was moved to an instance
 * moves on with it. The first in the order are filled last. Finds what is likely to hold; proves nothing.
 */
export const emptyInOrder = (fleet: Fleet, order: readonly Weighed[], { ofGroup, inAll }: Limits): Emptied => {
  const { pass, positions } = startPass(fleet, order);
  const isSpent = (): boolean => pass.looks > mostLooks;
  if (!placeAll(pass, fleet.kinds.asked))
    return isSpent() ? { chosen: [], stuck: [], untried: order } : { chosen: [], stuck: order, untried: [] };
  const active = new Map(fleet.activeByZone);
  const chosenOf = new Map<string, number>();
  const chosen: Weighed[] = [];
  const stuck: Weighed[] = [];
  const untried: Weighed[] = [];
  for (const it of order) {
    if (chosen.length >= inAll) break;
    const ofItsGroup = chosenOf.get(it.group.arn) ?? 0;
    if (ofItsGroup >= ofGroup(it.group)) continue;
    const position = positions.get(it.instance.ec2InstanceId);
    const own = isSpent() ? undefined : fleet.kinds.loadOf(it);
    const zone = zoneOf(it.instance) ?? '';
    const isLastInZone = (active.get(zone) ?? 0) <= 1;
    const loads = [...(own ?? []), ...(pass.received[position ?? -1] ?? [])].map((load) =>
      isLastInZone ? { ...load, kind: fleet.kinds.all[load.kind]?.anywhere ?? load.kind } : load,
    );
    if (position !== undefined) close(pass, position);
    if (position === undefined || own === undefined || !placeAll(pass, loads)) {
      undo(pass);
      (isSpent() ? untried : stuck).push(it);
      continue;
    }
    active.set(zone, (active.get(zone) ?? 0) - 1);
    chosenOf.set(it.group.arn, ofItsGroup + 1);
    chosen.push(it);
  }
  return { chosen, stuck, untried };
};
