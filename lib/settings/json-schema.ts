import { z } from 'zod';
import { settingsSchema } from './schema.ts';

/** The text of `berth.schema.json`: the same schema as parses the file, for editors. */
export const settingsJsonSchema = (): string => {
  // Editors' YAML support reads draft 7 everywhere, later drafts only here and there.
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
};
