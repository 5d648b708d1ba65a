import { at, dimensions, type Rooms, spaceIn, takeRoom } from '../packing/rooms.ts';
import { allowedWith, type Grounds, type Rule, type Turned } from './grounds.ts';
import { heapOf } from './heap.ts';

/** What ECS leaves open: which of several equals it takes. The lower the rank of a site, the sooner. */
export interface Luck {
  readonly name: string;
  readonly rank: (site: number, left: Float64Array, turn: number) => number;
}

/** A replay under way. */
export interface Course {
  readonly grounds: Grounds;
  readonly rooms: Rooms;
  readonly counts: readonly Float64Array[];
  /** By group: its tasks by value of the attributes that are spread over. */
  readonly sums: readonly Map<readonly number[], Float64Array>[];
  /** Groups of which tasks were placed, by site; kept only where constraints depend on them. */
  readonly placedGroups: Map<number, Set<string>>;
  /** Custom resources taken, by site and name. */
  readonly customTaken: Map<string, number>;
  readonly luck: Luck;
  /** Sites from here on have yet to come. */
  end: number;
  /** How many turns were taken. */
  turn: number;
  /** By ask: the sites that had space when last looked at. Others never will again, unless that depends on tasks. */
  readonly open: Map<Turned, number[]>;
  /** Called for all tasks that were placed. */
  readonly onPlaced: (turned: Turned, site: number, tasks: number) => void;
  /** Room for each site's space in the turn at hand. */
  readonly space: Float64Array;
}

const none = new Float64Array(0);

/** By site: how many tasks of its group are there. */
const countsOf = (course: Course, { group }: Turned): Float64Array => course.counts[group] ?? none;

const customSpace = (course: Course, { ask }: Turned, site: number, wanted: number): number => {
  const custom = ask.requirements.custom;
  if (custom === undefined) return wanted;
  let most = wanted;
  for (const [name, needed] of Object.entries(custom)) {
    const left = (course.grounds.sites[site]?.room.custom[name] ?? 0) - (course.customTaken.get(`${site} ${name}`) ?? 0);
    if (needed > 0) most = Math.min(most, Math.max(0, Math.floor(left / needed)));
  }
  return most;
};

/** Whether a task that takes every GPU finds all of them free. */
const hasAllGpus = ({ rooms, grounds }: Course, site: number): boolean => {
  const gpus = grounds.sites[site]?.gpus ?? 0;
  return gpus > 0 && at(rooms.left, site * dimensions + 2) === gpus;
};

const spaceFor = (course: Course, turned: Turned, site: number, wanted: number): number => {
  if (turned.allowed[site] !== 1) return 0;
  let space = spaceIn(course.rooms, site, turned.need, wanted);
  if (space === 0) return 0;
  const { ask } = turned;
  if (ask.requirements.allGpus === true) space = hasAllGpus(course, site) ? 1 : 0;
  space = customSpace(course, turned, site, space);
  if (space === 0 || !ask.constraints.dependsOnTasks) return space;
  const it = course.grounds.sites[site];
  return it === undefined ? 0 : Math.min(space, allowedWith(ask, it, course.placedGroups.get(site) ?? []));
};

