import type { ContainerInstance } from '../model/container-instance.ts';
import type { Resources } from '../model/resources.ts';
import { compare } from '../placement/packing/shapes.ts';
import type { Launchable, Supply } from '../placement/place.ts';
import type { Site } from '../placement/site.ts';
import { isRevocable } from './drain-moves.ts';
import type { GroupState, Registered } from './groups.ts';
import { oncePerPart } from './once.ts';
import { type NewSites, newSitesOf, siteOf } from './sites.ts';
import { hasGap, takesTasks, type View } from './view.ts';

/** A group of which it is known what a new instance would be. */
export interface Launching {
  readonly state: GroupState;
  readonly registered: Registered;
  readonly sites: NewSites;
}

export const launchingOf = oncePerPart((view: View, states: readonly GroupState[]): readonly Launching[] =>
  states.flatMap((state) => {
    const { registered, group } = state;
    return registered === undefined ? [] : [{ state, registered, sites: newSitesOf(view, group, registered) }];
  }),
);

/**
 * Supply, and who sizes it, must be known in full before anything is launched: a page that is missing looks like
 * missing supply, and a provider that is missing like a group that ECS does not size.
 */
export const supplyIsCertain = (view: View): boolean =>
  !hasGap(view, 'cluster', 'containerInstances', 'groups', 'capacityProviders');

/** In a warm pool an instance waits to be put into service; that it has registered already makes it no supply. */
const isWarmed = (view: View, { ec2InstanceId }: ContainerInstance): boolean =>
  view.membershipByEc2Id.get(ec2InstanceId)?.member.lifecycleState.startsWith('Warmed:') === true;

/** Busy ones first: what fits there leaves the empty ones free to go. */
const presentSites = (view: View): readonly Site[] => {
  const present = view.observation.containerInstances
    .filter((it) => takesTasks(view, it) && !isWarmed(view, it))
    .sort((a, b) => compare(a.ec2InstanceId, b.ec2InstanceId));
  const isBusy = (it: ContainerInstance): boolean => it.runningTasksCount + it.pendingTasksCount > 0;
  return [...present.filter(isBusy), ...present.filter((it) => !isBusy(it))].map((it) => siteOf(view, it));
};

/** Draining for being empty, by Berth's own choice: it can still be made ACTIVE again. */
const restorableSites = (view: View): readonly Site[] =>
  view.observation.containerInstances
    .filter((it) => {
      const drain = view.drainByEc2Id.get(it.ec2InstanceId);
      return drain !== undefined && isRevocable(view, drain) && it.status === 'DRAINING' && it.agentConnected;
    })
    .map((it) => siteOf(view, it));

/** What 1 vCPU with 4 GiB costs of general-purpose instances: m5.large has two such for $0.096 (EC2 on-demand prices). */
const dollarsPerUnit = 0.048;

/** Dollars; without a price in the settings, an instance is taken to cost in proportion to its vCPU and memory. */
export const pricePerHour = (view: View, group: string | undefined, { cpuUnits, memoryMiB }: Resources): number =>
  (group === undefined ? undefined : view.settings.groups[group]?.pricePerHour) ??
  (dollarsPerUnit * (cpuUnits / 1024 + memoryMiB / 4096)) / 2;

/** Dollars an hour of a new instance of the group. */
export const priceOf = (view: View, { state: { group }, registered: { resources } }: Launching): number =>
  pricePerHour(view, group.name, resources);

/** Groups of a higher one are filled first, whatever they cost. */
export const priorityOf = (view: View, { state: { group } }: Launching): number =>
  view.settings.groups[group.name]?.priority ?? 0;

const launchableOf = (view: View, launching: Launching): readonly Launchable[] => {
  const { group, hold, incoming, limit, zoneOfNext } = launching.state;
  if (hold !== undefined) return [];
  return [
    {
      id: group.name,
      available: limit.instances,
      price: priceOf(view, launching),
      priority: priorityOf(view, launching),
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
export const supplyOf = oncePerPart(
  (view: View, launching: readonly Launching[]): Supply => ({
    present: presentSites(view),
    incoming: Object.fromEntries(launching.map(incomingOf)),
    restorable: restorableSites(view),
    launchable: supplyIsCertain(view) ? launching.flatMap((it) => launchableOf(view, it)) : [],
  }),
);
