import { z } from 'zod';
import type { OwnCause } from '../model/memory.ts';
import type { Weekday } from '../model/settings.ts';
import { beginningPattern, daysOf, daysPattern, isTimeZone, minuteOf, timePattern } from './calendar.ts';
import { ifMapping, section, share, wholeNumber } from './schema-parts.ts';

const days = z.string({ error: 'write a day such as mon, or days such as mon-fri' }).regex(daysPattern, {
  error: 'write a day such as mon, or days such as mon-fri',
});

const dayListRemedy = 'write days such as mon-fri, or a list of them; leave days out for every day';
const dayList = z.union([days, z.array(days).min(1, { error: dayListRemedy })], { error: dayListRemedy });

const time = (error: string, pattern = timePattern) => z.string({ error }).regex(pattern, { error });

export const windowFields = {
  days: dayList.optional().meta({ description: 'On which it begins. Every day, if not given.' }),
  from: time('write when it begins, in two digits each, such as "08:00"', beginningPattern),
  to: time('write when it ends, in two digits each, such as "06:00"; before its beginning it is the next day’s').meta({
    description: '24:00 is the end of the day; a time before `from` is the next day’s.',
  }),
  timeZone: z
    .string({ error: 'write an IANA time zone, such as Europe/Berlin or UTC' })
    .refine(isTimeZone, { error: 'write an IANA time zone, such as Europe/Berlin or UTC' }),
};

/** What to write for `to` of a window that never opens; undefined where it does. */
export const windowProblem = ({ from, to }: { readonly from?: unknown; readonly to?: unknown }): string | undefined =>
  typeof from !== 'string' || from !== to || minuteOf(from) === undefined
    ? undefined
    : 'write another time than its beginning, or it never opens; a whole day is from 00:00 to 24:00';

const calendarWindow = section(windowFields).superRefine(
  (it: { readonly from?: unknown; readonly to?: unknown }, context) => {
    const message = windowProblem(it);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['to'], message });
  },
  ifMapping,
);

const causeNames = {
  empty: 'empty',
  consolidation: 'consolidation',
  rotation: 'rotation',
  rebalance: 'rebalance',
  repair: 'repair',
  byHand: 'byHand',
} satisfies { [K in OwnCause]: K };

const causes = Object.keys(causeNames).join(', ');

/** How many instances may leave at once. */
const budget = section({
  causes: z
    .array(z.enum(causeNames, { error: `write any of ${causes}` }), { error: `write a list of ${causes}` })
    .min(1, { error: `write at least one of ${causes}; leave causes out for consolidation, rotation and rebalance` })
    .optional()
    .meta({ description: 'Why instances leave that it counts. consolidation, rotation and rebalance, if not given.' }),
  instances: wholeNumber(0, 5_000)
    .optional()
    .meta({ description: 'So many of a group at once; 0: none while the budget holds.' }),
  share: share(100).optional().meta({ description: 'So much of the group’s desired capacity at once, rounded down.' }),
  atLeast: wholeNumber(0, 5_000)
    .optional()
    .meta({ description: 'What the share is never less than. 1, if not given.' }),
  windows: z
    .array(calendarWindow, { error: 'write a list of windows, each begun by a dash' })
    .nullish()
    .meta({ description: 'When it holds. Always, if not given.' }),
}).superRefine(
  (it: { readonly instances?: unknown; readonly share?: unknown; readonly atLeast?: unknown }, context) => {
    const problem = (path: readonly string[], message: string): void => {
      context.addIssue({ code: 'custom', path: [...path], message });
    };
    if (it.instances === undefined && it.share === undefined)
      problem([], 'write instances, such as 2, or share, such as 20%');
    if (it.instances !== undefined && it.share !== undefined)
      problem(['share'], 'write either instances or share: of two limits one has to count');
    if (it.instances !== undefined && it.atLeast !== undefined)
      problem(['atLeast'], 'remove it: only a share has a least number');
  },
  ifMapping,
);

export const budgetList = z.array(budget, { error: 'write a list of budgets, each begun by a dash' });

/** `mon-fri` and lists of such as days of the week, each once. */
export const weekdaysOf = (it: string | readonly string[] | undefined): readonly Weekday[] => {
  const texts = it === undefined ? ['sun-sat'] : typeof it === 'string' ? [it] : it;
  return [...new Set(texts.flatMap((text) => daysOf(text) ?? []))].sort((a, b) => a - b);
};
