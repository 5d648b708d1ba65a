import { isTerminating } from '../../../lib/model/auto-scaling-group.ts';
import { isEndedByOthers } from '../../../lib/model/memory.ts';
import type { Plan, Step, StepInstance, UnplacedVerdict } from '../../../lib/model/plan.ts';
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

/** The EC2 instance ids that steps name. */
export const named = (
  steps: readonly { readonly instances: readonly { readonly ec2InstanceId: string }[] }[],
): ReadonlySet<string> => new Set(steps.flatMap((it) => it.instances.map((one) => one.ec2InstanceId)));

/** The instances that the planner drains rather than because AWS or their group ends them; what people asked for too. */
export const chosenToDrain = ({ input, plan }: Planned): readonly (StepInstance & { readonly byHand: boolean })[] => {
  const ending = new Set(
    input.observation.groups.flatMap((it) => it.instances.filter(isTerminating).map((one) => one.ec2InstanceId)),
  );
  return stepsOf(plan, 'drainInstances')
    .filter((it) => !isEndedByOthers(it.cause))
    .flatMap(({ cause, instances }) =>
      instances.filter((one) => !ending.has(one.ec2InstanceId)).map((one) => ({ ...one, byHand: cause === 'byHand' })),
    );
};

/**
 * The deployments and task sets whose tasks the plan says ECS holds back itself: they had room and were not started, so
 * that no instance is kept or launched for them. As `SERVICE ARN|ID`.
 */
export const heldBack = ({ demand }: Plan): ReadonlySet<string> =>
  new Set(
    demand
      .filter((it) => it.verdicts.some(({ verdict }) => verdict.kind === 'heldBack' || isHeldBackWithRoom(verdict)))
      .map((it) => (it.id ?? '').split('|').slice(0, 2).join('|')),
  );

const isHeldBackWithRoom = (verdict: UnplacedVerdict): boolean =>
  verdict.kind === 'fitsNow' && verdict.detail !== undefined;
