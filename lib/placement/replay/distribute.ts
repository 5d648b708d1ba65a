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

/** Sites with so many tasks and space for so many more: one, or all of a value. */
interface Level {
  readonly sites: readonly number[];
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

/** Always one of the sites of the lowest level; among those, as the other rules have it. */
const raiseLevels = (
  course: Course,
  turned: Turned,
  rest: readonly Rule[],
  levels: readonly Level[],
  tasks: number,
): void => {
  const level = highestLevel(levels, tasks);
  let left = tasks;
  for (const it of levels) {
    const taken = upTo(it, level);
    distribute(course, turned, rest, it.sites, taken);
    left -= taken;
  }
  if (left === 0) return;
  const order = orderBy(course, turned, rest);
  const first = ({ sites }: Level): number =>
    sites
      .filter((site) => at(course.space, site) > 0)
      .reduce((best, site) => (best === -1 || order(site, best) < 0 ? site : best), -1);
  const heap = heapOf(levels.filter((it) => isOpenAt(it, level)).map(first), order);
  for (; left > 0; left--) give(course, turned, heap.pop() ?? 0, 1);
};

/** Each site for itself. */
const levelsOf = ({ space }: Course, members: readonly number[], counts?: Float64Array): readonly Level[] =>
  members.map((site) => ({
    sites: [site],
    count: counts === undefined ? 0 : at(counts, site),
    space: at(space, site),
  }));

const levelsByValue = (
  course: Course,
  turned: Turned,
  values: Int32Array,
  members: readonly number[],
): readonly Level[] => {
  const sums = countsByValue(course, turned, values);
  return [...Map.groupBy(members, (site) => values[site] ?? -1)].map(([value, sites]) => ({
    sites,
    count: at(sums, value),
    space: sites.reduce((sum, site) => sum + at(course.space, site), 0),
  }));
};

/**
 * Places tasks on sites that have space for more than these, all at once, where ECS would place them one by one. Random
 * placement is taken to come to each site once before it comes to one again.
 */
export const distribute = (
  course: Course,
  turned: Turned,
  rules: readonly Rule[],
  members: readonly number[],
  tasks: number,
): void => {
  if (tasks === 0) return;
  const [only] = members;
  if (members.length === 1 && only !== undefined) {
    give(course, turned, only, tasks);
    return;
  }
  const [rule, ...rest] = rules;
  switch (rule?.kind) {
    case undefined:
      raiseLevels(course, turned, [], levelsOf(course, members), tasks);
      return;
    case 'binpack':
      fillInOrder(course, turned, rules, members, tasks);
      return;
    case 'spreadInstances':
      raiseLevels(course, turned, rest, levelsOf(course, members, countsOf(course, turned)), tasks);
      return;
    case 'spreadAttribute':
      raiseLevels(course, turned, rest, levelsByValue(course, turned, rule.cells, members), tasks);
  }
};
