import { certainlyPlaced } from './certain.ts';
import { addRoom, at, dimensions, type Need, needFor, needOf, noRooms, spaceIn } from './packing/rooms.ts';
import { perhaps, permissionsFor } from './permissions.ts';
import { groundsOf } from './replay/grounds.ts';
import { replay, type Script } from './replay/replay.ts';
import { fairScripts, hostileScripts, mixedScript } from './replay/scripts.ts';
import type { Ask, Site } from './site.ts';

/** Equal for asks that the same sites allow. */
export const permissionKey = ({ capacityProvider, requirements, constraints }: Ask): string =>
  JSON.stringify([
    capacityProvider,
    requirements.sharesGpus === true,
    constraints.checks.map((it) => it.cause),
    constraints.unparsable?.expression,
  ]);

/** Whether a task takes only what is counted down, and things that can be had once only: an instance to itself is one. */
const isCountable = ({ requirements: it, constraints, apart }: Ask): boolean =>
  it.allGpus !== true &&
  it.custom === undefined &&
  (!constraints.dependsOnTasks ||
    (apart !== undefined &&
      constraints.checks.every(
        ({ cause, subjects }) => cause.kind === 'distinctInstance' || subjects.every((one) => one.kind === 'attribute'),
      )));

/** A task as large as the largest of all in every resource: any of them takes at most one place of it. */
const largestOf = (needs: readonly Need[]): Need => {
  const sizes = new Float64Array(dimensions);
  for (const it of needs) for (let d = 0; d < dimensions; d++) sizes[d] = Math.max(at(sizes, d), at(it.sizes, d));
  return needFor(sizes, []);
};

/** More than any instance holds. */
const manyTasks = 1_000_000;

/** The ask as it would be if its tasks did not mind each other. */
const notApart = (ask: Ask): Ask => {
  const { constraints } = ask;
  if (!constraints.dependsOnTasks) return ask;
  const checks = constraints.checks.filter(({ cause }) => cause.kind !== 'distinctInstance');
  return { ...ask, constraints: { ...constraints, dependsOnTasks: false, checks } };
};

/** Sites on which something that an ask may want for itself is taken. */
interface Taken {
  readonly byClaim: ReadonlyMap<string, readonly number[]>;
  readonly byGroup: ReadonlyMap<string, readonly number[]>;
  /** Sites of which nobody knows which groups have tasks there. */
  readonly unclear: readonly number[];
}

const takenOn = (sites: readonly Site[], wanted: readonly Ask[], needs: readonly Need[]): Taken => {
  const byClaim = new Map(needs.flatMap((it) => it.claims.map((claim): [string, number[]] => [claim, []])));
  const apart = wanted.filter((it) => it.constraints.dependsOnTasks);
  const byGroup = new Map(apart.map((it): [string, number[]] => [it.group, []]));
  for (const [n, { room, facts }] of sites.entries()) {
    if (byClaim.size > 0) for (const it of room.claims) byClaim.get(it)?.push(n);
    if (byGroup.size > 0) for (const it of facts.taskGroups ?? []) byGroup.get(it)?.push(n);
  }
  const unclear = byGroup.size === 0 ? [] : [...sites.keys()].filter((n) => sites[n]?.facts.taskGroups === undefined);
  return { byClaim, byGroup, unclear };
};

/** Of asks that the same sites allow: which these are, and how many places there are on them. */
interface Like {
  readonly allowed: Uint8Array;
  readonly places: number;
  /** On how many of them is a place. */
  readonly sites: number;
}

const likeOf = (allowed: Uint8Array, places: Float64Array): Like => {
  let [all, sites] = [0, 0];
  for (let n = 0; n < allowed.length; n++) {
    if (allowed[n] !== 1) continue;
    all += at(places, n);
    sites += Math.min(1, at(places, n));
  }
  return { allowed, places: all, sites };
};

/** On how many of the sites that an ask may use all that it wants for itself is free. */
const freeSites = (
  { allowed, sites }: Like,
  ask: Ask,
  claims: readonly string[],
  taken: Taken,
  places: Float64Array,
) => {
  const closed = new Set(claims.flatMap((it) => taken.byClaim.get(it) ?? []));
  if (ask.constraints.dependsOnTasks)
    for (const it of [...(taken.byGroup.get(ask.group) ?? []), ...taken.unclear]) closed.add(it);
  let free = sites;
  for (const it of closed) if (allowed[it] === 1) free -= Math.min(1, at(places, it));
  return free;
};

/**
 * Whether there is so much room that nothing need be played through: as many places for a task as large as the largest as
 * there are tasks, wherever each of them may go. Of a task with a claim, an instance where it is free is one place.
 */
