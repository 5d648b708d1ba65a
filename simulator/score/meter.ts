import type { Scenario } from '../workloads/scenario.ts';
import type { Cause } from '../world/log.ts';
import { arrivalsOf } from './arrivals.ts';
import { callMeter } from './calls.ts';
import { followChurn, regretWithinMs } from './churn.ts';
import { type ClusterListener, type ClusterWatch, type WatchedWorld, watchCluster } from './cluster-watch.ts';
import { followDemand } from './demand.ts';
import { Elasticity, type Level } from './elasticity.ts';
import { countInstances } from './instances.ts';
import { followLives, type PriceOf, pricesOf } from './lives.ts';
import { followMoves } from './moves.ts';
import type { CostScore, Score, WaitScore } from './score.ts';
import type { InstanceLife, TimelinePoint, Violation } from './simulation.ts';
import { Timeline } from './timeline.ts';
import { followWaits, type PathOf, type Waits } from './waits.ts';

/** What a scenario costs at least; times count from its start. */
export interface ScenarioBounds {
  readonly freeMigrationDollars: number;
  readonly noMigrationDollars: number;
  readonly freeMigrationInstances: readonly Level[];
}

export interface MeterOptions {
  readonly world: WatchedWorld;
  readonly scenario: Scenario;
  readonly bounds: ScenarioBounds;
  /** Which callers of AWS's APIs are the controller, or AWS on its behalf; unless given, all but the scenario's own. */
  readonly isController?: (caller: string) => boolean;
  readonly pathOf?: PathOf;
}

/** Everything that is read off a run at a time. */
export interface Reading {
  readonly score: Score;
  readonly timeline: readonly TimelinePoint[];
  readonly instances: readonly InstanceLife[];
  readonly waitsMs: readonly number[];
}

export type ScoreMeter = (nowMs: number, violations?: readonly Violation[]) => Reading;

const notControllers: ReadonlySet<string> = new Set(['workload', 'deployment', 'world', 'lambda-poller']);

/** Whoever is neither the scenario, the deployment nor the world itself. */
export const isAnybodyElse = (caller: string): boolean => !notControllers.has(caller);

const hourMs = 3_600_000;

/** Instance-hours of a level. */
const hoursOf = (levels: readonly Level[], durationMs: number): number =>
  levels.reduce((sum, { atMs, instances }, n) => {
    const until = Math.min(durationMs, levels[n + 1]?.atMs ?? durationMs);
    return sum + (instances * Math.max(0, until - atMs)) / hourMs;
  }, 0);

/** How many instances of the bound one of a price stands for: 1 where all cost the same, else by price. */
const worthsOf = ({ groups, durationMs }: Scenario, bounds: ScenarioBounds): ((pricePerHour: number) => number) => {
  const prices = new Set(groups.flatMap((it) => it.types.map((type) => type.pricePerHour)));
  const hours = hoursOf(bounds.freeMigrationInstances, durationMs);
  const mean = hours > 0 ? bounds.freeMigrationDollars / hours : 0;
  return (pricePerHour) => (prices.size <= 1 || mean === 0 ? 1 : pricePerHour / mean);
};

const over = (dollars: number, bound: number): number | undefined => (bound > 0 ? dollars / bound : undefined);

const waitScore = (waits: Waits, now: number): WaitScore => {
  const { all, needingLaunch, ownShare, bySpan, wanted, ran, withdrawn, waitingAtEnd } = waits.figures(now);
  const backlogTaskSeconds = waits.backlogTaskSeconds(now);
  return { all, needingLaunch, ownShare, ...bySpan, wanted, ran, withdrawn, waitingAtEnd, backlogTaskSeconds };
};

const countByLaw = (violations: readonly Violation[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { law } of violations) counts[law] = (counts[law] ?? 0) + 1;
  return counts;
};

/** Counts what EC2 stopped while it worked, and the controller had asked for. */
const followSafety = (isController: (caller: string) => boolean) => {
  let terminationsWithLiveTask = 0;
  const isForced = (cause: Cause): boolean => cause.kind !== 'call' || !isController(cause.caller);
  const listener: ClusterListener = {
    stopped: ({ tasks }, _at, cause) => {
      if (tasks.size > 0 && !isForced(cause)) terminationsWithLiveTask++;
    },
  };
  return { listener, count: () => terminationsWithLiveTask };
};

/** Tasks that run, and what the groups are asked to be. */
const followLevels = () => {
  const desired = new Map<string, number>();
  const levels = { runningTasks: 0, desiredCapacity: 0 };
  const listener: ClusterListener = {
    ran: () => {
      levels.runningTasks++;
    },
    condemned: ({ ran }) => {
      if (ran) levels.runningTasks--;
    },
    capacityChanged: (group, _at, _from, to) => {
      levels.desiredCapacity += to - (desired.get(group) ?? 0);
      desired.set(group, to);
    },
  };
  return { listener, levels };
};

