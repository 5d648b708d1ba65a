import { type Placing, place, type Supply } from '../../placement/place.ts';
import type { Ask } from '../../placement/site.ts';
import type { Launching } from '../supply.ts';
import type { View } from '../view.ts';
import { balanced } from './balance.ts';
import type { CapRoom } from './caps.ts';
import { supplyAfter } from './residual.ts';

type Counts = Readonly<Record<string, number>>;

/** What may be launched, and on what the asks are placed. */
export interface Means {
  readonly launching: readonly Launching[];
  readonly supply: Supply;
  readonly caps: CapRoom;
}

/** Packing again after caps have cut a group, so that others may take its part; then what is left stands. */
const maximumRounds = 3;

const countOf = (counts: Counts): number => Object.values(counts).reduce((total, it) => total + it, 0);

/** Tasks of these asks that found no place. */
const unplacedOf = (asks: readonly Ask[], { outcomes }: Placing): number =>
  asks.reduce((total, it) => total + (outcomes.get(it.id)?.unplaced ?? 0), 0);

const limitedTo = (supply: Supply, available: (group: string) => number): Supply => ({
  ...supply,
  launchable: supply.launchable.map((it) => ({ ...it, available: Math.min(it.available, available(it.id)) })),
});

/** Places the asks without launching more than the caps allow, all groups taken together. */
const placeUnderCaps = (asks: readonly Ask[], { launching, supply, caps }: Means): Placing => {
  const fits = (room: CapRoom, group: string): number => {
    const it = launching.find(({ state }) => state.group.name === group);
    return it === undefined ? 0 : room.fits(it);
  };
  let limited = limitedTo(supply, (group) => fits(caps, group));
  let kept: Counts = {};
  for (let round = 0; round < maximumRounds; round++) {
    const placing = place(asks, limited);
    const allowed = caps.within(placing.launches);
    if (countOf(allowed) === countOf(placing.launches)) return placing;
    kept = allowed;
    const room = caps.after(allowed);
    limited = limitedTo(limited, (group) => {
      const own = allowed[group] ?? 0;
      return own < (placing.launches[group] ?? 0) ? own : own + fits(room, group);
    });
  }
  return place(
    asks,
    limitedTo(limited, (group) => kept[group] ?? 0),
  );
};

/** Spreads launches over groups that differ by their zones alone, where that holds as much. */
const balance = (view: View, asks: readonly Ask[], { launching, supply }: Means, placing: Placing): Placing => {
  if (countOf(placing.launches) === 0) return placing;
  const available = (group: string): number => supply.launchable.find((it) => it.id === group)?.available ?? 0;
  const spread = balanced(view, launching, asks, placing.launches, available);
  if (spread === undefined) return placing;
  const other = place(
    asks,
    limitedTo(supply, (group) => spread[group] ?? 0),
  );
  const isAsGood =
    unplacedOf(asks, other) <= unplacedOf(asks, placing) && countOf(other.launches) <= countOf(placing.launches);
  return isAsGood ? other : placing;
};

const placeWith = (view: View, asks: readonly Ask[], means: Means): Placing =>
  balance(view, asks, means, placeUnderCaps(asks, means));

const sumOf = (a: Counts, b: Counts): Counts =>
  Object.fromEntries([...Object.keys(a), ...Object.keys(b)].map((it) => [it, (a[it] ?? 0) + (b[it] ?? 0)]));

/**
 * Places what is wanted and what is kept free in one packing. Where there is not enough for both, tasks that should run
 * come first, and room is kept with what is left.
 */
export const placeAll = (view: View, wanted: readonly Ask[], reserved: readonly Ask[], means: Means): Placing => {
  const together = placeWith(view, [...wanted, ...reserved], means);
  if (reserved.length === 0 || wanted.length === 0 || unplacedOf([...wanted, ...reserved], together) === 0)
    return together;
  const first = placeWith(view, wanted, means);
  if (unplacedOf(wanted, together) <= unplacedOf(wanted, first)) return together;
  const second = placeWith(view, reserved, {
    ...means,
    supply: supplyAfter(means.supply, wanted, first),
    caps: means.caps.after(first.launches),
  });
  return {
    launches: sumOf(first.launches, second.launches),
    restores: new Set([...first.restores, ...second.restores]),
    needed: new Set([...first.needed, ...second.needed]),
    outcomes: new Map([...first.outcomes, ...second.outcomes]),
  };
};
