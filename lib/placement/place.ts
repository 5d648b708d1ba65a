import { certainlyPlaced } from './certain.ts';
import { exclusionOf } from './fit.ts';
import { type Packing, pack } from './pack.ts';
import { type Bin, type Candidate, compare, type Shape, total } from './packing/shapes.ts';
import { type Permissions, permissionsFor } from './permissions.ts';
import { type Grounds, groundsOf } from './replay/grounds.ts';
import { type Outcome, replay, type Script } from './replay/replay.ts';
import { fairScripts, hostileScripts } from './replay/scripts.ts';
import type { Ask, Site } from './site.ts';

/** A kind of instance that could be launched, and the site that each next one would be. */
export interface Launchable {
  readonly id: string;
  readonly available: number;
  /** Dollars an hour, or a stand-in in proportion to size; only compared. */
  readonly price: number;
  /** One for each Availability Zone it may be launched in. */
  readonly samples: readonly Site[];
  /** The first, second, … new instance, counted from 0. */
  readonly site: (n: number) => Site;
}

/** Where tasks may find room: in this order it is counted on. */
export interface Supply {
  /** There now; those that should be used up first come first. */
  readonly present: readonly Site[];
  /** On their way, by the id of the launchable they are of. */
  readonly incoming: Readonly<Record<string, readonly Site[]>>;
  /** Of our own drains, and may be taken back. */
  readonly restorable: readonly Site[];
  readonly launchable: readonly Launchable[];
}

/** What becomes of the tasks of one ask. */
export interface AskOutcome {
  /** Places found in the replay that found fewest now; `launchable` where it is one that has yet to come. */
  readonly places: readonly Place[];
  /** Tasks that are placed now in any event; the others of `places` now are so in most. */
  readonly certainNow: number;
  readonly unplaced: number;
}

export interface Place {
  readonly kind: 'now' | 'incoming' | 'restored' | 'launched';
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

/** What is counted on besides what is there and on its way. */
interface Extra {
  readonly launches: ReadonlyMap<string, number>;
  readonly restores: ReadonlySet<string>;
}

const nothingMore: Extra = { launches: new Map(), restores: new Set() };

/** Looks at one site for one task, in all replays of a plan: some seconds of them at the very most. */
const looksAllowed = 60_000_000;

/** Rounds of raising the launches; each closes most of the gap that is left. */
const maximumRounds = 12;

const shapesOf = (
  asks: readonly Ask[],
  bins: readonly Site[],
  launchable: readonly Launchable[],
  permissions: Permissions,
): readonly Shape[] => {
  const indexOf = new Map(bins.map((it, n) => [it.id, n]));
  return asks.map((ask) => {
    const allowed = permissions(ask, bins);
    const candidates = new Set(
      launchable.filter((it) => it.samples.some((site) => exclusionOf(ask, site) === undefined)).map((it) => it.id),
    );
    return {
      id: ask.id,
      requirements: ask.requirements,
      apart: ask.apart,
      count: ask.count,
      mayUseBin: ({ id }) => allowed[indexOf.get(id) ?? -1] === 1,
      mayUseCandidate: ({ id }) => candidates.has(id),
    };
  });
};

/** Of the kinds of room a launchable may have, by zone, the one that holds least. */
const candidateOf = (it: Launchable, launched: number): readonly Candidate[] => {
  const [sample] = it.samples.toSorted((a, b) => a.room.memoryMiB - b.room.memoryMiB || a.room.cpuUnits - b.room.cpuUnits);
  const available = it.available - launched;
  return sample === undefined || available <= 0 ? [] : [{ id: it.id, room: sample.room, available, price: it.price }];
};

const binOf = (kind: string, site: Site): Bin => ({ id: site.id, kind, room: site.room });

interface Played {
  readonly grounds: Grounds;
  readonly outcomes: Map<Script, Outcome>;
}

/** One decision about where tasks go. */
class Decision {
  /** The ways to be tried; identical tasks alone come to the same in all of them. */
  readonly fair: readonly Script[];
  readonly hostile: readonly Script[];
  private looksLeft = looksAllowed;
  private readonly played = new WeakMap<Extra, Played>();
  private readonly permissions: Permissions;
  private readonly newSites = new Map<string, Site>();
  private readonly asks: readonly Ask[];
  private readonly supply: Supply;

  constructor(asks: readonly Ask[], supply: Supply) {
    this.asks = asks;
    this.supply = supply;
    this.permissions = permissionsFor(asks);
    const isAlone = asks.length === 1 && asks[0]?.constraints.dependsOnTasks === false;
    this.fair = isAlone ? fairScripts.slice(0, 1) : fairScripts;
    this.hostile = isAlone ? [] : hostileScripts;
  }

  /** The order is the same before and after a launch is on its way: the replays then are. */
  private later(extra: Extra): readonly Site[] {
    const { incoming, launchable, restorable } = this.supply;
    const ids = [...new Set([...Object.keys(incoming), ...launchable.map((it) => it.id)])].sort(compare);
    return [
      ...ids.flatMap((id) => {
        const kind = launchable.find((it) => it.id === id);
        const launches = kind === undefined ? 0 : (extra.launches.get(id) ?? 0);
        const launched = kind === undefined ? [] : Array.from({ length: launches }, (_, n) => this.newSite(kind, n));
        return [...(incoming[id] ?? []), ...launched];
      }),
      ...restorable.filter((it) => extra.restores.has(it.id)),
    ];
  }

