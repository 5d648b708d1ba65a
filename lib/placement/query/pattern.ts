import { RE2JS } from 're2js';

/** A Java regular expression, compiled. */
export interface Pattern {
  readonly source: string;
  readonly matches: (value: string) => boolean;
}

/**
 * What Java's regular expressions have and a linear-time engine has not. `classOperation` is a union or intersection
 * inside brackets, which RE2 would read as something else; `notUnderstood` is everything else that does not compile.
 */
export type PatternGap =
  | 'lookAround'
  | 'backReference'
  | 'atomicGroup'
  | 'possessiveQuantifier'
  | 'classOperation'
  | 'notUnderstood';

/** Quotations, escapes, groups of special kinds, doubled quantifiers and bracket expressions, in the order they come. */
const piece = /\\Q.*?(?:\\E|$)|\\.|\(\?<?[=!]|\(\?>|[*+?}]\+|\[\^?(?<members>\]?(?:\\.|[^\]\\])*)\]?/gs;

const gapIn = (source: string): PatternGap | undefined => {
  for (const { 0: text, groups } of source.matchAll(piece)) {
    if (/^\\[1-9k]/.test(text)) return 'backReference';
    if (text.startsWith('(?>')) return 'atomicGroup';
    if (text.startsWith('(?')) return 'lookAround';
    if (/^[*+?}]/.test(text)) return 'possessiveQuantifier';
    if (/\[|&&/.test((groups?.['members'] ?? '').replaceAll(/\\./gs, ''))) return 'classOperation';
  }
  return undefined;
};

/**
 * Compiles a Java regular expression for an engine whose time is linear in the value, so that nobody's task definition
 * can hang a decision. It must match the *whole* value: assumed from the operator's name, Java's own `matches`, and
 * AWS's examples, which all end in `.*` (`attribute:ecs.instance-type =~ g2.*` "selects G2 instances").
 */
export const compilePattern = (source: string): Pattern | PatternGap => {
  const gap = gapIn(source);
  if (gap !== undefined) return gap;
  try {
    const compiled = RE2JS.compile(source);
    return { source, matches: (value) => compiled.testExact(value) };
  } catch {
    return 'notUnderstood'; // the engine throws on what it cannot read, and on what would grow too large
  }
};
