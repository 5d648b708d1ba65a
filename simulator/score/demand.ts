import type { Scenario } from '../workloads/scenario.ts';
import type { ClusterListener } from './cluster-watch.ts';
import type { Size } from './sizes.ts';
import { SlidingMaximum } from './sliding-maximum.ts';

/**
 * What should run: each service's desired count times its task's size, and every standalone task from when it is
 * first wanted until it ends. What a deployment or a drain runs beside that for a while is not demand.
 */
export interface Demand {
  readonly listener: ClusterListener;
  total(): Size;
  /** The highest, dimension by dimension, within the window that ends now. */
  peak(nowMs: number): Size;
  /** Rises with each change of what may run in a group. */
  version(group: string): number;
}

export const followDemand = (scenario: Scenario, windowMs: number): Demand => {
  const services = new Map(scenario.services.map((it) => [it.name, it]));
  const desired = new Map<string, number>();
  const versions = new Map<string, number>();
  let everywhere = 0;
  let cpuUnits = 0;
  let memoryMiB = 0;
  const cpuPeak = new SlidingMaximum(windowMs);
  const memoryPeak = new SlidingMaximum(windowMs);

  const add = (at: number, size: Size, tasks: number, groups: readonly string[]): void => {
    cpuUnits += size.cpuUnits * tasks;
    memoryMiB += size.memoryMiB * tasks;
    cpuPeak.set(at, cpuUnits);
    memoryPeak.set(at, memoryMiB);
    if (groups.length === 0) everywhere++;
    for (const it of groups) versions.set(it, (versions.get(it) ?? 0) + 1);
  };

  return {
    listener: {
      countChanged: (name, at, _from, to) => {
        const service = services.get(name);
        if (service === undefined || service.schedulingStrategy === 'DAEMON') return;
        const before = desired.get(name) ?? 0;
        desired.set(name, to);
        add(at, service.size, to - before, service.groups);
      },
      wanted: ({ kind, askedAt, size }) => {
        if (kind === 'STANDALONE') add(askedAt, size, 1, []);
      },
      withdrawn: ({ kind, size }, at) => {
        if (kind === 'STANDALONE') add(at, size, -1, []);
      },
      condemned: ({ want, ran }, at) => {
        if (want.kind === 'STANDALONE' && ran) add(at, want.size, -1, []);
      },
    },
    total: () => ({ cpuUnits, memoryMiB }),
    peak: (now) => ({ cpuUnits: cpuPeak.at(now), memoryMiB: memoryPeak.at(now) }),
    version: (group) => everywhere + (versions.get(group) ?? 0),
  };
};
