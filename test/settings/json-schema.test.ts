import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { shippedDefaults } from '../../lib/settings/defaults.ts';
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
    for (const [key, { value, reason }] of Object.entries(shippedDefaults)) {
      expect(properties).toHaveProperty([key, 'default'], value);
      expect(properties).toHaveProperty([key, 'description'], expect.stringContaining(reason));
    }
    expect(Object.keys(properties)).toEqual(Object.keys(shippedDefaults));
  });
});
