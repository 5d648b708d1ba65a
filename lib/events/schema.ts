import type * as z from 'zod/mini';

/** What is wrong with an input and where, in one line; in words where `wording.ts` is imported. */
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
