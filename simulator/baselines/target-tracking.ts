import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import { numbers, objects } from '../world/json.ts';
import type { World } from '../world/world.ts';
import type { Controller } from './controller.ts';
import { everyMinute } from './every-minute.ts';

const minuteMs = 60_000;
const caller = 'application-autoscaling';

/** The two alarms that a policy makes (Application Auto Scaling user guide, how target tracking scaling works). */
const minutesHigh = 3;
const minutesLow = 15;
/** Below this share of the target the low alarm counts a minute. Observed of AWS's alarms; not documented. */
const lowShare = 0.9;

export interface TrackedService {
  readonly name: string;
  /** Of CPUUtilization, in per cent. */
  readonly target: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Application Auto Scaling's default for ECS services is 300 s, either way. */
  readonly cooldownMs: number;
}

const cpuOf = (world: World, cluster: string, service: string, minutes: number, now: number): readonly number[] => {
  const end = Math.floor(now / minuteMs) * minuteMs;
  const answer = world.call(
    'monitoring',
    'GetMetricData',
    {
      StartTime: (end - (minutes + 3) * minuteMs) / 1_000,
      EndTime: end / 1_000,
      ScanBy: 'TimestampDescending',
      MetricDataQueries: [
        {
          Id: 'cpu',
          ReturnData: true,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ECS',
              MetricName: 'CPUUtilization',
              Dimensions: [
                { Name: 'ClusterName', Value: cluster },
                { Name: 'ServiceName', Value: service },
              ],
            },
            Period: 60,
            Stat: 'Average',
          },
        },
      ],
    },
    caller,
  );
  return numbers((objects(answer, 'MetricDataResults') ?? [])[0] ?? {}, 'Values')?.slice(0, minutes) ?? [];
};

const track = (world: World, clock: VirtualClock, dice: Dice, cluster: string, it: TrackedService): (() => void) => {
  let [lastOut, lastIn] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return everyMinute(clock, Math.floor(dice.next() * minuteMs), () => {
    const service = world.view.ecs.clusters.get(cluster)?.services.get(it.name);
    if (service === undefined) return;
    const now = clock.now();
    const current = service.desiredCount;
    const values = cpuOf(world, cluster, it.name, minutesLow, now);
    const [newest = 0] = values;
    const right = Math.min(it.maximum, Math.max(it.minimum, Math.ceil((current * newest) / it.target)));
    const isHigh = values.length >= minutesHigh && values.slice(0, minutesHigh).every((one) => one > it.target);
    const isLow = values.length >= minutesLow && values.every((one) => one < it.target * lowShare);
    const set = (desiredCount: number): void => {
      world.call('ecs', 'UpdateService', { cluster, service: it.name, desiredCount }, caller);
    };
    if (isHigh && right > current && now - lastOut >= it.cooldownMs) {
      lastOut = now;
      set(right);
    } else if (isLow && right < current && now - Math.max(lastIn, lastOut) >= it.cooldownMs) {
      lastIn = now;
      set(right);
    }
  });
};

/** Two loops: Application Auto Scaling's target tracking of CPU on services, over whatever sizes the groups. */
export const withTargetTracking = (groups: Controller, services: readonly TrackedService[]): Controller => ({
  ...groups,
  name: `target-tracking over ${groups.name}`,
  start: async (stage) => {
    const stop = await groups.start(stage);
    const { world, clock, scenario } = stage;
    const dice = stage.dice.fork('target-tracking');
    const stops = services.map((it) => track(world, clock, dice, scenario.cluster, it));
    return async () => {
      for (const it of stops) it();
      await stop();
    };
  },
});
