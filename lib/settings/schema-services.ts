import { z } from 'zod';
import { minuteMs } from '../model/time.ts';
import { cronFieldsOf, everComes } from './cron.ts';
import { scalingDefaults as defaults } from './scaling-defaults.ts';
import { windowFields, windowProblem } from './schema-leaving.ts';
import { duration, durationOr, ifList, ifMapping, section, share, text, wholeNumber, yesOrNo } from './schema-parts.ts';

/** What `services` of a cluster holds: the metrics of a service, and how it is scaled. */

const statistics = 'Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p90';

const statistic = z
  .string({ error: `write ${statistics}` })
  .regex(/^(Average|Sum|Minimum|Maximum|SampleCount|p(100|[0-9]{1,2}(\.[0-9]{1,10})?))$/, {
    error: `write ${statistics}`,
  });

const metricFields = {
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
  statistic,
};

const metricName = text('write a name for the metric, of your own choice').meta({
  description: 'Unique within the service.',
});

// The check that reads it comes once a minute.
const period = duration('1m', '24h', 'whole minutes', minuteMs);

const distinctNames =
  (what: string) =>
  (items: readonly ({ readonly name?: unknown } | null)[], context: z.core.$RefinementCtx): void => {
    const names = items.map((it) => it?.name); // a part may be missing
    for (const [index, name] of names.entries()) {
      if (typeof name !== 'string' || names.indexOf(name) === index) continue;
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `write another name: a ${what} above has it`,
      });
    }
  };

const metric = section({ name: metricName, ...metricFields, period });

const metricList = z
  .array(metric, { error: 'write a list of metrics, each begun by a dash' })
  .superRefine(distinctNames('metric'), ifList);

/** Ids of metric math begin with a small letter (CloudWatch user guide, metric math syntax); functions with a capital one. */
const inputName = /^[a-z][a-zA-Z0-9_]{0,63}$/;

const idsIn = (expression: string): readonly string[] => {
  const withoutTexts = expression.replace(/"[^"]*"|'[^']*'/g, ' ');
  return [...new Set(withoutTexts.match(/(?<![\w.])[a-z]\w*/g) ?? [])];
};

interface MathDocument {
  readonly expression?: unknown;
  readonly inputs?: unknown;
}

const math = section({
  name: metricName,
  expression: text('write an expression of CloudWatch’s metric math, such as visible + flight', 1024),
  inputs: z.record(z.string(), section(metricFields), {
    error: 'write a section with one entry for each id that the expression names',
  }),
  period,
}).superRefine(({ expression, inputs }: MathDocument, context) => {
  if (typeof inputs !== 'object' || inputs === null) return;
  const names = Object.keys(inputs);
  for (const name of names.filter((it) => !inputName.test(it)))
    context.addIssue({
      code: 'custom',
      path: ['inputs', name],
      message: 'write an id that begins with a small letter, of letters, digits and underscores',
      params: { ofTheName: true },
    });
  if (typeof expression !== 'string') return;
  const unknown = idsIn(expression).filter((it) => !names.includes(it));
  if (unknown.length > 0)
    context.addIssue({
      code: 'custom',
      path: ['expression'],
      message: `write an input for ${unknown.join(', ')}, or correct the expression`,
    });
}, ifMapping);

const mathList = z
  .array(math, { error: 'write a list of expressions, each begun by a dash' })
  .superRefine(distinctNames('metric'), ifList);

const targetRemedy = 'write a number above 0';
const target = z.number({ error: targetRemedy }).positive({ error: targetRemedy });
const number = z.number({ error: 'write a number' });

const tasksOrShare = 'write a whole number of tasks from 1 to 5000, or a share such as 20%';
const byHowMuch = z.union([z.int().min(1).max(5_000), share(1_000)], { error: tasksOrShare });

interface StepDocument {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly add?: unknown;
  readonly remove?: unknown;
  readonly set?: unknown;
}

const countStep = section({
  from: number.optional().meta({ description: 'The step holds from this value on.' }),
  to: number.optional().meta({ description: 'And below this one.' }),
  add: byHowMuch.optional(),
  remove: byHowMuch.optional(),
  set: wholeNumber(0, 5_000).optional(),
}).superRefine((it: StepDocument, context) => {
  const problem = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
  };
  if (it.from === undefined && it.to === undefined) problem('', 'write from, to or both: which values it is for');
  if (typeof it.from === 'number' && typeof it.to === 'number' && it.from >= it.to)
    problem('to', 'write more than from: the step is for the values between');
  if ([it.add, it.remove, it.set].filter((one) => one !== undefined).length !== 1)
    problem('', 'write one of add, remove and set');
}, ifMapping);

