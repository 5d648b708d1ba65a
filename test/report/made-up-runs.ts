import { seededDice } from '../../simulator/kernel/dice.ts';
import { distributionOf } from '../../simulator/score/quantiles.ts';
import type { DecisionRecord, InstanceLife, Simulation, TimelinePoint } from '../../simulator/score/simulation.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 5, 4);

/** A run as nobody made it: a day's cosine of demand, followed by `lag` minutes with `spare` instances too many. */
export const madeUpRun = (controller: string, seed: number, lag: number, spare: number): Simulation => {
  const dice = seededDice(seed);
  const durationMs = 24 * hourMs;
  const need = (atMs: number): number => 4 + 8 * (1 - Math.cos((atMs / durationMs) * 2 * Math.PI));
  const timeline = Array.from({ length: 289 }, (_, n): TimelinePoint => {
    const atMs = n * 300_000;
    const bound = need(atMs);
    const active = Math.ceil(Math.max(bound, need(atMs - lag * 60_000)) + spare);
    return {
      atMs: startMs + atMs,
      active,
      incoming: n % 12 === 0 ? 1 : 0,
      leaving: n % 18 === 0 ? 1 : 0,
      desiredCapacity: active,
      boundInstances: bound,
      runningTasks: Math.floor(bound * 4),
      waitingTasks: n % 20 < 2 ? Math.floor(dice.next() * lag) : 0,
      demandCpuUnits: bound * 2048,
      demandMemoryMiB: bound * 6000,
      supplyCpuUnits: active * 2048,
      supplyMemoryMiB: active * 7985,
      dollarsPerHour: active * 0.096,
    };
  });
  const instances = Array.from({ length: 30 }, (_, n): InstanceLife => {
    const launchedAtMs = startMs + n * 0.6 * hourMs;
    const endMs = Math.min(startMs + durationMs, launchedAtMs + (4 + dice.next() * 6) * hourMs);
    return {
      ec2InstanceId: `i-${String(n).padStart(17, '0')}`,
      group: 'local-instances',
      instanceType: 'm5.large',
      availabilityZone: 'eu-west-1a',
      launchedAtMs,
      registeredAtMs: n === 7 ? undefined : launchedAtMs + 60_000,
      terminatedAtMs: n % 5 === 0 ? undefined : endMs,
      drains: [{ fromMs: endMs - 600_000, toMs: endMs, endedBy: n % 9 === 0 ? 'restored' : 'terminated' }],
      busy: [{ fromMs: launchedAtMs + 90_000, toMs: endMs - 900_000 }],
    };
  });
  const waitsMs = Array.from({ length: 400 }, () => Math.round(1000 + 8000 * dice.next() ** -0.6));
  const decisionLog = Array.from(
    { length: 60 },
    (_, n): DecisionRecord => ({
      atMs: startMs + n * 0.4 * hourMs,
      text: n % 3 === 0 ? `drain 1 instance of local-instances` : `local-instances: ${n} → ${n + 1}`,
      reasons: [`<${n}> tasks of service api have no place`, '2 instances are on their way'],
    }),
  );
  const instanceHours = timeline.reduce((sum, it) => sum + it.active / 12, 0);
  return {
    scenario: 'made-up',
    controller,
    setting: undefined,
    seed,
    startMs,
    durationMs,
    ranMs: durationMs,
    decisions: 1234,
    violations: [],
    timeline,
    instances,
    waitsMs,
    decisionLog,
    score: {
      wait: {
        all: distributionOf(waitsMs),
        needingLaunch: distributionOf(waitsMs.slice(0, 100)),
        ownShare: undefined,
        decision: undefined,
        launch: undefined,
        placement: undefined,
        wanted: 400,
        ran: 400,
        withdrawn: 0,
        waitingAtEnd: 0,
        backlogTaskSeconds: waitsMs.reduce((sum, it) => sum + it / 1000, 0),
      },
      cost: {
        instanceHours,
        dollars: instanceHours * 0.096,
        freeMigrationDollars: 27,
        noMigrationDollars: 28,
        overFreeMigration: (instanceHours * 0.096) / 27,
        overNoMigration: (instanceHours * 0.096) / 28,
        emptyInstanceHours: spare * 12,
        terminatingWaitHours: 0.2,
        reservedUtilisation: 0.8,
        strandedCapacity: 0.2,
      },
      elasticity: { underAccuracy: 0.2, overAccuracy: 10, underTimeshare: 1, overTimeshare: 80, instability: 12 },
      disruption: { tasksMoved: 10, tasksMovedTwice: 0, interruptedTaskSeconds: 0 },
      churn: {
        launches: 30,
        terminations: 24,
        drains: 30,
        restores: 3,
        uselessLaunches: 0,
        unusedReplacements: 0,
        withdrawnLaunches: 0,
        regrettedRemovals: 0,
        flaps: 0,
      },
      calls: { calls: 20_000, throttled: 0, byOperation: {} },
      safety: { terminationsWithLiveTask: 0, violationsByLaw: {} },
    },
  };
};
