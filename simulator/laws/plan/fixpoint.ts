import type { Plan, Step } from '../../../lib/model/plan.ts';
import { seededDice } from '../../kernel/dice.ts';
import { outcomeOf } from './outcome.ts';
import { type PlanLaw, type Planner, stepsOf } from './plan-check.ts';

/** The step without instances that were kept for waiting tasks: by luck ECS may have put those elsewhere. */
const withoutSpared = (step: Step, spared: ReadonlySet<string>): Step | undefined => {
  if (step.kind !== 'drainInstances') return step;
  const instances = step.instances.filter((it) => !spared.has(it.ec2InstanceId));
  return instances.length === 0 ? undefined : { ...step, instances };
};

const keptForWaiting = ({ instances }: Plan): ReadonlySet<string> =>
  new Set(
    instances
      .filter(({ verdict }) => verdict.kind === 'keep' && verdict.reason === 'neededForWaitingTasks')
      .map((it) => it.ec2InstanceId),
  );

const describe = (step: Step): string =>
  step.kind === 'setGroupDesiredCapacity'
    ? `${step.kind} ${step.group} ${step.from} → ${step.to}`
    : `${step.kind} ${step.instances.map((it) => it.ec2InstanceId).join(', ')}`;

/**
 * A group gets one size change a decision: a termination that waited for a launch to be asked for is due next, and so is
 * a launch into the room that a termination made in a group at its maximum.
 */
const isPutOff = (step: Step, { sized, shrunk }: Resized): boolean =>
  (step.kind === 'terminateInstances' && sized.has(step.group)) ||
  (step.kind === 'setGroupDesiredCapacity' && shrunk.has(step.group));

interface Resized {
  readonly sized: ReadonlySet<string>;
  readonly shrunk: ReadonlySet<string>;
}

const resizedBy = (plan: Plan): Resized => ({
  sized: new Set(stepsOf(plan, 'setGroupDesiredCapacity').map((it) => it.group)),
  shrunk: new Set(stepsOf(plan, 'terminateInstances').map((it) => it.group)),
});

/**
 * Law 4: the planner, shown its own plan's outcome, has nothing more to do. Two things may follow all the same: the
 * other size change of a group that was just sized, and a drain of what was kept in case ECS's ties fell otherwise.
 */
export const changesNothing =
  (planner: Planner, seed: number): PlanLaw =>
  (planned, report) => {
    const dice = seededDice(seed);
    const outcome = outcomeOf(planned, () => dice.next());
    if (outcome === undefined) return;
    const resized = resizedBy(planned.plan);
    const spared = keptForWaiting(planned.plan);
    const steps = planner(outcome)
      .steps.filter((it) => !isPutOff(it, resized))
      .flatMap((it) => withoutSpared(it, spared) ?? []);
    if (steps.length > 0) report(`on the planned outcome it would ${steps.map(describe).join('; ')}`);
  };