const stepList = z
  .array(countStep, { error: 'write a list of steps, each begun by a dash' })
  .min(1, { error: 'write at least one step' })
  .superRefine((steps: readonly (StepDocument | null)[], context) => {
    const ends = steps.map((it) => ({
      from: typeof it?.from === 'number' ? it.from : Number.NEGATIVE_INFINITY,
      to: typeof it?.to === 'number' ? it.to : Number.POSITIVE_INFINITY,
    }));
    for (const [index, one] of ends.entries())
      if (ends.slice(0, index).some((it) => it.from < one.to && one.from < it.to))
        context.addIssue({ code: 'custom', path: [index], message: 'write values that no step above is for' });
  }, ifList);

const rule = {
  target: target.optional().meta({ description: 'What the signal is to be.' }),
  steps: stepList.optional().meta({ description: 'What is done at which values, instead of a target.' }),
  noDataIsZero: yesOrNo()
    .optional()
    .meta({
      description: `Whether no datapoint stands for 0. Default false. ${defaults.noDataIsZero.reason}`,
      default: defaults.noDataIsZero.value,
    }),
};

const activation = number
  .min(0, { error: 'write a number from 0' })
  .optional()
  .meta({
    description: `Above it there is something to do, and a service that may have no task gets its first. Default 0. ${defaults.activation.reason}`,
    default: defaults.activation.value,
  });

const targetGroup = z
  .string({ error: 'write the last part of the target group’s ARN, such as targetgroup/api/0123456789abcdef' })
  .regex(/^targetgroup\/.{1,200}$/, {
    error: 'write the last part of the target group’s ARN, such as targetgroup/api/0123456789abcdef',
  });
const loadBalancer = z
  .string({ error: 'write the last part of the load balancer’s ARN, such as app/web/0123456789abcdef' })
  .regex(/^app\/.{1,200}$/, {
    error: 'write the last part of the load balancer’s ARN, such as app/web/0123456789abcdef',
  });

const measures = 'write perTask (an average over the tasks), total (a sum that is divided among them) or ofService';

const signal = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('cpu'), ...rule }),
    section({ kind: z.literal('memory'), ...rule }),
    section({
      kind: z.literal('requestsPerTarget'),
      targetGroup,
      loadBalancer: loadBalancer.optional(),
      ...rule,
    }),
    section({
      kind: z.literal('responseTime'),
      targetGroup,
      loadBalancer,
      statistic: statistic.optional().meta({ description: 'Average, if not given.', default: 'Average' }),
      ...rule,
    }),
    section({
      kind: z.literal('backlog'),
      queue: text('write the name of an SQS queue', 80),
      inFlight: yesOrNo()
        .optional()
        .meta({
          description: `Whether messages in flight count too. Default false. ${defaults.inFlight.reason}`,
          default: defaults.inFlight.value,
        }),
      drainWithin: duration('1s', '24h').optional().meta({ description: 'In which the queue is to be worked off.' }),
      secondsPerMessage: target.optional().meta({ description: 'That one task takes for one message.' }),
      activation,
      ...rule,
    }),
    section({
      kind: z.literal('metric'),
      metric: text('write the name of a metric of this service'),
      measures: z.enum(['perTask', 'total', 'ofService'], { error: measures }),
      activation,
      ...rule,
    }),
    section({
      kind: z.literal('taskQueue'),
      family: text('write a family whose tasks may be queued'),
      activation,
      ...rule,
    }),
  ],
  { error: 'write kind: cpu, memory, requestsPerTarget, responseTime, backlog, metric or taskQueue' },
);

type SignalDocument = z.output<typeof signal>;

/** What two signals of one service are told apart by. */
export const signalNameOf = (it: SignalDocument): string => {
  switch (it.kind) {
    case 'backlog':
      return `backlog ${it.queue}`;
    case 'metric':
      return it.metric;
    case 'taskQueue':
      return `taskQueue ${it.family}`;
    case 'requestsPerTarget':
    case 'responseTime':
      return `${it.kind} ${it.targetGroup.split('/')[1] ?? it.targetGroup}`;
    default:
      return it.kind;
  }
};

