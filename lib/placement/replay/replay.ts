import type { Rooms } from '../packing/rooms.ts';
import type { Course, Luck } from './course.ts';
import type { Grounds, Turned } from './grounds.ts';
import { takeTurn } from './turn.ts';

/** One of the ways things may go: in which order tasks come, in how many instalments, and what ECS takes of equals. */
export interface Script {
  readonly name: string;
  /** Turns of so many tasks of an ask, by its index. */
  readonly turns: (grounds: Grounds) => readonly { readonly ask: number; readonly tasks: number }[];
  readonly luck: Luck;
}

/** Tasks of an ask that were placed on a site. */
export interface Placed {
  readonly ask: number;
  readonly site: number;
  readonly tasks: number;
}

export interface Outcome {
  readonly script: string;
  readonly placed: readonly Placed[];
  /** By ask. */
  readonly now: Int32Array;
  readonly unplaced: Int32Array;
  readonly unplacedTasks: number;
  /** How many looks at a site it took. */
  readonly looks: number;
}

const copyOf = ({ count, left, claims }: Rooms): Rooms => ({ count, left: left.slice(), claims: claims.slice() });

/**
 * Plays through how ECS places the tasks: those that find room on what is there go there first, the rest once everything
 * that is on its way has come.
 */
export const replay = (grounds: Grounds, script: Script): Outcome => {
  const indexOf = new Map<Turned, number>(grounds.turned.map((it, n) => [it, n]));
  const placed: Placed[] = [];
  const present = grounds.isLater.indexOf(true);
  const now = new Int32Array(grounds.turned.length);
  const course: Course = {
    grounds,
    rooms: copyOf(grounds.rooms),
    counts: [],
    sums: grounds.counts.map(() => new Map()),
    placedGroups: new Map(),
    customTaken: new Map(),
    luck: script.luck,
    end: present === -1 ? grounds.sites.length : present,
    turn: 0,
    looks: 0,
    open: new Map(),
    onPlaced: (turned, site, tasks) => {
      const ask = indexOf.get(turned) ?? 0;
      if (grounds.isLater[site] === false) now[ask] = (now[ask] ?? 0) + tasks;
      placed.push({ ask, site, tasks });
    },
    space: new Float64Array(grounds.sites.length),
  };
  let waiting = script.turns(grounds).map((it) => ({ ...it }));
  const round = (): boolean => {
    let moved = false;
    for (const turn of waiting) {
      const turned = grounds.turned[turn.ask];
      if (turned === undefined) continue;
      const taken = takeTurn(course, turned, turn.tasks);
      moved ||= taken > 0;
      turn.tasks -= taken;
    }
    waiting = waiting.filter((it) => it.tasks > 0);
    return moved;
  };
  // ECS tries again: where a place depends on what else is there, a later attempt may succeed.
  const rounds = (): void => {
    while (round() && grounds.dependsOnTasks && waiting.length > 0);
  };
  rounds();
  if (waiting.length > 0 && present !== -1) {
    course.end = grounds.sites.length;
    course.open.clear();
    rounds();
  }
  const unplaced = new Int32Array(grounds.turned.length);
  for (const it of waiting) unplaced[it.ask] = (unplaced[it.ask] ?? 0) + it.tasks;
  return {
    script: script.name,
    placed,
    now,
    unplaced,
    unplacedTasks: unplaced.reduce((sum, it) => sum + it, 0),
    looks: course.looks,
  };
};
