import { AwsApiError, type Json, type JsonObject } from './api.ts';

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The member as text; numbers and booleans come out as AWS would print them. */
export const text = (input: JsonObject, name: string): string | undefined => {
  const value = input[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
};

/** The member as a number; the query protocol carries numbers as text. */
export const number = (input: JsonObject, name: string): number | undefined => {
  const value = input[name];
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? undefined : parsed;
};

/** The member as a truth value; the query protocol carries `true` and `false` as text. */
export const flag = (input: JsonObject, name: string): boolean | undefined => {
  const value = input[name];
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
};

export const object = (input: JsonObject, name: string): JsonObject | undefined => {
  const value = input[name];
  return isObject(value) ? value : undefined;
};

const list = (input: JsonObject, name: string): readonly Json[] | undefined => {
  const value = input[name];
  return isList(value) ? value : undefined;
};

export const texts = (input: JsonObject, name: string): readonly string[] | undefined =>
  list(input, name)?.filter((it) => typeof it === 'string');

export const numbers = (input: JsonObject, name: string): readonly number[] | undefined =>
  list(input, name)?.flatMap((it) => (typeof it === 'number' ? [it] : typeof it === 'string' ? [Number(it)] : []));

export const objects = (input: JsonObject, name: string): readonly JsonObject[] | undefined =>
  list(input, name)?.filter(isObject);

/** The member, or an error of the given code that names it. */
export const requiredText = (input: JsonObject, name: string, code: string): string => {
  const value = text(input, name);
  if (value === undefined || value === '') throw new AwsApiError(code, `${name} can not be blank.`);
  return value;
};

/** A point in time as a request carries it (epoch seconds, or text of a date), in epoch milliseconds. */
export const time = (input: JsonObject, name: string): number | undefined => {
  const value = input[name];
  if (typeof value === 'number') return Math.round(value * 1_000);
  if (typeof value !== 'string') return undefined;
  const parsed = Number.isNaN(Number(value)) ? Date.parse(value) : Number(value) * 1_000;
  return Number.isNaN(parsed) ? undefined : Math.round(parsed);
};

/** How a moment is written: the APIs answer epoch seconds, events carry ISO text. */
export type WriteTime = (ms: number | undefined) => Json;
export const epochSeconds: WriteTime = (ms) => (ms === undefined ? undefined : ms / 1_000);
export const isoTime: WriteTime = (ms) => (ms === undefined ? undefined : new Date(ms).toISOString());

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/** One page; the token is the place to go on from. `badToken` is thrown for a token we never gave. */
export const pageOf = <T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
  badToken: () => AwsApiError,
): Page<T> => {
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(start) || start < 0) throw badToken();
  const end = start + size;
  const nextToken = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
  return { items: all.slice(start, end), nextToken };
};