const ruleProblem = (it: SignalDocument): readonly [path: string, message: string] | undefined => {
  const drains = it.kind === 'backlog' && (it.drainWithin !== undefined || it.secondsPerMessage !== undefined);
  const given = [it.target !== undefined, it.steps !== undefined, drains].filter(Boolean).length;
  if (given !== 1) return ['', drains ? 'write either target, steps, or drainWithin' : 'write either target or steps'];
  if (it.kind === 'backlog' && drains && it.drainWithin === undefined)
    return ['secondsPerMessage', 'write drainWithin beside it: in which time the queue is to be worked off'];
  if (it.kind === 'backlog' && drains && it.secondsPerMessage === undefined)
    return ['drainWithin', 'write secondsPerMessage beside it: how long a task takes for a message'];
  return undefined;
};

const signalList = z
  .array(signal, { error: 'write a list of signals, each begun by a dash' })
  .superRefine((signals, context) => {
    const names = signals.map(signalNameOf);
    for (const [index, it] of signals.entries()) {
      const problem = ruleProblem(it);
      if (problem !== undefined)
        context.addIssue({
          code: 'custom',
          path: problem[0] === '' ? [index] : [index, problem[0]],
          message: problem[1],
        });
      if (names.indexOf(names[index] ?? '') !== index)
        context.addIssue({ code: 'custom', path: [index], message: 'remove it: a signal above is of the same' });
    }
  });

const policy = section({
  tasks: wholeNumber(1, 5_000).optional(),
  share: share(1_000).optional(),
  period: duration('1m', '1h', 'whole minutes', minuteMs),
}).superRefine((it: { readonly tasks?: unknown; readonly share?: unknown }, context) => {
  if ((it.tasks === undefined) === (it.share === undefined))
    context.addIssue({ code: 'custom', path: [], message: 'write either tasks, such as 4, or share, such as 100%' });
}, ifMapping);

const directionOf = (direction: 'scaleOut' | 'scaleIn') => {
  const stabilisation = defaults.stabilisation[direction];
  return section({
    tolerance: share(100)
      .optional()
      .meta({
        description: `How far a signal may be off its target. Default 10%. ${defaults.tolerance.reason}`,
        default: defaults.tolerance.value,
      }),
    stabilisation: duration('0s', '1h')
      .optional()
      .meta({
        description: `Of all that was right within this time the least eager is done. Default ${stabilisation.value}. ${stabilisation.reason}`,
        default: stabilisation.value,
      }),
    policies: z
      .array(policy, { error: 'write a list of policies, each begun by a dash' })
      .nullish()
      .meta({ description: 'How many tasks, or what share of them, within any such time. As fast as asked, if none.' }),
    select: z.enum(['largest', 'smallest', 'off'], { error: 'write largest, smallest or off' }).optional().meta({
      description: `Which of the policies counts; off: never in this direction by signals. Default largest.`,
      default: defaults.select.value,
    }),
    cooldown: durationOr('automatic', '0s', '1h')
      .optional()
      .meta({
        description: `How long after a change the next may follow. Default automatic: ${defaults.cooldown.reason}`,
        default: defaults.cooldown.value,
      }),
  }).nullish();
};

interface WindowDocument {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly days?: unknown;
  readonly cron?: unknown;
  readonly for?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly count?: unknown;
}

const cronRemedy = 'write five fields, minute hour day month weekday, such as "30 7 * * mon-fri"';

const isMet = (cron: string): boolean => {
  const fields = cronFieldsOf(cron);
  return fields === undefined || everComes(fields); // one that is none is named as such
};

