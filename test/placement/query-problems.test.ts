import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseQuery } from '../../lib/placement/query/parser.ts';
import { compilePattern } from '../../lib/placement/query/pattern.ts';
import { describeProblem } from '../../lib/placement/query/problem.ts';
import { problemOf, truthOf } from './query-instance.ts';

const aSubject =
  'a subject (attribute:NAME, agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount, task:group)';
const aQuantityOperator = 'an operator (==, !=, >, >=, <, <=)';

describe('an expression that does not parse', () => {
  it.each([
    ['', 0, aSubject, 'the end'],
    ['   ', 3, aSubject, 'the end'],
    ['attribute: == x', 0, aSubject, 'attribute:'],
    ['agent == true', 0, aSubject, 'agent'],
    ["'agentConnected' == true", 0, aSubject, 'agentConnected'],
    ['attribute:a', 11, 'an operator (exists, !exists, ==, !=, in, !in, =~, !~, >, >=, <, <=)', 'the end'],
    ['runningTasksCount in [1]', 18, aQuantityOperator, 'in'],
    ['agentVersion =~ 1.*', 13, aQuantityOperator, '=~'],
    ['registeredAt exists', 13, aQuantityOperator, 'exists'],
    ['agentConnected > 1', 15, 'an operator (==, !=, in, !in, =~, !~)', '>'],
    ['runningTasksCount "==" 1', 18, aQuantityOperator, '=='],
    ['runningTasksCount = 1', 18, aQuantityOperator, '='],
    ['runningTasksCount !! 1', 18, aQuantityOperator, '!'],
    ['attribute:a ==', 14, 'a value', 'the end'],
    ['attribute:a == [b]', 15, 'a value', '['],
    ['attribute:a == (b)', 15, 'a value', '('],
    ["attribute:a == 'b", 15, 'a value', 'a quote that is never closed'],
    ['runningTasksCount == few', 21, 'a whole number', 'few'],
    ['runningTasksCount == -1', 21, 'a whole number', '-1'],
    ['registeredAt < yesterday', 15, 'a date such as 2018-06-18 or 2018-06-18T22:28:28Z', 'yesterday'],
    ['registeredAt < 2018-13-01', 15, 'a date such as 2018-06-18 or 2018-06-18T22:28:28Z', '2018-13-01'],
    ['agentVersion < v1.14', 15, 'a version such as 1.14.5', 'v1.14'],
    ['attribute:a in []', 16, 'a value', ']'],
    ['attribute:a in [b', 17, ', or ]', 'the end'],
    ['attribute:a in [b c]', 18, ', or ]', 'c'],
    ['attribute:a in [b,]', 18, 'a value', ']'],
    ['attribute:a =~', 14, 'a regular expression', 'the end'],
    ['(attribute:a =~ )', 16, 'a regular expression', ')'],
    ['attribute:a == b attribute:c == d', 17, 'and, or, or the end', 'attribute:c'],
    ['attribute:a == b AND attribute:c == d', 17, 'and, or, or the end', 'AND'],
    ['attribute:a == b)', 16, 'and, or, or the end', ')'],
    ['attribute:a == b & attribute:c == d', 17, 'and, or, or the end', '&'],
    ['(attribute:a == b', 17, 'and, or, or )', 'the end'],
    ['attribute:a == b and', 20, aSubject, 'the end'],
    ['attribute:a == b and (attribute:c == d or )', 42, aSubject, ')'],
    ['not', 3, aSubject, 'the end'],
  ])('%j: at %i, expected %s, found %s', (expression, position, expected, found) => {
    expect(problemOf(expression)).toEqual({ kind: 'syntax', position, expected, found });
  });

  it('is described for people, who count from 1', () => {
    expect(truthOf('attribute:a ==')).toBe('at character 15: expected a value, found the end');
    expect(truthOf(`attribute:a == ${'b'.repeat(2_000)}`)).toBe('at character 2001: longer than 2000 characters');
    expect(truthOf('('.repeat(200))).toBe('at character 101: more than 100 parentheses within each other');
    expect(truthOf('attribute:a =~ (?!b).*')).toBe(
      'at character 16: (?!b).*: look-ahead and look-behind are not supported',
    );
  });

  it('may be nested a hundred deep and negated as often as there is room', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}agentConnected == true${')'.repeat(depth)}`;

    expect(truthOf(nested(100))).toBe(true);
    expect(problemOf(nested(101))).toEqual({ kind: 'tooDeep', position: 100 });
    expect(truthOf(`${'!'.repeat(1_901)}agentConnected == true`)).toBe(false);
    expect(truthOf(Array.from({ length: 70 }, () => 'agentConnected == true').join(' or '))).toBe(true);
  });

  it('is a value with a position inside the text, whatever the text', () => {
    const fragments = fc.constantFrom(
      ...['attribute:a', 'task:group', 'agentVersion', '==', '!', '!=', 'in', '=~', '[', ']', '(', ')', ',', "'", '"'],
      ...[' ', 'and', '||', 'not', 'exists', '1.2', '2018-06-18', '(?=', '\\', '\\Q', '{', '+', '*', '&&', '\n'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fragments).map((it) => it.join('')),
    );

    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseQuery(text);

        if (parsed.ok) return;
        expect(parsed.problem.position).toBeGreaterThanOrEqual(0);
        expect(parsed.problem.position).toBeLessThanOrEqual(text.length);
        expect(describeProblem(parsed.problem)).not.toBe('');
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a regular expression', () => {
  it.each([
    ['(?=a)b', 'lookAround'],
    ['(?!a)b', 'lookAround'],
    ['(?<=a)b', 'lookAround'],
    ['(?<!a)b', 'lookAround'],
    ['(a)\\1', 'backReference'],
    ['(a)\\12', 'backReference'],
    ['(?<n>a)\\k<n>', 'backReference'],
    ['(?>a)b', 'atomicGroup'],
    ['a++', 'possessiveQuantifier'],
    ['a{2}+', 'possessiveQuantifier'],
    ['[a-z&&[^b]]', 'classOperation'],
    ['[a-c[x-z]]', 'classOperation'],
    ['\\p{javaLowerCase}', 'notUnderstood'],
    ['(a', 'notUnderstood'],
    ['*a', 'notUnderstood'],
    ['(((a{100}){100}){100}){100}', 'notUnderstood'],
    ['('.repeat(1_990), 'notUnderstood'],
  ])('that a linear-time engine cannot do is a named gap: %s', (source, gap) => {
    expect(compilePattern(source)).toBe(gap);
  });

  it.each([
    ['(?<type>g2)\\..*', 'a named group'],
    ['[\\[&]*g2[.&]2xlarge', 'escaped brackets and a single & in a class'],
    ['\\Qg2.\\E2xlarge', 'a quotation'],
    ['g2\\.2xlarge|\\Q(?=', 'a quotation that is never closed'],
    ['\\\\?g2.2x(?:large)', 'an escaped backslash'],
  ])('is not mistaken for a gap: %s (%s)', (source) => {
    const pattern = compilePattern(source);

    expect(typeof pattern === 'string' ? pattern : pattern.matches('g2.2xlarge')).toBe(true);
  });

  it.each(['(a+)+b', '(a|a)*b', '(.*)*b', '(a|aa)+b', '(.*a){20}b', '(a?){100}a{100}b'])(
    'takes linear time, however hostile: %s',
    (source) => {
      const pattern = compilePattern(source);
      const startedAt = performance.now();

      expect(typeof pattern === 'string' ? pattern : pattern.matches('a'.repeat(20_000))).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(20_000); // trying every way would take for ever
    },
  );
});
