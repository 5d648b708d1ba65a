import type { Site } from '../site.ts';

/** A kind of instance that could be launched, and the site that each next one would be. */
export interface Launchable {
  readonly id: string;
  readonly available: number;
  /** Dollars an hour, or a stand-in in proportion to size; only compared. */
  readonly price: number;
  /** Those of a higher one are used up first, whatever they cost; 0 where it is not said. */
  readonly priority?: number | undefined;
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

/** What is counted on besides what is there and on its way. */
export interface Extra {
  readonly launches: ReadonlyMap<string, number>;
  readonly restores: ReadonlySet<string>;
}

export const nothingMore: Extra = { launches: new Map(), restores: new Set() };
