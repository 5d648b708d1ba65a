import { at, dimensions, hasOthers, type Need } from '../packing/rooms.ts';
import { type Course, countsByValue, countsOf, type Open } from './course.ts';
import type { Rule, Turned } from './grounds.ts';

/** What a rule ranks by, as it stands now; the cells of the rule say where each site's is. */
const amountsOf = (course: Course, turned: Turned, { kind, cells }: Rule): Float64Array => {
  switch (kind) {
    case 'binpack':
      return course.rooms.left;
    case 'spreadInstances':
      return countsOf(course, turned);
    case 'spreadAttribute':
      return countsByValue(course, turned, cells);
  }
};

interface Scale {
  readonly amounts: Float64Array;
  readonly cells: Int32Array;
}

const scalesOf = (course: Course, turned: Turned, rules: readonly Rule[]): readonly Scale[] =>
  rules.map((rule) => ({ amounts: amountsOf(course, turned, rule), cells: rule.cells }));

/** Negative where the first of the scales on which two sites differ prefers `a`; 0 where they are equal on all. */
const differenceOn = (scales: readonly Scale[], from: number, a: number, b: number): number => {
  for (let n = from; n < scales.length; n++) {
    const scale = scales[n];
    if (scale === undefined) break;
    const { amounts, cells } = scale;
    const difference = at(amounts, cells[a] ?? 0) - at(amounts, cells[b] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Negative where luck prefers `a` of two sites that are equal. */
const byLuck = (course: Course, a: number, b: number): number => {
  const { luck } = course;
  return luck.rank(a, course) - luck.rank(b, course) || a - b;
};

/** Which of two sites a strategy takes first; luck has the last word. */
export const orderBy = (course: Course, turned: Turned, rules: readonly Rule[]): ((a: number, b: number) => number) => {
  const scales = scalesOf(course, turned, rules);
  return (a, b) => differenceOn(scales, 0, a, b) || byLuck(course, a, b);
};

/** A way through a list that comes to each place once: from some place on, so many at a time. */
interface Walk {
  readonly begin: number;
  readonly stride: number;
}

/** Primes larger than any list: none has a divisor in common with its length. */
const strides = [1_000_003, 1_100_009, 1_200_007, 1_300_021, 1_400_017, 1_500_007, 1_600_033, 1_700_021];

const walkOf = (chance: number, count: number): Walk => ({
  begin: chance % count,
  stride: (strides[(chance >>> 16) % strides.length] ?? 1) % count,
});

const inOrder: Walk = { begin: 0, stride: 1 };

/** Whether a site has room for a task that takes only what is counted down. */
const isOpen = (left: Float64Array, site: number, need: Need): boolean => {
  const { sizes } = need;
  const cell = site * dimensions;
  if ((left[cell] ?? 0) < (sizes[0] ?? 0) || (left[cell + 1] ?? 0) < (sizes[1] ?? 0)) return false;
  return need.others.length === 0 || hasOthers(left, cell, need);
};

/** More values of an attribute than are looked through for every task. */
const manyValues = 16;

/** A value that is behind what every open site had has no open site: the next one up is the least there may be. */
const raiseFloors = ({ rules }: Turned, scales: readonly Scale[], floors: Float64Array): void => {
  for (const [n, { amounts }] of scales.entries()) {
    if (rules[n]?.kind !== 'spreadAttribute' || amounts.length > manyValues) continue;
    let least = Number.POSITIVE_INFINITY;
    for (const it of amounts) if (it >= at(floors, n)) least = Math.min(least, it);
    floors[n] = least;
  }
};

/** Rule by rule the least among the sites of the list that are open. */
const measureFloors = (left: Float64Array, need: Need, scales: readonly Scale[], { sites, floors }: Open): void => {
  for (const [n, { amounts, cells }] of scales.entries()) {
    let least = Number.POSITIVE_INFINITY;
    for (const site of sites) {
      const amount = at(amounts, cells[site] ?? 0);
      if (amount < least && isOpen(left, site, need)) least = amount;
    }
    floors[n] = least;
  }
};

const isAtFloors = (scales: readonly Scale[], floors: Float64Array, site: number): boolean => {
  for (let n = 0; n < scales.length; n++) {
    const scale = scales[n];
    if (scale !== undefined && at(scale.amounts, scale.cells[site] ?? 0) > at(floors, n)) return false;
  }
  return true;
};

const keepOpen = (left: Float64Array, sites: number[], need: Need): void => {
  let kept = 0;
  for (const site of sites) if (isOpen(left, site, need)) sites[kept++] = site;
  sites.length = kept;
};

/**
 * The site that ECS takes for the next task, of those of a list that have room for it; -1 where none has. Rule after rule
 * leaves fewer, and luck decides between equals: chance takes the first it meets. Where every rule spreads, the look
 * then ends at a site than which none can be better: this is the innermost loop of all replays.
 */
export const takeFirst = (course: Course, turned: Turned, open: Open): number => {
  const { need } = turned;
  const { sites, floors } = open;
  const { left } = course.rooms;
  const scales = scalesOf(course, turned, turned.rules);
  const chance = course.luck.chance?.(course.turn);
  const mayEnd = chance !== undefined && turned.spreadsOnly;
  if (mayEnd) raiseFloors(turned, scales, floors);
  const [first] = scales;
  const count = sites.length;
  const { begin, stride } = chance === undefined || count === 0 ? inOrder : walkOf(chance, count);
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  let closed = 0;
  let place = begin;
  let n = 0;
  for (; n < count; n++) {
    const site = sites[place] ?? 0;
    place += stride;
    if (place >= count) place -= count;
    if (!isOpen(left, site, need)) {
      closed++;
      continue;
    }
    const amount = first === undefined ? 0 : (first.amounts[first.cells[site] ?? 0] ?? 0);
    if (amount > least) continue;
    if (amount === least && best !== -1) {
      const difference = differenceOn(scales, 1, site, best);
      if (difference > 0 || (difference === 0 && (chance !== undefined || byLuck(course, site, best) > 0))) continue;
    }
    least = amount;
    best = site;
    if (mayEnd && isAtFloors(scales, floors, site)) break;
  }
  course.looks += n;
  if (closed * 4 > count) keepOpen(left, sites, need);
  if (mayEnd && n === count) measureFloors(left, need, scales, open);
  return best;
};

/** The same of sites that are known to have room. */
export const firstChoice = (course: Course, turned: Turned, sites: readonly number[]): number => {
  const order = orderBy(course, turned, turned.rules);
  return sites.reduce((best, site) => (order(site, best) < 0 ? site : best), sites[0] ?? 0);
};
