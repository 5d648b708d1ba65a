import { z } from 'zod';
import { minuteMs } from '../model/time.ts';
import { shippedDefaults } from './defaults.ts';
import { byName, duration, ifList, ifMapping, type Naming, section, text, wholeNumber } from './schema-parts.ts';

/**
 * The schema of `berth.yml`. Messages are remedies: they say what to write, never only what is wrong; what was found
 * is added by `problemsOf`. Durations stay text here, so that the JSON Schema for editors can be made of it.
 */

const ecsName: Naming = {
  pattern: /^[a-zA-Z0-9_-]{1,255}$/,
  remedy: 'write a name of up to 255 letters, digits, hyphens and underscores, as ECS has it',
};
const groupName: Naming = {
  pattern: /^.{1,255}$/,
  remedy: 'write the name of an Auto Scaling group, up to 255 characters',
};

type Default = keyof typeof shippedDefaults;

/** What the section `defaults` and the section of a cluster have in common; only the former has shipped defaults. */
const limitsOf = (place: 'defaults' | 'cluster') => {
  const described = <Schema extends z.ZodType>(schema: Schema, key: Default, what: string) => {
    const { value, reason } = shippedDefaults[key];
    return place === 'defaults'
      ? schema.optional().meta({ description: `${what} Default ${value}. ${reason}`, default: value })
      : schema.optional().meta({ description: `${what} As in defaults, if not given.` });
  };
  return {
    mode: described(
      z.enum(['observe', 'act'], { error: 'write observe or act' }),
      'mode',
      'observe says what would be done; act does it.',
    ),
    quietTime: described(
      duration('0s', '24h'),
      'quietTime',
      'How long an instance must have held nothing but daemons before it may go, 0s to 24h.',
    ),
    bootDeadline: described(
      duration('1m', '2h'),
      'bootDeadline',
      'How long a launched instance is counted as on its way before it is given up, 1m to 2h.',
    ),
    maximumOverdue: described(
      wholeNumber(1, 100),
      'maximumOverdue',
      'How many instances of a group may be past their boot deadline before no more are launched there.',
    ),
    lifecycleHook: described(
      z.string({ error: 'write the name of a lifecycle hook' }).regex(/^[A-Za-z0-9\-_/]{1,255}$/, {
        error: 'write a hook name of up to 255 letters, digits, hyphens, underscores and slashes',
      }),
      'lifecycleHook',
      'The termination lifecycle hook that Berth completes.',
    ),
  };
};

const group = section({
  registers: section({
    cpuUnits: wholeNumber(128, 1_048_576).meta({ description: 'CPU units, 1,024 a vCPU.' }),
    memoryMiB: wholeNumber(128, 33_554_432).meta({ description: 'MiB as ECS sees them, less what is reserved.' }),
  })
    .optional()
    .meta({
      description:
        'What a new instance registers with ECS. Learned from live instances and computed from EC2’s figures; ' +
        'only needed where EC2 cannot tell.',
    }),
  pricePerHour: z
    .number({ error: 'write dollars per hour, such as 0.096' })
    .positive({ error: 'write dollars per hour, such as 0.096' })
    .max(1_000, { error: 'write dollars per hour, at most 1000' })
    .optional()
    .meta({
      description:
        'Dollars an instance-hour, by which groups are chosen. Without it, price is taken in proportion to vCPU and memory.',
    }),
  hold: z
    .boolean({ error: 'write true or false' })
    .optional()
    .meta({
      description:
        'Experimental. The provider’s managed scaling stays on, so that ECS queues tasks, and Berth sizes the group; ' +
        'the group’s AlarmNotification process must be suspended. Off: it was never proven on an account.',
      default: false,
    }),
});

const statistics = 'Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p90';

const metric = section({
  name: text('write a name for the metric, of your own choice').meta({ description: 'Unique within the service.' }),
  namespace: text('write the CloudWatch namespace, such as AWS/SQS'),
  metricName: text('write the CloudWatch metric’s name'),
  dimensions: z
    .record(
      text('write the dimension’s name'),
      text('write the dimension’s value as text, in quotes if a number', 1024),
      {
        error: 'write the dimensions as a section, name: value',
      },
    )
    .refine((it) => Object.keys(it).length <= 30, {
      error: 'write at most 30 dimensions: CloudWatch has no more',
      ...ifMapping,
    })
    .nullish(),
  statistic: z
    .string({ error: `write ${statistics}` })
    .regex(/^(Average|Sum|Minimum|Maximum|SampleCount|p(100|[0-9]{1,2}(\.[0-9]{1,10})?))$/, {
      error: `write ${statistics}`,
    }),
  // The check that reads it comes once a minute.
  period: duration('1m', '24h', 'whole minutes', minuteMs),
});

const metricList = z
  .array(metric, { error: 'write a list of metrics, each begun by a dash' })
  .superRefine((metrics, context) => {
    const names = metrics.map((it: Partial<z.output<typeof metric>> | null) => it?.name); // a part may be missing
    for (const [index, name] of names.entries()) {
      if (typeof name !== 'string' || names.indexOf(name) === index) continue;
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: 'write another name: a metric above has it',
      });
    }
  }, ifList);

const service = section({ metrics: metricList.nullish() });

const cluster = section({
  ...limitsOf('cluster'),
  groups: byName(groupName, group.nullable(), 'Auto Scaling group').meta({
    description: 'What Berth cannot find out about a group by itself. Which groups it sizes, their tags say.',
  }),
  services: byName(ecsName, service.nullable(), 'ECS service').meta({
    description: 'The CloudWatch metrics of services.',
  }),
});

export const settingsSchema = section({
  defaults: section(limitsOf('defaults'))
    .nullish()
    .meta({ description: 'What holds for every cluster that does not say otherwise.' }),
  clusters: byName(ecsName, cluster.nullable(), 'ECS cluster').meta({
    description: 'What one cluster has of its own. Which clusters Berth may touch is a parameter of the deployment.',
  }),
}).meta({ title: 'Settings of Berth (berth.yml)' });

export type SettingsDocument = z.output<typeof settingsSchema>;
export type LimitsSection = NonNullable<SettingsDocument['defaults']>;
export type ClusterSection = NonNullable<NonNullable<SettingsDocument['clusters']>[string]>;
