import type { Launchable, Supply } from '../placement/place.ts';
import type { Site } from '../placement/site.ts';
import { isRevocable } from './drain-moves.ts';
import type { GroupState, Registered } from './groups.ts';
import { type NewSites, newSitesOf, siteOf } from './sites.ts';
import { hasGap, takesTasks, type View } from './view.ts';

/** A group of which it is known what a new instance would be. */
export interface Launching {
  readonly state: GroupState;
  readonly registered: Registered;
  readonly sites: NewSites;
}

export const launchingOf = (view: View, states: readonly GroupState[]): readonly Launching[] =>
  states.flatMap((state) => {
    const { registered, group } = state;
    return registered === undefined ? [] : [{ state, registered, sites: newSitesOf(view, group, registered) }];
  });

/**
 * Supply, and who sizes it, must be known in full before anything is launched: a page that is missing looks like
 * missing supply, and a provider that is missing like a group that ECS does not size.
 */
export const supplyIsCertain = (view: View): boolean =>
  !hasGap(view, 'cluster', 'containerInstances', 'groups', 'capacityProviders');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Busy ones first: what fits there leaves the empty ones free to go. */
const presentSites = (view: View): readonly Site[] =>
  view.observation.containerInstances
    .filter((it) => takesTasks(view, it))
    .map((it) => ({ it, isBusy: it.runningTasksCount + it.pendingTasksCount > 0 }))
    .sort((a, b) => Number(b.isBusy) - Number(a.isBusy) || compare(a.it.ec2InstanceId, b.it.ec2InstanceId))
    .map(({ it }) => siteOf(view, it));

/** Draining for being empty, by Berth's own choice: it can still be made ACTIVE again. */
const restorableSites = (view: View): readonly Site[] =>
  view.observation.containerInstances
    .filter((it) => {
      const drain = view.drainByEc2Id.get(it.ec2InstanceId);
      return drain !== undefined && isRevocable(view, drain) && it.status === 'DRAINING' && it.agentConnected;
    })
    .map((it) => siteOf(view, it));

/** Without a price in the settings, an instance is taken to cost in proportion to its vCPU and memory (4 GiB ≈ 1 vCPU). */
const priceOf = (view: View, { state: { group }, registered: { resources } }: Launching): number =>
  view.settings.groups[group.name]?.pricePerHour ?? (resources.cpuUnits / 1024 + resources.memoryMiB / 4096) / 2;

const launchableOf = (view: View, launching: Launching): readonly Launchable[] => {
  const { group, hold, incoming, zoneOfNext } = launching.state;
  if (hold !== undefined) return [];
  return [
    {
      id: group.name,
      available: Math.max(0, group.maxSize - group.desiredCapacity),
      price: priceOf(view, launching),
      samples: launching.sites.samples,
      site: (n) => launching.sites.site(`${group.name}#${incoming.length + n}`, zoneOfNext(n)),
    },
  ];
};

const incomingOf = ({ state, sites }: Launching): readonly [group: string, sites: readonly Site[]] => [
  state.group.name,
  state.incoming.map((zone, n) => sites.site(`${state.group.name}#${n}`, zone)),
];

/** All the room that waiting tasks may find. */
export const supplyOf = (view: View, launching: readonly Launching[]): Supply => ({
  present: presentSites(view),
  incoming: Object.fromEntries(launching.map(incomingOf)),
  restorable: restorableSites(view),
  launchable: supplyIsCertain(view) ? launching.flatMap((it) => launchableOf(view, it)) : [],
});
