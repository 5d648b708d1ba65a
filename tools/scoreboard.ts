/**
 * Makes docs/scoreboard.md: every scenario of the scoreboard with every controller over five seeds. Run by
 * `npm run scoreboard`; `--help` says how to make a shorter one to look at.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { bestOf, rivalControllers } from '../simulator/baselines/rivals.ts';
import { contendersOf } from '../simulator/report/summary.ts';
import type { Simulation } from '../simulator/score/simulation.ts';
import { problemText } from '../simulator/workloads/file/problem.ts';
import { loadScenario } from '../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../simulator/workloads/scenario.ts';
import type { Job, JobResult } from './scoreboard/job.ts';
import { type ScoredScenario, scoreboardMarkdown } from './scoreboard/markdown.ts';

const folder = 'examples/scenarios';

/** What the scoreboard shows, in its order. Their hashes stand in SHA256SUMS beside them, fixed before any result. */
const scoreboard = [
  'daily-curve',
  'flash-crowd',
  'batch-burst',
  'square-wave-boot',
  'square-wave-quiet',
  'spot-storm',
  'full-deployment',
  'capacity-outage',
  'mixed-constraints',
  'daily-hard',
  'empty-at-once',
] as const;

const controllers = ['berth', 'managed-scaling', 'reservation-alarm', 'none'] as const;

/** Over the wire and through boto3 a day takes a minute or two, so this one plays one scenario. */
const servedControllers: Partial<Record<(typeof scoreboard)[number], readonly string[]>> = {
  'daily-curve': ['backlog.py'],
};
const seeds = 5;

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A scenario changed after its hash was taken would be one made to fit. */
const checkHashes = (): void => {
  const fixed = readFileSync(`${folder}/SHA256SUMS`, 'utf8').split('\n');
  const changed = scoreboard.filter((it) => !fixed.includes(`${sha256(`${folder}/${it}.yml`)}  ${it}.yml`));
  if (changed.length > 0)
    throw new Error(`not the scenarios whose hashes stand in ${folder}/SHA256SUMS: ${changed.join(', ')}`);
};

const scenarioNamed = (name: string, seed?: number): Scenario => {
  const result = loadScenario(`${folder}/${name}.yml`, seed === undefined ? {} : { seed });
  if (result.ok) return result.scenario;
  throw new Error(result.problems.map(problemText).join('\n'));
};

const jobsOf = (name: (typeof scoreboard)[number], howMany: number): readonly Job[] => {
  const scenario = scenarioNamed(name);
  const path = `${folder}/${name}.yml`;
  return Array.from({ length: howMany }, (_, n) => scenario.seed + n).flatMap((seed) =>
    [...controllers, ...(servedControllers[name] ?? [])].flatMap((controller) => {
      const settings = Math.max(1, rivalControllers(controller, scenario).length);
      return Array.from({ length: settings }, (_, setting): Job => ({ path, seed, controller, setting }));
    }),
  );
};

const jobText = ({ path, seed, controller, setting }: Job): string =>
  `${path}, seed ${seed}, ${controller}, setting ${setting}`;

/** What a thread answers to a job; rejects where it fails, or ends without an answer. */
const answerTo = async (worker: Worker, job: Job): Promise<Simulation> => {
  const answer = Promise.withResolvers<JobResult>();
  const ended = (code: number): void => {
    answer.resolve({ failure: `its thread ended with code ${code}` });
  };
  const broken = (error: unknown): void => {
    answer.resolve({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  };
  worker.once('message', answer.resolve).once('error', broken).once('exit', ended);
  worker.postMessage(job);
  const result = await answer.promise;
  worker.off('message', answer.resolve).off('error', broken).off('exit', ended);
  if ('failure' in result) throw new Error(`${jobText(job)}: ${result.failure}`);
  return result.simulation;
};

/** Runs jobs on so many threads; results come in the order of the jobs. */
const runAll = async (
  jobs: readonly Job[],
  threads: number,
  onDone: (done: number) => void,
): Promise<readonly Simulation[]> => {
  const results = new Map<Job, Simulation>();
  const waiting = jobs.values();
  const runSome = async (worker: Worker): Promise<void> => {
    for (const job of waiting) {
      results.set(job, await answerTo(worker, job));
      onDone(results.size);
    }
  };
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./scoreboard/worker.ts', import.meta.url)));
  try {
    await Promise.all(workers.map(runSome));
  } finally {
    await Promise.all(workers.map((it) => it.terminate()));
  }
  return jobs.flatMap((it) => results.get(it) ?? []);
};

const scored = (name: string, simulations: readonly Simulation[]): ScoredScenario => {
  const names = [...new Set(simulations.map((it) => it.controller))];
  const best = names.flatMap((it) => bestOf(simulations.filter((run) => run.controller === it)) ?? []);
  return {
    name,
    description: scenarioNamed(name).description,
    contenders: contendersOf(best.flatMap((it) => it.simulations)),
  };
};

const help = `Makes docs/scoreboard.md: ${scoreboard.length} scenarios, ${seeds} seeds each.

  --only NAME    this scenario alone; give it again for each more
  --seeds N      so many seeds, from the scenario's own
  --threads N    so many at a time; as many as there are cores unless given
  --help

With --only or --seeds the document is printed, not written. Scenarios: ${scoreboard.join(', ')}.
`;

const wholeAbove0 = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: expected a whole number of 1 or more`);
  return value;
};

const chosen = (only: readonly string[] | undefined): readonly (typeof scoreboard)[number][] => {
  const unknown = (only ?? []).filter((it) => !scoreboard.some((name) => name === it));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(', ')}: expected any of ${scoreboard.join(', ')}`);
  return scoreboard.filter((it) => only?.includes(it) ?? true);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      seeds: { type: 'string', default: String(seeds) },
      threads: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const names = chosen(values.only);
  const howMany = wholeAbove0('seeds', values.seeds);
  const threads = wholeAbove0('threads', values.threads);
  checkHashes();
  const { stderr } = process;
  const tables: ScoredScenario[] = [];
  for (const name of names) {
    const startedAt = performance.now();
    const jobs = jobsOf(name, howMany);
    const simulations = await runAll(jobs, threads, (done) => {
      if (stderr.isTTY) stderr.write(`\r${name}: ${done} of ${jobs.length} runs\x1b[K`);
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    stderr.write(`${stderr.isTTY ? '\r' : ''}${name}: ${jobs.length} runs, ${seconds} s\n`);
    tables.push(scored(name, simulations));
  }
  const markdown = scoreboardMarkdown(tables);
  if (names.length < scoreboard.length || howMany !== seeds) {
    process.stdout.write(markdown);
    return;
  }
  writeFileSync('docs/scoreboard.md', markdown);
  execFileSync('git', ['--no-pager', 'diff', '--stat', 'docs/scoreboard.md'], { stdio: 'inherit' });
};

try {
  await main();
} catch (error) {
  console.error(`scoreboard: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
