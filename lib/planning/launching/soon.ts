import { plus, type Resources } from '../../model/resources.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Place, Placing } from '../../placement/place.ts';
import type { Ask, Site } from '../../placement/site.ts';
import type { View } from '../view.ts';
import { type Means, placeAll } from './launches.ts';
import { aboutToStop, type SoonFree, showsBy, soonFree } from './stopping.ts';

/** A placing, and when to look again whether the room has come that it waits for. */
export interface PlacedOrWaiting {
  readonly placing: Placing;
  readonly wakeAts: readonly EpochMs[];
}

const launchesOf = ({ launches }: Placing): number => Object.values(launches).reduce((sum, it) => sum + it, 0);

/** What is to be launched for. */
const launchedFor = (asks: readonly Ask[], { outcomes }: Placing): Resources => {
  let sum = { cpuUnits: 0, memoryMiB: 0 };
  for (const { id, requirements } of asks)
    for (const { kind, tasks } of outcomes.get(id)?.places ?? [])
      if (kind === 'launched')
        sum = plus(sum, { cpuUnits: tasks * requirements.cpuUnits, memoryMiB: tasks * requirements.memoryMiB });
  return sum;
};

/** The same with some places that are to be waited for. */
const waitingFor = (placing: Placing, waits: (place: Place) => boolean): Placing => ({
  ...placing,
  outcomes: new Map(
    [...placing.outcomes].map(([id, it]) => [
      id,
      { ...it, places: it.places.map((place) => (waits(place) ? { ...place, kind: 'soon' as const } : place)) },
    ]),
  ),
});

const withFree = (site: Site, free: SoonFree | undefined): Site =>
  free === undefined ? site : { ...site, room: { ...site.room, ...plus(site.room, free.room) } };

/**
 * Places the asks, and launches nothing for tasks that have room sooner where others are about to end. Where services
 * have just come to want fewer tasks that end soon, and these make room enough, it waits a few seconds to see where.
 */
export const placeOrWait = (
  view: View,
  wanted: readonly Ask[],
  reserved: readonly Ask[],
  means: Means,
): PlacedOrWaiting => {
  const placing = placeAll(view, wanted, reserved, means);
  if (launchesOf(placing) === 0) return { placing, wakeAts: [] };
  const lacking = launchedFor([...wanted, ...reserved], placing);
  const coming = aboutToStop(view);
  const isEnough = coming.cpuUnits >= lacking.cpuUnits && coming.memoryMiB >= lacking.memoryMiB;
  if (isEnough && coming.memoryMiB > 0)
    return {
      placing: { ...waitingFor(placing, (it) => it.kind === 'launched'), launches: {} },
      wakeAts: [showsBy(view)],
    };
  const free = soonFree(view);
  if (free.size === 0) return { placing, wakeAts: [] };
  const present = means.supply.present.map((it) => withFree(it, free.get(it.id)));
  const later = placeAll(view, wanted, reserved, { ...means, supply: { ...means.supply, present } });
  if (launchesOf(later) >= launchesOf(placing)) return { placing, wakeAts: [] };
  const waiting = waitingFor(later, (it) => it.kind === 'now' && free.has(it.site));
  const used = [...waiting.outcomes.values()].flatMap((it) => it.places.filter((one) => one.kind === 'soon'));
  return { placing: waiting, wakeAts: used.flatMap((it) => free.get(it.site)?.by ?? []) };
};
