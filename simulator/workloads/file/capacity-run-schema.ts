import type { z } from 'zod';
import { duration, exactlyOneOf, ifSection, moment, section, text, wholeNumber } from './fields.ts';

interface Parts {
  readonly service?: unknown;
  readonly group?: unknown;
}

const checkGroup = ({ service, group }: Parts, context: z.core.$RefinementCtx): void => {
  if (service === undefined || group === undefined) return;
  context.addIssue({ code: 'custom', path: ['group'], message: 'remove it: a service has its own', input: group });
};

/** Room that a person asks Berth for ahead of what will need it. */
export const capacityRunSchema = section({
  at: moment(),
  for: duration('1m', '7d').meta({ description: 'How long the room is kept.' }),
  tasks: wholeNumber(1, 5_000).meta({ description: 'How many tasks more than there are at that time.' }),
  service: text('write the name of a service of this scenario')
    .optional()
    .meta({ description: 'Room for tasks of this service.' }),
  taskDefinition: text('write the family of standalone tasks, such as task-1024-2048')
    .optional()
    .meta({ description: 'Room for standalone tasks of this family, task-CPU-MEMORY.' }),
  group: text('write the name of a group of this scenario')
    .optional()
    .meta({ description: 'Where those standalone tasks will run; anywhere unless given.' }),
})
  .superRefine(exactlyOneOf(['service', 'taskDefinition']), ifSection)
  .superRefine(checkGroup, ifSection);

export type CapacityRunDocument = z.output<typeof capacityRunSchema>;
