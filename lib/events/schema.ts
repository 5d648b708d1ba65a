import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

z.config(en()); // the mini build has no wording of its own: every message would be "Invalid input"

/** What is wrong with an input and where, in one line. */
export const explain = (error: z.core.$ZodError, at: string): string =>
  error.issues.map((it) => `${[at, ...it.path].join('.')}: ${it.message}`).join('; ');

/** Undefined for what is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
