/** Writes the schemas by which editors check and complete `berth.yml` and scenario files. Run by `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { settingsJsonSchema } from '../lib/settings/json-schema.ts';
import { scenarioJsonSchema } from '../simulator/workloads/file/json-schema.ts';

writeFileSync('berth.schema.json', settingsJsonSchema());
writeFileSync('scenario.schema.json', scenarioJsonSchema());