export const holdsAmply = (asks: readonly Ask[], sites: readonly Site[]): boolean => {
  const wanted = asks.filter((it) => it.count > 0);
  if (!wanted.every(isCountable)) return false;
  const needs = wanted.map(needOf);
  const largest = largestOf(needs);
  const rooms = noRooms();
  for (const it of sites) addRoom(rooms, it.room);
  const places = Float64Array.from(sites, (_, n) => spaceIn(rooms, n, largest, manyTasks));
  const tasks = wanted.reduce((sum, it) => sum + it.count, 0);
  const permissions = permissionsFor(wanted.map(notApart));
  const taken = takenOn(sites, wanted, needs);
  const likes = new Map<string, Like>();
  return wanted.every((ask, n) => {
    const claims = needs[n]?.claims ?? [];
    const alone = notApart(ask);
    const key = permissionKey(alone);
    const like = likes.get(key) ?? likeOf(permissions(alone, sites), places);
    likes.set(key, like);
    if (claims.length === 0) return like.places >= tasks;
    return like.sites >= tasks && freeSites(like, ask, claims, taken, places) >= tasks;
  });
};

/** Tasks looked at on an instance in the replays that are added to the usual ones, and how many of those at most. */
const looksMore = 2_000_000;
const mostMore = 48;

/** The tasks of one ask come after all others: what it could have had is taken. */
const withLast = (last: number, script: Script): Script => ({
  name: `${script.name}, ask ${last} last`,
  turns: (grounds) => {
    const [late = [], early = []] = [true, false].map((isLast) =>
      script.turns(grounds).filter(({ ask }) => (ask === last) === isLast),
    );
    return [...early, ...late];
  },
  luck: script.luck,
});

/**
 * More ways things may go: as many as the size of the problem allows. Every other one leaves an ask for last of which
 * fewest are certain to be placed.
 */
const moreScripts = (wanted: readonly Ask[], certain: readonly number[], sites: number): readonly Script[] => {
  const tasks = wanted.reduce((sum, it) => sum + it.count, 0);
  const share = (n: number): number => (certain[n] ?? 0) / (wanted[n]?.count ?? 1);
  const tightest = [...wanted.keys()].filter((n) => share(n) < 1).sort((a, b) => share(a) - share(b) || a - b);
  return Array.from({ length: Math.min(mostMore, Math.floor(looksMore / (tasks * sites))) }, (_, n) => {
    const script = mixedScript(fairScripts.length + hostileScripts.length + n);
    const last = tightest[(n >> 1) % tightest.length];
    return n % 2 === 1 || last === undefined ? script : withLast(last, script);
  });
};

/** How many tasks run on an instance is clear only until one is placed there. */
const countsRunning = ({ constraints }: Ask): boolean =>
  constraints.checks.some(({ subjects }) => subjects.some((it) => it.kind === 'runningTasksCount'));

/** What is left to be played through, once it is neither ample nor certain. */
interface Open {
  readonly holds: (script: Script) => boolean;
  readonly more: () => readonly Script[];
}

const openOf = (asks: readonly Ask[], sites: readonly Site[]): Open | undefined => {
  const wanted = asks.filter((it) => it.count > 0);
  if (wanted.length === 0 || holdsAmply(wanted, sites)) return undefined;
  const permissions = permissionsFor(wanted);
  const grounds = groundsOf(wanted, sites, [], permissions);
  const certain = certainlyPlaced(grounds, sites.length);
  if (wanted.every((it, n) => certain[n] === it.count)) return undefined;
  const isUnclear = grounds.turned.some(
    ({ ask, allowed }) =>
      countsRunning(ask) || (ask.constraints.dependsOnTasks ? permissions(ask, sites) : allowed).includes(perhaps),
  );
  const all = isUnclear ? [grounds, groundsOf(wanted, sites, [], permissions, true)] : [grounds];
  return {
    holds: (script) => all.every((it) => replay(it, script).unplacedTasks === 0),
    more: () => moreScripts(wanted, certain, sites.length),
  };
};

/** Hostile ones first: they take fewer turns, and refuse more. */
const usualScripts: readonly Script[] = [...hostileScripts, ...fairScripts];

type Holds = (asks: readonly Ask[], sites: readonly Site[]) => boolean;

/**
 * Whether the sites hold every task of the asks in whatever order ECS places them and whatever it takes of equals, as far
 * as its replays tell: amply, or each ask certainly, or all of them in every fair and every hostile replay and, where the
 * problem is small, some dozens more. Where it is unclear whether tasks may go to a site, both are played: that ECS puts
 * none there, and that it does and takes the room from others.
 */
export const holdsAll: Holds = (asks, sites) => {
  const open = openOf(asks, sites);
  return open === undefined || (usualScripts.every(open.holds) && open.more().every(open.holds));
};

/** The same without the dozens: for a search, of which what is found then `holdsRarely` too. */
export const holdsMostly: Holds = (asks, sites) => {
  const open = openOf(asks, sites);
  return open === undefined || usualScripts.every(open.holds);
};

/** The dozens alone. What `holdsMostly` and these hold, `holdsAll` does. */
export const holdsRarely: Holds = (asks, sites) => {
  const open = openOf(asks, sites);
  return open?.more().every(open.holds) ?? true;
};
