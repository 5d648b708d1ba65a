import type { ContainerInstance } from '../../model/container-instance.ts';
import { takesTasks, type View } from '../view.ts';
import { type Standing, workOf } from './work.ts';

interface Zones {
  /** Numbers for the Availability Zones that have instances. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Instances that take tasks, by zone. */
  readonly instances: readonly number[];
  /** Tasks of each service on instances that stay: by its index, a number for each zone. */
  readonly copies: Int32Array;
}

const zoneOf = (it: ContainerInstance): string => it.attributes['ecs.availability-zone'] ?? '';

const countByZone = (view: View): Zones => {
  const staying = view.observation.containerInstances.filter(
    (it) => zoneOf(it) !== '' && !view.leavingArns.has(it.arn),
  );
  const numbers = new Map(Array.from(new Set(staying.map(zoneOf)), (it, n) => [it, n]));
  const instances = new Array<number>(numbers.size).fill(0);
  const copies = new Int32Array(numbers.size * view.observation.services.length);
  for (const it of staying) {
    const zone = numbers.get(zoneOf(it)) ?? 0;
    if (takesTasks(view, it)) instances[zone] = (instances[zone] ?? 0) + 1;
    for (const { standing, tasks } of workOf(view, it).services) {
      const cell = standing.index * numbers.size + zone;
      copies[cell] = (copies[cell] ?? 0) + tasks;
    }
  }
  return { numbers, instances, copies };
};

const zonesByView = new WeakMap<View, Zones>();

const zonesOf = (view: View): Zones => {
  const zones = zonesByView.get(view) ?? countByZone(view);
  zonesByView.set(view, zones);
  return zones;
};

/**
 * Whether ECS would bring the tasks of a service back to the zone of an instance that holds all it has there: with
 * availabilityZoneRebalancing it starts tasks in the zone with the fewest and stops others where there are most (ECS
 * developer guide, service rebalancing), for which one zone must have two more than another. So it does where the zone
 * keeps another instance, and the tasks are too many for the other zones to have one each at most. Constraints that keep
 * a service out of a zone are not looked at.
 */
export const wouldComeBack = (view: View, it: ContainerInstance, standing: Standing, tasksHere: number): boolean => {
  const { numbers, instances, copies } = zonesOf(view);
  const zone = numbers.get(zoneOf(it));
  const first = standing.index * instances.length;
  if (zone === undefined || copies[first + zone] !== tasksHere) return false;
  const staying = (instances[zone] ?? 0) - (takesTasks(view, it) ? 1 : 0);
  const otherZones = [...instances.keys()].filter((one) => one !== zone && (instances[one] ?? 0) > 0);
  if (staying === 0 || otherZones.length === 0) return false;
  const elsewhere = otherZones.map((one) => copies[first + one] ?? 0);
  const tasks = elsewhere.reduce((sum, one) => sum + one, tasksHere);
  return tasks > otherZones.length || Math.max(...elsewhere) > 1;
};
