import { defaultConstants } from '../../world/constants.ts';
import { type InstanceType, instanceTypes } from '../../world/ec2/instance-types.ts';
import type { ScenarioTaskSize } from '../scenario.ts';
import type { Parts } from './parts.ts';

type Size = Pick<ScenarioTaskSize, 'cpuUnits' | 'memoryMiB' | 'gpus' | 'networkMode'>;

/** What a new instance has for tasks, once the daemons that run on every instance have theirs. */
interface Room {
  readonly instanceType: string;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly networkInterfaces: number;
}

const daemonsEverywhere = (parts: Parts): readonly Size[] =>
  [...parts.services.values()].filter(
    (it) => it.schedulingStrategy === 'DAEMON' && it.placementConstraints.length === 0,
  );

const sum = (sizes: readonly Size[], of: (it: Size) => number): number => sizes.reduce((all, it) => all + of(it), 0);

const roomOf = (it: InstanceType, parts: Parts, daemons: readonly Size[]): Room => {
  const reservedShare = parts.world.memoryReservedShare ?? defaultConstants.memoryReservedShare;
  return {
    instanceType: it.name,
    cpuUnits: it.vcpus * 1_024 - sum(daemons, (daemon) => daemon.cpuUnits),
    memoryMiB: it.memoryMiB - Math.ceil(it.memoryMiB * reservedShare) - sum(daemons, (daemon) => daemon.memoryMiB),
    gpus: it.gpus,
    networkInterfaces: parts.trunking ? Number.POSITIVE_INFINITY : it.maxNetworkInterfaces - 1,
  };
};

const holds = (room: Room, size: Size): boolean =>
  size.cpuUnits <= room.cpuUnits &&
  size.memoryMiB <= room.memoryMiB &&
  size.gpus <= room.gpus &&
  (size.networkMode === 'bridge' || room.networkInterfaces >= 1);

/** The largest room, as a hint of what could be held. */
const largest = (rooms: readonly Room[]): string => {
  const [first, ...rest] = rooms;
  if (first === undefined) return 'no instance type at all';
  const best = rest.reduce((a, b) => (b.cpuUnits > a.cpuUnits ? b : a), first);
  const gpus = best.gpus === 0 ? '' : `, ${best.gpus} GPUs`;
  return `a ${best.instanceType} has ${best.cpuUnits} CPU units and ${best.memoryMiB} MiB${gpus} for tasks`;
};

/**
 * Why a task of this size can never run in the groups named (none: any), or undefined when some type can hold it. A
 * task in a group that is itself wrong is given the benefit of the doubt.
 */
export const reasonNotHeld = (parts: Parts, size: Size, groups: readonly string[]): string | undefined => {
  const names = groups.length === 0 ? [...parts.groupNames] : groups;
  if (names.some((it) => !parts.groups.has(it))) return undefined;
  const types = names.flatMap((it) => parts.groups.get(it)?.types ?? []);
  const daemons = daemonsEverywhere(parts);
  const rooms = types.flatMap(({ instanceType }) => {
    const type = instanceTypes.get(instanceType);
    return type === undefined ? [] : [roomOf(type, parts, daemons)];
  });
  return rooms.some((it) => holds(it, size)) ? undefined : largest(rooms);
};
