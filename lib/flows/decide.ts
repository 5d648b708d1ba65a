import type { ClusterMemory, Drain } from '../model/memory.ts';
import type { Plan, StepOutcome } from '../model/plan.ts';
import { type Settings, settingsOf } from '../model/settings.ts';
import { minuteMs, secondMs } from '../model/time.ts';
import { planCluster } from '../planning/plan.ts';
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
  readonly plan: Plan;
  readonly outcomes: readonly StepOutcome[];
}

/** After a step was dropped or failed the cluster is looked at again this soon; the look itself is the retry. */
const lookAgainMs = 2 * secondMs;

/**
 * One decision for one cluster. The generation is raised before anything is observed: whatever happens after that
 * makes exactly one more decision. What the decision must remember is written before the first call that changes
 * anything, so that a function killed in the middle loses nothing.
 */
export const decide = async (cluster: string, deps: DecideDependencies): Promise<Decision> => {
  const { store, clock } = deps;
  const settings = settingsOf(deps.settings, cluster);
  const { head, memory } = await store.raiseGeneration(cluster);
  const drains = store.drains(cluster);
  const observation = await observe(cluster, { drains, facts: memory.facts }, deps.act, clock.now());
  const plan = planCluster({
    cluster,
    observation,
    memory,
    drains: await drains,
    settings,
    now: observation.observedAt,
  });
  const acts = settings.mode === 'act';
  await keep(plan, acts ? plan.memory : inObserveMode(plan.memory, memory), head, deps, acts);
  const outcomes: readonly StepOutcome[] = acts
    ? await applyPlan(plan, deps.act)
    : plan.steps.map((step) => ({ step, result: 'notInActMode', detail: undefined }));
  await wakeInTime(plan, outcomes, deps);
  report(plan, outcomes, settings.mode, deps.telemetry);
  return { plan, outcomes };
};

/** Nothing was asked for, so no launch is on its way; what was seen is remembered all the same. */
const inObserveMode = (next: ClusterMemory, before: ClusterMemory): ClusterMemory => ({
  ...next,
  intents: before.intents,
});

const keep = async (
  plan: Plan,
  memory: ClusterMemory,
  head: Parameters<Store['remember']>[0],
  { store }: DecideDependencies,
  acts: boolean,
): Promise<void> => {
  await store.remember(head, memory, { at: plan.observedAt, nextTimerAt: dueForMinuteCheck(plan) });
  if (!acts) return;
  const writes = [
    ...plan.drains.map((drain: Drain) => store.putDrain(plan.cluster, drain)),
    ...plan.endedDrains.map((id) => store.endDrain(plan.cluster, id)),
  ];
  const results = await Promise.allSettled(writes); // none is left behind when another fails
  const failed = results.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

/**
 * While tasks lack a place every minute check looks again: ECS does not repeat a placement failure that is unresolved,
 * and a desired count that is raised sends no event (ECS developer guide, service event messages).
 */
const dueForMinuteCheck = (plan: Plan): number | undefined =>
  plan.demand.length > 0 ? plan.observedAt : plan.nextTimerAt;

/** A timer due before the next minute check gets a message of its own; later ones are found by the check. */
const wakeInTime = async (
  plan: Plan,
  outcomes: readonly StepOutcome[],
  { wakeUps, clock }: DecideDependencies,
): Promise<void> => {
  const now = clock.now();
  const again = outcomes.some((it) => it.result === 'dropped' || it.result === 'failed');
  const dueIn = plan.nextTimerAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, plan.nextTimerAt - now);
  const delay = again ? Math.min(lookAgainMs, dueIn) : dueIn;
  if (delay < minuteMs) await wakeUps.wake(plan.cluster, delay, again ? 'a step was dropped or failed' : 'timer');
};
