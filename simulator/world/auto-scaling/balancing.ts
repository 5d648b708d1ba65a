import type { Ec2Instance } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { flag } from '../json.ts';
import type { Launcher } from './launcher.ts';
import { isRefused } from './launching.ts';
import { onDemandShareOf } from './pools.ts';
import { inZone } from './roster.ts';
import { type Group, type GroupInstance, isCounted, marketOf } from './state.ts';
import { mayBeTaken } from './termination-policy.ts';
import { movesToEven, type ZoneCount } from './zone-balance.ts';

/** What a group does beyond holding its size: it evens out its zones and replaces Spot instances at risk. */
export interface Balancing {
  /** Looks whether the zones are even, and soon after does something about it. */
  readonly evenZones: (group: Group) => void;
  /** Replaces Spot instances at risk, as far as that is not under way. */
  readonly replaceAtRisk: (group: Group) => void;
  /** EC2 recommends to rebalance an instance. */
  recommended(group: Group, instance: Ec2Instance): void;
}

export interface BalancingParts {
  readonly ground: Ground;
  readonly templates: LaunchTemplates;
  readonly launcher: Pick<Launcher, 'request'>;
  readonly touch: (group: Group) => void;
}

/**
 * How far above its maximum a group may go while it rebalances: by ten percent or one instance, whichever is more.
 * (Auto Scaling user guide, rebalancing activities.)
 */
const rebalanceMargin = (group: Group): number => Math.max(1, Math.floor(group.maxSize / 10));

export const createBalancing = ({ ground, templates, launcher, touch }: BalancingParts): Balancing => {
  const isOff = (group: Group): boolean =>
    group.deleted || group.suspended.has('AZRebalance') || group.suspended.has('Launch');

  /** Zones in which EC2 just had no capacity are left as they are until it may have. */
  const openZones = (group: Group): readonly string[] => {
    const now = ground.now();
    return group.zones.filter(
      (zone) => !isRefused(group, zone, 'onDemand', now) && !isRefused(group, zone, 'spot', now),
    );
  };

  const isUneven = (group: Group): boolean => {
    const open = openZones(group);
    const counts = open.map((zone) => inZone(group, zone));
    if (counts.length === 0) return false;
    const foreign = [...group.tally.zones].some(([zone, count]) => count > 0 && !group.zones.includes(zone));
    return foreign || Math.max(...counts) - Math.min(...counts) > 1;
  };

  const isSteady = (group: Group): boolean =>
    group.asked === 0 && group.extra === 0 && group.tally.total === group.desired;

  const zoneCounts = (group: Group): readonly ZoneCount[] => {
    const movable = new Map<string, number>();
    for (const it of group.instances.values()) {
      const zone = it.ec2.machine.availabilityZone;
      if (mayBeTaken(it)) movable.set(zone, (movable.get(zone) ?? 0) + 1);
    }
    const own = openZones(group);
    const foreign = [...group.tally.zones.keys()].filter((zone) => !group.zones.includes(zone));
    return [...own, ...foreign].map((zone) => ({
      zone,
      count: inZone(group, zone),
      movable: movable.get(zone) ?? 0,
      isOwn: group.zones.includes(zone),
    }));
  };

  /** Launches first: the group sheds what it has too much of once the new instances are in service. */
  const rebalance = (group: Group): void => {
    if (isOff(group)) return;
    if (!isSteady(group)) {
      evenZones(group); // it grows, shrinks or replaces just now
      return;
    }
    const room = group.maxSize + rebalanceMargin(group) - group.tally.total;
    const moves = movesToEven(zoneCounts(group)).slice(0, Math.max(0, room));
    const names = group.zones.join(' ');
    const counts = group.zones.map((zone) => inZone(group, zone)).join(' ');
    const why = `At ${new Date(ground.now()).toISOString()} availability zones ${names} had ${counts} instances respectively. An instance was launched to aid in balancing the group's zones.`;
    for (const zone of moves) {
      const size = group.tally.total + 1;
      const onDemand = group.tally.total - group.tally.spot;
      const market = onDemand < onDemandShareOf(group, templates, size) ? 'onDemand' : 'spot';
      launcher.request(group, {
        market,
        zone,
        cause: { kind: 'group', process: 'zoneRebalance' },
        why,
        extra: { replaces: undefined },
      });
    }
  };

  const evenZones = (group: Group): void => {
    if (group.balanceAt !== undefined || isOff(group) || !isUneven(group)) return;
    const delay = ground.draw(ground.constants.zoneRebalanceMs);
    group.balanceAt = ground.now() + delay;
    ground.afterMs(delay, () => {
      group.balanceAt = undefined;
      rebalance(group);
    });
  };

  const asksForRebalance = (group: Group): boolean => flag(group.json, 'CapacityRebalance') === true;

  const replace = (group: Group, it: GroupInstance): boolean =>
    launcher.request(group, {
      market: marketOf(it.ec2),
      cause: { kind: 'group', process: 'capacityRebalance' },
      why: `an instance was launched in response to an EC2 instance rebalance recommendation for ${it.ec2.id}`,
      extra: { replaces: it.ec2.id },
    });

  return {
    evenZones,
    replaceAtRisk: (group) => {
      if (group.atRisk.size === 0 || !asksForRebalance(group) || group.suspended.has('Launch')) return;
      const onTheirWay = new Set([...group.instances.values()].map((it) => it.extra?.replaces));
      for (const [id, isAsked] of group.atRisk) {
        const it = group.instances.get(id);
        if (it === undefined || !isCounted(it)) group.atRisk.delete(id);
        else if (!isAsked || (group.asked === 0 && !onTheirWay.has(id))) group.atRisk.set(id, replace(group, it));
      }
    },
    recommended: (group, instance) => {
      if (!asksForRebalance(group) || !instance.spot || !group.instances.has(instance.id)) return;
      if (!group.atRisk.has(instance.id)) group.atRisk.set(instance.id, false);
      touch(group);
    },
  };
};