const give = (course: Course, turned: Turned, site: number, tasks: number): void => {
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

type Key = (site: number) => number;

/** The tasks of the group by value of an attribute, on all sites; counted once and kept up to date. */
const countsByValue = (course: Course, turned: Turned, values: readonly number[]): Float64Array => {
  const known = course.sums[turned.group]?.get(values);
  if (known !== undefined) return known;
  const sums = new Float64Array(values.length); // there are no more values than sites
  const counts = countsOf(course, turned);
  for (const [site, value] of values.entries()) sums[value] = at(sums, value) + at(counts, site);
  course.sums[turned.group]?.set(values, sums);
  return sums;
};

/** The less the better, as ECS narrows down instances by a rule. */
const keyOf = (course: Course, turned: Turned, rule: Rule): Key => {
  switch (rule.kind) {
    case 'binpack':
      return (site) => at(course.rooms.left, site * dimensions + rule.dimension);
    case 'spreadInstances': {
      const counts = countsOf(course, turned);
      return (site) => at(counts, site);
    }
    case 'spreadAttribute': {
      const sums = countsByValue(course, turned, rule.values);
      return (site) => at(sums, rule.values[site] ?? 0);
    }
  }
};

/** Which of two sites a strategy takes first; luck has the last word. */
const orderBy = (course: Course, turned: Turned, rules: readonly Rule[]): ((a: number, b: number) => number) => {
  const keys = rules.map((rule) => keyOf(course, turned, rule));
  const { rank } = course.luck;
  const { left } = course.rooms;
  const { turn } = course;
  return (a, b) => {
    for (const key of keys) {
      const difference = key(a) - key(b);
      if (difference !== 0) return difference;
    }
    return rank(a, left, turn) - rank(b, left, turn) || a - b;
  };
};

/** One site after another, each until it is full. */
const fillInOrder = (course: Course, turned: Turned, rules: readonly Rule[], members: readonly number[], tasks: number): void => {
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
  high = Math.min(high, low + tasks);
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
const spreadOverSites = (course: Course, turned: Turned, rules: readonly Rule[], members: readonly number[], tasks: number): void => {
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
  [rule, ...rest]: readonly [Extract<Rule, { readonly kind: 'spreadAttribute' }>, ...Rule[]],
  members: readonly number[],
  tasks: number,
): void => {
  const sums = countsByValue(course, turned, rule.values);
  const byValue = Map.groupBy(members, (site) => rule.values[site] ?? -1);
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
const distribute = (
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

/** Of several sites those with the least of something, found in one pass. */
const narrow = (sites: readonly number[], amounts: Float64Array, cellOf: (site: number) => number): number[] => {
  let least = Number.POSITIVE_INFINITY;
  let equals: number[] = [];
  for (const site of sites) {
    const amount = amounts[cellOf(site)] ?? 0;
    if (amount > least) continue;
    if (amount < least) {
      least = amount;
      equals = [];
    }
    equals.push(site);
  }
  return equals;
};

const narrowBy = (course: Course, turned: Turned, rule: Rule, sites: readonly number[]): number[] => {
  switch (rule.kind) {
    case 'binpack':
      return narrow(sites, course.rooms.left, (site) => site * dimensions + rule.dimension);
    case 'spreadInstances':
      return narrow(sites, countsOf(course, turned), (site) => site);
    case 'spreadAttribute':
      return narrow(sites, countsByValue(course, turned, rule.values), (site) => rule.values[site] ?? 0);
  }
};

/** The site that ECS takes for the next task: rule after rule leaves fewer, and luck decides between equals. */
const firstChoice = (course: Course, turned: Turned, sites: readonly number[]): number => {
  let equals = sites;
  for (const rule of turned.rules) if (equals.length > 1) equals = narrowBy(course, turned, rule, equals);
  const { luck, rooms, turn } = course;
  let chosen = equals[0] ?? 0;
  if (equals.length === 1) return chosen;
  let lowest = Number.POSITIVE_INFINITY;
  for (const site of equals) {
    const rank = luck.rank(site, rooms.left, turn);
    if (rank >= lowest) continue;
    lowest = rank;
    chosen = site;
  }
  return chosen;
};

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
  const sites = openSites(course, turned, tasks);
  let room = 0;
  for (const site of sites) room += at(course.space, site);
  // Where all is filled up, it does not matter in which order.
  if (room <= tasks) for (const site of sites) give(course, turned, site, at(course.space, site));
  else if (tasks <= few || turned.isUnusual) placeSingly(course, turned, sites, tasks);
  else distribute(course, turned, turned.rules, sites, tasks);
  return Math.min(room, tasks);
};
