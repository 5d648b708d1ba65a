import type { z } from 'zod';
import { duration, exactlyOneOf, ifSection, list, moment, numberFrom, section, text, wholeNumber } from './fields.ts';

const most = 1_000_000;
const amount = (what = 'a number') => numberFrom(0, most, what);

const calendar = section({
  low: numberFrom(-100, most).meta({
    description: 'At the quiet hour, twelve hours from the peak. Below 0 the night lasts longer.',
  }),
  high: amount().meta({ description: 'At the peak.' }),
  peakHour: numberFrom(0, 24, 'an hour of the day (UTC)').default(16),
  weekend: numberFrom(0, 10, 'a factor').default(1).meta({ description: 'Factor on Saturdays and Sundays.' }),
  noise: numberFrom(0, 1, 'a share')
    .default(0)
    .meta({ description: 'Standard deviation of a slow relative disturbance drawn from the seed.' }),
  every: duration('1m', '6h').prefault('5m').meta({ description: 'How often the value changes.' }),
}).superRefine(({ low, high }, context) => {
  if (low > high)
    context.addIssue({ code: 'custom', path: ['low'], message: `write at most high, ${high}`, input: low });
});

const steps = list(section({ at: moment(), value: amount() }), 'steps, at: and value:')
  .min(1, { error: 'write at least one step' })
  .superRefine((items, context) => {
    items.forEach(({ at }, index) => {
      const before = items[index - 1]?.at;
      const message =
        before === undefined ? 'write 0s: the first step is at the start' : 'write a later time than the step before';
      if (before === undefined ? at !== 0 : at <= before)
        context.addIssue({ code: 'custom', path: [index, 'at'], message, input: at });
    });
  });

const square = section({
  low: amount(),
  high: amount(),
  period: duration('1m', '30d').meta({ description: 'Half of it high, half of it low.' }),
  phase: duration('0s', '30d').prefault('0s').meta({ description: 'When it first goes high.' }),
});

const series = section({
  file: text('write the path of a CSV with the header timestamp,value', 1_000).meta({
    description: 'CSV with the header timestamp,value; relative to the scenario. Its values are sums over a period.',
  }),
  period: duration('1s', '30d')
    .optional()
    .meta({ description: 'Over which each value is a sum; the usual distance of its rows unless given.' }),
  from: moment().optional().meta({ description: 'Leaves out what comes before, counted from its first row.' }),
  scale: numberFrom(0, most, 'a factor').default(1).meta({ description: 'Factor on the values.' }),
});

const crowd = section({ at: moment(), for: duration('1s', '30d'), factor: numberFrom(0, 1_000, 'a factor') });

const kinds = ['count', 'calendar', 'steps', 'square', 'series'];

interface Parts {
  readonly calendar?: unknown;
  readonly history?: unknown;
  readonly count?: unknown;
  readonly series?: unknown;
  readonly perTask?: unknown;
}

const checkHistory = ({ calendar, series: from, perTask, history }: Parts, context: z.core.$RefinementCtx): void => {
  if (history === undefined || (perTask !== undefined && (calendar ?? from) !== undefined)) return;
  const message = 'remove it: only work that follows a calendar or a series, with perTask, has a past';
  context.addIssue({ code: 'custom', path: ['history'], message, input: history });
};

const checkPerTask = ({ count, series: from, perTask }: Parts, context: z.core.$RefinementCtx): void => {
  if (from !== undefined && perTask === undefined) {
    const message = 'write the rate one task serves, a second: a series holds work, not tasks';
    context.addIssue({ code: 'custom', path: ['perTask'], message, input: perTask });
  }
  if (count !== undefined && perTask !== undefined) {
    const message = 'remove it: count is in tasks already';
    context.addIssue({ code: 'custom', path: ['perTask'], message, input: perTask });
  }
};

/** How many tasks a service wants over time. Values are tasks, or with `perTask` work a second. */
export const demandSchema = section({
  count: wholeNumber(0, 5_000).optional().meta({ description: 'The same all the time.' }),
  calendar: calendar.optional().meta({ description: 'A daily curve: a cosine from the quiet hour to the peak.' }),
  steps: steps.optional(),
  square: square.optional().meta({ description: 'A square wave.' }),
  series: series.optional().meta({ description: 'Work from a file.' }),
  perTask: numberFrom(0.000001, most).optional().meta({
    description:
      'Work that one task serves a second. With it, values are work a second; counts, CPU and request metrics follow.',
  }),
  minimum: wholeNumber(0, 5_000).default(0).meta({ description: 'Fewest tasks, whatever the value.' }),
  history: duration('1d', '63d').optional().meta({
    description:
      'For so long before the start CloudWatch has the CPU that the same curve took, or what the file says of the time before `from`.',
  }),
  flashCrowds: list(crowd, 'crowds, at:, for: and factor:')
    .default([])
    .meta({ description: 'Each multiplies what else there is while it lasts.' }),
})
  .superRefine(exactlyOneOf(kinds), ifSection)
  .superRefine(checkPerTask, ifSection)
  .superRefine(checkHistory, ifSection);

export type DemandDocument = z.output<typeof demandSchema>;
