import { at, dimensions, type Rooms, spaceIn, takeRoom } from '../packing/rooms.ts';
import { allowedWith, type Grounds, type Turned } from './grounds.ts';

/** What ECS leaves open: which of several equals it takes. The lower the rank of a site, the sooner. */
export interface Luck {
  readonly name: string;
  readonly rank: (site: number, course: Course) => number;
  /** Where it is chance: a number that looks like it, for the turn at hand. */
  readonly chance?: (turn: number) => number;
}

/** Sites that had space for a task when last looked at, in order. Others never will again, unless that depends on tasks. */
export interface Open {
  readonly sites: number[];
  /** By rule that spreads: no open site is ranked by less, as far as is known. It only grows. */
  readonly floors: Float64Array;
}

/** A replay under way. */
export interface Course {
  readonly grounds: Grounds;
  readonly rooms: Rooms;
  /** By group: its tasks on each site; copied from the grounds when first asked for. */
  readonly counts: (Float64Array | undefined)[];
  /** By group: its tasks by value of the attributes that are spread over. */
  readonly sums: readonly Map<Int32Array, Float64Array>[];
  /** Groups of which tasks were placed, by site; kept only where constraints depend on them. */
  readonly placedGroups: Map<number, Set<string>>;
  /** Custom resources taken, by site and name. */
  readonly customTaken: Map<string, number>;
  readonly luck: Luck;
  /** Sites from here on have yet to come. */
  end: number;
  /** How many turns were taken, and how many looks at a site they took. */
  turn: number;
  looks: number;
  readonly open: Map<Turned, Open>;
  /** Called for all tasks that were placed. */
  readonly onPlaced: (turned: Turned, site: number, tasks: number) => void;
  /** Room for each site's space in the turn at hand. */
  readonly space: Float64Array;
}

const none = new Float64Array(0);

/** By site: how many tasks of its group are there. */
export const countsOf = (course: Course, { group }: Turned): Float64Array => {
  const known = course.counts[group] ?? course.grounds.counts[group]?.slice() ?? none;
  course.counts[group] = known;
  return known;
};

const customSpace = (course: Course, { ask }: Turned, site: number, wanted: number): number => {
  const custom = ask.requirements.custom;
  if (custom === undefined) return wanted;
  let most = wanted;
  for (const [name, needed] of Object.entries(custom)) {
    const left =
      (course.grounds.sites[site]?.room.custom[name] ?? 0) - (course.customTaken.get(`${site} ${name}`) ?? 0);
    if (needed > 0) most = Math.min(most, Math.max(0, Math.floor(left / needed)));
  }
  return most;
};

/** Whether a task that takes every GPU finds all of them free. */
const hasAllGpus = ({ rooms, grounds }: Course, site: number): boolean => {
  const gpus = grounds.sites[site]?.gpus ?? 0;
  return gpus > 0 && at(rooms.left, site * dimensions + 2) === gpus;
};

/** How many of `wanted` tasks a site has space for now. */
export const spaceFor = (course: Course, turned: Turned, site: number, wanted: number): number => {
  if (turned.allowed[site] !== 1) return 0;
  let space = spaceIn(course.rooms, site, turned.need, wanted);
  if (space === 0) return 0;
  const { ask } = turned;
  if (ask.requirements.allGpus === true) space = hasAllGpus(course, site) ? 1 : 0;
  space = customSpace(course, turned, site, space);
  if (space === 0 || !ask.constraints.dependsOnTasks) return space;
  const it = course.grounds.sites[site];
  return it === undefined
    ? 0
    : Math.min(space, allowedWith(ask, it, course.placedGroups.get(site) ?? [], course.grounds.usesUnclear));
};

/** Places tasks on a site that has space for them. */
export const give = (course: Course, turned: Turned, site: number, tasks: number): void => {
  if (tasks === 0) return;
  const { ask } = turned;
  takeRoom(course.rooms, site, turned.need, tasks);
  if (ask.requirements.allGpus === true) course.rooms.left[site * dimensions + 2] = 0;
  for (const [name, needed] of Object.entries(ask.requirements.custom ?? {})) {
    const key = `${site} ${name}`;
    course.customTaken.set(key, (course.customTaken.get(key) ?? 0) + needed * tasks);
  }
  const counts = countsOf(course, turned);
  counts[site] = at(counts, site) + tasks;
  for (const [values, sums] of course.sums[turned.group] ?? []) {
    const value = values[site] ?? 0;
    sums[value] = at(sums, value) + tasks;
  }
  course.space[site] = at(course.space, site) - tasks;
  if (course.grounds.dependsOnTasks) {
    const groups = course.placedGroups.get(site) ?? new Set();
    course.placedGroups.set(site, groups.add(ask.group));
  }
  course.onPlaced(turned, site, tasks);
};

const sumOf = (counts: Float64Array, values: Int32Array): Float64Array => {
  const sums = new Float64Array(values.reduce((most, it) => Math.max(most, it + 1), 0));
  for (let site = 0; site < values.length; site++) {
    const value = values[site] ?? 0;
    sums[value] = at(sums, value) + at(counts, site);
  }
  return sums;
};

const sumsAtFirst = new WeakMap<Float64Array, Map<Int32Array, Float64Array>>();

/** The same for every replay on these grounds, before anything is placed. */
const firstSumOf = (counts: Float64Array, values: Int32Array): Float64Array => {
  const known = sumsAtFirst.get(counts) ?? new Map<Int32Array, Float64Array>();
  sumsAtFirst.set(counts, known);
  const sums = known.get(values) ?? sumOf(counts, values);
  known.set(values, sums);
  return sums;
};

/** The tasks of the group by value of an attribute, on all sites; counted once and kept up to date. */
export const countsByValue = (course: Course, turned: Turned, values: Int32Array): Float64Array => {
  const { group } = turned;
  const known = course.sums[group]?.get(values);
  if (known !== undefined) return known;
  const own = course.counts[group];
  const sums =
    own === undefined ? firstSumOf(course.grounds.counts[group] ?? none, values).slice() : sumOf(own, values);
  course.sums[group]?.set(values, sums);
  return sums;
};
