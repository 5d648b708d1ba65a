import { at, dimensions } from '../packing/rooms.ts';
import { type Course, countsByValue, countsOf } from './course.ts';
import type { Rule, Turned } from './grounds.ts';

type Key = (site: number) => number;

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
export const orderBy = (course: Course, turned: Turned, rules: readonly Rule[]): ((a: number, b: number) => number) => {
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
export const firstChoice = (course: Course, turned: Turned, sites: readonly number[]): number => {
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
