import { accepts, automatonOf } from './regex/automaton.ts';
import { parseRegex } from './regex/parse.ts';

/** A Java regular expression, compiled. */
export interface Pattern {
  readonly source: string;
  readonly matches: (value: string) => boolean;
}

/**
 * What Java's regular expressions have and a linear-time engine has not. `classOperation` is a union or intersection
 * inside brackets; `notUnderstood` is everything else that is not read here.
 */
export type PatternGap =
  | 'lookAround'
  | 'backReference'
  | 'atomicGroup'
  | 'possessiveQuantifier'
  | 'classOperation'
  | 'notUnderstood';

/** Quotations, escapes, groups of special kinds, doubled quantifiers and bracket expressions, in the order they come. */
const piece =
  /\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\.|\(\?<?[=!]|\(\?>|[*+?}]\+|\[\^?(?<members>\]?(?:\\.|[^\]\\])*)\]?/gs;

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
  const tree = parseRegex(source);
  const automaton = tree === undefined ? undefined : automatonOf(tree);
  if (automaton === undefined) return 'notUnderstood';
  return { source, matches: (value) => accepts(automaton, value) };
};
