import type { ContainerInstance } from '../../model/container-instance.ts';
import { oncePer } from '../once.ts';
import type { OnInstance, TaskGroup } from '../task-list.ts';
import { takesTasks, type View } from '../view.ts';
import { standingsOf } from './standings.ts';

interface Zones {
  /** Numbers for the Availability Zones that have instances. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Instances that take tasks, by zone. */
  readonly instances: readonly number[];
  /** By index of a task group, a number for each zone: how many of its tasks there would come back, were they all moved. */
  readonly comeBack: Int32Array;
}

const zoneOf = (it: ContainerInstance): string => it.attributes['ecs.availability-zone'] ?? '';

/** Of the tasks of one group on instances that stay, by zone: whether those of a zone would come back. */
const wouldComeBack = (copies: Int32Array, zone: number, hasOthers: readonly boolean[]): boolean => {
  let [tasks, most, otherZones] = [copies[zone] ?? 0, 0, 0];
  for (const [other, has] of hasOthers.entries()) {
    if (other === zone || !has) continue;
    otherZones++;
    tasks += copies[other] ?? 0;
    most = Math.max(most, copies[other] ?? 0);
  }
  return otherZones > 0 && (tasks > otherZones || most > 1);
};

const zonesOf = oncePer((view: View): Zones => {
  const staying = view.observation.containerInstances.filter(
    (it) => zoneOf(it) !== '' && !view.leavingArns.has(it.arn),
  );
  const numbers = new Map(Array.from(new Set(staying.map(zoneOf)), (it, n) => [it, n]));
  const { size } = numbers;
  const instances = new Array<number>(size).fill(0);
  const { groups, byInstance } = view.taskList;
  const copies = new Int32Array(size * groups.length);
  for (const it of staying) {
    const zone = numbers.get(zoneOf(it)) ?? 0;
    if (takesTasks(view, it)) instances[zone] = (instances[zone] ?? 0) + 1;
    const on = byInstance.get(it.arn);
    if (on === undefined) continue;
    for (let n = 0; n < on.groups.length; n++) {
      const cell = (on.groups[n]?.index ?? 0) * size + zone;
      copies[cell] = (copies[cell] ?? 0) + (on.groupTasks[n] ?? 0);
    }
  }
  const { byGroup } = standingsOf(view);
  const hasInstances = instances.map((it) => it > 0);
  const comeBack = new Int32Array(copies.length);
  for (const { index } of groups) {
    if (byGroup[index]?.service.availabilityZoneRebalancing !== true) continue;
    const own = copies.subarray(index * size, (index + 1) * size);
    for (let zone = 0; zone < size; zone++)
      if (wouldComeBack(own, zone, hasInstances)) comeBack[index * size + zone] = own[zone] ?? 0;
  }
  return { numbers, instances, comeBack };
});

/**
 * Groups of which an instance holds all the tasks in its zone, and whose tasks ECS would bring back there: with
 * availabilityZoneRebalancing it starts tasks in the zone with the fewest and stops others where there are most (ECS
 * developer guide, service rebalancing), for which one zone must have two more than another. So it does where the zone
 * keeps another instance, and the tasks are too many for the other zones to have one each at most. Constraints that keep
 * a service out of a zone are not looked at.
 */
export const comingBackTo = (view: View, it: ContainerInstance, on: OnInstance): readonly TaskGroup[] => {
  const { numbers, instances, comeBack } = zonesOf(view);
  const zone = numbers.get(zoneOf(it));
  if (zone === undefined || (instances[zone] ?? 0) - (takesTasks(view, it) ? 1 : 0) === 0) return none;
  let coming: TaskGroup[] | undefined;
  for (let n = 0; n < on.groups.length; n++) {
    const group = on.groups[n];
    if (group === undefined || comeBack[group.index * instances.length + zone] !== on.groupTasks[n]) continue;
    coming ??= [];
    coming.push(group);
  }
  return coming ?? none;
};

const none: readonly TaskGroup[] = [];
