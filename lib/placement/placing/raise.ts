import type { Packing } from '../pack.ts';
import { total } from '../packing/shapes.ts';
import type { Outcome, Script } from '../replay/replay.ts';
import type { Ask, Site } from '../site.ts';
import type { Decision } from './decision.ts';
import { type Extra, nothingMore, type Supply } from './supply.ts';

/** Rounds of raising the launches; each closes most of the gap that is left. */
const maximumRounds = 12;

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

const between = (low: Extra, high: Extra, share: number): Extra => ({
  restores: high.restores,
  launches: new Map(
    [...high.launches].map(([id, most]) => {
      const least = low.launches.get(id) ?? 0;
      return [id, least + Math.ceil((most - least) * share)];
    }),
  ),
});

/** The fewest launches between two counts with which the replays leave no more over: halved as long as that tells. */
const lowest = (decision: Decision, low: Extra, high: Extra, script: Script, goal: number): Extra => {
  let [few, many] = [low, high];
  while (!decision.isSpent && launchesIn(many) - launchesIn(few) > Math.max(1, launchesIn(many) * closeEnough)) {
    const middle = between(few, many, 0.5);
    if (launchesIn(middle) === launchesIn(many)) break;
    if (unplacedIn(decision.play(middle, [script])) <= goal) many = middle;
    else few = middle;
  }
  return many;
};

/** Adds what is needed until no script leaves more over than can never be placed, or nothing more can be added. */
const raise = (
  decision: Decision,
  asks: readonly Ask[],
  supply: Supply,
  start: Extra,
  never: Packing['unplaced'],
  scripts: readonly Script[],
): { readonly extra: Extra; readonly before: Extra } => {
  const goal = total(Object.values(never));
  let extra = start;
  let before = start;
  for (let round = 0; round < maximumRounds && !decision.isSpent; round++) {
    const left = worst(decision.play(extra, scripts));
    if (left === undefined || left.unplacedTasks <= goal) break;
    const more = plus(extra, decision.pack(leftOver(asks, left, never), extra, false), supply.restorable);
    if (!isMore(more, extra)) break;
    before = extra;
    extra = more;
  }
  return { extra, before };
};

/** Only where it is the difference between room in any event and room in most. */
const withOneMore = (decision: Decision, asks: readonly Ask[], extra: Extra, never: Packing['unplaced']): Extra => {
  const goal = total(Object.values(never));
  const left = worst(decision.play(extra, decision.hostile));
  if (left === undefined || left.unplacedTasks <= goal || decision.isSpent) return extra;
  const needed = plus(nothingMore, decision.pack(leftOver(asks, left, never), extra, false), []);
  const launches = new Map(extra.launches);
  for (const [id] of needed.launches) launches.set(id, (launches.get(id) ?? 0) + 1);
  const more = { ...extra, launches };
  return isMore(more, extra) && unplacedIn(decision.play(more, decision.hostile)) <= goal ? more : extra;
};

/** What it takes besides what is there and on its way: nothing, if that suffices. */
export const extraFor = (decision: Decision, asks: readonly Ask[], supply: Supply): Extra => {
  const [first] = decision.fair;
  if (first === undefined || unplacedIn(decision.play(nothingMore, decision.fair)) === 0) return nothingMore;
  const packing = decision.pack(asks, nothingMore, true);
  const never = packing.unplaced;
  const goal = total(Object.values(never));
  const nominal = plus(nothingMore, packing, supply.restorable);
  for (const restores of [nominal.restores, new Set(supply.restorable.map((it) => it.id))]) {
    const withoutLaunches = { launches: nothingMore.launches, restores };
    if (restores.size > 0 && unplacedIn(decision.play(withoutLaunches, decision.fair)) <= goal) return withoutLaunches;
  }
  const searched = raise(decision, asks, supply, nominal, never, [first]);
  const low =
    launchesIn(searched.extra) > launchesIn(nominal) ? searched.before : { ...nominal, launches: nothingMore.launches };
  const least = lowest(decision, low, searched.extra, first, goal);
  const sure = raise(decision, asks, supply, least, never, decision.fair).extra;
  return withOneMore(decision, asks, sure, never);
};
