import type { Kernel } from '../../kernel/virtual-clock.ts';
import type { DecisionRecord } from '../../score/simulation.ts';
import { epochSeconds } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { breaches, dimensionsJson, type MetricName, newestMinutes } from '../alarms.ts';
import { type Reservation, reservationOf } from './reservation.ts';
import { caller, highMinutes, lowMinutes, type ManagedScalingRules, metricName, metricNamespace } from './rules.ts';
import { type Served, type Settings, settingsOf } from './served.ts';
import { isWarmingUp, situationOf } from './situation.ts';
import { scaleInTo, scaleOutTo } from './steps.ts';

export interface ScalingParts {
  readonly world: World;
  readonly clock: Kernel;
  readonly rules: ManagedScalingRules;
  readonly onDecision: (decision: DecisionRecord) => void;
}

/** The metric, the two alarms and the target-tracking policy that ECS keeps for a provider. */
export interface Scaling {
  /** Computes the reservation as of now, and publishes it. */
  publish(served: Served): void;
  /** Looks at the alarms, and acts where one is in ALARM. */
  evaluate(served: Served): void;
}

const minuteMs = 60_000;
const kept = 64;

const metricOf = ({ cluster, provider }: Served): MetricName => ({
  namespace: metricNamespace,
  name: metricName,
  dimensions: { CapacityProviderName: provider.name, ClusterName: cluster.name },
});

const rounded = (value: number): number => Math.round(value * 10) / 10;

export const createScaling = ({ world, clock, rules, onDecision }: ScalingParts): Scaling => {
  /** What was published, by provider and minute: the metric carries M ÷ N only. */
  const published = new Map<string, Map<number, Reservation>>();
  /** Why a provider does nothing at present: told once. */
  const holding = new Map<string, string>();

  const keyOf = ({ cluster, provider }: Served): string => `${cluster.name} ${provider.name}`;
  const memoryOf = (served: Served): Map<number, Reservation> => {
    const known = published.get(keyOf(served)) ?? new Map<number, Reservation>();
    published.set(keyOf(served), known);
    return known;
  };

  const hold = (served: Served, why: string, reasons: readonly string[]): void => {
    if (holding.get(keyOf(served)) === why) return;
    holding.set(keyOf(served), why);
    onDecision({ atMs: clock.now(), text: `${served.group.name}: stays at ${served.group.desired}, ${why}`, reasons });
  };

  const resize = (served: Served, to: number, reasons: readonly string[]): void => {
    const { name, desired } = served.group;
    holding.delete(keyOf(served));
    world.call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: name, DesiredCapacity: to }, caller);
    onDecision({ atMs: clock.now(), text: `${name}: ${desired} → ${to}`, reasons });
  };

  const scaleOut = (served: Served, settings: Settings, seen: Reservation): void => {
    const { group } = served;
    const reasons = [
      `${metricName} ${rounded(seen.percent)} > ${settings.targetCapacity}`,
      `${seen.needed} needed, ${seen.running} running`,
    ];
    const to = scaleOutTo(seen, settings, group);
    if (to > group.desired && isWarmingUp(served, clock.now(), settings.warmupMs)) {
      hold(served, 'instances are warming up', reasons); // the next step waits for all of them
    } else if (to > group.desired) {
      resize(served, to, reasons);
    } else if (group.desired >= group.maxSize) {
      hold(served, 'its maximum', reasons);
    }
  };

  const scaleIn = (served: Served, settings: Settings, seen: Reservation): void => {
    const to = scaleInTo(seen, settings, served.group, rules);
    if (to === served.group.desired) return;
    resize(served, to, [
      `${metricName} ${rounded(seen.percent)} < ${settings.targetCapacity} for ${lowMinutes} minutes`,
      `${seen.needed} needed, ${seen.running} running`,
    ]);
  };

  return {
    publish: (served) => {
      const reservation = reservationOf(situationOf(world, served), settingsOf(served.provider));
      const memory = memoryOf(served);
      memory.set(Math.floor(clock.now() / minuteMs) * minuteMs, reservation);
      for (const old of memory.keys()) {
        if (memory.size <= kept) break;
        memory.delete(old);
      }
      const metric = metricOf(served);
      const datum = {
        MetricName: metric.name,
        Dimensions: dimensionsJson(metric),
        Timestamp: epochSeconds(clock.now()),
        Value: reservation.percent,
        Unit: 'Percent',
      };
      world.call('monitoring', 'PutMetricData', { Namespace: metric.namespace, MetricData: [datum] }, caller);
    },
    evaluate: (served) => {
      if (served.group.suspended.has('AlarmNotification')) return; // then alarms reach no policy of the group
      const settings = settingsOf(served.provider);
      const points = newestMinutes(world, clock.now(), metricOf(served), lowMinutes, caller);
      const seen = memoryOf(served).get(points.at(-1)?.atMs ?? -1);
      if (seen === undefined) return;
      if (breaches(points, highMinutes, (it) => it > settings.targetCapacity)) scaleOut(served, settings, seen);
      else if (breaches(points, lowMinutes, (it) => it < settings.targetCapacity)) scaleIn(served, settings, seen);
      else holding.delete(keyOf(served));
    },
  };
};
