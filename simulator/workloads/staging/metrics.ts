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

/** Where nobody says what work a service has, its tasks use half of what they reserve. Assumed. */
const plainCpuPercent = 50;

const pastPeriodMs = 5 * minuteMs;

/** CPU that tasks were using before the start, five minutes a datum: as many tasks as serve the work. */
const pastOf = ({ service, perTask }: Offered, { scenario }: StageGround): readonly JsonObject[] => {
  const past = service.pastRates ?? [];
  const first = past[0]?.atMs ?? 0;
  let index = 0;
  return Array.from({ length: Math.floor(-first / pastPeriodMs) }, (_, n) => {
    const atMs = first + n * pastPeriodMs;
    for (let next = past[index + 1]; next !== undefined && next.atMs <= atMs; next = past[index + 1]) index++;
    const rate = past[index]?.rate ?? 0;
    const tasks = Math.max(1, Math.ceil(rate / perTask - 1e-9));
    const percent = (100 * rate) / (tasks * perTask);
    const SampleCount = (tasks * pastPeriodMs) / minuteMs;
    return {
      MetricName: 'CPUUtilization',
      Dimensions: [
        { Name: 'ClusterName', Value: scenario.cluster },
        { Name: 'ServiceName', Value: service.name },
      ],
      StatisticValues: { SampleCount, Sum: SampleCount * percent, Minimum: percent, Maximum: percent },
      Unit: 'Percent',
      Timestamp: epochSeconds(scenario.startMs + atMs),
    };
  });
};

/**
 * Publishes each minute what AWS would: reserved CPU and memory of the cluster (AWS/ECS CPUReservation and
 * MemoryReservation: reserved ÷ registered of ACTIVE and DRAINING instances), and of services whose work is known
 * CPUUtilization, MemoryUtilization (AWS/ECS) and, behind a load balancer, RequestCountPerTarget (AWS/ApplicationELB).
 * Where nothing runs there is no datapoint. (ECS developer guide and Elastic Load Balancing user guide, CloudWatch metrics.)
 * With `recorded` also what somebody may want to read of the past: CPUUtilization of all other services, by whose samples
 * their tasks can be counted, and the sizes of groups as where their metrics are collected (AWS/AutoScaling
 * GroupInServiceInstances and GroupDesiredCapacity).
 */
export const stageMetrics = (ground: StageGround, recorded: boolean): void => {
  const { world, clock, scenario } = ground;
  const offered = offeredOf(scenario.services);
  const others = recorded ? scenario.services.filter((it) => offered.every(({ service }) => service !== it)) : [];
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

  /** Each task is one sample a minute (ECS developer guide, service RUNNING task count). */
  const ofTasks = (
    MetricName: string,
    Dimensions: readonly JsonObject[],
    value: number,
    tasks: number,
  ): JsonObject => ({
    MetricName,
    Dimensions,
    Values: [value],
    Counts: [tasks],
    Unit: 'Percent',
    Timestamp: epochSeconds(clock.now() - minuteMs),
  });

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
      usage: [ofTasks('CPUUtilization', dimensions, load, running), percent('MemoryUtilization', dimensions, memory)],
      requests: service.loadBalancer ? [datum('RequestCountPerTarget', target, (60 * rate) / running, 'Count')] : [],
    };
  };

  const plainUsage = ({ name }: ScenarioService): readonly JsonObject[] => {
    const running = runningTasks(name);
    const dimensions = [inCluster, { Name: 'ServiceName', Value: name }];
    return running === 0 ? [] : [ofTasks('CPUUtilization', dimensions, plainCpuPercent, running)];
  };

  const groupSizes = (): readonly JsonObject[] =>
    scenario.groups.flatMap(({ name }) => {
      const group = world.view.groups.get(name);
      if (group === undefined) return [];
      const dimensions = [{ Name: 'AutoScalingGroupName', Value: name }];
      const inService = [...group.instances.values()].filter((it) => it.state === 'InService').length;
      return [
        datum('GroupInServiceInstances', dimensions, inService, 'None'),
        datum('GroupDesiredCapacity', dimensions, group.desired, 'None'),
      ];
    });

  const put = (Namespace: string, MetricData: readonly JsonObject[]): void => {
    if (MetricData.length > 0) callAsWorkload(world, 'monitoring', 'PutMetricData', { Namespace, MetricData });
  };

  for (const it of offered) put('AWS/ECS', pastOf(it, ground));
  repeat(ground, minuteMs, () => {
    const services = offered.map(ofService);
    put('AWS/ECS', [...reservations(), ...services.flatMap((it) => it.usage), ...others.flatMap(plainUsage)]);
    put(
      'AWS/ApplicationELB',
      services.flatMap((it) => it.requests),
    );
    if (recorded) put('AWS/AutoScaling', groupSizes());
  });
};
