import { Decision } from './placing/decision.ts';
import { extraFor, unplacedIn } from './placing/raise.ts';
import type { Extra, Supply } from './placing/supply.ts';
import type { Outcome, Placed } from './replay/replay.ts';
import type { Ask, Site } from './site.ts';

export type { Launchable, Supply } from './placing/supply.ts';

/** What becomes of the tasks of one ask. */
export interface AskOutcome {
  /** Places found in the replay that found fewest now; `launchable` where it is one that has yet to come. */
  readonly places: readonly Place[];
  /** Tasks that are placed now in any event; the others of `places` now are so in most. */
  readonly certainNow: number;
  readonly unplaced: number;
}

export interface Place {
  /** `soon`: where tasks are about to end; `place` itself never says so. */
  readonly kind: 'now' | 'soon' | 'incoming' | 'restored' | 'launched';
  readonly launchable: string | undefined;
  readonly site: string;
  readonly tasks: number;
}

export interface Placing {
  readonly launches: Readonly<Record<string, number>>;
  /** Ids of the restorable sites that are needed. */
  readonly restores: ReadonlySet<string>;
  /** Ids of the present sites whose room is spoken for. */
  readonly needed: ReadonlySet<string>;
  /** By id of the ask. */
  readonly outcomes: ReadonlyMap<string, AskOutcome>;
}

const kindsOf = (supply: Supply): ReadonlyMap<string, Pick<Place, 'kind' | 'launchable'>> => {
  const kinds = new Map<string, Pick<Place, 'kind' | 'launchable'>>();
  for (const it of supply.present) kinds.set(it.id, { kind: 'now', launchable: undefined });
  for (const it of supply.restorable) kinds.set(it.id, { kind: 'restored', launchable: undefined });
  for (const [launchable, its] of Object.entries(supply.incoming))
    for (const it of its) kinds.set(it.id, { kind: 'incoming', launchable });
  return kinds;
};

const placedByOutcome = new WeakMap<Outcome, ReadonlyMap<number, readonly Placed[]>>();

const placedByAsk = (outcome: Outcome): ReadonlyMap<number, readonly Placed[]> => {
  const known = placedByOutcome.get(outcome) ?? Map.groupBy(outcome.placed, (it) => it.ask);
  placedByOutcome.set(outcome, known);
  return known;
};

const outcomeOf = (
  n: number,
  sites: readonly Site[],
  supply: Supply,
  kinds: ReturnType<typeof kindsOf>,
  fair: readonly Outcome[],
  certain: number,
): AskOutcome => {
  const least = fair.reduce((a, b) => ((b.now[n] ?? 0) < (a.now[n] ?? 0) ? b : a));
  const launchableOf = (id: string): string | undefined =>
    supply.launchable.find((it) => it.id === id.slice(0, id.lastIndexOf('#')))?.id;
  const places = (placedByAsk(least).get(n) ?? []).map(({ site, tasks }): Place => {
    const id = sites[site]?.id ?? '';
    return { ...(kinds.get(id) ?? { kind: 'launched', launchable: launchableOf(id) }), site: id, tasks };
  });
  return { places, certainNow: Math.min(certain, least.now[n] ?? 0), unplaced: least.unplaced[n] ?? 0 };
};

/** Present sites that the packing uses; where ECS may need others of them, all that it may use. */
const neededOf = (
  decision: Decision,
  supply: Supply,
  extra: Extra,
  asks: readonly Ask[],
  fair: readonly Outcome[],
): ReadonlySet<string> => {
  const used = decision.usedOfPresent(asks);
  const isBusy = ({ tasksByGroup }: Site): boolean => tasksByGroup.size > 0;
  const kept = supply.present.filter((it) => used.has(it.id) || isBusy(it));
  if (kept.length === supply.present.length) return used;
  if (decision.suffices(kept, extra, unplacedIn(fair))) return used;
  return new Set([...used, ...fair.flatMap((it) => it.placed.flatMap(({ site }) => supply.present[site]?.id ?? []))]);
};

/**
 * Finds room for tasks as ECS will place them: on what is there and on its way, then on what can be restored, then on as
 * few new instances as it takes. Packing says which kinds of instance and how many at least; replays of ECS's placement
 * raise the count until none of the fair ones leaves a task over, and by one more where that holds the hostile ones too.
 */
export const place = (asks: readonly Ask[], supply: Supply): Placing => {
  const wanted = asks.filter((it) => it.count > 0);
  const decision = new Decision(wanted, supply);
  if (wanted.length === 0) return { launches: {}, restores: new Set(), needed: new Set(), outcomes: new Map() };
  const extra = extraFor(decision, wanted, supply);
  const fair = decision.play(extra, decision.fair);
  const certain = decision.certain(extra);
  const sites = decision.sites(extra);
  const kinds = kindsOf(supply);
  return {
    launches: Object.fromEntries(extra.launches),
    restores: extra.restores,
    needed: neededOf(decision, supply, extra, wanted, fair),
    outcomes: new Map(wanted.map((it, n) => [it.id, outcomeOf(n, sites, supply, kinds, fair, certain[n] ?? 0)])),
  };
};
