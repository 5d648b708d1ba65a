import type { Plan, Step } from '../../../lib/model/plan.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import { type Dice, seededDice } from '../../kernel/dice.ts';
import { type Order, outcomeOf } from './outcome.ts';
import { type PlanLaw, type Planned, type Planner, stepsOf } from './plan-check.ts';

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

const describe = (step: Step): string => {
  switch (step.kind) {
    case 'setGroupDesiredCapacity':
      return `${step.kind} ${step.group} ${step.from} → ${step.to}`;
    case 'launchInstances':
      return `${step.kind} ${step.group} ${step.from} → ${step.from + step.count}`;
    case 'setServiceDesiredCount':
      return `${step.kind} ${step.service} ${step.from} → ${step.to}`;
    case 'stopTasks':
      return `${step.kind} ${step.taskArns.join(', ')}`;
    default:
      return `${step.kind} ${step.instances.map((it) => it.ec2InstanceId).join(', ')}`;
  }
};

const makesRoom = (step: Step): boolean =>
  step.kind === 'restoreInstances' ||
  step.kind === 'launchInstances' ||
  (step.kind === 'setGroupDesiredCapacity' && step.to > step.from);

const isResize = (step: Step): step is Extract<Step, { kind: 'setGroupDesiredCapacity' | 'launchInstances' }> =>
  step.kind === 'setGroupDesiredCapacity' || step.kind === 'launchInstances';

/**
 * A group gets one size change a decision: a termination that waited for a launch to be asked for is due next, and so is
 * a launch into the room that a termination made in a group at its maximum.
 */
const isPutOff = (step: Step, { sized, shrunk }: Resized): boolean =>
  (step.kind === 'terminateInstances' && sized.has(step.group)) || (isResize(step) && shrunk.has(step.group));

interface Resized {
  readonly sized: ReadonlySet<string>;
  readonly shrunk: ReadonlySet<string>;
}

const resizedBy = (plan: Plan): Resized => ({
  sized: new Set(plan.steps.filter(isResize).map((it) => it.group)),
  shrunk: new Set(
    stepsOf(plan, 'terminateInstances')
      .filter((it) => it.keepsDesiredCapacity !== true)
      .map((it) => it.group),
  ),
});

/** A retirement is carried out over decisions: what retires is drained, or a lost one ended, once all it runs fits. */
const isEndOfRetiring = (step: Step, retiring: ReadonlySet<string>): boolean =>
  (step.kind === 'drainInstances' || step.kind === 'deregisterInstances' || step.kind === 'terminateInstances') &&
  step.instances.every((it) => retiring.has(it.ec2InstanceId));

/** Ids of instances that this very plan lets retire. */
const newlyRetiring = ({ input, plan }: Planned): ReadonlySet<string> =>
  new Set(Object.keys(plan.memory.retiring).filter((id) => !Object.hasOwn(input.memory.retiring, id)));

const beforeRetiring = (outcome: PlanningInput, fresh: ReadonlySet<string>): PlanningInput => ({
  ...outcome,
  memory: {
    ...outcome.memory,
    retiring: Object.fromEntries(Object.entries(outcome.memory.retiring).filter(([id]) => !fresh.has(id))),
  },
});

/** ECS's own order of services and tasks is not known: besides as they are listed, they come mixed in so many ways. */
const mixedWays = 5;

const mixed =
  (dice: Dice): Order =>
  (waiting) =>
    waiting
      .map((it) => ({ it, key: dice.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ it }) => it);

const isGrowth = (step: Step): boolean => isResize(step) && makesRoom(step);

/**
 * Law 4: the planner, shown its own plan's outcome, has nothing more to do. What may follow all the same:
 *
 * - the other size change of a group that was just sized;
 * - a drain of what was kept in case ECS's ties fell otherwise;
 * - the end of what retires, now that there is room for what it runs;
 * - and, only for instances that this plan lets retire, the room that replaces theirs, launched or taken back: with these
 *   left out of what is remembered, nothing;
 * - a launch in a group whose launches failed, as known before or seen by this plan: it is asked for a few at a time, and
 *   for more as they succeed, and what is taken back is asked for again once AWS may have some;
 * - a launch for tasks that wait for room about to come free: time decides whether it does, and none has passed;
 * - telling a hook to wait, which changes nothing that a plan rests on;
 * - a launch for tasks that find splinters of room only because of the order in which ECS came to them. To hold in every
 *   order takes more instances than to hold in most, and no plan promises it: where the same tasks need nothing more in
 *   most orders, the plan was right.
 */
export const changesNothing =
  (planner: Planner, seed: number): PlanLaw =>
  (planned, report) => {
    const dice = seededDice(seed);
    const outcome = outcomeOf(planned, () => dice.next());
    if (outcome === undefined) return;
    const resized = resizedBy(planned.plan);
    const spared = keptForWaiting(planned.plan);
    const retiring = new Set(Object.keys(planned.plan.memory.retiring));
    const fresh = newlyRetiring(planned);
    const failing = new Set(planned.plan.memory.launchFailures.map((it) => it.group));
    const isHeldBack = planned.plan.demand.some((it) => it.verdicts.some((one) => one.verdict.kind === 'waitsForRoom'));
    const mayGrowLater = (step: Step): boolean =>
      isResize(step) && isGrowth(step) && (isHeldBack || failing.has(step.group));
    const check = (
      given: (outcome: PlanningInput) => PlanningInput,
      alsoAllowed: (step: Step) => boolean,
      where: string,
    ): void => {
      const stepsOn = (seen: PlanningInput): readonly Step[] =>
        planner(given(seen))
          .steps.filter((it) => it.kind !== 'recordHeartbeats' && !isPutOff(it, resized))
          .filter((it) => !isEndOfRetiring(it, retiring) && !mayGrowLater(it) && !alsoAllowed(it))
          .flatMap((it) => withoutSpared(it, spared) ?? []);
      const isRightInMostOrders = (): boolean => {
        const right = Array.from({ length: mixedWays }).filter(() => {
          const other = outcomeOf(planned, () => dice.next(), mixed(dice));
          return other !== undefined && stepsOn(other).length === 0;
        });
        return 2 * right.length > mixedWays;
      };
      const steps = stepsOn(outcome);
      if (steps.length === 0 || (steps.every(isGrowth) && isRightInMostOrders())) return;
      report(`on the planned outcome${where} it would ${steps.map(describe).join('; ')}`);
    };
    check(
      (it) => beforeRetiring(it, fresh),
      () => false,
      '',
    );
    if (fresh.size > 0) check((it) => it, makesRoom, ', with what retires now');
  };
