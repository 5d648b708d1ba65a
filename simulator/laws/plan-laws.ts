import { planCluster } from '../../lib/planning/plan.ts';
import type { Violation } from '../score/simulation.ts';
import { type Law, violationOf } from './law.ts';
import { fitsElsewhere } from './plan/fits-elsewhere.ts';
import { changesNothing } from './plan/fixpoint.ts';
import { orderIsIrrelevant } from './plan/order.ts';
import { partialView } from './plan/partial-view.ts';
import type { PlanLaw, Planned, Planner } from './plan/plan-check.ts';
import { provenEmpty } from './plan/proven-empty.ts';
import { stepSizes } from './plan/sizes.ts';
import { verdicts } from './plan/verdicts.ts';

export interface CheckPlanOptions extends Planned {
  /** What the plan was made by; asked again by the costly laws. */
  readonly planner?: Planner;
  /** Of shuffles and of ECS's luck in the replays. */
  readonly seed?: number;
  /** Laws 3, 4 and 5 replay placements and plan again: on plans that take a step, unless told otherwise. */
  readonly costly?: 'always' | 'whenItActs' | 'never';
}

const cheap: readonly (readonly [Law, PlanLaw])[] = [
  ['1', stepSizes],
  ['2', provenEmpty],
  ['7', verdicts],
  ['8', partialView],
];

/** Checks the laws about plans on one plan: 1, 2, 7 and 8 always, 3, 4 and 5 where it takes a step. */
export const checkPlan = ({
  input,
  plan,
  planner = planCluster,
  seed = 1,
  costly = 'whenItActs',
}: CheckPlanOptions): readonly Violation[] => {
  const acts = plan.steps.length > 0;
  const all: readonly (readonly [Law, PlanLaw])[] =
    costly === 'always' || (costly === 'whenItActs' && acts)
      ? [...cheap, ['3', fitsElsewhere], ['4', changesNothing(planner, seed)], ['5', orderIsIrrelevant(planner, seed)]]
      : cheap;
  const violations: Violation[] = [];
  for (const [law, check] of all) {
    check({ input, plan }, (detail) => {
      violations.push(violationOf(law, plan.observedAt, detail));
    });
  }
  return violations;
};
