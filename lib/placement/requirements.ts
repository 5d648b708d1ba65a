import { noResources, plus, type Resources } from '../model/resources.ts';
import type { HostPort, Requirements, TaskDefinition } from '../model/task-definition.ts';

/** A port as one comparable word, e.g. `tcp/8080`. */
export const portKey = (port: HostPort): string => `${port.protocol}/${port.port}`;

/** A task-level size on the task itself (RunTask may override it) wins over its task definition's. */
export const requirementsOf = (
  definition: TaskDefinition,
  task?: { readonly cpuUnits: number | undefined; readonly memoryMiB: number | undefined },
): Requirements => ({
  ...definition.requirements,
  cpuUnits: task?.cpuUnits ?? definition.requirements.cpuUnits,
  memoryMiB: task?.memoryMiB ?? definition.requirements.memoryMiB,
});

/** What a task takes of an instance. `apart`: the group of which an instance holds one task at most. */
export interface Wants {
  readonly requirements: Requirements;
  readonly apart?: string | undefined;
}

/** A group that wants its instances to itself, as a word among the claims. */
export const apartKey = (group: string): string => `apart ${group}`;

/** What a task takes that can be had once only on an instance, in order. */
export const claimsOf = ({ requirements, apart }: Wants): readonly string[] => {
  const ports = requirements.hostPorts.map(portKey);
  return apart === undefined ? ports.sort() : [...ports, apartKey(apart)].sort();
};

/** Equal keys: interchangeable for packing. */
export const shapeKey = (it: Requirements): string =>
  [
    it.cpuUnits,
    it.memoryMiB,
    it.gpus,
    it.networkInterfaces,
    it.ebsVolumes ?? 0,
    ...it.hostPorts.map(portKey).sort(),
  ].join(' ');

export const sum = (all: readonly Resources[]): Resources => all.reduce(plus, noResources);
