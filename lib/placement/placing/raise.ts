import type { Packing } from '../pack.ts';
import { total } from '../packing/shapes.ts';
import type { Outcome, Script } from '../replay/replay.ts';
import type { Ask, Site } from '../site.ts';
import { type Decision, tiersOf } from './decision.ts';
import { type Extra, nothingMore, type Supply } from './supply.ts';

/** Rounds of raising the launches: more than it takes to come to every instance that is available. */
const maximumRounds = 48;

/** Rounds that add just what packing holds what is left over with; each later one may add twice as much. */
const exactRounds = 2;

/** The most that is added beyond that at once, as a share of the launches; in so many rounds, and then ever twice as much. */
const boldest = 0.02;
const carefulRounds = 16;

/** The search for fewer ends this close to what does not suffice, as a share: orders of tasks differ by more. */
const closeEnough = 0.002;

const launchesIn = ({ launches }: Extra): number => total(launches.values());

const plus = (extra: Extra, packing: Packing, restorable: readonly Site[]): Extra => {
  const launches = new Map(extra.launches);
  for (const [id, count] of Object.entries(packing.launches)) launches.set(id, (launches.get(id) ?? 0) + count);
  const ids = new Set(restorable.map((it) => it.id));
  const restores = packing.placements.map((it) => it.bin).filter((it) => ids.has(it));
  return { launches, restores: new Set([...extra.restores, ...restores]) };
};

const isMore = (a: Extra, b: Extra): boolean => launchesIn(a) > launchesIn(b) || a.restores.size > b.restores.size;

const worst = (outcomes: readonly Outcome[]): Outcome | undefined =>
  outcomes.reduce<Outcome | undefined>(
    (most, it) => (most === undefined || it.unplacedTasks > most.unplacedTasks ? it : most),
    undefined,
  );

/** Tasks left over in the worst of the outcomes. */
export const unplacedIn = (outcomes: readonly Outcome[]): number => worst(outcomes)?.unplacedTasks ?? 0;

/** What an outcome left over beyond what can never be placed. */
const leftOver = (asks: readonly Ask[], outcome: Outcome, never: Packing['unplaced']): readonly Ask[] =>
  asks.flatMap((ask, n) => {
    const count = (outcome.unplaced[n] ?? 0) - (never[ask.id] ?? 0);
    return count > 0 ? [{ ...ask, count }] : [];
  });

/** A search for what suffices, and all that it goes by. */
interface Search {
  readonly decision: Decision;
  readonly asks: readonly Ask[];
  readonly supply: Supply;
  /** By ask, tasks that can never be placed, as far as packing tells. */
  readonly never: Packing['unplaced'];
  /** How many tasks may be left over. */
  readonly most: number;
  /** The ways to be tried; that which refused last comes first. */
  scripts: readonly Script[];
}

const isHeld = ({ asks, never, most }: Search, outcome: Outcome): boolean =>
  outcome.unplacedTasks <= most && leftOver(asks, outcome, never).length === 0;

/** The first outcome that leaves more over than can never be placed, of any ask; undefined where none does. */
const refusalOf = (search: Search, extra: Extra): Outcome | undefined => {
  for (const script of search.scripts) {
    const [outcome] = search.decision.play(extra, [script]);
    if (outcome === undefined || isHeld(search, outcome)) continue;
    search.scripts = [script, ...search.scripts.filter((it) => it !== script)];
    return outcome;
  }
  return undefined;
};

/** The launches that were added once more, as often as that makes this many in all; no more than there are of each. */
const more = ({ supply }: Search, before: Extra, after: Extra, most: number): Extra => {
  const added = launchesIn(after) - launchesIn(before);
  const times = added === 0 ? 1 : Math.max(1, Math.floor(most / added));
  const launches = [...after.launches].map(([id, count]): [string, number] => {
    const available = supply.launchable.find((it) => it.id === id)?.available ?? count;
    return [id, Math.max(count, Math.min(available, count + (times - 1) * (count - (before.launches.get(id) ?? 0))))];
  });
  return { ...after, launches: new Map(launches) };
};

/** How many are launched more at most, in a round in which what is left over takes `added` of them. */
const boldness = (round: number, added: number, launches: number): number =>
  Math.min(2 ** (round - exactRounds) * added, boldest * launches * 2 ** Math.max(0, round - carefulRounds));

interface Raised {
  readonly extra: Extra;
  /** What did not suffice just before; undefined where the start did suffice. */
  readonly before: Extra | undefined;
}

