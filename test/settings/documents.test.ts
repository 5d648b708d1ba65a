import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseDocument } from 'yaml';
import { settingsJsonSchema } from '../../lib/settings/json-schema.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';

const settings = readFileSync('docs/settings.md', 'utf8');
const verdicts = readFileSync('docs/verdicts.md', 'utf8');

/** Every key that some section of a JSON Schema knows, with its default where it is a plain value. */
const keysOf = (schema: unknown, under = ''): ReadonlyMap<string, unknown> => {
  if (typeof schema !== 'object' || schema === null) return new Map();
  const { properties = {}, ...rest } = schema as { readonly properties?: Readonly<Record<string, object>> };
  const own = Object.entries(properties).flatMap(([key, it]): readonly (readonly [string, unknown])[] => [
    [`${under}${key}`, 'default' in it ? it.default : undefined],
    ...keysOf(it, `${under}${key}.`),
  ]);
  return new Map([...own, ...Object.values(rest).flatMap((it) => [...keysOf(it, under)])]);
};

const keys = [...keysOf(JSON.parse(settingsJsonSchema()))];

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The members of a union of words, as they stand in the model. */
const membersOf = (union: string): readonly string[] => {
  const source = readFileSync('lib/model/plan.ts', 'utf8');
  const text = new RegExp(`export type ${union} =([^]*?');`).exec(source)?.[1] ?? '';
  return [...text.matchAll(/'(\w+)'/g)].flatMap((it) => it[1] ?? []);
};

/** The blocks of a document that show a part of `berth.yml`, each as it stands there. */
const examplesOf = (text: string): readonly string[] =>
  [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap((it) => it[1] ?? []);

describe('docs/settings.md', () => {
  it('names every key of berth.yml', () => {
    expect(keys.length).toBeGreaterThan(60);
    expect(keys.map(([path]) => path).filter((it) => !settings.includes(`\`${lastOf(it)}\``))).toEqual([]);
  });

  it('has the default of every key in its line', () => {
    const lines = settings.split('\n');
    const wrong = keys
      .filter(([path, value]) => path.startsWith('defaults.') && typeof value !== 'object' && value !== undefined)
      .filter(([path]) => !path.startsWith('defaults.caps.'))
      .filter(
        ([path, value]) =>
          !lines.some((it) => it.startsWith(`| \`${lastOf(path)}\` |`) && it.includes(`| \`${String(value)}\``)) &&
          !lines.some((it) => it.startsWith(`**\`${lastOf(path)}\`**: \`${String(value)}\``)),
      );
    expect(wrong).toEqual([]);
  });

  it('has an example of every key', () => {
    const shown = examplesOf(settings).join('\n');
    const missing = keys.map(([path]) => lastOf(path)).filter((it) => !new RegExp(`\\b${it}:`).test(shown));
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe('examples of berth.yml', () => {
  it.each(['docs/settings.md', 'docs/leaving.md'])('of %s are read without a problem', (file) => {
    const examples = examplesOf(readFileSync(file, 'utf8'));
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.map((it) => parseSettings(parseDocument(it).toJS())).filter((it) => !it.ok)).toEqual([]);
  });
});

describe('docs/verdicts.md', () => {
  it.each([
    ['KeepReason', 39],
    ['UnplaceableReason', 16],
  ])('names every %s', (union, count) => {
    const members = membersOf(union);
    expect(members.length).toBeGreaterThanOrEqual(count);
    expect(members.filter((it) => !verdicts.includes(`\`${it}\``))).toEqual([]);
  });
});
