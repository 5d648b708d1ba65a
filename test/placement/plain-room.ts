/** The plainest reading of what fits where, for tests to hold the packing against. */
import { fits, minus } from '../../lib/model/resources.ts';
import type { Requirements } from '../../lib/model/task-definition.ts';
import { portKey } from '../../lib/placement/requirements.ts';
import type { Room } from '../../lib/placement/room.ts';

const times = (room: number, need: number): number => (need === 0 ? Number.POSITIVE_INFINITY : Math.floor(room / need));

/**
 * How many of `wanted` identical tasks fit into a room. A task with a static host port fits once at most: ECS never
 * puts two that claim the same port and protocol on one instance.
 */
export const howManyFit = (room: Room, need: Requirements, wanted: number): number => {
  if (!fits(need, room) || need.gpus > room.gpus) return 0;
  if (need.hostPorts.some((port) => room.claims.has(portKey(port)))) return 0;
  const byPorts = need.hostPorts.length > 0 ? 1 : Number.POSITIVE_INFINITY;
  return Math.max(
    0,
    Math.min(
      wanted,
      byPorts,
      times(room.cpuUnits, need.cpuUnits),
      times(room.memoryMiB, need.memoryMiB),
      times(room.gpus, need.gpus),
      times(room.networkInterfaces, need.networkInterfaces),
    ),
  );
};

/** The room after `count` tasks have moved in; they must fit. */
export const take = (room: Room, need: Requirements, count: number): Room => {
  const taken = { cpuUnits: need.cpuUnits * count, memoryMiB: need.memoryMiB * count };
  const claims = need.hostPorts.length === 0 ? room.claims : new Set([...room.claims, ...need.hostPorts.map(portKey)]);
  const networkInterfaces = room.networkInterfaces - need.networkInterfaces * count;
  return { ...room, ...minus(room, taken), claims, gpus: room.gpus - need.gpus * count, networkInterfaces };
};
