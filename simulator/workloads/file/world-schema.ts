import { z } from 'zod';
import { type Bounds, defaultConstants, type WorldConstants } from '../../world/constants.ts';
import { durationMs, durationPattern } from './duration.ts';
import { flag, numberFrom, section } from './fields.ts';
import { isMapping } from './problem.ts';

/** Of a constant whose name ends in Ms: a duration or plain milliseconds. */
const milliseconds = () => {
  const error = 'write a duration such as 500ms, 90s or 10m';
  return z.union(
    [
      z
        .string()
        .meta({ pattern: durationPattern.source })
        .refine((it) => durationMs(it) !== undefined, { error })
        .transform((it) => durationMs(it) ?? 0),
      z.number().min(0),
    ],
    { error },
  );
};

const isBounds = (value: unknown): value is Bounds =>
  isMapping(value) && typeof value['low'] === 'number' && typeof value['high'] === 'number';

const boundsOf = (item: z.ZodType<number>) =>
  section({ low: item, high: item }).superRefine(({ low, high }, context) => {
    if (low > high) context.addIssue({ code: 'custom', path: ['low'], message: 'write at most what high says' });
  });

const fieldOf = (name: string, value: unknown): z.ZodType | undefined => {
  const item = name.endsWith('Ms') ? milliseconds() : numberFrom(0, 1_000_000_000);
  if (typeof value === 'boolean') return flag();
  if (typeof value === 'number') return item;
  return isBounds(value) ? boundsOf(item) : undefined;
};

const fields: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(defaultConstants).flatMap(([name, value]) => {
    const field = fieldOf(name, value);
    return field === undefined ? [] : [[name, field.optional()]];
  }),
);

const sameKind = (value: unknown, shipped: unknown): boolean =>
  isBounds(shipped) ? isBounds(value) : typeof value === typeof shipped;

const isConstants = (value: Readonly<Record<string, unknown>>): value is Partial<WorldConstants> => {
  const shipped: Readonly<Record<string, unknown>> = { ...defaultConstants };
  return Object.entries(value).every(([name, it]) => sameKind(it, shipped[name]));
};

/** Overrides of the world's constants, by their names. */
export const worldSchema = section(fields).transform(
  (value): Partial<WorldConstants> => (isConstants(value) ? value : {}),
);
