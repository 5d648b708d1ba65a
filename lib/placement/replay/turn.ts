import { at, spaceIn } from '../packing/rooms.ts';
import { firstChoice, takeFirst } from './choice.ts';
import { type Course, give, type Open, spaceFor } from './course.ts';
import { distribute } from './distribute.ts';
import type { Turned } from './grounds.ts';

/** So few tasks are placed one by one, as ECS does it: of two, that takes half the time. */
const few = 3;

const placeSingly = (course: Course, turned: Turned, sites: readonly number[], tasks: number): void => {
  let open = sites;
  for (let left = tasks; left > 0; left--) {
    const site = firstChoice(course, turned, open);
    give(course, turned, site, 1);
    course.turn++; // luck is another for each task
    if (at(course.space, site) === 0) open = open.filter((it) => it !== site);
  }
};

/** The sites to be looked at: those that had space the last time, and at first all that are allowed. */
const openTo = (course: Course, turned: Turned): Open => {
  const known = course.open.get(turned);
  if (known !== undefined) return known;
  const sites: number[] = [];
  for (let site = 0; site < course.end; site++) if (turned.allowed[site] === 1) sites.push(site);
  const open = { sites, floors: new Float64Array(turned.rules.length).fill(-1) };
  if (!turned.ask.constraints.dependsOnTasks) course.open.set(turned, open);
  return open;
};

/** Takes those out of the list that have no space, and notes how much of what is wanted the others have. */
const keepOpen = (course: Course, turned: Turned, sites: number[], wanted: number): void => {
  let kept = 0;
  for (const site of sites) {
    const space = turned.isPlain
      ? spaceIn(course.rooms, site, turned.need, wanted)
      : spaceFor(course, turned, site, wanted);
    if (space === 0) continue;
    course.space[site] = space;
    sites[kept++] = site;
  }
  sites.length = kept;
};

/** One task that takes only what is counted down. */
const takeSingleTurn = (course: Course, turned: Turned, open: Open): number => {
  const site = takeFirst(course, turned, open);
  if (site === -1) return 0;
  course.space[site] = 1;
  give(course, turned, site, 1);
  return 1;
};

/** Places what finds room of `tasks` tasks, and says how many did. */
export const takeTurn = (course: Course, turned: Turned, tasks: number): number => {
  course.turn++;
  const open = openTo(course, turned);
  if (tasks === 1 && turned.isPlain) return takeSingleTurn(course, turned, open);
  const { sites } = open;
  course.looks += sites.length;
  keepOpen(course, turned, sites, tasks);
  let room = 0;
  for (const site of sites) room += at(course.space, site);
  // Where all is filled up, it does not matter in which order.
  if (room <= tasks) for (const site of sites) give(course, turned, site, at(course.space, site));
  else if (tasks <= few || turned.isUnusual) placeSingly(course, turned, sites, tasks);
  else distribute(course, turned, turned.rules, sites, tasks);
  return Math.min(room, tasks);
};
