import { minuteMs } from '../../model/time.ts';
import { emptyingMs } from '../deadlines.ts';
import type { View } from '../view.ts';
import { byScore, type Weighed } from './weigh.ts';

/** Launches that long ago say how soon the next may come. */
const growthCountsMs = 60 * minuteMs;

/** A saving that lasts so long counts in full: for so long a task that is moved rests. */
const countsInFullMs = 30 * minuteMs;

/** Until what is launched again takes tasks. */
const bootMs = minuteMs;

/** How long it is on average between two launches of a group, as in the last hour; Infinity where there were none. */
const betweenLaunchesMs = (view: View, group: Weighed['group']): number =>
  growthCountsMs /
  view.memory.launches.filter((it) => it.group === group.name && view.now - it.at < growthCountsMs).length;

/** Until an instance is empty it costs as before, and what is launched in its place boots first: only the time between saves. */
const partOf = (view: View, { instance }: Weighed, neededInMs: number): number =>
  neededInMs === Infinity
    ? 1
    : Math.min(1, Math.max(0, (neededInMs - emptyingMs(view, instance.arn) - bootMs) / countsInFullMs));

/**
 * What part of the saving counts, 0 to 1, of instances that could leave together: what lasts until they are likely to be
 * needed again. A group that was made larger n times in an hour is likely to be again within an n-th of it; where several
 * can leave, the one that saves least for what it disturbs is taken to be needed first, the next as much later, and so on.
 */
export const lastingOf = (view: View, leaving: readonly Weighed[]): ReadonlyMap<Weighed, number> =>
  new Map(
    [...Map.groupBy(leaving.toSorted(byScore), (it) => it.group.arn).values()].flatMap((its) => {
      const [first] = its;
      const everyMs = first === undefined ? Infinity : betweenLaunchesMs(view, first.group);
      return its.map((it, n) => [it, partOf(view, it, everyMs * (its.length - n))] as const);
    }),
  );
