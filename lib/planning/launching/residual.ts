import type { Place, Placing, Supply } from '../../placement/place.ts';
import { claimsOf } from '../../placement/requirements.ts';
import type { Ask, Site } from '../../placement/site.ts';

const lessOne = (site: Site, { requirements: it, group, apart }: Ask, tasks: number): Site => ({
  ...site,
  room: {
    cpuUnits: site.room.cpuUnits - tasks * it.cpuUnits,
    memoryMiB: site.room.memoryMiB - tasks * it.memoryMiB,
    gpus: it.allGpus === true ? 0 : site.room.gpus - tasks * it.gpus,
    networkInterfaces: site.room.networkInterfaces - tasks * it.networkInterfaces,
    ebsVolumes: site.room.ebsVolumes - tasks * (it.ebsVolumes ?? 0),
    custom: Object.fromEntries(
      Object.entries(site.room.custom).map(([name, left]) => [name, left - tasks * (it.custom?.[name] ?? 0)]),
    ),
    claims: new Set([...site.room.claims, ...claimsOf({ requirements: it, apart })]),
  },
  tasksByGroup: new Map([...site.tasksByGroup, [group, (site.tasksByGroup.get(group) ?? 0) + tasks]]),
});

/** What is left of the supply once the asks are where the placing puts them; its launches are on their way then. */
export const supplyAfter = (
  supply: Supply,
  asks: readonly Ask[],
  { launches, outcomes, restores }: Placing,
): Supply => {
  const placed = asks.flatMap((ask) => (outcomes.get(ask.id)?.places ?? []).map((place) => ({ ask, place })));
  const bySite = Map.groupBy<string, { readonly ask: Ask; readonly place: Place }>(placed, (it) => it.place.site);
  const rest = (site: Site): Site =>
    (bySite.get(site.id) ?? []).reduce((left, { ask, place }) => lessOne(left, ask, place.tasks), site);
  const launched = (id: string): number => launches[id] ?? 0;
  return {
    present: supply.present.map(rest),
    incoming: {
      ...Object.fromEntries(Object.entries(supply.incoming).map(([id, its]) => [id, its.map(rest)])),
      ...Object.fromEntries(
        supply.launchable.map((it) => [
          it.id,
          [...(supply.incoming[it.id] ?? []), ...Array.from({ length: launched(it.id) }, (_, n) => it.site(n))].map(
            rest,
          ),
        ]),
      ),
    },
    restorable: supply.restorable.filter((it) => !restores.has(it.id)),
    launchable: supply.launchable.map((it) => ({
      ...it,
      available: it.available - launched(it.id),
      site: (n) => it.site(launched(it.id) + n),
    })),
  };
};
