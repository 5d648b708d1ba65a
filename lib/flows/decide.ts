import type { ClusterMemory, Drain, Head } from '../model/memory.ts';
import type { Plan, StepOutcome } from '../model/plan.ts';
import { type Settings, settingsOf } from '../model/settings.ts';
import { type EpochMs, minuteMs, secondMs } from '../model/time.ts';
import { planCluster } from '../planning/plan.ts';
import type { PlanningInput } from '../planning/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { WakeUps } from '../ports/queues.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Actuators, applyPlan } from './apply.ts';
import { observe } from './observe.ts';
import { report } from './report.ts';

export interface DecideDependencies {
  readonly act: Actuators;
  readonly store: Store;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly telemetry: Telemetry;
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

/**
 * One decision for one cluster. The generation is raised before anything is observed: whatever happens after that
 * makes exactly one more decision. What the decision must remember is written before the first call that changes
 * anything, so that a function killed in the middle loses nothing.
 */
export const decide = async (cluster: string, reason: string, deps: DecideDependencies): Promise<Decision> => {
  const { store, clock } = deps;
  const settings = settingsOf(deps.settings, cluster);
  const { head, memory } = await store.raiseGeneration(cluster);
  const drains = store.drains(cluster);
  const observation = await observe(cluster, { drains, facts: memory.facts }, deps.act, clock.now());
  const input: PlanningInput = {
    cluster,
    observation,
    memory,
    drains: await drains,
    settings,
    now: observation.observedAt,
  };
  const plan = planCluster(input);
  const acts = settings.mode === 'act';
  const wake = wakeFor(plan, head, clock.now());
  await keep(plan, acts ? plan.memory : inObserveMode(plan.memory, memory), head, wake, deps, acts);
  if (wake.send) await deps.wakeUps.wake(cluster, Math.max(0, (wake.at ?? 0) - clock.now()), 'timer');
  const outcomes: readonly StepOutcome[] = acts
    ? await applyPlan(plan, deps.act)
    : plan.steps.map((step) => ({ step, result: 'notInActMode', detail: undefined }));
  // Once: a step that is dropped again waits for the minute check, and so does one that failed.
  if (outcomes.some((it) => it.result === 'dropped') && reason !== droppedReason)
    await deps.wakeUps.wake(cluster, lookAgainMs, droppedReason);
  report(plan, outcomes, settings.mode, deps.telemetry);
  return { input, plan, outcomes };
};

/** Nothing was asked for, so no launch is on its way; what was seen is remembered all the same. */
const inObserveMode = (next: ClusterMemory, before: ClusterMemory): ClusterMemory => ({
  ...next,
  intents: before.intents,
});

const keep = async (
  plan: Plan,
  memory: ClusterMemory,
  head: Head,
  wake: Wake,
  { store }: DecideDependencies,
  acts: boolean,
): Promise<void> => {
  await store.remember(head, memory, {
    at: plan.observedAt,
    nextTimerAt: dueForMinuteCheck(plan, acts),
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
const dueForMinuteCheck = (plan: Plan, acts: boolean): EpochMs | undefined =>
  plan.demand.length > 0 || (acts && plan.steps.length > 0) ? plan.observedAt : plan.nextTimerAt;

interface Wake {
  /** When the one delayed message under way arrives. */
  readonly at: EpochMs | undefined;
  readonly send: boolean;
}

/**
 * A timer due before the next minute check gets a message of its own, unless one that is under way comes in time:
 * there is one chain of wake-ups a cluster, however many events there are. Later timers are found by the check.
 */
const wakeFor = (plan: Plan, head: Head, now: EpochMs): Wake => {
  const pending = head.wakeAt !== undefined && head.wakeAt > now ? head.wakeAt : undefined;
  const due = plan.nextTimerAt;
  if (due === undefined || due - now >= minuteMs) return { at: pending, send: false };
  const at = Math.max(due, now);
  return pending !== undefined && pending <= at + arrivalGrainMs ? { at: pending, send: false } : { at, send: true };
};

/** SQS delays by whole seconds. */
const arrivalGrainMs = secondMs;
