import type { Need, Task } from '../../world/ecs/state.ts';
import type { Room } from '../registered.ts';

/** Waiting tasks that ask for exactly the same. */
export interface Alike {
  readonly need: Need;
  /** No two of them on one instance, by constraint. */
  readonly isDistinct: boolean;
  readonly count: number;
}

const isDistinct = ({ service, constraints }: Task): boolean =>
  (service?.placementConstraints ?? constraints).some((it) => it.type === 'distinctInstance');

/** Groups waiting tasks by their requirements. Their memberOf constraints are not looked at. */
export const alike = (waiting: Iterable<Task>): readonly Alike[] => {
  const groups = new Map<string, Alike>();
  for (const task of waiting) {
    const apart = isDistinct(task);
    const key = JSON.stringify([task.need, apart]);
    groups.set(key, { need: task.need, isDistinct: apart, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
};

/** How many of them an empty instance with this room holds. */
const held = ({ need, isDistinct: apart }: Alike, room: Room): number => {
  const alone = apart || need.tcpPorts.length > 0 || need.udpPorts.length > 0;
  return [
    [room.cpuUnits, need.cpuUnits],
    [room.memoryMiB, need.memoryMiB],
    [room.gpus, need.gpus],
    [room.networkInterfaces, need.networkInterfaces],
  ].reduce(
    (least, [has = 0, takes = 0]) => (takes === 0 ? least : Math.min(least, Math.floor(has / takes))),
    alone ? 1 : Number.POSITIVE_INFINITY,
  );
};

/** The least or the most of each resource among a group's types: they are sorted by each for itself. */
const extreme = (rooms: readonly Room[], of: (...values: readonly number[]) => number): Room => ({
  cpuUnits: of(...rooms.map((it) => it.cpuUnits)),
  memoryMiB: of(...rooms.map((it) => it.memoryMiB)),
  gpus: of(...rooms.map((it) => it.gpus)),
  networkInterfaces: of(...rooms.map((it) => it.networkInterfaces)),
});

/**
 * How many instances a group needs for its waiting tasks, at least: for each group of tasks alike, as many as hold them
 * packed onto the largest type; the most of these, since tasks of other groups may find room beside them. Tasks that do
 * not fit the smallest type are left out; undefined where that is all of them. (ECS developer guide, managed scaling
 * behavior; that the groups' maximum counts: containers-roadmap#76.)
 */
export const instancesFor = (waiting: readonly Alike[], types: readonly Room[]): number | undefined => {
  const smallest = extreme(types, Math.min);
  const largest = extreme(types, Math.max);
  const compatible = waiting.filter((it) => held(it, smallest) >= 1);
  if (waiting.length > 0 && compatible.length === 0) return undefined;
  return Math.max(0, ...compatible.map((it) => Math.ceil(it.count / held(it, largest))));
};
