import { z } from 'zod';
import { capacityRunSchema } from './capacity-run-schema.ts';
import { faultSchema } from './fault-schema.ts';
import { duration, flag, list, section, text, wholeNumber } from './fields.ts';
import { groupsSchema } from './group-schema.ts';
import { servicesSchema } from './service-schema.ts';
import { taskSourceSchema } from './task-schema.ts';
import { worldSchema } from './world-schema.ts';

const startRemedy = 'write a time with its zone, such as 2026-01-05T04:00:00Z';

const isTime = (it: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(it) && !Number.isNaN(Date.parse(it));

/** The schema of a scenario file. */
export const scenarioSchema = section({
  name: text('write a name for the scenario', 100).regex(/^[a-zA-Z0-9_-]+$/, {
    error: 'write letters, digits, hyphens and underscores only',
  }),
  description: text('write in a sentence what happens', 2_000).trim(),
  start: z
    .string({ error: startRemedy })
    .refine(isTime, { error: startRemedy })
    .transform((it) => Date.parse(it))
    .prefault('2026-01-05T04:00:00Z')
    .meta({ description: 'Virtual time at the beginning; hours of calendars count from it.' }),
  duration: duration('1m', '366d').meta({ description: 'How long it is played.' }),
  seed: wholeNumber(0, 4_294_967_295).default(1).meta({ description: 'Of all chance in the scenario itself.' }),
  cluster: text('write the name of the cluster')
    .regex(/^[a-zA-Z0-9_-]{1,100}$/, { error: 'write up to 100 letters, digits, hyphens and underscores' })
    .default('scenario'),
  groups: groupsSchema.meta({ description: 'Auto Scaling groups by name.' }),
  services: servicesSchema.default({}).meta({ description: 'ECS services by name.' }),
  tasks: list(taskSourceSchema, 'sources of tasks')
    .default([])
    .meta({ description: 'Standalone tasks (RunTask): from a file, or generated in bursts.' }),
  capacityRuns: list(capacityRunSchema, 'capacity runs, at:, for:, tasks: and service:')
    .default([])
    .meta({ description: 'Room that somebody asks Berth for ahead of time; no other controller can be asked.' }),
  faults: list(faultSchema, 'faults').default([]).meta({ description: 'What goes wrong.' }),
  trunking: flag().default(false).meta({ description: 'The account setting awsvpcTrunking.' }),
  world: worldSchema
    .default({})
    .meta({ description: 'Overrides of the world’s constants (simulator/world/constants.ts).' }),
  settings: z
    .record(z.string(), z.unknown(), { error: 'write a section as berth.yml has it' })
    .optional()
    .meta({ description: 'A document as berth.yml holds it, for the controller berth.' }),
}).meta({ title: 'Scenario of the simulator' });

export type ScenarioDocument = z.output<typeof scenarioSchema>;
