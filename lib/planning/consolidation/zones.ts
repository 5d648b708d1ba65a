import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Task } from '../../model/task.ts';
import type { ZoneFor } from '../moving.ts';
import { serviceOf } from '../services.ts';
import type { View } from '../view.ts';

export const zoneOf = (it: ContainerInstance): string | undefined => it.attributes['ecs.availability-zone'];

/** How many instances ECS counts on in each zone: it spreads over the zones in which the cluster has ACTIVE ones. */
export const activeByZone = (view: View): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const it of view.observation.containerInstances) {
    const zone = zoneOf(it);
    if (zone === undefined || it.status !== 'ACTIVE' || view.leavingArns.has(it.arn)) continue;
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return counts;
};

/** Whether ECS would move a task back to its zone if it came up in another (ECS developer guide, AZ rebalancing). */
export const isRebalanced = (view: View, task: Task): boolean =>
  serviceOf(view, task)?.availabilityZoneRebalancing === true;

/**
 * The zone that a task of a service with availabilityZoneRebalancing must have room in again once these instances are
 * gone: its own, as long as the cluster has ACTIVE instances there. In another it would not stay: ECS would start it anew
 * where the service has fewest.
 */
export const zonesToKeep = (view: View, leaving: readonly ContainerInstance[]): ZoneFor => {
  const left = activeByZone(view);
  const zones = new Map<string, string>();
  for (const it of leaving) {
    const zone = zoneOf(it);
    if (zone === undefined) continue;
    left.set(zone, (left.get(zone) ?? 0) - 1);
    zones.set(it.arn, zone);
  }
  return (task) => {
    const zone = zones.get(task.containerInstanceArn ?? '');
    return zone !== undefined && (left.get(zone) ?? 0) > 0 && isRebalanced(view, task) ? zone : undefined;
  };
};
