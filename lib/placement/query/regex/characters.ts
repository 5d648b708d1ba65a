/** A set of characters, by code point. */
export type Characters = (code: number) => boolean;

/** From the first to the last, both included. */
export const range =
  (first: number, last: number): Characters =>
  (code) =>
    code >= first && code <= last;

export const one = (code: number): Characters => range(code, code);

export const anyOf =
  (sets: readonly Characters[]): Characters =>
  (code) =>
    sets.some((it) => it(code));

export const noneOf =
  (set: Characters): Characters =>
  (code) =>
    !set(code);

const listed = (characters: string): Characters => anyOf(Array.from(characters, (it) => one(codeOf(it))));

export const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

const lower = range(0x61, 0x7a);
const upper = range(0x41, 0x5a);
const letters = anyOf([lower, upper]);
const digits = range(0x30, 0x39);
const punctuation = anyOf([range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)]);
const blanks = listed(' \t');
const spaces = listed(' \t\n\u000b\f\r');
const visible = range(0x21, 0x7e);

/** `\w`. */
export const wordCharacters = anyOf([letters, digits, one(0x5f)]);

/** What `.` does not match (java.util.regex.Pattern, line terminators). */
export const lineTerminators = listed('\n\r\u0085\u2028\u2029');

/** `\d`, `\s` and `\w` are of ASCII only (java.util.regex.Pattern, predefined character classes). */
export const predefined: ReadonlyMap<string, Characters> = new Map([
  ['d', digits],
  ['s', spaces],
  ['w', wordCharacters],
]);

/** `\p{Lower}` and its like are of ASCII only (java.util.regex.Pattern, POSIX character classes). */
const posix: ReadonlyMap<string, Characters> = new Map([
  ['Lower', lower],
  ['Upper', upper],
  ['ASCII', range(0, 0x7f)],
  ['Alpha', letters],
  ['Digit', digits],
  ['Alnum', anyOf([letters, digits])],
  ['Punct', punctuation],
  ['Graph', visible],
  ['Print', anyOf([visible, one(0x20)])],
  ['Blank', blanks],
  ['Cntrl', anyOf([range(0, 0x1f), one(0x7f)])],
  ['XDigit', anyOf([digits, range(0x41, 0x46), range(0x61, 0x66)])],
  ['Space', spaces],
]);

/** Unicode's general categories, of which JavaScript has the same short names: `L`, `Lu`, `Nd`. */
const category = /^(?:Is)?([LMNPSZC][a-z]?)$/;

/** `\p{NAME}`, or undefined where the name is not known here. */
export const property = (name: string): Characters | undefined => {
  const known = posix.get(name);
  if (known !== undefined) return known;
  const short = category.exec(name)?.[1];
  if (short === undefined) return undefined;
  try {
    const member = new RegExp(`^\\p{${short}}$`, 'u'); // of one character: nothing to backtrack over
    return (code) => member.test(String.fromCodePoint(code));
  } catch {
    return undefined;
  }
};

/** Letters of ASCII in either case: what `(?i)` does without `(?u)`. */
export const ignoringCase =
  (set: Characters): Characters =>
  (code) =>
    set(code) || (letters(code) && set(code ^ 0x20));
