import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type ShippedDefault, shippedDefaults } from '../../lib/settings/defaults.ts';
import { settingsJsonSchema } from '../../lib/settings/json-schema.ts';

interface Schema {
  readonly properties: { readonly defaults: { readonly anyOf: readonly [{ readonly properties: object }] } };
}

describe('berth.schema.json', () => {
  it('is what `npm run schema` makes of the schema today', () => {
    expect(readFileSync('berth.schema.json', 'utf8')).toBe(settingsJsonSchema());
  });

  it('gives every default with its reason', () => {
    const schema = JSON.parse(settingsJsonSchema()) as Schema;

    const { properties } = schema.properties.defaults.anyOf[0];
    const problems = Object.entries(shippedDefaults).flatMap(([key, it]) => missing(properties, key, it));
    expect(problems).toEqual([]);
    expect(Object.keys(properties).sort()).toEqual(Object.keys(shippedDefaults).sort());
  });
});

/** The defaults that the schema of a section does not show. */
const missing = (properties: object, key: string, it: object): readonly string[] => {
  const schema = (properties as Readonly<Record<string, object>>)[key];
  const own =
    'value' in it && 'reason' in it && !shows(schema, it as ShippedDefault)
      ? [`${key}: ${JSON.stringify(schema)}`]
      : [];
  const parts = Object.entries(it).filter(([, part]) => typeof part === 'object' && 'reason' in part);
  const inside = sectionIn(schema);
  return [...own, ...parts.flatMap(([name, part]) => missing(inside, name, part as object))];
};

const shows = (schema: object | undefined, { value, reason }: ShippedDefault): boolean =>
  schema !== undefined &&
  'default' in schema &&
  JSON.stringify(schema.default) === JSON.stringify(value) &&
  'description' in schema &&
  String(schema.description).includes(reason);

/** The properties of a section, which may also be left empty or be a word. */
const sectionIn = (schema: object | undefined): object => {
  const choices = (schema as { readonly anyOf?: readonly { readonly properties?: object }[] } | undefined)?.anyOf ?? [];
  return choices.find((it) => it.properties !== undefined)?.properties ?? {};
};
