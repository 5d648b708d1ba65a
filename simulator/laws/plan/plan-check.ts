import { isTerminating } from '../../../lib/model/auto-scaling-group.ts';
import type { Plan, Step, StepInstance } from '../../../lib/model/plan.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import type { Report } from '../law.ts';

/** A plan, and all that it was made from. */
export interface Planned {
  readonly input: PlanningInput;
  readonly plan: Plan;
}

/** Plans as the planner under test does. */
export type Planner = (input: PlanningInput) => Plan;

/** Looks at one plan, and reports what is wrong with it. */
export type PlanLaw = (planned: Planned, report: Report) => void;

/** The steps of one kind. */
export const stepsOf = <K extends Step['kind']>(plan: Plan, kind: K): readonly Extract<Step, { kind: K }>[] =>
  plan.steps.filter((it): it is Extract<Step, { kind: K }> => it.kind === kind);

/**
 * The instances that the planner drains of its own choice, rather than because somebody or something ends them: these
 * must leave everybody with a place.
 */
export const chosenToDrain = ({ input, plan }: Planned): readonly StepInstance[] => {
  const ending = new Set(
    input.observation.groups.flatMap((it) => it.instances.filter(isTerminating).map((one) => one.ec2InstanceId)),
  );
  return stepsOf(plan, 'drainInstances')
    .filter((it) => it.cause !== 'lifecycleAction' && it.cause !== 'spotInterruption')
    .flatMap((it) => it.instances.filter((one) => !ending.has(one.ec2InstanceId)));
};
