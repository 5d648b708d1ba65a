import type { Resources } from '../model/resources.ts';

/** What is left on a container instance, real or expected. */
export interface Room extends Resources {
  readonly portsInUse: ReadonlySet<string>;
  readonly gpus: number;
}

export const roomOf = (resources: Resources, portsInUse: ReadonlySet<string> = new Set(), gpus = 0): Room => ({
  cpuUnits: resources.cpuUnits,
  memoryMiB: resources.memoryMiB,
  portsInUse,
  gpus,
});
