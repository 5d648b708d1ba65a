import { type PlanLaw, stepsOf } from './plan-check.ts';

/** Law 1 on steps: one size change a group, from what was seen, within its bounds. */
export const stepSizes: PlanLaw = ({ input, plan }, report) => {
  const groups = new Map(input.observation.groups.map((it) => [it.name, it]));
  const sizing = [...stepsOf(plan, 'setGroupDesiredCapacity'), ...stepsOf(plan, 'terminateInstances')];
  for (const [name, steps] of Map.groupBy(sizing, (it) => it.group)) {
    const group = groups.get(name);
    if (group === undefined) {
      report(`sizes group ${name}, which is not opted in`);
      continue;
    }
    if (steps.length > 1) report(`changes the size of group ${name} by ${steps.length} steps`);
    for (const step of steps) {
      const to =
        step.kind === 'setGroupDesiredCapacity'
          ? step.to
          : group.desiredCapacity - new Set(step.instances.map((it) => it.ec2InstanceId)).size;
      if (to < group.minSize || to > group.maxSize)
        report(`${step.kind} takes group ${name} to ${to}, which may have ${group.minSize} to ${group.maxSize}`);
      if (step.kind === 'setGroupDesiredCapacity' && step.from !== group.desiredCapacity)
        report(`takes group ${name} to have ${step.from}, and it was seen with ${group.desiredCapacity}`);
    }
  }
};
