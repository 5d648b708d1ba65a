import type { Drain, Head } from '../model/memory.ts';
import type { DemandReport, Plan, StepOutcome } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import type { PlanningInput } from '../planning/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeadLetters, WakeUps } from '../ports/queues.ts';
import type { QueuedRun, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Actuators, applyPlan } from './apply.ts';
import { lookAndPlan } from './planning.ts';
import { report } from './report.ts';
import { nextTryOf, runQueued } from './task-queue.ts';

export interface DecideDependencies {
  readonly act: Actuators;
  readonly store: Store;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly telemetry: Telemetry;
  readonly deadLetters: DeadLetters;
}

export interface Decision {
  /** All that the plan rests on, so that who judges it can plan again. */
  readonly input: PlanningInput;
  readonly plan: Plan;
  readonly outcomes: readonly StepOutcome[];
}

/** After a step was dropped the cluster is looked at again this soon: the look itself is the retry. */
const lookAgainMs = 2 * secondMs;

/** Why a decision was asked for after a step was dropped; such a one drops nothing into a second hurry. */
const droppedReason = 'a step was dropped';

/** Why a decision was asked for after one in which a service was unsettled; such a one takes what it sees. */
const unsettledReason = 'what a service lacks was not certain';

/**
 * One decision for one cluster. The generation is raised before anything is observed: whatever happens after that
 * makes exactly one more decision. What the decision must remember is written before the first call that changes
 * anything, so that a function killed in the middle loses nothing.
 */
export const decide = async (cluster: string, reason: string, deps: DecideDependencies): Promise<Decision> => {
  const { store, clock } = deps;
  const { head, memory } = await store.raiseGeneration(cluster);
  const { input, plan, acts, runs } = await lookAndPlan(cluster, memory, reason === unsettledReason, {
    ...deps,
    read: deps.act,
  });
  const dueAt = earlier(plan.nextTimerAt, acts ? nextTryOf(runs, clock.now()) : undefined);
  // Where nothing is done, nothing hurries, and nothing would keep a timer from being due again: the minute check will do.
  const wake = wakeFor(acts ? dueAt : undefined, head, clock.now());
  await keep(plan, dueAt, head, wake, deps, acts);
  if (wake.send) await deps.wakeUps.wake(cluster, Math.max(0, (wake.at ?? 0) - clock.now()), 'timer');
  const outcomes: readonly StepOutcome[] = acts
    ? await applyPlan(plan, deps.act)
    : plan.steps.map((step) => ({ step, result: 'notInActMode', detail: undefined }));
  if (acts && runs.length > 0)
    await runQueued(cluster, runs, { ...deps, clusterWriter: deps.act.clusterWriter }, roomIn(plan));
  // Once: a step that is dropped again waits for the minute check, and so does one that failed.
  if (outcomes.some((it) => it.result === 'dropped') && reason !== droppedReason)
    await deps.wakeUps.wake(cluster, lookAgainMs, droppedReason);
  if (input.observation.services.some((it) => it.isUnsettled))
    await deps.wakeUps.wake(cluster, lookAgainMs, unsettledReason);
  report(plan, outcomes, input.settings.mode, deps.telemetry);
  return { input, plan, outcomes };
};

const sourceOf = ({ task }: QueuedRun): string =>
  `queue ${task.group ?? `family:${task.taskDefinitionArn.replace(/^.*\/(.*):\d+$/, '$1')}`}`;

/** Whether the plan sees room for some of a run's tasks already: they need not wait until they are to be tried again. */
const roomIn = ({ demand }: Plan): ((run: QueuedRun) => boolean) => {
  const fitting = new Set(
    demand
      .filter((it) => it.verdicts.some(({ verdict }) => verdict.kind === 'fitsNow' || verdict.kind === 'mayFitNow'))
      .map((it) => it.source),
  );
  return (run) => fitting.has(sourceOf(run));
};

const earlier = (a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

const keep = async (
  plan: Plan,
  dueAt: EpochMs | undefined,
  head: Head,
  wake: Wake,
  { store }: DecideDependencies,
  acts: boolean,
): Promise<void> => {
  await store.remember(head, plan.memory, {
    at: plan.observedAt,
    nextTimerAt: dueForMinuteCheck(plan, dueAt, acts),
    wakeAt: wake.at,
  });
  if (!acts) return;
  const writes = [
    ...plan.drains.map((drain: Drain) => store.putDrain(plan.cluster, drain)),
    ...plan.endedDrains.map((drain) => store.endDrain(plan.cluster, drain)),
  ];
  const results = await Promise.allSettled(writes); // none is left behind when another fails
  const failed = results.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

/**
 * While tasks lack a place every minute check looks again: ECS does not repeat a placement failure that is unresolved,
 * and a desired count that is raised sends no event (ECS developer guide, service event messages). So it does after
 * steps were taken: whatever became of them, the next look heals.
 */
const dueForMinuteCheck = (plan: Plan, dueAt: EpochMs | undefined, acts: boolean): EpochMs | undefined =>
  plan.demand.some(lacksPlace) || (acts && plan.steps.length > 0) ? plan.observedAt : dueAt;

/** Room that is kept free and is there lacks nothing. */
const lacksPlace = ({ isReserve, verdicts }: DemandReport): boolean =>
  isReserve !== true || verdicts.some(({ verdict }) => verdict.kind !== 'fitsNow');

interface Wake {
  /** When the one delayed message under way arrives. */
  readonly at: EpochMs | undefined;
  readonly send: boolean;
}

/**
 * A timer due before the next minute check gets a message of its own, unless one that is under way comes in time:
 * there is one chain of wake-ups a cluster, however many events there are. Later timers are found by the check.
 */
const wakeFor = (due: EpochMs | undefined, head: Head, now: EpochMs): Wake => {
  const pending = head.wakeAt !== undefined && head.wakeAt > now ? head.wakeAt : undefined;
  if (due === undefined || due - now >= minuteMs) return { at: pending, send: false };
  const at = Math.max(due, now);
  return pending !== undefined && pending <= at + arrivalGrainMs ? { at: pending, send: false } : { at, send: true };
};

/** SQS delays by whole seconds. */
const arrivalGrainMs = secondMs;
