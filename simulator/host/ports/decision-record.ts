import type { Decision } from '../../../lib/flows/decide.ts';
import type { Step, StepOutcome } from '../../../lib/model/plan.ts';
import type { DecisionRecord } from '../../score/simulation.ts';

const instances = (step: { readonly instances: readonly unknown[] }): string =>
  step.instances.length === 1 ? '1 instance' : `${step.instances.length} instances`;

const told = (step: Step): string => {
  switch (step.kind) {
    case 'setGroupDesiredCapacity':
      return `${step.group} ${step.from} → ${step.to}`;
    case 'setServiceDesiredCount':
      return `service ${step.service} ${step.from} → ${step.to}`;
    case 'drainInstances':
      return `drain ${instances(step)}${step.group === undefined ? '' : ` of ${step.group}`}`;
    case 'restoreInstances':
      return `restore ${instances(step)}`;
    case 'terminateInstances':
      return `terminate ${instances(step)} of ${step.group}`;
    case 'completeLifecycleActions':
      return `let ${instances(step)} of ${step.group} go`;
    case 'recordHeartbeats':
      return `let ${instances(step)} of ${step.group} wait longer`;
    case 'stopTasks':
      return `stop ${step.taskArns.length} tasks`;
    case 'deregisterInstances':
      return `deregister ${instances(step)}`;
    case 'launchInstances':
      return `launch ${step.count} in ${step.group}`;
  }
};

const withResult = ({ step, result, detail }: StepOutcome): string =>
  result === 'done' ? told(step) : `${told(step)} (${result}${detail === undefined ? '' : `: ${detail}`})`;

/** A decision in words; undefined where there was nothing to change. */
export const recordOf = ({ plan, outcomes }: Decision): DecisionRecord | undefined =>
  outcomes.length === 0
    ? undefined
    : {
        atMs: plan.observedAt,
        text: outcomes.map(withResult).join('; '),
        reasons: outcomes.map((it) => it.step.reason),
      };
