import { parseComparison } from './comparison.ts';
import type { Expression } from './expression.ts';
import { type Token, tokenAt } from './lexer.ts';
import { maximumDepth, maximumLength, type QueryProblem } from './problem.ts';
import { done, isSymbol, isWord, type Step, syntaxProblem } from './step.ts';

export type ParsedQuery =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: QueryProblem };

type Rule = (text: string, from: number, depth: number) => Step<Expression>;

/** One or more terms of a rule, joined by a symbol or a word; one alone is itself. */
const joined =
  (kind: 'all' | 'any', joins: (token: Token) => boolean, term: Rule): Rule =>
  (text, from, depth) => {
    const first = term(text, from, depth);
    if (!first.ok) return first;
    const terms = [first.value];
    let { at } = first;
    for (let token = tokenAt(text, at); joins(token); token = tokenAt(text, at)) {
      const next = term(text, token.end, depth);
      if (!next.ok) return next;
      terms.push(next.value);
      ({ at } = next);
    }
    return done(terms.length === 1 ? first.value : { kind, terms }, at);
  };

const group: Rule = (text, from, depth) => {
  const token = tokenAt(text, from);
  if (!isSymbol(token, '(')) return parseComparison(text, from);
  if (depth === maximumDepth) return { ok: false, problem: { kind: 'tooDeep', position: token.at } };
  const inner = disjunction(text, token.end, depth + 1);
  if (!inner.ok) return inner;
  const close = tokenAt(text, inner.at);
  return isSymbol(close, ')') ? done(inner.value, close.end) : syntaxProblem('and, or, or )', close);
};

const isNot = (token: Token): boolean => isSymbol(token, '!') || isWord(token, 'not');

/** However often it is negated, so that a row of a thousand `!` costs no stack. */
const negation: Rule = (text, from, depth) => {
  let at = from;
  let negated = false;
  for (let token = tokenAt(text, at); isNot(token); token = tokenAt(text, at)) {
    negated = !negated;
    at = token.end;
  }
  const term = group(text, at, depth);
  return term.ok && negated ? done({ kind: 'not', term: term.value }, term.at) : term;
};

const conjunction: Rule = joined('all', (token) => isSymbol(token, '&&') || isWord(token, 'and'), negation);

/** `not` binds closest, then `and`, then `or` (assumed: the guide only says that parentheses specify precedence). */
const disjunction: Rule = joined('any', (token) => isSymbol(token, '||') || isWord(token, 'or'), conjunction);

/**
 * Parses an expression of the ECS cluster query language. What ECS has taken and this does not understand is a problem
 * with its place in the text, never an exception.
 */
export const parseQuery = (text: string): ParsedQuery => {
  if (text.length > maximumLength) return { ok: false, problem: { kind: 'tooLong', position: maximumLength } };
  const whole = disjunction(text, 0, 0);
  if (!whole.ok) return whole;
  const rest = tokenAt(text, whole.at);
  return rest.kind === 'end' ? { ok: true, expression: whole.value } : syntaxProblem('and, or, or the end', rest);
};
