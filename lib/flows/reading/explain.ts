import type { DecisionRecord, StepRecord } from '../../model/decision.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { type Explanation, explain, serviceExplainedBy } from '../../planning/explain.ts';
import type { History } from '../../ports/history.ts';
import { RequestError } from '../by-hand/request.ts';
import { type Look, type LookDependencies, look } from './look.ts';

export interface ExplainDependencies extends LookDependencies {
  readonly history: History;
}

/** An answer with the decisions that touched what it is about, the oldest first. */
export interface Explained {
  readonly explanation: Explanation;
  readonly decisions: readonly DecisionRecord[];
}

/** Whether a step named the instance among the first of its list. */
const namesInstance = (step: StepRecord, ec2InstanceId: string): boolean => step.instances.includes(ec2InstanceId);

/** Whether it set the count of the service, or saw tasks of it wait. */
const isAbout = (decision: DecisionRecord, service: string): boolean =>
  decision.steps.some((it) => it.service === service) ||
  decision.waiting.some((it) => it.source === `service ${service}` || it.source === `service:${service}`);

const instanceOf = (it: Explanation): string | undefined => {
  if (it.kind === 'instance') return it.report.ec2InstanceId;
  return it.kind === 'task' ? it.on?.ec2InstanceId : undefined;
};

/** The decisions about an instance, about a group, or while tasks of a service waited. */
export const decisionsAbout = (it: Explanation, decisions: readonly DecisionRecord[]): readonly DecisionRecord[] => {
  const instance = instanceOf(it);
  const service = serviceExplainedBy(it);
  const group = it.kind === 'group' ? it.report.group : undefined;
  return decisions.filter(
    (decision) =>
      decision.steps.some(
        (step) =>
          (instance !== undefined && namesInstance(step, instance)) || (group !== undefined && step.group === group),
      ) ||
      (service !== undefined && isAbout(decision, service)),
  );
};

export type {
  Explanation,
  GroupExplanation,
  InstanceExplanation,
  ServiceExplanation,
  TaskExplanation,
} from '../../planning/explain.ts';

/** So far back decisions are looked for. */
const explainedMs = 24 * 60 * minuteMs;

/** Names that are there, for who misspelt one. */
const mostNames = 10;

const namesIn = ({ input: { observation }, plan }: Look): string => {
  const names = [...observation.services.map((it) => it.name), ...plan.groups.map((it) => it.group)];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return `${names.slice(0, mostNames).join(', ')}${more}`;
};

/**
 * Why an instance, a task, a service or a group is as it is.
 * @throws RequestError where the cluster has no such thing
 */
export const explainNow = async (
  cluster: string,
  asked: string,
  deps: ExplainDependencies,
): Promise<{ readonly look: Look; readonly explained: readonly Explained[] }> => {
  const looked = await look(cluster, deps);
  const found = explain(looked.input, looked.plan, asked);
  if (found.length === 0)
    throw new RequestError(
      `cluster ${cluster} has no instance, running or waiting task, service or opted-in group ${asked} (an instance or task that has ended is no longer listed); it has ${looked.plan.instances.length} instances and: ${namesIn(looked) || 'no service, no group'}`,
    );
  const since: EpochMs = looked.plan.observedAt - explainedMs;
  const decisions = await deps.history.decisions(cluster, since);
  return {
    look: looked,
    explained: found.map((explanation) => ({ explanation, decisions: decisionsAbout(explanation, decisions) })),
  };
};
