import type { Gap, Subject } from '../model/observation.ts';
import type { Reading } from '../ports/reading.ts';

/** Thrown inside this folder only, where an answer lacks what it must have; `decodeEach` turns it into a gap. */
class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

export const malformed = (what: string): never => {
  throw new MalformedError(what);
};

/** A member that AWS always sends, whatever its type says. */
export const need = <T>(value: T | null | undefined, member: string): T => value ?? malformed(`no ${member}`);

export const needTime = (value: Date | undefined, member: string): number => need(value, member).getTime();

/** One of the values that a member may have. */
export const needOneOf = <T extends string>(allowed: readonly T[], value: string | undefined, member: string): T =>
  allowed.find((it) => it === value) ?? malformed(`${member} is ${value ?? 'absent'}`);

/** A whole number in a string, as ECS writes task-level CPU units and MiB; undefined where there is none. */
export const numberIn = (value: string | undefined, member: string): number | undefined => {
  if (value === undefined || value === '') return undefined;
  return /^\d+$/.test(value) ? Number(value) : malformed(`${member} is ${value}`);
};

/** Decodes what is well formed; each of the others becomes a gap that names it. */
export const decodeEach = <I, T>(
  subject: Subject,
  answers: readonly I[] | undefined,
  nameOf: (answer: I) => string | undefined,
  decode: (answer: I) => T,
): Reading<T> => {
  const items: T[] = [];
  const gaps: Gap[] = [];
  for (const answer of answers ?? []) {
    try {
      items.push(decode(answer));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      gaps.push({ subject, cause: 'malformed', detail: `${nameOf(answer) ?? 'a nameless answer'}: ${error.message}` });
    }
  }
  return { items, gaps };
};
