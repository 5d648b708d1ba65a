import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bundle, budgetedFunctions, bundleFunctions } from '../deployment/bundle.ts';
import type { Suite } from './suite.ts';

const runs = 15;

/** What Lambda gives a function; with its name set, the handler is built while the module loads. */
const environment = {
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  CLUSTERS: 'bench',
  TABLE: 'bench',
  DECIDE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/decide.fifo',
  URGENT_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/urgent',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead',
};

/** Milliseconds from before the import to a handler that can be called, in a Node process of its own. */
const importMs = ({ folder }: Bundle): number => {
  const script = `
    const before = performance.now();
    const { handler } = await import(${JSON.stringify(pathToFileURL(join(folder, 'index.mjs')).href)});
    if (typeof handler !== 'function') throw new Error('no handler');
    process.stdout.write(String(performance.now() - before));`;
  const env = { PATH: process.env['PATH'], ...environment };
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env, encoding: 'utf8' }));
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Of the functions that start on events, the largest and the slowest count. */
export const suite: Suite = {
  about: `Size and start of clusterEvents, urgentEvents and decide; each imported ${runs} times in a fresh process`,
  run: async () => {
    const built = await bundleFunctions(process.cwd());
    const bundles = built.bundles.filter((it) => budgetedFunctions.some((name) => name === it.name));
    const times = new Map<string, number[]>(bundles.map((it) => [it.name, []]));
    // In turn, so that a busy moment of the machine is shared out.
    for (let run = 0; run < runs; run++) for (const it of bundles) times.get(it.name)?.push(importMs(it));
    const medians = [...times].map(([name, its]) => [`import_ms_p50_${name}`, rounded(median(its))] as const);
    return {
      bundle_zip_kb_max: rounded(Math.max(...bundles.map((it) => it.zippedBytes)) / 1024),
      import_ms_p50: Math.max(...medians.map(([, ms]) => ms)),
      ...Object.fromEntries(medians),
    };
  },
};