const countWindow = section({
  days: windowFields.days,
  from: windowFields.from.optional(),
  to: windowFields.to.optional(),
  cron: z
    .string({ error: cronRemedy })
    .refine((it) => cronFieldsOf(it) !== undefined, { error: cronRemedy })
    .refine((it) => isMet(it), { error: 'write a day that comes: no month it names has that day' })
    .optional()
    .meta({ description: 'When it begins, instead of days, from and to.' }),
  for: duration('1m', '7d').optional().meta({ description: 'How long it then lasts.' }),
  timeZone: windowFields.timeZone,
  minimum: wholeNumber(0, 5_000).optional().meta({ description: 'A floor: no fewer tasks meanwhile.' }),
  maximum: wholeNumber(0, 5_000).optional().meta({ description: 'A ceiling: no more tasks meanwhile.' }),
  count: wholeNumber(0, 5_000).optional().meta({ description: 'Exactly so many, whatever the signals say.' }),
}).superRefine((it: WindowDocument, context) => {
  const problem = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
  };
  const byWeek = it.from !== undefined || it.to !== undefined || it.days !== undefined;
  const byCron = it.cron !== undefined || it.for !== undefined;
  if (byWeek === byCron) problem('', 'write either from and to, or cron and for');
  else if (byWeek && it.from === undefined)
    problem(it.to === undefined ? 'days' : 'to', 'write from beside it: when it begins');
  else if (byWeek && it.to === undefined) problem('from', 'write to beside it: when it ends');
  else if (byCron && it.cron === undefined) problem('for', 'write cron beside it: when it begins');
  else if (byCron && it.for === undefined) problem('cron', 'write for beside it, such as 8h: how long it lasts');
  const same = windowProblem(it);
  if (same !== undefined) problem('to', same);
  const bounds = [it.minimum, it.maximum].filter((one) => one !== undefined).length;
  if (it.count !== undefined && bounds > 0) problem('count', 'write either count, or minimum and maximum');
  if (it.count === undefined && bounds === 0) problem('', 'write minimum, maximum or count: what holds meanwhile');
  if (typeof it.minimum === 'number' && typeof it.maximum === 'number' && it.minimum > it.maximum)
    problem('minimum', `write at most ${it.maximum}, the maximum beside it`);
}, ifMapping);

const timeRemedy = 'write a time with its offset from UTC, such as "2026-12-24T18:00Z"';

const pause = section({
  what: z.enum(['all', 'scaleIn'], { error: 'write all or scaleIn' }),
  until: z
    .string({ error: timeRemedy })
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/, { error: timeRemedy })
    .refine((it) => !Number.isNaN(Date.parse(it)), { error: timeRemedy })
    .optional()
    .meta({ description: 'Until it is removed, if not given.' }),
});

