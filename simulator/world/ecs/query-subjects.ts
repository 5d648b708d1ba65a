import type { Place } from './fleet.ts';

/** What an expression can be about, and how its values are compared. */
export interface Subject {
  /** None where an attribute is absent, several for task groups. */
  readonly valuesOf: (place: Place) => readonly string[];
  readonly operators: ReadonlySet<string>;
  /** Whether an argument is one of its values: a date, a number, any text. */
  readonly accepts: (argument: string) => boolean;
  /** Negative operators ask for an instance that has the attribute at all: `attribute:stack != prod`. */
  readonly needsValue: boolean;
  readonly order: (a: string, b: string) => number;
}

/** One operator applied to one kind of subject. */
export interface Comparison {
  readonly argument: 'none' | 'value' | 'list' | 'pattern';
  readonly holds: (values: readonly string[], argument: readonly string[]) => boolean;
}

const words: Readonly<Record<string, string>> = {
  equals: '==',
  not_equals: '!=',
  greater_than: '>',
  greater_than_equal: '>=',
  less_than: '<',
  less_than_equal: '<=',
  not_in: '!in',
  matches: '=~',
  not_matches: '!~',
  not_exists: '!exists',
};

const texts = ['==', '!=', 'in', '!in', '=~', '!~'];
const orders = ['==', '!=', '>', '>=', '<', '<='];

const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const isDecimal = (text: string): boolean => /^-?\d+(?:\.\d+)?$/.test(text);

/** Numbers by what they are worth, anything else as text: an attribute without a value is not 0. */
const byNumber = (a: string, b: string): number =>
  isDecimal(a) && isDecimal(b) ? Number(a) - Number(b) : byText(a, b);

/** `1.98.0`: part by part. */
const byVersion = (a: string, b: string): number => {
  const [left, right] = [a, b].map((it) => it.split('.').map(Number));
  const differences = [0, 1, 2].map((i) => (left?.[i] ?? 0) - (right?.[i] ?? 0));
  return differences.find((it) => it !== 0) ?? 0;
};

/** `2018-06-18T22:28:28+00:00`, with `Z`, without zone, or the date alone; without a zone it is UTC. Whole seconds. */
const secondOf = (text: string): number => {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (form === null) return Number.NaN;
  return Math.floor(Date.parse(text.includes('T') && form[1] === undefined ? `${text}Z` : text) / 1_000);
};

const plain = { needsValue: false, accepts: () => true, order: byText };

const subjects: Readonly<Record<string, Subject>> = {
  agentConnected: { ...plain, operators: new Set(texts), valuesOf: (it) => [String(it.agentConnected)] },
  agentVersion: {
    ...plain,
    operators: new Set(orders),
    valuesOf: (it) => [it.agentVersion],
    accepts: (argument) => /^\d+(?:\.\d+){0,2}$/.test(argument),
    order: byVersion,
  },
  ec2InstanceId: { ...plain, operators: new Set(texts), valuesOf: (it) => [it.ec2InstanceId] },
  registeredAt: {
    ...plain,
    operators: new Set(orders),
    valuesOf: (it) => [new Date(it.registeredAt).toISOString()],
    accepts: (argument) => !Number.isNaN(secondOf(argument)),
    order: (a, b) => secondOf(a) - secondOf(b),
  },
  runningTasksCount: {
    ...plain,
    operators: new Set(orders),
    valuesOf: (it) => [String(it.runningTasks)],
    accepts: (argument) => /^-?\d+$/.test(argument),
    order: byNumber,
  },
  'task:group': { ...plain, operators: new Set(texts), valuesOf: (it) => [...it.tasksByGroup.keys()] },
};

const attributePrefix = 'attribute:';

/** The subjects of the guide's list; undefined for a name that is none of them. */
export const subjectNamed = (name: string): Subject | undefined => {
  if (!name.startsWith(attributePrefix)) return Object.hasOwn(subjects, name) ? subjects[name] : undefined;
  const attribute = name.slice(attributePrefix.length);
  return {
    needsValue: true,
    accepts: () => true,
    order: byNumber,
    operators: new Set([...texts, ...orders, 'exists', '!exists']),
    valuesOf: (it) => (it.attributes.has(attribute) ? [it.attributes.get(attribute) ?? ''] : []),
  };
};

type Test = (value: string, argument: readonly string[]) => boolean;

/** A closing bracket that comes first in a bracket expression is one of its characters in Java, and not in JavaScript. */
const inJavaScript = (pattern: string): string =>
  pattern.replaceAll(/\\.|\[(\^?)\]/gs, (piece, caret: string | undefined) =>
    piece.startsWith('[') ? `[${caret ?? ''}\\]` : piece,
  );

const patterns = new Map<string, RegExp>();

/** Throws where it is no regular expression. */
export const patternOf = (text: string): RegExp => {
  const pattern = patterns.get(text) ?? new RegExp(`^(?:${inJavaScript(text)})$`);
  patterns.set(text, pattern);
  return pattern;
};

const matches: Test = (value, [pattern = '']) => patternOf(pattern).test(value);

const some =
  (test: Test): Comparison['holds'] =>
  (values, argument) =>
    values.some((value) => test(value, argument));

/** Holds where no value passes. */
const none =
  (test: Test, needsValue: boolean): Comparison['holds'] =>
  (values, argument) =>
    (values.length > 0 || !needsValue) && !values.some((value) => test(value, argument));

/** The operator, as a symbol or a word, applied to the subject; undefined where it is none of the subject's. */
export const testNamed = (subject: Subject, operator: string): Comparison | undefined => {
  const symbol = words[operator] ?? operator;
  if (!subject.operators.has(symbol)) return undefined;
  const { order, needsValue } = subject;
  const ordered =
    (holds: (sign: number) => boolean): Test =>
    (value, [argument = '']) =>
      holds(order(value, argument));
  const equals: Test = needsValue ? (value, [argument]) => value === argument : ordered((sign) => sign === 0);
  const isIn: Test = (value, argument) => argument.includes(value);
  const comparisons: Readonly<Record<string, Comparison>> = {
    exists: { argument: 'none', holds: (values) => values.length > 0 },
    '!exists': { argument: 'none', holds: (values) => values.length === 0 },
    '==': { argument: 'value', holds: some(equals) },
    '!=': { argument: 'value', holds: none(equals, needsValue) },
    '>': { argument: 'value', holds: some(ordered((sign) => sign > 0)) },
    '>=': { argument: 'value', holds: some(ordered((sign) => sign >= 0)) },
    '<': { argument: 'value', holds: some(ordered((sign) => sign < 0)) },
    '<=': { argument: 'value', holds: some(ordered((sign) => sign <= 0)) },
    in: { argument: 'list', holds: some(isIn) },
    '!in': { argument: 'list', holds: none(isIn, needsValue) },
    '=~': { argument: 'pattern', holds: some(matches) },
    '!~': { argument: 'pattern', holds: none(matches, needsValue) },
  };
  return comparisons[symbol];
};
