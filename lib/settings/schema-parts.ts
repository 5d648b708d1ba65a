import { z } from 'zod';
import { durationMs, durationPattern } from './duration.ts';
import { shareOf, sharePattern } from './share.ts';

const isDuration = (text: string, shortest: string, longest: string, stepMs = 1): boolean => {
  const [from = 0, to = 0, ms] = [durationMs(shortest), durationMs(longest), durationMs(text)];
  return ms !== undefined && ms >= from && ms <= to && ms % stepMs === 0;
};

/** One check for form and range: two would say the same thing twice, and an aborting one would silence others. */
export const duration = (shortest: string, longest: string, what = 'a duration', stepMs = 1) => {
  const error = `write ${what} from ${shortest} to ${longest}, such as 2m or 1h`;
  return z
    .string({ error })
    .refine((it) => isDuration(it, shortest, longest, stepMs), { error })
    .meta({ pattern: durationPattern.source });
};

/** A duration, or the one word that stands for none. */
export const durationOr = (word: string, shortest: string, longest: string) => {
  const error = `write ${word}, or a duration from ${shortest} to ${longest}, such as 2m or 1h`;
  return z
    .string({ error })
    .refine((it) => it === word || isDuration(it, shortest, longest), { error })
    .meta({ pattern: `^${word}$|${durationPattern.source}` });
};

/** A share of up to so many percent. */
export const share = (mostPercent: number) => {
  const error = `write a share from 0% to ${mostPercent}%, such as 20%`;
  const isRight = (text: string): boolean => (shareOf(text) ?? Infinity) <= mostPercent / 100;
  return z.string({ error }).refine(isRight, { error }).meta({ pattern: sharePattern.source });
};

export const yesOrNo = () => z.boolean({ error: 'write true or false' });

/** A number from 0 on, or the word that stands for no limit. */
export const limitOr = (word: string, most: number, what: string) => {
  const error = `write ${word}, or ${what} from 0 to ${most}`;
  return z.union([z.literal(word), z.number().min(0, { error }).max(most, { error })], { error });
};

export const wholeNumber = (least: number, most: number) => {
  const error = `write a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

export const text = (error: string, longest = 255) => z.string({ error }).min(1, { error }).max(longest, { error });

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

interface Checked {
  readonly value: unknown;
}

/** Checks that look at a whole mapping or list run even where a part of it is wrong: all problems at once. */
export const ifMapping = {
  when: ({ value }: Checked) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const ifList = { when: ({ value }: Checked) => Array.isArray(value) };

/** What names of a kind look like, and what to write where one does not. */
export interface Naming {
  readonly pattern: RegExp;
  readonly remedy: string;
}

/** A mapping by names the user chooses. `nullish`, because YAML reads a section of nothing but comments as null. */
export const byName = <Value extends z.core.SomeType>({ pattern, remedy }: Naming, value: Value, what: string) =>
  z
    .record(z.string().meta({ pattern: pattern.source }), value, {
      error: `write a section with one entry for each ${what}, by its name`,
    })
    .superRefine((entries, context) => {
      for (const name of Object.keys(entries).filter((it) => !pattern.test(it))) {
        context.addIssue({ code: 'custom', path: [name], message: remedy, params: { ofTheName: true } });
      }
    }, ifMapping)
    .nullish();
