import { stillAsked } from '../model/asked-for.ts';
import type { ClusterMemory } from '../model/memory.ts';
import type { Plan } from '../model/plan.ts';
import { type ClusterSettings, type Settings, settingsOf } from '../model/settings.ts';
import { planCluster } from '../planning/plan.ts';
import type { PlanningInput } from '../planning/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { QueuedRun, Store } from '../ports/store.ts';
import { type MirroredDependencies, mirroredReader } from './mirror/mirrored-reader.ts';
import { definitionsAskedFor, type Observers, observe } from './observe.ts';

export interface PlanDependencies {
  readonly read: Observers;
  readonly store: Pick<Store, 'drainsAndAsked'>;
  readonly settings: Settings;
  readonly clock: Clock;
  /** By what clusters that have a mirror are read. */
  readonly mirrored?: Omit<MirroredDependencies<'recallMirror'>, 'clock'> | undefined;
}

/** A plan with all that it rests on in the end. */
export interface Planned {
  readonly input: PlanningInput;
  readonly plan: Plan;
}

/** An answer may lead to the next question, when a protected task makes another instance the one to go. */
const rounds = 3;

/** What ECS did not name, without a gap, is no task of a service or has ended: nothing protects it. */
const withProtection = async (input: PlanningInput, taskArns: readonly string[], reader: ClusterReader) => {
  const { items, gaps } = await reader.taskProtection(input.cluster, taskArns);
  const unnamed = gaps.length === 0 ? taskArns.map((arn) => [arn, false] as const) : [];
  const { observation } = input;
  return {
    ...input,
    observation: {
      ...observation,
      taskProtection: {
        ...observation.taskProtection,
        ...Object.fromEntries(unnamed),
        ...Object.fromEntries(items.map((it) => [it.taskArn, it.isProtected])),
      },
      gaps: [...observation.gaps, ...gaps],
    },
  };
};

/**
 * Plans, reads what the plan asks about, and plans again, a few times. What is still unanswered then stays as it is: the
 * plan takes no step that rests on it.
 */
export const planWithAnswers = async (first: PlanningInput, reader: ClusterReader): Promise<Planned> => {
  let planned: Planned = { input: first, plan: planCluster(first) };
  for (let round = 0; round < rounds && planned.plan.questions.length > 0; round++) {
    const input = await withProtection(planned.input, planned.plan.questions, reader);
    planned = { input, plan: planCluster(input) };
    if (input.observation.gaps.some((it) => it.subject === 'taskProtection')) break;
  }
  return planned;
};

/** Through the mirror, where the cluster has one that can be believed. */
const observersOf = async (
  cluster: string,
  settings: ClusterSettings,
  { read, mirrored, clock }: PlanDependencies,
): Promise<Observers> => {
  if (!settings.mirror || mirrored === undefined) return read;
  const reader = await mirroredReader(cluster, read.cluster, { ...mirrored, clock });
  return reader === undefined ? read : { ...read, cluster: reader };
};

/** A plan, and what else a decision goes by. */
export interface Looked extends Planned {
  /** Whether the plan is to be carried out: in act mode, unless a person has paused everything. */
  readonly acts: boolean;
  readonly runs: readonly QueuedRun[];
}

/**
 * Looks at a cluster and plans what it needs, as it is remembered. What a person has paused is looked at and said, and
 * left as it is: it is planned as in observe mode.
 * @param confirms whether this is the second look at what was not certain in the first
 */
export const lookAndPlan = async (
  cluster: string,
  memory: ClusterMemory,
  confirms: boolean,
  deps: PlanDependencies,
): Promise<Looked> => {
  const { store, settings: all, clock } = deps;
  const settings = settingsOf(all, cluster);
  const read = await observersOf(cluster, settings, deps);
  const known = store.drainsAndAsked(cluster);
  const drains = known.then((it) => it.drains);
  const observation = await observe(
    cluster,
    {
      drains,
      facts: memory.facts,
      daemonGraceMs: settings.drain.daemonGraceMs,
      confirms,
      intents: memory.intents,
      definitions: async () => definitionsAskedFor((await known).asked, settings),
    },
    read,
    clock.now(),
  );
  const { asked: everAsked, runs } = await known;
  const asked = stillAsked(everAsked, observation.observedAt);
  const acts = settings.mode === 'act' && asked.pause?.what !== 'all';
  const planned = await planWithAnswers(
    {
      cluster,
      observation,
      memory,
      drains: await drains,
      settings: acts ? settings : { ...settings, mode: 'observe' },
      asked,
      now: observation.observedAt,
    },
    read.cluster,
  );
  return { ...planned, acts, runs };
};