/** ACTIVE instances, in instances of the bound. */
const followSupply = (elasticity: Elasticity, priceOf: PriceOf, worthOf: (pricePerHour: number) => number) => {
  const worths = new Map<string, number>();
  let supply = 0;
  const change = (id: string, at: number, worth: number): void => {
    supply += worth - (worths.get(id) ?? 0);
    if (worth === 0) worths.delete(id);
    else worths.set(id, worth);
    elasticity.set(at, worths.size === 0 ? 0 : supply);
  };
  const add: ClusterListener['registered'] = ({ ec2InstanceId, group, instanceType }, at) => {
    change(ec2InstanceId, at, worthOf(priceOf(group, instanceType)));
  };
  const remove = ({ ec2InstanceId }: { readonly ec2InstanceId: string }, at: number): void => {
    change(ec2InstanceId, at, 0);
  };
  const listener: ClusterListener = {
    registered: add,
    drained: remove,
    restored: add,
    deregistered: remove,
    terminating: remove,
    stopped: remove,
  };
  return listener;
};

/**
 * Follows a world from now on, which must be before anything of the scenario is there, and tells at any time what has
 * come of it. `docs/score.md` has each figure's formula. Its cost grows with what happens, not with what there is.
 */
export const scoreMeter = (options: MeterOptions): ScoreMeter => {
  const { world, scenario, bounds, isController = isAnybodyElse, pathOf = () => undefined } = options;
  const { startMs, durationMs } = scenario;
  const priceOf = pricesOf(scenario);
  const demanded = bounds.freeMigrationInstances.map((it) => ({ ...it, atMs: startMs + it.atMs }));
  const elasticity = new Elasticity(demanded, startMs);
  const lives = followLives(startMs, priceOf);
  const demand = followDemand(scenario, regretWithinMs);
  const waits = followWaits(pathOf);
  const moves = followMoves(scenario, isController);
  const counter = countInstances();
  const safety = followSafety(isController);
  const { listener: levelListener, levels } = followLevels();
  const calls = callMeter(world.log, isController);
  const churn = followChurn({ scenario, demand, isController, watch: () => watch });

  const timeline = new Timeline(startMs, durationMs, (atMs) => {
    elasticity.settle(atMs);
    const { dollarsPerHour, ...fleet } = lives.fleet;
    const { cpuUnits, memoryMiB } = demand.total();
    return {
      atMs,
      ...fleet,
      ...levels,
      boundInstances: elasticity.demanded,
      waitingTasks: waits.waiting(),
      demandCpuUnits: cpuUnits,
      demandMemoryMiB: memoryMiB,
      dollarsPerHour: Math.round(dollarsPerHour * 1e6) / 1e6, // sums of prices in binary fractions drift
    };
  });

  const watch: ClusterWatch = watchCluster(
    {
      world,
      arrivals: arrivalsOf(scenario),
      beforeChange: (at) => {
        timeline.pass(at);
      },
    },
    [
      demand.listener,
      lives.listener,
      waits.listener,
      moves.listener,
      churn.listener,
      counter.listener,
      safety.listener,
      levelListener,
      followSupply(elasticity, priceOf, worthsOf(scenario, bounds)),
    ],
  );

  const costScore = (now: number): CostScore => {
    const figures = lives.figures(now);
    const isWhole = now >= startMs + durationMs; // the bounds are those of the whole scenario
    return {
      ...figures,
      freeMigrationDollars: bounds.freeMigrationDollars,
      noMigrationDollars: bounds.noMigrationDollars,
      overFreeMigration: isWhole ? over(figures.dollars, bounds.freeMigrationDollars) : undefined,
      overNoMigration: isWhole ? over(figures.dollars, bounds.noMigrationDollars) : undefined,
    };
  };

  return (now, violations = []) => {
    watch.advance(now);
    timeline.pass(now);
    const { launches, terminations, drains, restores } = counter.counts();
    return {
      score: {
        wait: waitScore(waits, now),
        cost: costScore(now),
        elasticity: elasticity.figures(now),
        disruption: moves.figures(now),
        churn: { launches, terminations, drains, restores, ...churn.figures() },
        calls: calls(),
        safety: { terminationsWithLiveTask: safety.count(), violationsByLaw: countByLaw(violations) },
      },
      timeline: timeline.points(now),
      instances: lives.instances(now),
      waitsMs: waits.waitsMs(now),
    };
  };
};