interface ScalingDocument {
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly signals?: unknown;
  readonly calendar?: unknown;
  readonly fallback?: unknown;
  readonly forecast?: unknown;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

const tellsAtZero = ['backlog', 'metric', 'taskQueue'];

const quantileRemedy = 'write a number from 0.5 to 0.99, such as 0.75';

const forecast = section({
  quantile: z
    .number({ error: quantileRemedy })
    .min(0.5, { error: quantileRemedy })
    .max(0.99, { error: quantileRemedy })
    .optional()
    .meta({
      description: `For what share of the times that are alike the floor is to be enough. Default 0.75. ${defaults.forecast.quantile.reason}`,
      default: defaults.forecast.quantile.value,
    }),
  ahead: duration('0s', '2h')
    .optional()
    .meta({
      description: `How long before it is wanted a floor holds. Default 10m. ${defaults.forecast.ahead.reason}`,
      default: defaults.forecast.ahead.value,
    }),
  timeZone: windowFields.timeZone.optional().meta({
    description: `Of the clock by which its days repeat themselves. Default UTC. ${defaults.forecast.timeZone.reason}`,
    default: defaults.forecast.timeZone.value,
  }),
});

/** Whether the load behind a signal is known whatever the count was; see `lib/planning/forecast/load-metrics.ts`. */
const tellsLoad = (signal: unknown): boolean => {
  if (memberOf(signal, 'target') === undefined) return false;
  const kind = memberOf(signal, 'kind');
  if (kind === 'requestsPerTarget') return memberOf(signal, 'loadBalancer') !== undefined;
  return kind === 'metric' ? memberOf(signal, 'measures') === 'total' : kind === 'cpu' || kind === 'memory';
};

const scaling = section({
  minimum: wholeNumber(0, 5_000)
    .optional()
    .meta({
      description: `Fewest tasks. Default 1. ${defaults.minimum.reason}`,
      default: defaults.minimum.value,
    }),
  maximum: wholeNumber(1, 5_000).meta({ description: 'Most tasks, whatever the signals and the calendar say.' }),
  signals: signalList.nullish().meta({ description: 'What it is scaled by; of several the largest count wins.' }),
  scaleOut: directionOf('scaleOut').meta({ description: 'How it grows.' }),
  scaleIn: directionOf('scaleIn').meta({ description: 'How it shrinks.' }),
  zeroAfter: duration('0s', '24h')
    .optional()
    .meta({
      description: `How long nothing must have been to do before the last task goes, where minimum is 0. Default 5m. ${defaults.zeroAfter.reason}`,
      default: defaults.zeroAfter.value,
    }),
  fallback: section({
    tasks: wholeNumber(0, 5_000).meta({ description: 'At least so many while a signal says nothing.' }),
    afterFailures: wholeNumber(1, 100)
      .optional()
      .meta({
        description: `How often in a row. Default 3. ${defaults.afterFailures.reason}`,
        default: defaults.afterFailures.value,
      }),
  })
    .nullish()
    .meta({ description: 'What is done while a signal says nothing for long. The count stays, if not given.' }),
  calendar: z
    .array(countWindow, { error: 'write a list of windows, each begun by a dash' })
    .nullish()
    .meta({ description: 'Floors, ceilings and counts at some times of the week.' }),
  forecast: forecast.nullish().meta({
    description:
      'Floors from the last two weeks of its signals. It only raises the count, and is used only where it proves itself.',
  }),
  pause: pause.nullish().meta({ description: 'Leaves the count alone: wholly, or only from scaling in.' }),
  quietReadInterval: duration('1m', '15m', 'whole minutes', minuteMs)
    .optional()
    .meta({
      description: `How often signals are read that are far from asking for more. Default ${defaults.quietReadInterval.value}. ${defaults.quietReadInterval.reason}`,
      default: defaults.quietReadInterval.value,
    }),
}).superRefine((it: ScalingDocument, context) => {
  const problem = (path: readonly (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path: [...path], message });
  };
  const { maximum } = it;
  const [signals, calendar] = [listOf(it.signals), listOf(it.calendar)];
  if (signals.length === 0 && calendar.length === 0)
    problem([], 'write signals or a calendar: by what it is to be scaled');
  if (
    it.minimum === 0 &&
    signals.length > 0 &&
    !signals.some((one) => tellsAtZero.includes(String(memberOf(one, 'kind'))))
  )
    problem(
      ['minimum'],
      `write 1, or add a signal of kind ${tellsAtZero.join(', ')}: no other tells when no task runs`,
    );
  if (it.forecast !== undefined && it.forecast !== null && !signals.some(tellsLoad))
    problem(
      ['forecast'],
      'remove it, or add a signal with a target whose past tells the load: cpu, memory, requestsPerTarget with its loadBalancer, or a metric that measures total',
    );
  if (typeof maximum !== 'number') return;
  const atMost = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'number' && value > maximum) problem(path, `write at most ${maximum}, the maximum`);
  };
  atMost(it.minimum, ['minimum']);
  atMost(memberOf(it.fallback, 'tasks'), ['fallback', 'tasks']);
  for (const [index, one] of calendar.entries())
    for (const key of ['minimum', 'maximum', 'count']) atMost(memberOf(one, key), ['calendar', index, key]);
}, ifMapping);

export const serviceSection = section({
  metrics: metricList.nullish().meta({ description: 'CloudWatch metrics that signals may name.' }),
  metricMath: mathList.nullish().meta({ description: 'What CloudWatch computes of several metrics.' }),
  scaling: scaling.nullish().meta({
    description: 'How many tasks it is to have. Without it, Berth leaves its count alone.',
  }),
}).superRefine(
  (it: { readonly metrics?: unknown; readonly metricMath?: unknown; readonly scaling?: unknown }, context) => {
    const named = [...listOf(it.metrics), ...listOf(it.metricMath)].map((one) => memberOf(one, 'name'));
    for (const [index, one] of listOf(it.metricMath).entries())
      if (listOf(it.metrics).some((other) => memberOf(other, 'name') === memberOf(one, 'name')))
        context.addIssue({
          code: 'custom',
          path: ['metricMath', index, 'name'],
          message: 'write another name: a metric above has it',
        });
    for (const [index, one] of listOf(memberOf(it.scaling, 'signals')).entries())
      if (memberOf(one, 'kind') === 'metric' && !named.includes(memberOf(one, 'metric')))
        context.addIssue({
          code: 'custom',
          path: ['scaling', 'signals', index, 'metric'],
          message: 'write the name of a metric of this service, under metrics or metricMath',
        });
  },
  ifMapping,
);

export type ServiceSection = z.output<typeof serviceSection>;
