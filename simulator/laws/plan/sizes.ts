import { type AutoScalingGroup, countsTowardsDesired } from '../../../lib/model/auto-scaling-group.ts';
import type { LaunchInstances, SetGroupDesiredCapacity, TerminateInstances } from '../../../lib/model/plan.ts';
import type { PlanningInput } from '../../../lib/planning/view.ts';
import type { Report } from '../law.ts';
import { named, type PlanLaw, stepsOf } from './plan-check.ts';

type Sizing = SetGroupDesiredCapacity | LaunchInstances | TerminateInstances;

const keepsSize = (it: Sizing): boolean => it.kind === 'terminateInstances' && it.keepsDesiredCapacity === true;

/** The desired capacity that steps of one kind lead to; launches of several zones add up. */
const sizeAfter = ({ desiredCapacity }: AutoScalingGroup, steps: readonly Sizing[]): number =>
  steps.reduce((size, it) => {
    if (it.kind === 'setGroupDesiredCapacity') return it.to;
    return it.kind === 'launchInstances' ? size + it.count : size - named([it]).size;
  }, desiredCapacity);

/** Lowered without naming who goes: only what the group lacks may be given up, or it picks a victim itself. */
const takenBack = (group: AutoScalingGroup, { to }: SetGroupDesiredCapacity, report: Report): void => {
  const there = group.instances.filter(countsTowardsDesired);
  if (to < there.length) report(`takes group ${group.name} to ${to}, which has ${there.length} instances`);
  const unprotected = there.filter((it) => it.lifecycleState === 'InService' && !it.protectedFromScaleIn);
  if (!group.newInstancesProtectedFromScaleIn || unprotected.length > 0)
    report(`takes group ${group.name} down to ${to}, and scale-in protection is not on all that it has and launches`);
};

/** A termination lowers the size by what counts towards it, and keeps it for what does not. */
const terminated = (group: AutoScalingGroup, step: TerminateInstances, report: Report): void => {
  const ids = named([step]);
  for (const it of group.instances.filter((one) => ids.has(one.ec2InstanceId)))
    if (countsTowardsDesired(it) === keepsSize(step))
      report(
        keepsSize(step)
          ? `terminates ${it.ec2InstanceId} and keeps the size of group ${group.name}, which would replace it`
          : `lowers group ${group.name} by ${it.ec2InstanceId}, which does not count: ${it.lifecycleState}`,
      );
};

/** Auto Scaling may show the size before for so long after it was changed. */
const settlesMs = 10_000;

/**
 * What a group may rightly be taken to have: what was seen, or what Berth itself set it to a moment ago; its minimum where
 * less was seen, which Auto Scaling lets no group have.
 */
const sizesOf = (
  { memory, now }: PlanningInput,
  { name, desiredCapacity, minSize }: AutoScalingGroup,
): readonly number[] => [
  Math.max(desiredCapacity, minSize),
  ...memory.resized.flatMap((it) => (it.group === name && now - it.at < settlesMs ? it.to : [])),
];

/**
 * Law 1 on steps: one change of size a group, from what was seen, within its bounds. Launches of a group in several
 * zones are one change; what is terminated outside the desired capacity (Terminating:Retained) is none.
 */
export const stepSizes: PlanLaw = ({ input, plan }, report) => {
  const groups = new Map(input.observation.groups.map((it) => [it.name, it]));
  const sizing: readonly Sizing[] = [
    ...stepsOf(plan, 'setGroupDesiredCapacity'),
    ...stepsOf(plan, 'launchInstances'),
    ...stepsOf(plan, 'terminateInstances'),
  ];
  for (const [name, steps] of Map.groupBy(sizing, (it) => it.group)) {
    const group = groups.get(name);
    if (group === undefined) {
      report(`sizes group ${name}, which is not opted in`);
      continue;
    }
    for (const it of steps) if (it.kind === 'terminateInstances') terminated(group, it, report);
    const changing = steps.filter((it) => !keepsSize(it));
    const byLaunches = changing.length > 0 && changing.every((it) => it.kind === 'launchInstances');
    if (changing.length > 1 && !byLaunches) report(`changes the size of group ${name} by ${changing.length} steps`);
    for (const part of byLaunches ? [changing] : changing.map((it) => [it])) {
      const to = sizeAfter(group, part);
      if (to < group.minSize || to > group.maxSize)
        report(
          `${part[0]?.kind ?? ''} takes group ${name} to ${to}, which may have ${group.minSize} to ${group.maxSize}`,
        );
    }
    for (const step of changing) {
      if (step.kind === 'terminateInstances') continue;
      if (!sizesOf(input, group).includes(step.from))
        report(`takes group ${name} to have ${step.from}, and it was seen with ${group.desiredCapacity}`);
      if (step.kind === 'setGroupDesiredCapacity' && step.to < step.from) takenBack(group, step, report);
    }
  }
};
