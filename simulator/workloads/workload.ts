import type { Kernel } from '../kernel/virtual-clock.ts';
import type { World } from '../world/world.ts';
import {
  type ClusterSpec,
  createCluster,
  deploy,
  type GroupSpec,
  type ServiceSpec,
  setDesiredCount,
} from './cluster.ts';
import { dailyCurve, type FlashCrowd, type Point, quietHour, tasksFor } from './curve.ts';
import type { Trace } from './trace.ts';

/** A cluster and what happens to it, from `startMs` for `durationMs`. */
export interface Workload {
  readonly title: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly cluster: ClusterSpec;
  /** Task counts of each service over time, and when each is deployed anew. */
  readonly services: readonly ServiceLoad[];
}

interface ServiceLoad {
  readonly spec: ServiceSpec;
  readonly points: readonly Point[];
  readonly perTask: number;
  readonly minimum: number;
  readonly deployAtMs: readonly number[];
}

/** Sets the cluster up and schedules everything that happens to it. */
export const play = (workload: Workload, world: World, kernel: Kernel): void => {
  const { cluster } = workload.cluster;
  createCluster(world, workload.cluster);
  for (const load of workload.services) {
    let count = load.spec.desiredCount;
    for (const { atMs, rate } of load.points) {
      const wanted = tasksFor(rate, load.perTask, load.minimum);
      if (wanted === count) continue;
      count = wanted;
      kernel.at(workload.startMs + atMs, () => {
        setDesiredCount(world, cluster, load.spec.name, wanted);
      });
    }
    for (const atMs of load.deployAtMs)
      kernel.at(workload.startMs + atMs, () => {
        deploy(world, cluster, load.spec);
      });
  }
};

const hourMs = 3_600_000;

type DayService = readonly [name: string, cpuUnits: number, memoryMiB: number, low: number, high: number];

/** Ten services whose highest counts together fill about twenty instances of 2 vCPU; half of them rest at night. */
const dayServices: readonly DayService[] = [
  ['web', 512, 1024, 2, 18],
  ['api', 512, 1024, 1, 14],
  ['search', 1024, 2048, 1, 6],
  ['payments', 256, 512, 1, 6],
  ['auth', 256, 512, 1, 8],
  ['images', 1024, 3072, 0, 5],
  ['carts', 256, 512, 0, 10],
  ['reports', 512, 2048, 0, 4],
  ['mail', 256, 1024, 0, 4],
  ['admin', 256, 512, 0, 2],
];

/** The group's minimum: two instances a zone, whatever the load. */
const nightFloor = 6;

const group = (minSize: number): GroupSpec => ({
  name: 'local-instances',
  instanceType: 'm5.large',
  minSize,
  maxSize: 60,
  desiredCapacity: minSize,
});

const crowds: Readonly<Record<string, FlashCrowd>> = { web: { fromHour: 13, hours: 0.5, factor: 2.5 } };
const deployments: Readonly<Record<string, number>> = { api: 10 };

/** The default: a day of ten services, with a crowd at one o'clock and a deployment at ten. */
export const generatedDay = (startMs: number): Workload => {
  const services = dayServices.map(([name, cpuUnits, memoryMiB, low, high]): ServiceLoad => {
    const deployHour = deployments[name];
    return {
      spec: { name, cpuUnits, memoryMiB, desiredCount: low },
      points: dailyCurve(low - 0.5, high, 1, crowds[name]), // so that the night lasts for more than its last minute
      perTask: 1, // the curve is drawn in tasks
      minimum: low,
      deployAtMs: deployHour === undefined ? [] : [(deployHour - quietHour) * hourMs],
    };
  });
  return {
    title: 'a generated day: 10 services, a flash crowd at 13:00, a deployment at 10:00',
    startMs,
    durationMs: 24 * hourMs,
    cluster: {
      cluster: 'local',
      groups: [group(nightFloor)],
      services: services.map((it) => it.spec),
    },
    services,
  };
};

/** One service that follows a trace of requests; one of its tasks serves `perTask` requests a second. */
export const tracedService = (trace: Trace, perTask: number): Workload => {
  const first = tasksFor(trace.points[0]?.rate ?? 0, perTask, 1);
  const spec: ServiceSpec = { name: 'traced', cpuUnits: 512, memoryMiB: 1024, desiredCount: first };
  const last = trace.points.at(-1)?.atMs ?? 0;
  return {
    title: `a trace of ${trace.points.length} values, ${perTask} requests a second a task`,
    startMs: trace.startMs,
    durationMs: last + trace.periodMs,
    cluster: { cluster: 'local', groups: [group(0)], services: [spec] },
    services: [{ spec, points: trace.points, perTask, minimum: 1, deployAtMs: [] }],
  };
};
