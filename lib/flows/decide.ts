import type { DecisionRecord } from '../model/decision.ts';
import type { Drain, Head } from '../model/memory.ts';
import type { DemandReport, Plan, StepOutcome } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import { afterNotSized, type NotSized } from '../planning/launching/memory.ts';
import { isNewlyUnknown } from '../planning/learned.ts';
import type { PlanningInput } from '../planning/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeadLetters, WakeUps } from '../ports/queues.ts';
import type { QueuedRun, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Actuators, applyPlan } from './apply.ts';
import { lookEveryMs, mayWait } from './pace.ts';
import { lookAndPlan, type PlanDependencies } from './planning.ts';
import { recordOf } from './record.ts';
import { report } from './report.ts';
import { unknownShapeReason } from './shapes.ts';
import { nextTryOf, runQueued } from './task-queue.ts';

export interface DecideDependencies {
  readonly act: Actuators;
  readonly store: Store;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly telemetry: Telemetry;
  readonly deadLetters: DeadLetters;
  readonly mirrored?: PlanDependencies['mirrored'];
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
export const decide = async (cluster: string, reason: string, deps: DecideDependencies): Promise<Decision> =>
  decideNow(await deps.store.raiseGeneration(cluster), reason, deps);

/**
 * A decision, or, where nothing that was asked hurries and the last look is a moment ago, a wake-up for one a moment
 * later: in a storm of events a look at a large cluster after each of them would use up what ECS answers a second, for
 * others in the account too. The generation is raised all the same: whoever asks meanwhile is heard.
 */
export const decideInTurn = async (
  cluster: string,
  reason: string,
  deps: DecideDependencies,
): Promise<Decision | undefined> => {
  const raised = await deps.store.raiseGeneration(cluster);
  const { head, memory } = raised;
  const now = deps.clock.now();
  const { lastDecisionAt: at } = head;
  if (at === undefined || now >= at + lookEveryMs || !mayWait(reason)) return decideNow(raised, reason, deps);
  const dueAt = at + lookEveryMs;
  const wake = wakeFor(dueAt, head, now);
  await deps.store.remember(head, memory, { at, nextTimerAt: earlier(head.nextTimerAt, dueAt), wakeAt: wake.at });
  if (wake.send) await deps.wakeUps.wake(cluster, dueAt - now, reason);
  return undefined;
};

type Raised = Awaited<ReturnType<Store['raiseGeneration']>>;

const decideNow = async ({ head, memory }: Raised, reason: string, deps: DecideDependencies): Promise<Decision> => {
  const { clock } = deps;
  const { cluster } = head;
  const { input, plan, acts, runs } = await lookAndPlan(cluster, memory, reason === unsettledReason, {
    ...deps,
    read: deps.act,
  });
  const dueAt = earlier(plan.nextTimerAt, acts ? nextTryOf(runs, clock.now()) : undefined);
  // Where nothing is done, nothing hurries, and nothing would keep a timer from being due again: the minute check will do.
  const wake = wakeFor(acts ? dueAt : undefined, head, clock.now());
  const nextTimerAt = isForEachMinute(input, plan, acts) ? plan.observedAt : dueAt;
  await keep(plan, nextTimerAt, head, wake, deps, acts);
  if (isNewlyUnknown(memory, plan.memory, input.observation.groups))
    await deps.wakeUps.wake(cluster, 0, unknownShapeReason);
  if (wake.send) await deps.wakeUps.wake(cluster, Math.max(0, (wake.at ?? 0) - clock.now()), 'timer');
  const outcomes: readonly StepOutcome[] = acts
    ? await applyPlan(plan, deps.act)
    : plan.steps.map((step) => ({ step, result: 'notInActMode', detail: undefined }));
  if (acts && runs.length > 0)
    await runQueued(cluster, runs, { ...deps, clusterWriter: deps.act.clusterWriter }, roomIn(plan));
  if (acts) await keepNotSized(plan, notSizedIn(outcomes), { head, nextTimerAt, wakeAt: wake.at }, deps);
  if (acts) await keepRecord(recordOf(head, reason, plan, outcomes), cluster, deps);
  // Once: a step that is dropped again waits for the minute check, and so does one that failed.
  if (outcomes.some((it) => it.result === 'dropped') && reason !== droppedReason)
    await deps.wakeUps.wake(cluster, lookAgainMs, droppedReason);
  if (input.observation.services.some((it) => it.isUnsettled))
    await deps.wakeUps.wake(cluster, lookAgainMs, unsettledReason);
  report(plan, outcomes, input.settings.mode, deps.telemetry);
  return { input, plan, outcomes };
};

/** Why a decision was asked for after launches were refused: it launches in other groups what may run there. */
const refusedReason = 'launches were refused';

const notSizedIn = (outcomes: readonly StepOutcome[]): NotSized => ({
  refused: outcomes.flatMap(({ step, notLaunched }) =>
    step.kind === 'launchInstances' && notLaunched !== undefined
      ? [{ group: step.group, availabilityZone: step.availabilityZone, ...notLaunched }]
      : [],
  ),
  unchanged: outcomes.flatMap(({ step, result, notLaunched }) => {
    if (result === 'done' || notLaunched !== undefined) return [];
    if (step.kind === 'launchInstances') return [{ group: step.group, instances: step.count }];
    return step.kind === 'setGroupDesiredCapacity' ? [{ group: step.group, instances: step.to - step.from }] : [];
  }),
});

/**
 * What was remembered before the calls is put right where they came to nothing. Where AWS had no instances, they are looked
 * for elsewhere at once. What cannot be written is found out by the next look.
 */
const keepNotSized = async (
  plan: Plan,
  notSized: NotSized,
  { head, ...timers }: { readonly head: Head } & Pick<Head, 'nextTimerAt' | 'wakeAt'>,
  { store, wakeUps, clock, telemetry }: DecideDependencies,
): Promise<void> => {
  if (notSized.refused.length + notSized.unchanged.length === 0) return;
  const memory = afterNotSized(plan.memory, notSized, { planned: plan.observedAt, now: clock.now() });
  try {
    await store.remember(head, memory, { at: clock.now(), ...timers });
    if (notSized.refused.length > 0) await wakeUps.wake(plan.cluster, 0, refusedReason);
  } catch (error) {
    telemetry.warn('what came of the sizes was not remembered', { cluster: plan.cluster, error: String(error) });
  }
};

/** For people only: a decision that could not be kept was made all the same. */
const keepRecord = async (
  record: DecisionRecord | undefined,
  cluster: string,
  { store, telemetry }: DecideDependencies,
): Promise<void> => {
  if (record === undefined) return;
  try {
    await store.keepDecision(cluster, record);
  } catch (error) {
    telemetry.warn('the decision was not kept for its history', { cluster, error: String(error) });
  }
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
  nextTimerAt: EpochMs | undefined,
  head: Head,
  wake: Wake,
  { store, clock }: DecideDependencies,
  acts: boolean,
): Promise<void> => {
  await store.remember(head, plan.memory, {
    at: clock.now(), // so that a look that takes long is not followed by the next at once
    nextTimerAt,
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
 * steps were taken: whatever became of them, the next look heals. And while an agent is disconnected: that one is back is
 * not heard.
 */
const isForEachMinute = ({ observation }: PlanningInput, plan: Plan, acts: boolean): boolean =>
  plan.demand.some(lacksPlace) ||
  (acts && plan.steps.length > 0) ||
  observation.containerInstances.some((it) => it.status !== 'INACTIVE' && !it.agentConnected);

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
