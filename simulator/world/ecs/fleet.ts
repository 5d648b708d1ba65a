import type { Pool } from './pool.ts';

/** What placement reads of a container instance; the world's own are such, and a test can write one down. */
export interface Place {
  readonly arn: string;
  readonly ec2InstanceId: string;
  readonly status: string;
  readonly agentConnected: boolean;
  readonly agentVersion: string;
  readonly registeredAt: number;
  readonly capacityProviderName: string | undefined;
  /** An attribute without a value is there, and undefined. */
  readonly attributes: ReadonlyMap<string, string | undefined>;
  readonly remaining: Readonly<Pool>;
  readonly runningTasks: number;
  /** Tasks wanted RUNNING here, by task group. */
  readonly tasksByGroup: Map<string, number>;
}

/** How many tasks of one group are where an attribute has one value. */
export interface Tally {
  count: number;
}

/** The value an instance is counted under: empty where it has none. */
export const valueOf = (place: Place, attribute: string): string => place.attributes.get(attribute) ?? '';

const tallyOf = (tallies: Map<string, Tally>, value: string): Tally => {
  const known = tallies.get(value);
  if (known !== undefined) return known;
  const tally = { count: 0 };
  tallies.set(value, tally);
  return tally;
};

/**
 * The container instances of a cluster by the values of their attributes, and where each task group is. Both are counted
 * once and then kept up to date, so that a spread needs no look at every instance.
 */
export class Fleet<P extends Place> {
  readonly places: ReadonlyMap<string, P>;
  /** By group, then attribute, then value. */
  private readonly spreads = new Map<string, Map<string, Map<string, Tally>>>();
  /** By attribute, then value. */
  private readonly byValue = new Map<string, ReadonlyMap<string, readonly P[]>>();

  /** `places`, by ARN, stays the caller's to change, who then says so; an instance must have no tasks when it goes. */
  constructor(places: ReadonlyMap<string, P>) {
    this.places = places;
  }

  /** So many tasks of the group more here; fewer when negative. */
  shift(place: P, group: string, by: number): void {
    const here = (place.tasksByGroup.get(group) ?? 0) + by;
    if (here === 0) place.tasksByGroup.delete(group);
    else place.tasksByGroup.set(group, here);
    const spreads = this.spreads.get(group);
    if (spreads === undefined) return;
    let left = 0;
    for (const [attribute, tallies] of spreads) {
      tallyOf(tallies, valueOf(place, attribute)).count += by;
      for (const it of tallies.values()) left += it.count;
    }
    if (left === 0) this.spreads.delete(group);
  }

  /** How many tasks of the group are on instances with this value; it stays true as long as such tasks only come. */
  tally(group: string, attribute: string, value: string): Tally {
    return tallyOf(this.tallies(group, attribute), value);
  }

  /** How many tasks of the group are on instances sharing each value of an attribute; absent values have none. */
  tallies(group: string, attribute: string): Map<string, Tally> {
    const known = this.spreads.get(group)?.get(attribute);
    if (known !== undefined) return known;
    const tallies = new Map<string, Tally>();
    for (const place of this.places.values()) {
      const count = place.tasksByGroup.get(group);
      if (count !== undefined) tallyOf(tallies, valueOf(place, attribute)).count += count;
    }
    const spreads = this.spreads.get(group) ?? new Map<string, Map<string, Tally>>();
    this.spreads.set(group, spreads.set(attribute, tallies));
    return tallies;
  }

  /** The instances by their value of an attribute; those without it under the empty text. */
  placesBy(attribute: string): ReadonlyMap<string, readonly P[]> {
    const known = this.byValue.get(attribute);
    if (known !== undefined) return known;
    const places = Map.groupBy(this.places.values(), (it) => valueOf(it, attribute));
    this.byValue.set(attribute, places);
    return places;
  }

  /** Instances came or went, or their attributes changed. */
  changed(): void {
    this.spreads.clear();
    this.byValue.clear();
  }
}
