import { instanceTypeOf } from '../../model/container-instance.ts';
import { compare } from '../../placement/packing/shapes.ts';
import { type Launchable, place } from '../../placement/place.ts';
import type { Launching } from '../supply.ts';
import type { View } from '../view.ts';
import { asksOf, type Ground, without } from './proof.ts';
import { scoreOf, type Totals, totalDisturbance, totalPrice, type Weighed } from './weigh.ts';

/** Instances that are to leave once cheaper ones have taken over. */
export interface Replacement {
  readonly leaving: readonly Weighed[];
  /** New instances by group. */
  readonly launches: Readonly<Record<string, number>>;
  readonly saving: number;
}

/**
 * What new instances must save at least, as a share of what leaves. Old and new run side by side while the new boot and
 * tasks move: ten minutes of that, the usual boot deadline, are paid back by a saving of 15 % in 67 minutes. What saves
 * less is likelier to be overtaken by the next change than to pay.
 */
const leastSaving = 0.15;

/** The most instances of one group that are replaced at once. */
const largestSet = 4;

/** Sets that are tried in one plan, and how many asks all of them may look at on an instance. */
const mostSets = 12;
const mostWork = 2_000_000;

/** The first two to four of a group, and its first ones alone; in turn over the groups, so that none keeps others waiting. */
const setsOf = (
  stuck: readonly Weighed[],
  mayStillLeave: (group: Weighed['group']) => number,
): readonly (readonly Weighed[])[] => {
  const byGroup = [...Map.groupBy(stuck, (it) => it.group.arn).values()].map((its) => {
    const [first] = its;
    const most = first === undefined ? 0 : Math.min(largestSet, its.length, mayStillLeave(first.group));
    const sizes = Array.from({ length: Math.max(0, most - 1) }, (_, n) => most - n);
    return [...sizes.map((size) => its.slice(0, size)), ...(most > 0 ? its.slice(0, 2).map((it) => [it]) : [])];
  });
  const rounds = Math.max(0, ...byGroup.map((its) => its.length));
  return Array.from({ length: rounds }, (_, round) => byGroup.flatMap((its) => its.slice(round, round + 1))).flat();
};

const typesLaunchedBy = (launching: readonly Launching[], id: string): readonly (string | undefined)[] => {
  const it = launching.find(({ state }) => state.group.name === id);
  if (it === undefined) return [];
  const { instanceTypes } = it.state.group;
  return instanceTypes.length > 0 ? instanceTypes : [it.registered.instanceType];
};

/** A new instance of a type that leaves, or of one that is not known, is no better than what leaves. */
const isOfOtherType = (launching: readonly Launching[], { id }: Launchable, leaving: readonly Weighed[]): boolean => {
  const types = typesLaunchedBy(launching, id);
  const old = new Set(leaving.map((it) => instanceTypeOf(it.instance)));
  return (
    types.length > 0 &&
    types.every((it) => it !== undefined && !old.has(it)) &&
    leaving.every((it) => it.group.name !== id)
  );
};

/** Fewer than leave, or each of them cheaper than the cheapest that leaves: else it only changes places. */
const isLess = (launched: readonly (readonly [Launchable, number])[], leaving: readonly Weighed[]): boolean => {
  const count = launched.reduce((sum, [, instances]) => sum + instances, 0);
  const cheapest = Math.min(...leaving.map((it) => it.price));
  return count > 0 && (count < leaving.length || launched.every(([it]) => it.price < cheapest));
};

/** What is tried with each set. */
export interface Trial {
  readonly view: View;
  readonly ground: Ground;
  readonly launchable: readonly Launchable[];
  readonly launching: readonly Launching[];
  readonly totals: Totals;
  /** Leave anyway: what they run is placed as well. */
  readonly gone: readonly Weighed[];
}

const replacementOf = (
  trial: Trial,
  leaving: readonly Weighed[],
  cheaper: readonly Launchable[],
): Replacement | undefined => {
  const { view, ground, totals, gone } = trial;
  const rest = without(ground.sites, [...gone, ...leaving]);
  const moving = asksOf(view, [...gone, ...leaving], rest);
  if (moving === undefined) return undefined;
  const asks = [...ground.asks, ...moving.inZones];
  // All that the next decision may launch for them: a group that comes first for another reason than its price would be
  // launched instead, and replaced again.
  const { launchable } = trial;
  const { launches, outcomes } = place(asks, { present: rest, incoming: {}, restorable: [], launchable });
  if ([...outcomes.values()].some((it) => it.unplaced > 0)) return undefined;
  const launched = launchable.flatMap((it) => {
    const instances = launches[it.id] ?? 0;
    return instances > 0 ? [[it, instances] as const] : [];
  });
  if (launched.some(([it]) => !cheaper.includes(it))) return undefined;
  const price = totalPrice(leaving);
  const saving = price - launched.reduce((sum, [it, instances]) => sum + it.price * instances, 0);
  const isWorthIt =
    saving >= price * leastSaving &&
    scoreOf(saving, totalDisturbance(leaving), totals) >= view.settings.consolidation.threshold;
  return isWorthIt && isLess(launched, leaving) ? { leaving, launches, saving } : undefined;
};

/**
 * Of some sets of instances that cannot leave for want of room, the one whose replacement by cheaper instances saves most.
 * One in a plan: what comes of it shows in the next.
 */
export const cheaperThan = (
  trial: Trial,
  stuck: readonly Weighed[],
  mayStillLeave: (group: Weighed['group']) => number,
): Replacement | undefined => {
  let best: Replacement | undefined;
  let tried = 0;
  let work = 0;
  for (const leaving of setsOf(stuck, mayStillLeave)) {
    if (tried >= mostSets || work >= mostWork) break;
    const price = totalPrice(leaving);
    if (scoreOf(price, totalDisturbance(leaving), trial.totals) < trial.view.settings.consolidation.threshold) continue;
    const cheaper = trial.launchable
      .filter((it) => it.available > 0 && it.price > 0 && it.price <= price * (1 - leastSaving))
      .filter((it) => isOfOtherType(trial.launching, it, leaving))
      .toSorted((a, b) => compare(a.id, b.id));
    if (cheaper.length === 0 || price * leastSaving <= 0) continue;
    tried++;
    const tasks = [...trial.gone, ...leaving].reduce((sum, it) => sum + it.tasks.length, trial.ground.asks.length);
    work += tasks * trial.ground.sites.length;
    const found = replacementOf(trial, leaving, cheaper);
    if (found !== undefined && found.saving > (best?.saving ?? 0)) best = found;
  }
  return best;
};
