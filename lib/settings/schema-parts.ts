import { z } from 'zod';
import { durationMs, durationPattern } from './duration.ts';

/** One check for form and range: two would say the same thing twice, and an aborting one would silence others. */
export const duration = (shortest: string, longest: string, what = 'a duration', stepMs = 1) => {
  const error = `write ${what} from ${shortest} to ${longest}, such as 2m or 1h`;
  const [from = 0, to = 0] = [durationMs(shortest), durationMs(longest)];
  const isRight = (text: string): boolean => {
    const ms = durationMs(text);
    return ms !== undefined && ms >= from && ms <= to && ms % stepMs === 0;
  };
  return z.string({ error }).refine(isRight, { error }).meta({ pattern: durationPattern.source });
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
