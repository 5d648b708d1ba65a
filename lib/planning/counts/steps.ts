import type { CountChange, CountStep } from '../../model/settings.ts';

/** A share is at least one task: 10 % of 4 would never move anything. (Application Auto Scaling, MinAdjustmentMagnitude.) */
const changed = (tasks: number, change: CountChange): number => {
  switch (change.kind) {
    case 'tasks':
      return tasks + change.tasks;
    case 'share': {
      const by = Math.max(1, Math.floor(Math.abs(tasks * change.share)));
      return change.share < 0 ? tasks - by : tasks + by;
    }
    case 'exactly':
      return change.tasks;
  }
};

/**
 * What the step for a value makes of the count. While a raise still cools down, its tasks count as part of the next
 * step: `before` is the count without them. (Application Auto Scaling user guide, step scaling, cooldown period.)
 */
export const tasksByStep = (
  steps: readonly CountStep[],
  value: number,
  { desired, before }: { readonly desired: number; readonly before: number },
): number => {
  const step = steps.find((it) => value >= it.from && value < it.to);
  if (step === undefined) return desired;
  const tasks = changed(before, step.change);
  return before < desired && tasks > before ? Math.max(desired, tasks) : Math.max(0, changed(desired, step.change));
};
