import type { PlanningInput } from '../../lib/planning/view.ts';
import { definitions, group, input, instance, member, service, task, taskDefinition } from './builders.ts';

/** Three instances and tasks of half of one: two run on the first, one on the second, none on the third. */
export const halfUsed = (
  maxSize: number,
  over: Partial<PlanningInput['observation']> = {},
  rest: Parameters<typeof input>[1] = {},
): PlanningInput =>
  input(
    {
      containerInstances: [
        instance(0, { remaining: { cpuUnits: 0, memoryMiB: 5_632 }, runningTasksCount: 2 }),
        instance(1, { remaining: { cpuUnits: 1_024, memoryMiB: 6_656 }, runningTasksCount: 1 }),
        instance(2),
      ],
      tasks: [task(0, 0), task(1, 0), task(2, 1)],
      services: [service(3)],
      groups: [group([member(0), member(1), member(2)], { minSize: 1, maxSize })],
      taskDefinitions: definitions(taskDefinition('api', { cpuUnits: 1_024 })),
      ...over,
    },
    rest,
  );
