import type { z } from 'zod';
import {
  duration,
  durationBounds,
  exactlyOneOf,
  ifSection,
  moment,
  numberFrom,
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

/** Tasks that somebody runs once, and that end by themselves. */
export const taskSourceSchema = section({
  file: file.optional(),
  bursts: bursts.optional(),
  groups: groupNames().meta({ description: 'Groups they may run in; any unless given.' }),
}).superRefine(exactlyOneOf(['file', 'bursts']), ifSection);

export type TaskSourceDocument = z.output<typeof taskSourceSchema>;
