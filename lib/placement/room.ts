import type { Resources } from '../model/resources.ts';

/** What is left on a container instance, real or expected. Less than nothing is possible, and holds nothing. */
export interface Room extends Resources {
  readonly gpus: number;
  /** Network interfaces that tasks may still be given. */
  readonly networkInterfaces: number;
  /** EBS volumes of tasks that may still be attached. */
  readonly ebsVolumes: number;
  /** Resources of the user's own, by name. */
  readonly custom: Readonly<Record<string, number>>;
  /** What is taken and can be had once only, as words: host ports (`tcp/8080`), and groups that want an instance alone. */
  readonly claims: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();
const nothing: Room['custom'] = {};

/** So many resources and nothing else, unless said; network interfaces and EBS volumes are without limit then. */
export const roomOf = (resources: Resources, rest: Partial<Omit<Room, keyof Resources>> = {}): Room => ({
  cpuUnits: resources.cpuUnits,
  memoryMiB: resources.memoryMiB,
  gpus: rest.gpus ?? 0,
  networkInterfaces: rest.networkInterfaces ?? Number.POSITIVE_INFINITY,
  ebsVolumes: rest.ebsVolumes ?? Number.POSITIVE_INFINITY,
  custom: rest.custom ?? nothing,
  claims: rest.claims ?? nobody,
});
