import type { DecisionRecord, StepRecord, WaitingRecord } from '../model/decision.ts';
import type { Head } from '../model/memory.ts';
import type { Plan, Step, StepOutcome } from '../model/plan.ts';

/** What is kept of one decision takes some 30 KB of the store at most, and mostly one or two, however large the cluster is. */
const mostSteps = 20;
const mostInstances = 20;
const mostWaiting = 20;
const longestText = 400;

const short = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text);

const sizesOf = (step: Step): Pick<StepRecord, 'from' | 'to'> => {
  if (step.kind === 'setGroupDesiredCapacity' || step.kind === 'setServiceDesiredCount')
    return { from: step.from, to: step.to };
  return step.kind === 'launchInstances'
    ? { from: step.from, to: step.from + step.count }
    : { from: undefined, to: undefined };
};

const stepRecordOf = ({ step, result, detail }: StepOutcome): StepRecord => {
  const ids = 'instances' in step ? step.instances.map((it) => it.ec2InstanceId) : [];
  return {
    kind: step.kind,
    group: 'group' in step ? step.group : undefined,
    ...('service' in step ? { service: step.service } : {}),
    instances: ids.slice(0, mostInstances),
    moreInstances: Math.max(0, ids.length - mostInstances),
    ...sizesOf(step),
    reason: short(step.reason),
    result,
    detail: detail === undefined ? undefined : short(detail),
  };
};

const waitingIn = ({ demand }: Plan): readonly WaitingRecord[] =>
  demand.flatMap(({ source, isReserve, verdicts }) =>
    isReserve === true ? [] : verdicts.map(({ tasks, verdict }) => ({ source, tasks, verdict: verdict.kind })),
  );

/** What is to be kept of a decision; undefined where it did nothing. */
export const recordOf = (
  { generation }: Pick<Head, 'generation'>,
  reason: string,
  plan: Plan,
  outcomes: readonly StepOutcome[],
): DecisionRecord | undefined => {
  if (outcomes.length === 0) return undefined;
  const waiting = waitingIn(plan);
  return {
    at: plan.observedAt,
    generation,
    reason: short(reason),
    steps: outcomes.slice(0, mostSteps).map(stepRecordOf),
    moreSteps: Math.max(0, outcomes.length - mostSteps),
    waiting: waiting.slice(0, mostWaiting),
    moreWaiting: Math.max(0, waiting.length - mostWaiting),
  };
};
