import type { JsonObject } from '../../world/api.ts';
import { epochSeconds } from '../../world/json.ts';
import type { ScenarioService } from '../scenario.ts';
import { callAsWorkload, repeat, type StageGround } from './ground.ts';
import { targetGroupOf } from './services.ts';

const minuteMs = 60_000;

/** A task may use more than it reserved while its instance has CPU to spare; how much is assumed. */
const mostCpuPercent = 200;

/** Of its memory a task always uses this share, and this much more at its full rate. Assumed. */
const idleMemoryPercent = 40;
const busyMemoryPercent = 30;

/** Work offered to a service over time, read in order. */
const rateReader = ({ rates = [] }: ScenarioService): ((atMs: number) => number) => {
  let index = 0;
  return (atMs) => {
    for (let next = rates[index + 1]; next !== undefined && next.atMs <= atMs; next = rates[index + 1]) index++;
    return rates[index]?.rate ?? 0;
  };
};

interface Offered {
  readonly service: ScenarioService;
  readonly perTask: number;
  readonly targetGroup: string;
  readonly rateAt: (atMs: number) => number;
}

const offeredOf = (services: readonly ScenarioService[]): readonly Offered[] =>
  services.flatMap((service, index) =>
    service.rates === undefined || service.perTask === undefined
      ? []
      : [
          {
            service,
            perTask: service.perTask,
            targetGroup: targetGroupOf(service.name, index),
            rateAt: rateReader(service),
          },
        ],
  );

/**
 * Publishes each minute what AWS would: reserved CPU and memory of the cluster (AWS/ECS CPUReservation and
 * MemoryReservation: reserved ÷ registered of ACTIVE and DRAINING instances), and of services whose work is known
 * CPUUtilization, MemoryUtilization (AWS/ECS) and, behind a load balancer, RequestCountPerTarget (AWS/ApplicationELB).
 * Where nothing runs there is no datapoint. (ECS developer guide and Elastic Load Balancing user guide, CloudWatch metrics.)
 */
export const stageMetrics = (ground: StageGround): void => {
  const { world, clock, scenario } = ground;
  const offered = offeredOf(scenario.services);
  const inCluster = { Name: 'ClusterName', Value: scenario.cluster };

  /** Of the minute that has just passed. */
  const datum = (MetricName: string, Dimensions: readonly JsonObject[], Value: number, Unit: string): JsonObject => ({
    MetricName,
    Dimensions,
    Value,
    Unit,
    Timestamp: epochSeconds(clock.now() - minuteMs),
  });
  const percent = (name: string, dimensions: readonly JsonObject[], value: number): JsonObject =>
    datum(name, dimensions, value, 'Percent');

  const reservations = (): readonly JsonObject[] => {
    let [cpu, cpuLeft, memory, memoryLeft] = [0, 0, 0, 0];
    for (const { registered, remaining } of world.view.ecs.clusters.get(scenario.cluster)?.instances.values() ?? []) {
      cpu += registered.cpuUnits;
      cpuLeft += remaining.cpuUnits;
      memory += registered.memoryMiB;
      memoryLeft += remaining.memoryMiB;
    }
    if (cpu === 0 || memory === 0) return [];
    return [
      percent('CPUReservation', [inCluster], 100 * (1 - cpuLeft / cpu)),
      percent('MemoryReservation', [inCluster], 100 * (1 - memoryLeft / memory)),
    ];
  };

  const runningTasks = (service: string): number => {
    let running = 0;
    for (const it of world.view.ecs.clusters.get(scenario.cluster)?.services.get(service)?.tasks ?? [])
      if (it.lastStatus === 'RUNNING') running++;
    return running;
  };

  const ofService = ({ service, perTask, rateAt, targetGroup }: Offered) => {
    const rate = rateAt(clock.now() - minuteMs - scenario.startMs);
    const running = runningTasks(service.name);
    if (running === 0) return { usage: [], requests: [] };
    const load = Math.min(mostCpuPercent, (100 * rate) / (running * perTask));
    const dimensions = [inCluster, { Name: 'ServiceName', Value: service.name }];
    const memory = idleMemoryPercent + (busyMemoryPercent * Math.min(100, load)) / 100;
    const target = [{ Name: 'TargetGroup', Value: targetGroup }];
    return {
      usage: [percent('CPUUtilization', dimensions, load), percent('MemoryUtilization', dimensions, memory)],
      requests: service.loadBalancer ? [datum('RequestCountPerTarget', target, (60 * rate) / running, 'Count')] : [],
    };
  };

  const put = (Namespace: string, MetricData: readonly JsonObject[]): void => {
    if (MetricData.length > 0) callAsWorkload(world, 'monitoring', 'PutMetricData', { Namespace, MetricData });
  };

  repeat(ground, minuteMs, () => {
    const services = offered.map(ofService);
    put('AWS/ECS', [...reservations(), ...services.flatMap((it) => it.usage)]);
    put(
      'AWS/ApplicationELB',
      services.flatMap((it) => it.requests),
    );
  });
};