  private newSite(kind: Launchable, n: number): Site {
    const key = `${kind.id}#${n}`;
    const site = this.newSites.get(key) ?? kind.site(n);
    this.newSites.set(key, site);
    return site;
  }

  sites(extra: Extra): readonly Site[] {
    return [...this.supply.present, ...this.later(extra)];
  }

  private groundsFor(extra: Extra): Played {
    const known = this.played.get(extra);
    if (known !== undefined) return known;
    const fresh = { grounds: groundsOf(this.asks, this.supply.present, this.later(extra), this.permissions), outcomes: new Map() };
    this.played.set(extra, fresh);
    return fresh;
  }

  private playOne(grounds: Grounds, script: Script): Outcome {
    const outcome = replay(grounds, script);
    this.looksLeft -= outcome.turns * grounds.sites.length;
    return outcome;
  }

  /** By ask: tasks that are placed now in any event. */
  certain(extra: Extra): readonly number[] {
    return certainlyPlaced(this.groundsFor(extra).grounds, this.supply.present.length);
  }

  /** Each script once for the same extra. */
  play(extra: Extra, scripts: readonly Script[]): readonly Outcome[] {
    const { grounds, outcomes } = this.groundsFor(extra);
    return scripts.map((script) => {
      const outcome = outcomes.get(script) ?? this.playOne(grounds, script);
      outcomes.set(script, outcome);
      return outcome;
    });
  }

  /** With some of the present sites only. */
  playOn(present: readonly Site[], extra: Extra, script: Script): Outcome {
    return this.playOne(groundsOf(this.asks, present, this.later(extra), this.permissions), script);
  }

  /** Ids of the present sites that a packing of nothing else uses. */
  usedOfPresent(asks: readonly Ask[]): ReadonlySet<string> {
    const { present } = this.supply;
    const bins = present.map((it) => binOf('present', it));
    return new Set(pack(shapesOf(asks, present, [], this.permissions), bins, []).placements.map((it) => it.bin));
  }

  get isSpent(): boolean {
    return this.looksLeft <= 0;
  }

  /** The cheapest new instances, after what is there, on its way and restorable is used up. */
  pack(asks: readonly Ask[], extra: Extra, isFirst: boolean): Packing {
    const { present, incoming, restorable, launchable } = this.supply;
    const there = isFirst ? [...present, ...Object.values(incoming).flat()] : [];
    const free = restorable.filter((it) => !extra.restores.has(it.id));
    const bins = [...there.map((it) => binOf('present', it)), ...free.map((it) => binOf('restorable', it))];
    const candidates = launchable.flatMap((it) => candidateOf(it, extra.launches.get(it.id) ?? 0));
    return pack(shapesOf(asks, [...there, ...free], launchable, this.permissions), bins, candidates);
  }
}

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

const unplacedIn = (outcomes: readonly Outcome[]): number => worst(outcomes)?.unplacedTasks ?? 0;

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
  while (!decision.isSpent && launchesIn(many) - launchesIn(few) > 1) {
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

const extraFor = (decision: Decision, asks: readonly Ask[], supply: Supply): Extra => {
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
  const low = launchesIn(searched.extra) > launchesIn(nominal) ? searched.before : { ...nominal, launches: nothingMore.launches };
  const least = lowest(decision, low, searched.extra, first, goal);
  const sure = raise(decision, asks, supply, least, never, decision.fair).extra;
  return withOneMore(decision, asks, sure, never);
};

const kindsOf = (supply: Supply): ReadonlyMap<string, Pick<Place, 'kind' | 'launchable'>> => {
  const kinds = new Map<string, Pick<Place, 'kind' | 'launchable'>>();
  for (const it of supply.present) kinds.set(it.id, { kind: 'now', launchable: undefined });
  for (const it of supply.restorable) kinds.set(it.id, { kind: 'restored', launchable: undefined });
  for (const [launchable, its] of Object.entries(supply.incoming))
    for (const it of its) kinds.set(it.id, { kind: 'incoming', launchable });
  return kinds;
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
    supply.launchable.find((it) => id.startsWith(`${it.id}#`))?.id;
  const places = least.placed.flatMap(({ ask, site, tasks }): Place | readonly [] => {
    const id = sites[site]?.id ?? '';
    if (ask !== n) return [];
    return { ...(kinds.get(id) ?? { kind: 'launched', launchable: launchableOf(id) }), site: id, tasks };
  });
  return { places, certainNow: Math.min(certain, least.now[n] ?? 0), unplaced: least.unplaced[n] ?? 0 };
};

/** Present sites that the packing uses; where ECS may need others of them, all that it may use. */
const neededOf = (decision: Decision, supply: Supply, extra: Extra, asks: readonly Ask[], fair: readonly Outcome[]): ReadonlySet<string> => {
  const used = decision.usedOfPresent(asks);
  const isBusy = ({ tasksByGroup }: Site): boolean => tasksByGroup.size > 0;
  const kept = supply.present.filter((it) => used.has(it.id) || isBusy(it));
  if (kept.length === supply.present.length) return used;
  const [first] = decision.fair;
  const alone = first === undefined ? [] : [decision.playOn(kept, extra, first)];
  if (unplacedIn(alone) <= unplacedIn(fair)) return used;
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
