import type { Ground } from '../ground.ts';
import type { Tally } from './fleet.ts';
import { findPlace, type PlacementRequest, satisfiesConstraints } from './placement.ts';
import { healthyAt } from './replicas.ts';
import { requestOf } from './requests.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Starting } from './starting.ts';
import { type Cluster, type ContainerInstance, type Deployment, isWanted, type Service, type Task } from './state.ts';
import { type Wants, wisherOf } from './wants.ts';

const zoneAttribute = 'ecs.availability-zone';

/**
 * Availability Zone rebalancing of a steady service: a task is started in the zone with fewest, and once it is healthy
 * one is stopped in the zone with most. (ECS developer guide, service rebalancing.) One task at a time; ECS may move more.
 */
export interface ZoneRebalancer {
  /** Looks at the service after its scheduler did. Returns when to look again, if time alone will help. */
  advance(service: Service): number | undefined;
  /** Tasks the service runs beyond its desired count for the moment. */
  readonly extraOf: (service: Service) => number;
  /** Whether a change of the cluster's instances left the service uneven. */
  isUneven(service: Service): boolean;
  /** Instances of the cluster came, went or changed status. */
  instancesChanged(cluster: Cluster): void;
}

export interface ZoneRebalancerParts {
  readonly ground: Ground;
  readonly wants: Wants;
  readonly starting: Starting;
  readonly events: ServiceEvents;
}

interface Imbalance {
  readonly emptiest: string;
  readonly fullest: string;
}

const unevenOver = (zones: Iterable<string>, tallies: ReadonlyMap<string, Tally>): Imbalance | undefined => {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [emptiest, fullest] = ['', ''];
  for (const zone of zones) {
    const count = tallies.get(zone)?.count ?? 0;
    if (count < least) [least, emptiest] = [count, zone];
    if (count > most) [most, fullest] = [count, zone];
  }
  return most - least > 1 ? { emptiest, fullest } : undefined;
};

const inZone = (request: PlacementRequest, zone: string): PlacementRequest => ({
  ...request,
  constraints: [
    ...request.constraints,
    { type: 'memberOf', field: undefined, expression: `attribute:${zoneAttribute} == ${zone}` },
  ],
});

/** Zones where the service could run: those of the ACTIVE instances its constraints and providers allow. */
const zonesOf = (service: Service, primary: Deployment): ReadonlySet<string> => {
  const providers = new Set(primary.strategy.map((it) => it.capacityProvider));
  const satisfies = satisfiesConstraints(requestOf(primary, undefined));
  const zones = new Set<string>();
  for (const it of service.cluster.instances.values()) {
    if (it.status !== 'ACTIVE' || (providers.size > 0 && !providers.has(it.capacityProviderName ?? ''))) continue;
    if (satisfies(it)) zones.add(it.availabilityZone);
  }
  return zones;
};

export const createZoneRebalancer = ({ ground, wants, starting, events }: ZoneRebalancerParts): ZoneRebalancer => {
  const { constants } = ground;
  const activeZones = new Map<Cluster, ReadonlySet<string>>();

  const zonesIn = (cluster: Cluster): ReadonlySet<string> => {
    const known = activeZones.get(cluster);
    if (known !== undefined) return known;
    const active = [...cluster.instances.values()].filter((it: ContainerInstance) => it.status === 'ACTIVE');
    const zones = new Set(active.map((it) => it.availabilityZone));
    activeZones.set(cluster, zones);
    return zones;
  };

  const talliesOf = (service: Service): ReadonlyMap<string, Tally> =>
    service.cluster.fleet.tallies(`service:${service.name}`, zoneAttribute);

  const imbalanceOf = (service: Service): Imbalance | undefined => {
    const [primary] = service.deployments;
    if (service.availabilityZoneRebalancing === 'DISABLED' || !service.steady || primary === undefined)
      return undefined;
    const tallies = talliesOf(service);
    if (unevenOver(zonesIn(service.cluster), tallies) === undefined) return undefined;
    return unevenOver(zonesOf(service, primary), tallies);
  };

  const delay = (): number => ground.now() + ground.draw(constants.serviceZoneRebalanceMs);

  /** The extra task has done its part, or is lost. Returns undefined once it is neither. */
  const finishExtra = (service: Service, extra: Task): number | undefined => {
    const { rebalancing } = service;
    const at = healthyAt(extra, constants.healthyAfterMs);
    const isLost = !isWanted(extra) || extra.deployment !== service.deployments[0];
    if (!isLost && (at === undefined || at > ground.now())) return at;
    rebalancing.extra = undefined;
    return ground.now();
  };

  const start = (service: Service, primary: Deployment, { emptiest, fullest }: Imbalance): number | undefined => {
    const { rebalancing } = service;
    const leaving = [...service.tasks].find((it) => isWanted(it) && it.instance?.availabilityZone === fullest);
    const provider = leaving?.want.capacityProvider;
    const request = inZone(requestOf(primary, provider), emptiest);
    const place = findPlace(service.cluster.fleet, request, ground.luck);
    if (place === undefined) {
      events.cannotRebalance(service, request);
      rebalancing.checkAt = delay();
      return rebalancing.checkAt;
    }
    const want = wants.ask('REPLICA', wisherOf(service, primary.definition), provider);
    rebalancing.extra = starting.startAt(primary, want, place);
    return undefined;
  };

  const hasRoom = (service: Service): boolean =>
    [...service.tasks].filter(isWanted).length < Math.floor((service.desiredCount * service.maximumPercent) / 100);

  const settle = (service: Service): void => {
    const { rebalancing } = service;
    rebalancing.checkAt = undefined;
    if (!rebalancing.underWay || !service.steady) return;
    rebalancing.underWay = false;
    events.rebalancing(service, 'SERVICE_REBALANCING_COMPLETED', talliesOf(service));
  };

  return {
    extraOf: ({ rebalancing: { extra } }) => (extra !== undefined && isWanted(extra) ? 1 : 0),
    isUneven: (service) => service.rebalancing.checkAt === undefined && imbalanceOf(service) !== undefined,
    instancesChanged: (cluster) => {
      activeZones.delete(cluster);
    },
    advance: (service) => {
      const { rebalancing } = service;
      if (rebalancing.extra !== undefined) return finishExtra(service, rebalancing.extra);
      if (rebalancing.checkAt !== undefined && ground.now() < rebalancing.checkAt) return rebalancing.checkAt;
      const imbalance = imbalanceOf(service);
      const [primary] = service.deployments;
      if (imbalance === undefined || primary === undefined) {
        settle(service);
        return undefined;
      }
      if (rebalancing.checkAt === undefined) {
        rebalancing.checkAt = delay();
        return rebalancing.checkAt;
      }
      rebalancing.checkAt = undefined;
      if (!hasRoom(service)) return undefined;
      if (!rebalancing.underWay) events.rebalancing(service, 'SERVICE_REBALANCING_STARTED', talliesOf(service));
      rebalancing.underWay = true;
      return start(service, primary, imbalance);
    },
  };
};
