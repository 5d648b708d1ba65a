import type { Task } from '../../model/task.ts';
import { holdsAll, holdsAmply, holdsMostly, holdsRarely } from '../../placement/holds.ts';
import type { Ask, Site } from '../../placement/site.ts';
import { asksToMove } from '../moving.ts';
import { serviceOf } from '../services.ts';
import type { View } from '../view.ts';
import type { Weighed } from './weigh.ts';
import { zonesToKeep } from './zones.ts';

/** What must have room, besides what is moved, and where. */
export interface Ground {
  readonly asks: readonly Ask[];
  /** In the order of their ids. */
  readonly sites: readonly Site[];
}

export const without = (sites: readonly Site[], leaving: readonly Weighed[]): readonly Site[] => {
  const ids = new Set(leaving.map((it) => it.instance.ec2InstanceId));
  return sites.filter((it) => !ids.has(it.id));
};

/** In the order of the instances' ARNs, so that it does not show in which order they were chosen. */
const tasksOf = (leaving: readonly Weighed[]): Weighed['tasks'] =>
  leaving.toSorted((a, b) => (a.instance.arn < b.instance.arn ? -1 : 1)).flatMap((it) => it.tasks);

/**
 * What ECS is asked for when these instances leave, in two readings: as it will be, and with tasks of services that ECS
 * keeps even over zones bound to their zone. Undefined where the size of a task is not known.
 */
export const asksOf = (
  view: View,
  leaving: readonly Weighed[],
  rest: readonly Site[],
): { readonly plain: readonly Ask[]; readonly inZones: readonly Ask[] } | undefined => {
  const tasks = tasksOf(leaving);
  const zoneFor = zonesToKeep(
    view,
    leaving.map((it) => it.instance),
  );
  const plain = asksToMove(view, tasks, rest);
  if (plain === undefined) return undefined;
  const isBound = tasks.some((it) => zoneFor(it) !== undefined);
  const inZones = isBound ? asksToMove(view, tasks, rest, zoneFor) : plain;
  return inZones === undefined ? undefined : { plain, inZones };
};

type Holds = typeof holdsAll;

/** Whether all that these instances run, and all else that must have room, fits on the rest whatever ECS does. */
const holdsWithout = (view: View, { asks, sites }: Ground, leaving: readonly Weighed[], holds: Holds): boolean => {
  const rest = without(sites, leaving);
  const moving = asksOf(view, leaving, rest);
  if (moving === undefined || !holds([...asks, ...moving.plain], rest)) return false;
  return moving.inZones === moving.plain || holds([...asks, ...moving.inZones], rest);
};

/**
 * Sets of instances that are proved in one plan, at the very most. Of 100 instances that are chosen, a single one that
 * cannot leave is found and left out in about twice log2(100) of them.
 */
const mostProofs = 16;

/** And how many of these with every replay there is: mostly the first of them holds. */
const mostFinalProofs = 6;

/** So many asks and tasks, kinds counted too, are proved together at the most: what a proof costs grows with instances alone. */
const mostTogether = 500;

/** What the proofs of one order may cost where room is not ample: asks and tasks, each looked at on each instance. */
const mostWork = 1_500_000;

/** Constraints that depend on what else is there are asked again for each task on each instance: so much more work. */
const timesSlower = 20;

const dependsOnTasks = (view: View, task: Task): boolean => {
  const { placementConstraints = [] } = serviceOf(view, task) ?? {};
  const own = view.observation.taskDefinitions[task.taskDefinitionArn]?.memberOf ?? [];
  return placementConstraints.length > 0 || own.length > 0;
};

const countOf = ({ asks }: Ground, tasks: readonly Task[]): number =>
  asks.length + new Set(tasks.map((it) => it.group)).size + tasks.length;

const workOf = (view: View, ground: Ground, leaving: readonly Weighed[]): number => {
  const tasks = leaving.flatMap((it) => it.tasks);
  const slower = tasks.some((it) => dependsOnTasks(view, it)) ? timesSlower : 1;
  return countOf(ground, tasks) * ground.sites.length * slower;
};

const isTooMuch = (view: View, ground: Ground, leaving: readonly Weighed[]): boolean =>
  workOf(view, ground, leaving) > mostWork / 4 ||
  countOf(
    ground,
    leaving.flatMap((it) => it.tasks),
  ) > mostTogether;

/** As many of the first as one proof may be about, so that there can be several. */
const withinWork = (view: View, ground: Ground, chosen: readonly Weighed[]): readonly Weighed[] => {
  let size = chosen.length;
  while (size > 1 && isTooMuch(view, ground, chosen.slice(0, size))) size = Math.ceil(size / 2);
  return chosen.slice(0, size);
};

/** What came of the proofs. */
export interface Proved {
  /** May leave together: proved as a whole. */
  readonly held: readonly Weighed[];
  /** Of the others, those of which it was not found out: the work that one plan may do was done. */
  readonly open: readonly Weighed[];
}

/** As many of the first half as may leave and then as many of the second, with up to so many proofs. */
const grown = (view: View, ground: Ground, chosen: readonly Weighed[], holds: Holds, most: number): Proved => {
  let proofs = 0;
  let work = 0;
  const open: Weighed[] = [];
  const grow = (held: readonly Weighed[], more: readonly Weighed[]): readonly Weighed[] => {
    if (more.length === 0) return held;
    if (proofs >= most || work >= mostWork) {
      open.push(...more);
      return held;
    }
    const all = [...held, ...more];
    proofs++;
    work += workOf(view, ground, all);
    if (holdsWithout(view, ground, all, holds)) return all;
    if (more.length === 1) return held;
    const half = Math.ceil(more.length / 2);
    return grow(grow(held, more.slice(0, half)), more.slice(half));
  };
  return { held: grow([], chosen), open };
};

/**
 * The largest part of them found that may leave together: all, else as many of the first half as may and then as many of
 * the second. It is looked for with the usual replays; what is found is proved with all of them, and the little that
 * these still take away is looked for again.
 */
export const provedOf = (view: View, ground: Ground, chosen: readonly Weighed[]): Proved => {
  if (chosen.length === 0 || holdsWithout(view, ground, chosen, holdsAmply)) return { held: chosen, open: [] };
  const within = withinWork(view, ground, chosen);
  const beyond = chosen.slice(within.length);
  const likely = grown(view, ground, within, holdsMostly, mostProofs);
  const { held, open } =
    likely.held.length === 0 || holdsWithout(view, ground, likely.held, holdsRarely)
      ? { held: likely.held, open: [] }
      : grown(view, ground, likely.held, holdsAll, mostFinalProofs);
  return { held, open: [...open, ...likely.open, ...beyond] };
};
