import * as fc from 'fast-check';
import { fuzzSchedules } from '../simulator/fuzz/arbitrary.ts';
import { playSchedule } from '../simulator/fuzz/play.ts';
import type { InvocationStart } from '../simulator/host/lambda.ts';
import { callsOf, endOf, evenly, type Kill, played } from '../test/simulator/crash-course.ts';
import type { Figures, Suite } from './suite.ts';

const schedules = 500;
const seed = 1;
/** Of some 3,000 calls, before and after each; so many of them, at even distances. */
const crashPoints = 200;

interface Totals {
  violations: number;
  notConverged: number;
  terminatedWithLiveTask: number;
  kills: number;
  failedCalls: number;
}

const playAll = async (): Promise<Totals> => {
  const totals = { violations: 0, notConverged: 0, terminatedWithLiveTask: 0, kills: 0, failedCalls: 0 };
  for (const schedule of fc.sample(fuzzSchedules, { seed, numRuns: schedules })) {
    const result = await playSchedule(schedule);
    totals.violations += result.broken.length;
    totals.notConverged += result.restless.length > 0 ? 1 : 0;
    totals.terminatedWithLiveTask += result.terminatedWithLiveTask;
    totals.kills += result.kills;
    totals.failedCalls += result.faults;
  }
  return totals;
};

const diverges = async (kill: Kill, how: 'killAt' | 'killAfter', end: string): Promise<boolean> => {
  const course = await played({
    [how]: (it: InvocationStart) => (it.invocationId === kill.invocationId ? kill.call : undefined),
  });
  return JSON.stringify(endOf(course)) !== end;
};

const crashAll = async (): Promise<{ readonly points: number; readonly diverged: number }> => {
  const undisturbed = await played();
  const end = JSON.stringify(endOf(undisturbed));
  const calls = evenly(callsOf(undisturbed, ['decide', 'urgentEvents', 'metricCheck']), crashPoints);
  let diverged = 0;
  for (const [n, kill] of calls.entries())
    if (await diverges(kill, n % 2 === 0 ? 'killAt' : 'killAfter', end)) diverged++;
  return { points: calls.length, diverged };
};

export const suite: Suite = {
  about: `${schedules} random small clusters with random faults, and invocations killed at ${crashPoints} of their calls`,
  run: async (): Promise<Figures> => {
    const totals = await playAll();
    const { points, diverged } = await crashAll();
    return {
      schedules,
      violations: totals.violations,
      not_converged: totals.notConverged,
      terminated_with_live_task: totals.terminatedWithLiveTask,
      invocations_killed: totals.kills,
      calls_failed: totals.failedCalls,
      crash_points: points,
      crash_points_diverged: diverged,
    };
  },
};
