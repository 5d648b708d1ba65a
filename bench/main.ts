/**
 * Runs one bench: `npm run bench -- SUITE` prints a table, with `--json` one JSON object. Each other file of this
 * folder that exports a `suite` is one.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figures, Suite } from './suite.ts';

const notSuites = ['main.ts', 'suite.ts'];

const suiteNames = (): readonly string[] =>
  readdirSync(import.meta.dirname)
    .filter((it) => it.endsWith('.ts') && !notSuites.includes(it))
    .map((it) => it.replace(/\.ts$/, ''))
    .sort();

const table = (figures: Figures): string => {
  const width = Math.max(...Object.keys(figures).map((it) => it.length));
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join('\n');
};

const usage = (problem: string): void => {
  console.error(`${problem}\nusage: npm run bench -- SUITE [--json]\nsuites: ${suiteNames().join(', ')}`);
  process.exitCode = 2;
};

const run = async (name: string, json: boolean): Promise<void> => {
  const { suite } = (await import(join(import.meta.dirname, `${name}.ts`))) as { readonly suite: Suite };
  if (!json) console.log(suite.about);
  const figures = await suite.run();
  console.log(json ? JSON.stringify(figures) : table(figures));
};

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
  strict: false,
});
const [name, ...more] = positionals;
if (name === undefined || more.length > 0) usage('name one suite');
else if (!suiteNames().includes(name)) usage(`there is no suite ${name}`);
else await run(name, values['json'] === true);
