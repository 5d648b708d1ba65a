import { at } from '../packing/rooms.ts';
import { orderBy } from './choice.ts';
import { type Course, countsByValue, countsOf, give } from './course.ts';
import type { Rule, Turned } from './grounds.ts';
import { heapOf } from './heap.ts';

/** One site after another, each until it is full. */
const fillInOrder = (
  course: Course,
  turned: Turned,
  rules: readonly Rule[],
  members: readonly number[],
  tasks: number,
): void => {
  const heap = heapOf([...members], orderBy(course, turned, rules));
  for (let left = tasks; left > 0; ) {
    const site = heap.pop();
    if (site === undefined) return;
    const taken = Math.min(left, at(course.space, site));
    give(course, turned, site, taken);
    left -= taken;
  }
};

/** Something with so many tasks and space for so many more: a site, or all sites of a value. */
interface Level {
  readonly count: number;
  readonly space: number;
}

const upTo = ({ count, space }: Level, level: number): number => Math.min(space, Math.max(0, level - count));

/** The highest level that all can be filled up to with so many tasks, where the lowest always comes first. */
const highestLevel = (levels: readonly Level[], tasks: number): number => {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const it of levels) {
    low = Math.min(low, it.count);
    high = Math.max(high, it.count + it.space);
  }
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    let sum = 0;
    for (const it of levels) sum += upTo(it, middle);
    if (sum <= tasks) low = middle;
    else high = middle - 1;
  }
  return low;
};

const isOpenAt = (it: Level, level: number): boolean => it.count <= level && it.space > upTo(it, level);

/** Always the site with the fewest tasks of the group. */
const spreadOverSites = (
  course: Course,
  turned: Turned,
  rules: readonly Rule[],
  members: readonly number[],
  tasks: number,
): void => {
  const counts = countsOf(course, turned);
  const levels = members.map((site) => ({ site, count: at(counts, site), space: at(course.space, site) }));
  const level = highestLevel(levels, tasks);
  let left = tasks;
  for (const it of levels) {
    const taken = upTo(it, level);
    give(course, turned, it.site, taken);
    left -= taken;
  }
  if (left === 0) return;
  const open = levels.filter((it) => isOpenAt(it, level)).map((it) => it.site);
  const heap = heapOf(open, orderBy(course, turned, rules));
  for (; left > 0; left--) give(course, turned, heap.pop() ?? 0, 1);
};

/** Always a site of the value with the fewest tasks of the group; among those, as the other rules have it. */
const spreadOverValues = (
  course: Course,
  turned: Turned,
  [{ cells: values }, ...rest]: readonly [Rule, ...Rule[]],
  members: readonly number[],
  tasks: number,
): void => {
  const sums = countsByValue(course, turned, values);
  const byValue = Map.groupBy(members, (site) => values[site] ?? -1);
  const levels = [...byValue].map(([value, sites]) => ({
    sites,
    count: at(sums, value),
    space: sites.reduce((sum, site) => sum + at(course.space, site), 0),
  }));
  const level = highestLevel(levels, tasks);
  let left = tasks;
  for (const it of levels) {
    const taken = upTo(it, level);
    distribute(course, turned, rest, it.sites, taken);
    left -= taken;
  }
  let open = levels.filter((it) => isOpenAt(it, level));
  for (; left > 0; left--) {
    const order = orderBy(course, turned, rest);
    const free = open.flatMap((it) => it.sites.filter((site) => at(course.space, site) > 0));
    const first = free.reduce((best, site) => (order(site, best) < 0 ? site : best), free[0] ?? 0);
    give(course, turned, first, 1);
    open = open.filter((it) => !it.sites.includes(first));
  }
};

/** Each task to another site as long as there are any: what random placement comes to. */
const scatter = (course: Course, turned: Turned, members: readonly number[], tasks: number): void => {
  const levels = members.map((site) => ({ site, count: 0, space: at(course.space, site) }));
  const level = highestLevel(levels, tasks);
  let left = tasks;
  for (const it of levels) {
    const taken = upTo(it, level);
    give(course, turned, it.site, taken);
    left -= taken;
  }
  const open = levels.filter((it) => isOpenAt(it, level)).map((it) => it.site);
  const heap = heapOf(open, orderBy(course, turned, []));
  for (; left > 0; left--) give(course, turned, heap.pop() ?? 0, 1);
};

/** Places tasks on sites that have space for more than these, all at once, where ECS would place them one by one. */
export const distribute = (
  course: Course,
  turned: Turned,
  rules: readonly Rule[],
  members: readonly number[],
  tasks: number,
): void => {
  if (tasks === 0) return;
  const [rule, ...rest] = rules;
  switch (rule?.kind) {
    case undefined:
      scatter(course, turned, members, tasks);
      return;
    case 'binpack':
      fillInOrder(course, turned, rules, members, tasks);
      return;
    case 'spreadInstances':
      spreadOverSites(course, turned, rest, members, tasks);
      return;
    case 'spreadAttribute':
      spreadOverValues(course, turned, [rule, ...rest], members, tasks);
  }
};
