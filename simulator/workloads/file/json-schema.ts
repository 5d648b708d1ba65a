import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/** The text of `scenario.schema.json`: the same schema as parses scenario files, for editors. */
export const scenarioJsonSchema = (): string => {
  // Editors' YAML support reads draft 7 everywhere, later drafts only here and there.
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
};
