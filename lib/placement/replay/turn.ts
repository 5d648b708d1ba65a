import { at, dimensions, spaceIn } from '../packing/rooms.ts';
import { firstChoice } from './choice.ts';
import { type Course, give, spaceFor } from './course.ts';
import { distribute } from './distribute.ts';
import type { Turned } from './grounds.ts';

/** So few tasks are placed one by one, as ECS does it. */
const few = 3;

const placeSingly = (course: Course, turned: Turned, sites: readonly number[], tasks: number): void => {
  let open = sites;
  for (let left = tasks; left > 0; left--) {
    const site = firstChoice(course, turned, open);
    give(course, turned, site, 1);
    if (left > 1 && at(course.space, site) === 0) open = open.filter((it) => it !== site);
  }
};

/** The same for asks that only take what is counted down: the innermost loop of all replays. */
const plainlyOpenSites = (course: Course, turned: Turned, wanted: number): number[] => {
  const { sizes } = turned.need;
  const { space } = course;
  const { left } = course.rooms;
  const [cpu = 0, memory = 0, gpus = 0, interfaces = 0] = sizes;
  const known = course.open.get(turned);
  const sites = known ?? [];
  const end = known?.length ?? course.end;
  let kept = 0;
  for (let n = 0; n < end; n++) {
    const site = known === undefined ? n : (sites[n] ?? 0);
    const cell = site * dimensions;
    if ((left[cell] ?? 0) < cpu || (left[cell + 1] ?? 0) < memory) continue;
    if ((left[cell + 2] ?? 0) < gpus || (left[cell + 3] ?? 0) < interfaces || turned.allowed[site] !== 1) continue;
    space[site] = wanted === 1 ? 1 : spaceIn(course.rooms, site, turned.need, wanted);
    sites[kept++] = site;
  }
  sites.length = kept;
  course.open.set(turned, sites);
  return sites;
};

/** Keeps those of the sites that have space, and notes how much of what is wanted. */
const openSites = (course: Course, turned: Turned, wanted: number): number[] => {
  if (turned.isPlain) return plainlyOpenSites(course, turned, wanted);
  const known = course.open.get(turned);
  const sites = known ?? [];
  const end = known?.length ?? course.end;
  let kept = 0;
  for (let n = 0; n < end; n++) {
    const site = known === undefined ? n : (sites[n] ?? 0);
    const fitting = spaceFor(course, turned, site, wanted);
    if (fitting === 0) continue;
    course.space[site] = fitting;
    sites[kept++] = site;
  }
  sites.length = kept;
  if (!turned.ask.constraints.dependsOnTasks) course.open.set(turned, sites);
  return sites;
};

/** Places what finds room of `tasks` tasks, and says how many did. */
export const takeTurn = (course: Course, turned: Turned, tasks: number): number => {
  course.turn++;
  course.looks += course.open.get(turned)?.length ?? course.end;
  const sites = openSites(course, turned, tasks);
  let room = tasks === 1 ? sites.length : 0;
  if (tasks !== 1) for (const site of sites) room += at(course.space, site);
  // Where all is filled up, it does not matter in which order.
  if (room <= tasks) for (const site of sites) give(course, turned, site, at(course.space, site));
  else if (tasks <= few || turned.isUnusual) placeSingly(course, turned, sites, tasks);
  else distribute(course, turned, turned.rules, sites, tasks);
  return Math.min(room, tasks);
};
