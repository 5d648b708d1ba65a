import { between } from '../kernel/dice.ts';
import { unmanaged } from '../workloads/setup.ts';
import { type Group, isCounted, isLeaving } from '../world/auto-scaling/state.ts';
import type { World } from '../world/world.ts';
import { breaches, type Datapoint, newestMinutes } from './alarms.ts';
import type { Controller, Stage } from './controller.ts';
import { attachDrainLambda } from './drain-lambda.ts';
import { everyMinute } from './every-minute.ts';
import { unlessThrottled } from './throttled.ts';

const caller = 'reservation-alarm';
const minuteMs = 60_000;

/** What target tracking makes of its alarms: 3 minutes above the target, 15 minutes below nine tenths of it. (Auto Scaling user guide, target tracking; the tenth as its alarms show it.) */
const highMinutes = 3;
const lowMinutes = 15;
const lowShare = 0.9;

/** Warm-up of an instance, and the pause before the next scale-in: the default cooldown of a group (Auto Scaling API, CreateAutoScalingGroup). */
const pauseMs = 300_000;

/** One of the two metrics that a cluster's groups are tracked on, its newest minutes first to last. */
interface Tracked {
  readonly name: string;
  readonly points: readonly Datapoint[];
}

export interface Proposal {
  readonly to: number;
  readonly reasons: readonly string[];
}

interface Sizes {
  readonly desired: number;
  readonly minSize: number;
  readonly maxSize: number;
  /** Instances that have been there for their warm-up. */
  readonly warm: number;
}

const latest = ({ points }: Tracked): number => points.at(-1)?.value ?? 0;

/** How many instances bring the metric to its target. */
const proportional = (size: number, it: Tracked, target: number): number =>
  Math.ceil((size * latest(it)) / target - 1e-9);

const sentence = (it: Tracked, sign: string, target: number): string =>
  `${it.name} ${Math.round(latest(it) * 10) / 10} ${sign} ${Math.round(target * 10) / 10}`;

/**
 * The size two target-tracking policies come to, one on each metric. Out: any of them is enough, the larger wins, and
 * only instances past their warm-up count as what the metric was measured on. In: all must agree, and the larger wins.
 * One instance always stays, since an empty cluster has no reservation that could call for the first.
 * (Auto Scaling user guide, target tracking: multiple policies, instance warm-up.)
 */
export const proposalOf = (tracked: readonly Tracked[], target: number, sizes: Sizes): Proposal | undefined => {
  const floor = Math.max(1, sizes.minSize);
  const within = (size: number): number => Math.min(sizes.maxSize, Math.max(floor, size));
  const high = tracked.filter((it) => breaches(it.points, highMinutes, (value) => value > target));
  if (high.length > 0) {
    const to = within(Math.max(...high.map((it) => proportional(sizes.warm, it, target))));
    return to > sizes.desired ? { to, reasons: high.map((it) => sentence(it, '>', target)) } : undefined;
  }
  const low = target * lowShare;
  if (!tracked.every((it) => breaches(it.points, lowMinutes, (value) => value < low))) return undefined;
  const to = within(Math.max(...tracked.map((it) => proportional(sizes.desired, it, target))));
  return to < sizes.desired ? { to, reasons: tracked.map((it) => sentence(it, '<', low)) } : undefined;
};

const warmIn = (group: Group, now: number): number =>
  [...group.instances.values()].filter((it) => isCounted(it) && now - it.ec2.launchedAt >= pauseMs).length;

const readMetrics = (world: World, now: number, cluster: string): readonly Tracked[] =>
  ['CPUReservation', 'MemoryReservation'].map((name) => ({
    name,
    points: newestMinutes(
      world,
      now,
      { namespace: 'AWS/ECS', name, dimensions: { ClusterName: cluster } },
      lowMinutes,
      caller,
    ),
  }));

const start = ({ world, clock, dice, scenario, onDecision }: Stage, target: number): (() => void) => {
  const groups = scenario.groups.map((it) => it.name);
  const pausedUntil = new Map<string, number>();

  /** The reservation counts what drains: until that is gone, and for a while after the last step, it says too little. */
  const isShrinking = (group: Group): boolean =>
    clock.now() < (pausedUntil.get(group.name) ?? 0) || [...group.instances.values()].some(isLeaving);

  const resize = (group: Group, { to, reasons }: Proposal): void => {
    const { name, desired } = group;
    const request = { AutoScalingGroupName: name, DesiredCapacity: to };
    if (unlessThrottled(() => world.call('autoscaling', 'SetDesiredCapacity', request, caller)) === undefined) return;
    pausedUntil.set(name, clock.now() + pauseMs);
    onDecision({ atMs: clock.now(), text: `${name}: ${desired} → ${to}`, reasons });
  };

  const look = (group: Group, tracked: readonly Tracked[]): void => {
    const { desired, minSize, maxSize } = group;
    if (desired === 0 && maxSize > 0) {
      resize(group, { to: 1, reasons: ['a cluster without instances has no reservation'] });
      return;
    }
    const proposal = proposalOf(tracked, target, { desired, minSize, maxSize, warm: warmIn(group, clock.now()) });
    if (proposal === undefined) return;
    if (proposal.to < desired && isShrinking(group)) return;
    resize(group, proposal);
  };

  const stopLooking = everyMinute(clock, between(dice.fork(caller), 0, minuteMs - 1), () => {
    const tracked = readMetrics(world, clock.now(), scenario.cluster);
    for (const name of groups) {
      const group = world.view.groups.get(name);
      if (group !== undefined) look(group, tracked);
    }
  });
  const stopDraining = attachDrainLambda({ world, clock, cluster: scenario.cluster, groups, caller });
  return () => {
    stopLooking();
    stopDraining();
  };
};

/** The targets a careful person would try, in per cent. */
const targets = [60, 70, 80, 90];

/**
 * The home-made way: target tracking of each group on the cluster's CPUReservation and MemoryReservation, the group's
 * own termination policy, and a drain function on its termination hook (always: there is no setting without).
 */
export const reservationAlarms: readonly Controller[] = targets.map((target) => ({
  name: 'reservation-alarm',
  setting: `target ${target} %`,
  setup: unmanaged,
  start: (stage) => {
    const stop = start(stage, target);
    return Promise.resolve(() => {
      stop();
      return Promise.resolve();
    });
  },
}));
