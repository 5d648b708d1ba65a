import { z } from 'zod';
import { durationMs, durationPattern } from './duration.ts';
import { isMapping } from './problem.ts';

/**
 * Parts of the scenario's schema. Messages are remedies: they say what to write, never only what is wrong; what was
 * found is added from the document.
 */

/** A duration between two others, as milliseconds. */
export const duration = (shortest: string, longest: string, what = 'a duration') => {
  const [from = 0, to = 0] = [durationMs(shortest), durationMs(longest)];
  const error = `write ${what} from ${shortest} to ${longest}, such as 90s, 10m, 2h or 7d`;
  const isRight = (text: string): boolean => {
    const ms = durationMs(text);
    return ms !== undefined && ms >= from && ms <= to;
  };
  return z
    .string({ error })
    .meta({ pattern: durationPattern.source })
    .refine(isRight, { error })
    .transform((text) => durationMs(text) ?? 0);
};

/** A moment of the run, counted from its start. */
export const moment = () => duration('0s', '366d', 'a time after the start');

export const wholeNumber = (least: number, most: number) => {
  const error = `write a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

export const numberFrom = (least: number, most: number, what = 'a number') => {
  const error = `write ${what} from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

export const share = () => numberFrom(0, 1, 'a share');

export const flag = () => z.boolean({ error: 'write true or false' });

export const text = (error: string, longest = 255) => z.string({ error }).min(1, { error }).max(longest, { error });

export const oneOf = <const Options extends readonly string[]>(options: Options) =>
  z.enum(options, { error: `write ${options.slice(0, -1).join(', ')} or ${options.at(-1) ?? ''}` });

export const list = <Item extends z.ZodType>(item: Item, what: string) =>
  z.array(item, { error: `write a list of ${what}, each begun by a dash or in brackets` });

/** A mapping whose keys are all known: a misspelt key must not silently leave a default in force. */
export const section = <Shape extends z.core.$ZodShape>(shape: Shape) => {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `remove it or correct its spelling; known here: ${keys}`
        : `write a section with any of ${keys}`,
  });
};

/** Checks of a whole section run even where a part of it is wrong: all problems at once. */
export const ifSection = { when: ({ value }: { readonly value: unknown }) => isMapping(value) };

/** A mapping by names the author chooses. */
export const byName = <Value extends z.ZodType>(pattern: RegExp, nameRemedy: string, value: Value, what: string) =>
  z
    .record(z.string().meta({ pattern: pattern.source }), value, {
      error: `write a section with one entry for each ${what}, by its name`,
    })
    .superRefine((entries, context) => {
      for (const name of Object.keys(entries).filter((it) => !pattern.test(it)))
        context.addIssue({ code: 'custom', path: [name], message: `the name will not do: ${nameRemedy}` });
    }, ifSection);

/** Bounds of something drawn evenly between them, in milliseconds. */
export const durationBounds = (longest: string) =>
  section({ low: duration('0s', longest), high: duration('0s', longest) }).superRefine(({ low, high }, context) => {
    if (low > high) context.addIssue({ code: 'custom', path: ['low'], message: 'write at most what high says' });
  });

/** Requires exactly one of some keys. */
export const exactlyOneOf =
  (keys: readonly string[]) =>
  (value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void => {
    const given = keys.filter((key) => value[key] !== undefined);
    if (given.length === 0)
      context.addIssue({ code: 'custom', path: [], message: `write one of ${keys.join(', ')}`, input: value });
    for (const key of given.slice(1))
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `keep only one of ${given.join(', ')}`,
        input: value[key],
      });
  };
