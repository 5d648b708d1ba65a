import { at, dimensions } from '../packing/rooms.ts';
import type { Luck } from './course.ts';
import type { Grounds } from './grounds.ts';
import type { Script } from './replay.ts';

/** A number that looks like chance and is the same each time (Fowler, Noll and Vo's mixing). */
const scrambled = (a: number, b: number): number => {
  let hash = 0x811c9dc5 ^ Math.imul(a + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= Math.imul(b + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const firstOfEquals: Luck = { name: 'the first', rank: (site) => site };
const lastOfEquals: Luck = { name: 'the last', rank: (site) => -site };
const anyOfEquals = (salt: number): Luck => ({
  name: `any (${salt})`,
  rank: (site, { turn }) => scrambled(site, salt + turn),
  chance: (turn) => scrambled(turn, salt),
});
/** Of instances equal in the one, that with the most left of everything: it breaks up what is still whole. */
const emptiestOfEquals: Luck = {
  name: 'the emptiest',
  rank: (site, { rooms: { left } }) => -at(left, site * dimensions) * 4 - at(left, site * dimensions + 1),
};

const sizeOf = ({ turned }: Grounds, ask: number): number => {
  const it = turned[ask]?.ask.requirements;
  return it === undefined ? 0 : it.cpuUnits * 4 + it.memoryMiB;
};

const blocks = (grounds: Grounds, order: (a: number, b: number) => number): ReturnType<Script['turns']> =>
  grounds.turned.map((it, ask) => ({ ask, tasks: it.ask.count })).sort((a, b) => order(a.ask, b.ask) || a.ask - b.ask);

/**
 * Looks at sites that a script may take, so that large clusters are played through in fewer instalments; ten times as many
 * where each look ends at the first good site.
 */
const looks = 6_000_000;

const looksFor = ({ turned }: Grounds): number =>
  turned.every((it) => it.isPlain && it.spreadsOnly) ? 10 * looks : looks;

/** Instalments of all asks, mixed: services are scheduled side by side, a few tasks at a time. */
const mixed = (grounds: Grounds, salt: number): ReturnType<Script['turns']> => {
  const turns = Math.max(1, looksFor(grounds) / Math.max(1, grounds.sites.length));
  const tasks = grounds.turned.reduce((sum, it) => sum + it.ask.count, 0);
  const size = Math.max(1, Math.ceil(tasks / turns));
  return grounds.turned
    .flatMap((it, ask) =>
      Array.from({ length: Math.ceil(it.ask.count / size) }, (_, n) => ({
        ask,
        tasks: Math.min(size, it.ask.count - n * size),
        key: scrambled(ask * 65_536 + n, salt),
      })),
    )
    .sort((a, b) => a.key - b.key || a.ask - b.ask);
};

/** Another way for each salt. */
export const mixedScript = (salt: number): Script => ({
  name: `mixed, any ${salt}`,
  turns: (it) => mixed(it, salt),
  luck: anyOfEquals(salt),
});

/** How things may well go: a plan holds in all of these. */
export const fairScripts: readonly Script[] = [1, 2, 3].map(mixedScript);

/** How things may go at the worst. */
export const hostileScripts: readonly Script[] = [
  {
    name: 'small first, the emptiest',
    turns: (it) => blocks(it, (a, b) => sizeOf(it, a) - sizeOf(it, b)),
    luck: emptiestOfEquals,
  },
  {
    name: 'large first, the first',
    turns: (it) => blocks(it, (a, b) => sizeOf(it, b) - sizeOf(it, a)),
    luck: firstOfEquals,
  },
  {
    name: 'blocks, the last',
    turns: (it) => blocks(it, (a, b) => scrambled(a, 2) - scrambled(b, 2)),
    luck: lastOfEquals,
  },
  { name: 'mixed, the emptiest', turns: (it) => mixed(it, 4), luck: emptiestOfEquals },
];
