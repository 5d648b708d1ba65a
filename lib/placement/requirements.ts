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

/** Equal keys: interchangeable for packing. */
export const shapeKey = (it: Requirements): string =>
  [it.cpuUnits, it.memoryMiB, it.gpus, it.networkInterfaces, ...it.hostPorts.map(portKey).sort()].join(' ');

export const sum = (all: readonly Resources[]): Resources => all.reduce(plus, noResources);
