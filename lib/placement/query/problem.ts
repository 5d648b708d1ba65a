import type { PatternGap } from './pattern.ts';

/** Why an expression cannot be evaluated. `position` counts characters from 0. */
export type QueryProblem =
  | { readonly kind: 'syntax'; readonly position: number; readonly expected: string; readonly found: string }
  | { readonly kind: 'tooLong'; readonly position: number }
  | { readonly kind: 'tooDeep'; readonly position: number }
  | { readonly kind: 'pattern'; readonly position: number; readonly gap: PatternGap; readonly pattern: string };

/** The longest expression ECS takes (CloudFormation, AWS::ECS::Service PlacementConstraint). */
export const maximumLength = 2_000;

/** Parentheses within parentheses; far beyond what people write, far within the stack. */
export const maximumDepth = 100;

const gaps: Readonly<Record<PatternGap, string>> = {
  lookAround: 'look-ahead and look-behind are not supported',
  backReference: 'back-references are not supported',
  atomicGroup: 'atomic groups are not supported',
  possessiveQuantifier: 'possessive quantifiers are not supported',
  classOperation: 'unions and intersections of character classes are not supported',
  notUnderstood: 'not a regular expression that is understood here',
};

const wordingOf = (problem: QueryProblem): string => {
  switch (problem.kind) {
    case 'syntax':
      return `expected ${problem.expected}, found ${problem.found}`;
    case 'tooLong':
      return `longer than ${maximumLength} characters`;
    case 'tooDeep':
      return `more than ${maximumDepth} parentheses within each other`;
    case 'pattern':
      return `${problem.pattern}: ${gaps[problem.gap]}`;
  }
};

/** For people, who count characters from 1. */
export const describeProblem = (problem: QueryProblem): string =>
  `at character ${problem.position + 1}: ${wordingOf(problem)}`;
