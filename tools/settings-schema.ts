/** Writes `berth.schema.json`, by which editors check and complete `berth.yml`. Run by `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { settingsJsonSchema } from '../lib/settings/json-schema.ts';

writeFileSync('berth.schema.json', settingsJsonSchema());