/**
 * Adds what is needed until no script leaves more over than can never be placed. Where nothing helps, it comes to the
 * first that left least over: no launches for nothing.
 */
const raise = (search: Search, start: Extra): Raised => {
  const { decision, asks, never, supply } = search;
  let extra = start;
  let before: Extra | undefined;
  let best = { extra: start, unplaced: Number.POSITIVE_INFINITY };
  for (let round = 0; round < maximumRounds && !decision.isSpent; round++) {
    const left = refusalOf(search, extra);
    if (left === undefined) return { extra, before };
    if (left.unplacedTasks < best.unplaced) best = { extra, unplaced: left.unplacedTasks };
    const packed = plus(extra, decision.pack(leftOver(asks, left, never), extra, false), supply.restorable);
    if (!isMore(packed, extra)) break;
    const added = launchesIn(packed) - launchesIn(extra);
    before = extra;
    extra = more(search, extra, packed, boldness(round, added, launchesIn(packed)));
  }
  return { extra: best.extra, before: best.extra };
};

/** So many fewer launches than `high` has beyond `low`: those of the lowest priority first, of equal ones alike. */
const fewer = ({ supply }: Search, low: Extra, high: Extra, by: number): Extra => {
  const launches = new Map(high.launches);
  let left = by;
  for (const tier of tiersOf(supply.launchable).toReversed()) {
    const spare = tier.map(({ id }) => ({ id, count: (launches.get(id) ?? 0) - (low.launches.get(id) ?? 0) }));
    const share = Math.min(1, left / Math.max(1, total(spare.map((it) => it.count))));
    for (const { id, count } of spare) {
      const gone = Math.floor(count * share);
      if (gone <= 0) continue;
      launches.set(id, (launches.get(id) ?? 0) - gone);
      left -= gone;
    }
  }
  return { ...high, launches: new Map([...launches].filter(([, count]) => count > 0)) };
};

/** The fewest launches between what does not suffice and what does: halved as long as that tells. */
const lowest = (search: Search, low: Extra, high: Extra): Extra => {
  let [few, many] = [low, high];
  for (;;) {
    const gap = launchesIn(many) - launchesIn(few);
    if (search.decision.isSpent || gap <= Math.max(1, launchesIn(many) * closeEnough)) return many;
    const middle = fewer(search, few, many, Math.floor(gap / 2));
    if (launchesIn(middle) === launchesIn(many)) return many;
    if (refusalOf(search, middle) === undefined) many = middle;
    else few = middle;
  }
};

/** Only where it is the difference between room in any event and room in most. */
const withOneMore = (search: Search, extra: Extra): Extra => {
  const { decision, asks, never } = search;
  const left = worst(decision.play(extra, decision.hostile));
  if (left === undefined || isHeld(search, left) || decision.isSpent) return extra;
  const needed = plus(nothingMore, decision.pack(leftOver(asks, left, never), extra, false), []);
  const launches = new Map(extra.launches);
  for (const [id] of needed.launches) launches.set(id, (launches.get(id) ?? 0) + 1);
  const oneMore = { ...extra, launches };
  if (!isMore(oneMore, extra)) return extra;
  return decision.hostile.every((it) => decision.play(oneMore, [it]).every((outcome) => isHeld(search, outcome)))
    ? oneMore
    : extra;
};

/** What it takes besides what is there and on its way: nothing, if that suffices. */
export const extraFor = (decision: Decision, asks: readonly Ask[], supply: Supply): Extra => {
  const search: Search = { decision, asks, supply, never: {}, most: 0, scripts: decision.fair };
  if (refusalOf(search, nothingMore) === undefined) return nothingMore;
  const packing = decision.pack(asks, nothingMore, true);
  const placing: Search = { ...search, never: packing.unplaced, most: total(Object.values(packing.unplaced)) };
  const nominal = plus(nothingMore, packing, supply.restorable);
  const all = new Set(supply.restorable.map((it) => it.id));
  const withoutLaunches = [nominal.restores, all].map((restores) => ({ launches: nothingMore.launches, restores }));
  for (const extra of [nothingMore, ...withoutLaunches]) if (refusalOf(placing, extra) === undefined) return extra;
  const { extra, before } = raise(placing, nominal);
  // Where there is too little of everything, ECS may well place more than packing does: that is not given up for fewer.
  const most = Math.min(placing.most, unplacedIn(decision.play(extra, decision.fair)));
  const held: Search = { ...placing, most };
  const least = lowest(held, before ?? { ...nominal, launches: nothingMore.launches }, extra);
  return withOneMore(held, least);
};
