import type { z } from 'zod';
import {
  duration,
  durationBounds,
  exactlyOneOf,
  ifSection,
  moment,
  numberFrom,
  oneOf,
  section,
  text,
  wholeNumber,
} from './fields.ts';
import { groupNames, sizeFields } from './service-schema.ts';

const file = section({
  path: text('write the path of a CSV with the header arrival_s,duration_s,cpu_milli,memory_mib', 1_000).meta({
    description: 'CSV with the header arrival_s,duration_s,cpu_milli,memory_mib; relative to the scenario.',
  }),
  from: duration('0s', '3650d')
    .prefault('0s')
    .meta({ description: 'Leaves out what arrives before; the rest is moved up by it.' }),
  to: duration('0s', '3650d').optional().meta({ description: 'Leaves out what arrives from then on.' }),
  limit: wholeNumber(1, 1_000_000).optional().meta({ description: 'Most tasks to take, earliest first.' }),
  time: numberFrom(0.000001, 1_000, 'a factor').default(1).meta({ description: 'Factor on arrivals and durations.' }),
  size: numberFrom(0.000001, 1_000, 'a factor').default(1).meta({ description: 'Factor on CPU and memory.' }),
});

const bursts = section({
  at: moment().prefault('0s').meta({ description: 'When the first comes.' }),
  every: duration('1m', '30d').optional().meta({ description: 'Once only unless given.' }),
  tasks: wholeNumber(1, 10_000).meta({ description: 'How many at a time.' }),
  ...sizeFields,
  duration: durationBounds('30d').meta({ description: 'How long a task runs, drawn from the seed.' }),
});

interface Parts {
  readonly via?: unknown;
  readonly groups?: unknown;
}

/** A message of the queue names one capacity provider or none. */
const checkQueued = ({ via, groups }: Parts, context: z.core.$RefinementCtx): void => {
  if (via !== 'taskQueue' || !Array.isArray(groups) || groups.length <= 1) return;
  const message = 'write one group or none: a queued task has one capacity provider';
  context.addIssue({ code: 'custom', path: ['groups'], message, input: groups });
};

/** Tasks that somebody runs once, and that end by themselves. */
export const taskSourceSchema = section({
  file: file.optional(),
  bursts: bursts.optional(),
  groups: groupNames().meta({ description: 'Groups they may run in; any unless given.' }),
  via: oneOf(['runTask', 'taskQueue']).default('runTask').meta({
    description:
      'Whether ECS is asked for them, or they are sent to Berth’s own queue; other controllers have none, and ECS is asked.',
  }),
})
  .superRefine(exactlyOneOf(['file', 'bursts']), ifSection)
  .superRefine(checkQueued, ifSection);

export type TaskSourceDocument = z.output<typeof taskSourceSchema>;
