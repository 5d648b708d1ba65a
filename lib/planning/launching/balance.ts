import { countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import { exclusionOf } from '../../placement/fit.ts';
import type { Room } from '../../placement/room.ts';
import type { Ask } from '../../placement/site.ts';
import { type Launching, priceOf, priorityOf } from '../supply.ts';
import type { View } from '../view.ts';

type Counts = Readonly<Record<string, number>>;

const roomKey = ({ cpuUnits, memoryMiB, gpus, networkInterfaces, ebsVolumes, claims }: Room): string =>
  [cpuUnits, memoryMiB, gpus, networkInterfaces, ebsVolumes, ...[...claims].sort()].join(' ');

/** Equal for groups of which it is all the same which one grows, but for the zone. */
const keyOf = (view: View, it: Launching, asks: readonly Ask[]): string => {
  const rooms = [...new Set(it.sites.samples.map(({ room }) => roomKey(room)))].sort();
  const allowed = asks.map((ask) => it.sites.samples.every((site) => exclusionOf(ask, site) === undefined));
  return [priorityOf(view, it), priceOf(view, it), rooms.join('/'), allowed.join(' ')].join('|');
};

/** So many more instances of the groups, one after another in the zone that has the fewest of them all. */
const spread = (twins: readonly Launching[], instances: number, available: (group: string) => number): Counts => {
  const inZone = new Map<string, number>();
  const add = (zone: string): Map<string, number> => inZone.set(zone, (inZone.get(zone) ?? 0) + 1);
  for (const { state } of twins) {
    const members = state.group.instances.filter(countsTowardsDesired);
    for (const it of members) add(it.availabilityZone);
    for (let n = members.length; n < state.group.desiredCapacity; n++) add(state.zoneOfNext(0) ?? '');
  }
  const launches: Record<string, number> = {};
  for (let n = 0; n < instances; n++) {
    const open = twins.flatMap(({ state: { group, zoneOfNext } }) => {
      const own = launches[group.name] ?? 0;
      return own < available(group.name) ? [{ group, own, zone: zoneOfNext(own) ?? '' }] : [];
    });
    const [next] = open.toSorted(
      (a, b) =>
        (inZone.get(a.zone) ?? 0) - (inZone.get(b.zone) ?? 0) || a.own - b.own || (a.group.arn < b.group.arn ? -1 : 1),
    );
    if (next === undefined) break;
    launches[next.group.name] = next.own + 1;
    add(next.zone);
  }
  return launches;
};

/**
 * The same launches, over groups that are alike but for their zones, so that the zones hold as many instances each as
 * they can; undefined where there is nothing to balance.
 */
export const balanced = (
  view: View,
  launching: readonly Launching[],
  asks: readonly Ask[],
  launches: Counts,
  available: (group: string) => number,
): Counts | undefined => {
  const kinds = [...Map.groupBy(launching, (it) => keyOf(view, it, asks)).values()].filter((it) => it.length > 1);
  const spreadOut: Record<string, number> = { ...launches };
  for (const twins of kinds) {
    const instances = twins.reduce((total, { state }) => total + (launches[state.group.name] ?? 0), 0);
    const fair = spread(twins, instances, available);
    for (const { state } of twins) spreadOut[state.group.name] = fair[state.group.name] ?? 0;
  }
  const isSame = launching.every(
    ({ state: { group } }) => (spreadOut[group.name] ?? 0) === (launches[group.name] ?? 0),
  );
  return isSame ? undefined : spreadOut;
};
