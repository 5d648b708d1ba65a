import { certainlyPlaced } from '../certain.ts';
import { obstacleTo } from '../fit.ts';
import { type Packing, pack } from '../pack.ts';
import { type Bin, type Candidate, compare, type Shape } from '../packing/shapes.ts';
import { type Permissions, permissionsFor } from '../permissions.ts';
import { type Grounds, groundsOf } from '../replay/grounds.ts';
import { type Outcome, replay, type Script } from '../replay/replay.ts';
import { fairScripts, hostileScripts } from '../replay/scripts.ts';
import type { Ask, Site } from '../site.ts';
import type { Extra, Launchable, Supply } from './supply.ts';

/** Looks at one site for one task, in all replays of a plan: some seconds of them at the very most. */
const looksAllowed = 100_000_000;

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
      launchable.filter((it) => it.samples.some((site) => obstacleTo(ask, site) === undefined)).map((it) => it.id),
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
  const [sample] = it.samples.toSorted(
    (a, b) => a.room.memoryMiB - b.room.memoryMiB || a.room.cpuUnits - b.room.cpuUnits,
  );
  const available = it.available - launched;
  return sample === undefined || available <= 0 ? [] : [{ id: it.id, room: sample.room, available, price: it.price }];
};

/** Highest priority first. */
export const tiersOf = (launchable: readonly Launchable[]): readonly (readonly Launchable[])[] =>
  [...Map.groupBy(launchable, (it) => it.priority ?? 0)].sort(([a], [b]) => b - a).map(([, its]) => its);

const binOf = (kind: string, site: Site): Bin => ({ id: site.id, kind, room: site.room });

interface Played {
  readonly grounds: Grounds;
  readonly outcomes: Map<Script, Outcome>;
}

/** One decision about where tasks go. */
export class Decision {
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
    const fresh = {
      grounds: groundsOf(this.asks, this.supply.present, this.later(extra), this.permissions),
      outcomes: new Map(),
    };
    this.played.set(extra, fresh);
    return fresh;
  }

  private playOne(grounds: Grounds, script: Script): Outcome {
    const outcome = replay(grounds, script);
    this.looksLeft -= outcome.looks + grounds.sites.length * grounds.turned.length;
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

  /** Whether, with some of the present sites only, no fair replay leaves more tasks over than that. */
  suffices(present: readonly Site[], extra: Extra, unplaced: number): boolean {
    const grounds = groundsOf(this.asks, present, this.later(extra), this.permissions);
    return this.fair.every((script) => this.playOne(grounds, script).unplacedTasks <= unplaced);
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

  /**
   * The cheapest new instances, after what is there, on its way and restorable is used up; those of a lower priority only
   * for what is left over then.
   */
  pack(asks: readonly Ask[], extra: Extra, isFirst: boolean): Packing {
    const { present, incoming, restorable, launchable } = this.supply;
    const there = isFirst ? [...present, ...Object.values(incoming).flat()] : [];
    const free = restorable.filter((it) => !extra.restores.has(it.id));
    const bins = [...there.map((it) => binOf('present', it)), ...free.map((it) => binOf('restorable', it))];
    const [first = [], ...others] = tiersOf(launchable);
    let packing = this.packOnto(asks, extra, first, { sites: [...there, ...free], bins });
    for (const tier of others) {
      const { unplaced, placements, launches } = packing;
      const left = asks.flatMap((it) => ((unplaced[it.id] ?? 0) > 0 ? [{ ...it, count: unplaced[it.id] ?? 0 }] : []));
      if (left.length === 0) break;
      const next = this.packOnto(left, extra, tier, { sites: [], bins: [] });
      packing = {
        placements: [...placements, ...next.placements],
        launches: { ...launches, ...next.launches },
        unplaced: next.unplaced,
      };
    }
    return packing;
  }

  private packOnto(
    asks: readonly Ask[],
    extra: Extra,
    launchable: readonly Launchable[],
    there: { readonly sites: readonly Site[]; readonly bins: readonly Bin[] },
  ): Packing {
    const candidates = launchable.flatMap((it) => candidateOf(it, extra.launches.get(it.id) ?? 0));
    return pack(shapesOf(asks, there.sites, launchable, this.permissions), there.bins, candidates);
  }
}
