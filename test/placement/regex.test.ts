import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { compilePattern } from '../../lib/placement/query/pattern.ts';

/** Whether ours matches; the name of the gap where it does not compile. */
const ours = (source: string, value: string): boolean | string => {
  const pattern = compilePattern(source);
  return typeof pattern === 'string' ? pattern : pattern.matches(value);
};

const characters = ['a', 'b', 'A', 'B', '1', '_', '-', '.', ' ', '/', 'é'] as const;

const atoms = fc.constantFrom(
  ...['a', 'b', 'A', '1', '_', '-', '/', 'é', '.', '\\.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\pL', '\\PL'],
  ...['[ab]', '[^ab]', '[a-zA]', '[-a]', '[a-]', '[]a]', '[\\d_]', '[^\\w.]', '[\\x41-b]', '[.*+]', '\\Qa.b\\E'],
  ...['\\x61', '\\x{41}', '^', '$', '\\A', '\\z', '\\b', '\\B', '[\\p{Nd}x]', '\\p{N}'],
);

const patterns: fc.Arbitrary<string> = fc.letrec<{ readonly pattern: string; readonly piece: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atoms,
    fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((it) => it.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map((it) => it.join('|')),
  ),
  piece: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atoms,
    fc
      .tuple(
        tie('pattern'),
        fc.constantFrom('(', '(?:', '(?<name>', '(?i:', '(?i-s:', '(?s:'),
        fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?', '??', '{1,2}?'),
      )
      .map(([inner, open, times]) => `${open}${inner})${times}`),
    fc.tuple(atoms, fc.constantFrom('*', '+', '?', '{2,3}')).map((it) => it.join('')),
    fc.constantFrom('(?i)', '(?-i)', '(?s)'),
  ),
})).pattern;

const values = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((it) => it.join(''));

describe('the matcher of regular expressions', () => {
  it('answers as RE2 does, over random patterns and values', () => {
    let compared = 0;
    fc.assert(
      fc.property(patterns, fc.array(values, { minLength: 1, maxLength: 8 }), (source, its) => {
        let theirs: RE2JS;
        try {
          theirs = RE2JS.compile(source);
        } catch {
          return; // RE2 refuses a repeated anchor or a name given twice; Java does not
        }
        for (const value of its) {
          const answer = ours(source, value);
          if (typeof answer === 'string') continue;
          compared++;
          expect([source, value, answer]).toEqual([source, value, theirs.testExact(value)]);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(compared).toBeGreaterThan(10_000);
  });

  it.each([
    ['(?i)M5\\.LARGE', 'm5.large', true],
    ['m5(?i).LARGE|c5', 'C5', true],
    ['(?i:m)5', 'M5', true],
    ['(?i:m)X', 'mx', false],
    ['(?-i)m', 'M', false],
    ['[^a-c]', 'd', true],
    ['[^a-c]', 'b', false],
    ['[a\\-c]', '-', true],
    ['[a\\-c]', 'b', false],
    ['\\p{Alpha}+\\p{Digit}', 'abc1', true],
    ['\\p{Lower}', 'A', false],
    ['\\p{Upper}\\p{XDigit}\\p{Punct}', 'Af!', true],
    ['\\p{Alnum}\\p{Blank}\\p{Graph}\\p{Print}\\p{Space}', 'a x \t', true],
    ['\\p{ASCII}\\p{Cntrl}', 'a\u0001', true],
    ['\\p{IsL}\\P{Lu}', 'éa', true],
    ['\\u0041\\t\\n\\r\\f\\a\\e', 'A\t\n\r\f\u0007\u001b', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['a.c', 'a\u2028c', false],
    ['.', '𝒳', true],
    ['[𝒳-𝒵]', '𝒴', true],
    ['\\Qa|b\\E+', 'a|bb', true],
    ['a{0}b', 'b', true],
    ['(){1000}a', 'a', true],
    ['(a|)+b', 'aab', true],
    ['a{3}', 'aa', false],
    ['a{3}', 'aaaa', false],
    ['a{2,}', 'aaaa', true],
    ['a{1,2}', 'aaa', false],
    ['\\bm5\\b.*', 'm5.large', true],
    ['m\\b5', 'm5', false],
    ['m\\B5', 'm5', true],
    ['^$', '', true],
    ['a^b', 'ab', false],
    ['', 'a', false],
    ['\\s', '\u000b', true],
  ])('reads Java: %s on %j is %s', (source, value, matches) => {
    expect(ours(source, value)).toBe(matches);
  });

  it.each([
    ...['a**', 'a{2}{3}', 'a{', 'a{1', 'a{2,1}', 'a{1001}', 'a{x}', '+', '?', '(?x)a', '(?<1>a)', '(a', 'a)', '[a'],
    ...['[b-a]', '[\\d-z]', '[a-\\d]', '\\h', '\\y', '\\x', '\\xg', '\\u12', '\\p{Xyz}', '\\pX', '\\', '[\\Qa\\E]'],
    ...['^*', '\\b+', '[', '(?', '(?P<n>a)', '\\0', '\\p{IsLatin}', '\\x{110000}'],
  ])('names the gap instead of guessing: %s', (source) => {
    expect(compilePattern(source)).toBe('notUnderstood');
  });

  it('refuses what would grow too large before it has grown', () => {
    const startedAt = performance.now();

    expect(compilePattern('((((.{1000}){1000}){1000}){1000}){1000}')).toBe('notUnderstood');
    expect(compilePattern('((((.?){1000}){1000}){1000}){1000}')).toBe('notUnderstood');
    expect(compilePattern(`${'('.repeat(201)}a${')'.repeat(201)}`)).toBe('notUnderstood');
    expect(ours(`${'('.repeat(200)}a${')'.repeat(200)}`, 'a')).toBe(true);
    expect(ours('(((){1000}){1000}){1000}', '')).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(20_000); // grown in full they would not fit in memory
  });
});
