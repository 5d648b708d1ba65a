import type { Token } from './lexer.ts';
import type { QueryProblem } from './problem.ts';

/** What a rule of the grammar read and where it stopped, or why it could not. */
export type Step<T> =
  | { readonly ok: true; readonly value: T; readonly at: number }
  | { readonly ok: false; readonly problem: QueryProblem };

export const done = <T>(value: T, at: number): Step<T> => ({ ok: true, value, at });

const wordingOf = (token: Token): string => {
  if (token.kind === 'end') return 'the end';
  return token.kind === 'stray' && /['"]/.test(token.text) ? 'a quote that is never closed' : token.text;
};

export const syntaxProblem = (
  expected: string,
  token: Token,
): { readonly ok: false; readonly problem: QueryProblem } => ({
  ok: false,
  problem: { kind: 'syntax', position: token.at, expected, found: wordingOf(token) },
});

export const isSymbol = (token: Token, text: string): boolean => token.kind === 'symbol' && token.text === text;

export const isWord = (token: Token, text: string): boolean => token.kind === 'word' && token.text === text;
