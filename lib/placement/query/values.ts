/**
 * How the values of a subject compare. The developer guide calls `==` string equality and says nothing of the order of
 * attribute values: two decimal numbers are taken to compare as numbers, anything else by UTF-16 code unit (assumed).
 */
export type Scale = 'text' | 'count' | 'instant' | 'version';

/** A value as written, and as the numbers it is ordered by where it has any. */
export interface Value {
  readonly text: string;
  readonly numbers: readonly number[] | undefined;
}

const decimal = /^-?\d+(?:\.\d+)?$/;
const count = /^\d+$/;
const version = /^\d+(?:\.\d+)*$/;
/** The four date formats of the developer guide, with any offset and fractions of a second (which ECS's own times have). */
const instant = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** A time without an offset is taken as UTC (assumed), never as the time zone of the process. */
const instantOf = (text: string): readonly number[] | undefined => {
  const [, day, time = 'T00:00:00', offset = 'Z'] = instant.exec(text) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}${time}${offset}`);
  return Number.isNaN(at) ? undefined : [at];
};

const numbersOf = (scale: Scale, text: string): readonly number[] | undefined => {
  switch (scale) {
    case 'text':
      return decimal.test(text) ? [Number(text)] : undefined;
    case 'count':
      return count.test(text) ? [Number(text)] : undefined;
    case 'instant':
      return instantOf(text);
    case 'version':
      return version.test(text) ? text.split('.').map(Number) : undefined;
  }
};

/** Undefined where the text is not of the scale. Every text is of the scale `text`. */
export const valueOf = (scale: Scale, text: string): Value | undefined => {
  const numbers = numbersOf(scale, text);
  return numbers === undefined && scale !== 'text' ? undefined : { text, numbers };
};

const compareNumbers = (a: readonly number[], b: readonly number[]): number => {
  for (let n = 0; n < Math.max(a.length, b.length); n++) {
    const difference = (a[n] ?? 0) - (b[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Negative where `a` comes first. Version 1.9 comes before 1.14, and 1.14 is 1.14.0. */
export const compare = (a: Value, b: Value): number => {
  if (a.numbers !== undefined && b.numbers !== undefined) return compareNumbers(a.numbers, b.numbers);
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
};

/** Text is equal by letter (1.0 is not 1), everything else by what it means. */
export const equal = (scale: Scale, a: Value, b: Value): boolean =>
  scale === 'text' ? a.text === b.text : compare(a, b) === 0;
