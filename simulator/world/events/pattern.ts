import type { Json, JsonObject } from '../api.ts';
import { isObject } from '../json.ts';

/**
 * Event patterns (EventBridge user guide, event patterns): a field matches when one of its alternatives does; an array in the
 * event matches when one of its elements does; nested objects match field by field; `$or` matches when one branch does.
 */
export const matchesPattern = (pattern: JsonObject, event: JsonObject): boolean =>
  Object.entries(pattern).every(([name, condition]) => {
    if (name === '$or' && isList(condition)) return condition.some((it) => isObject(it) && matchesPattern(it, event));
    return matchesField(condition, event[name]);
  });

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** One field of a pattern against the event's value. */
export const matchesField = (condition: Json, value: Json): boolean => {
  if (isList(condition)) return condition.some((alternative) => matchesAlternative(alternative, value));
  if (!isObject(condition)) return condition === value;
  if (isList(value)) return value.some((it) => isObject(it) && matchesPattern(condition, it));
  return matchesPattern(condition, isObject(value) ? value : {});
};

const elements = (value: Json): readonly Json[] => (isList(value) ? value : [value]);

const matchesAlternative = (alternative: Json, value: Json): boolean => {
  if (!isObject(alternative)) return elements(value).some((it) => it === alternative);
  const [operator, operand] = Object.entries(alternative)[0] ?? [];
  if (operator === 'exists') return (value !== undefined) === operand;
  if (value === undefined) return false;
  if (operator === 'anything-but') return elements(value).every((it) => !isNamed(operand, it));
  return elements(value).some((it) => holds(operator ?? '', operand, it));
};

/** What anything-but excludes: a value, a list, or a prefix, suffix or other test of text. */
const isNamed = (operand: Json, value: Json): boolean => {
  if (isList(operand)) return operand.includes(value);
  if (!isObject(operand)) return operand === value;
  return Object.entries(operand).some(([operator, of]) => elements(of).some((it) => holds(operator, it, value)));
};

const holds = (operator: string, operand: Json, value: Json): boolean => {
  if (operator === 'numeric') return typeof value === 'number' && isList(operand) && isInRange(operand, value);
  if (typeof value !== 'string') return false;
  if (isObject(operand)) return holds(operator, lower(operand['equals-ignore-case']), value.toLowerCase());
  if (typeof operand !== 'string') return false;
  switch (operator) {
    case 'prefix':
      return value.startsWith(operand);
    case 'suffix':
      return value.endsWith(operand);
    case 'equals-ignore-case':
      return value.toLowerCase() === operand.toLowerCase();
    case 'wildcard':
      return wildcard(operand).test(value);
    default:
      return false;
  }
};

const lower = (value: Json): Json => (typeof value === 'string' ? value.toLowerCase() : value);

const wildcard = (operand: string): RegExp => {
  const parts = operand.split('*').map((it) => it.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's');
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const textOf = (value: Json): string => (typeof value === 'string' ? value : '');

/** `["numeric", [">", 0, "<=", 5]]`: operators and bounds by turns. */
const isInRange = (operand: readonly Json[], value: number): boolean => {
  for (let i = 0; i + 1 < operand.length; i += 2) {
    const bound = operand[i + 1];
    const compare = comparisons[textOf(operand[i])];
    if (compare === undefined || typeof bound !== 'number' || !compare(value, bound)) return false;
  }
  return operand.length > 0;
};
