/**
 * Makes docs/scoreboard.md: every scenario of the scoreboard with every controller over five seeds. Run by
 * `npm run scoreboard`; `--seeds N` and `--only NAME` make a shorter one to look at, which is not written.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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
] as const;

const controllers = ['berth', 'managed-scaling', 'reservation-alarm', 'none'] as const;

/** Over the wire and through boto3 a day takes a minute or two, so this one plays one scenario. */
const servedControllers: Partial<Record<(typeof scoreboard)[number], readonly string[]>> = {
  'daily-curve': ['backlog.py'],
};
const seeds = 5;

/** A scenario changed after its hash was taken would be one made to fit. */
const checkHashes = (): void => {
  const { status, stdout } = spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status === 0) return;
  throw new Error(`scenarios are not those whose hashes stand in ${folder}/SHA256SUMS:\n${stdout}`);
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

/** Runs jobs on as many threads as there are cores; results come in the order of the jobs. */
const runAll = async (jobs: readonly Job[], onDone: (done: number) => void): Promise<readonly Simulation[]> => {
  const results: (Simulation | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  let done = 0;
  const runOne = async (worker: Worker): Promise<void> => {
    for (let n = next++; n < jobs.length; n = next++) {
      const answer = Promise.withResolvers<JobResult>();
      worker.once('message', answer.resolve);
      worker.once('error', answer.reject);
      worker.postMessage(jobs[n]);
      results[n] = (await answer.promise).simulation;
      worker.removeListener('error', answer.reject);
      onDone(++done);
    }
    await worker.terminate();
  };
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('./scoreboard/worker.ts', import.meta.url)),
  );
  await Promise.all(workers.map(runOne));
  return results.filter((it) => it !== undefined);
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

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: String(seeds) }, only: { type: 'string', multiple: true } },
});
const names = scoreboard.filter((it) => values.only?.includes(it) ?? true);
checkHashes();
const tables: ScoredScenario[] = [];
for (const name of names) {
  const startedAt = performance.now();
  const jobs = jobsOf(name, Number(values.seeds));
  const simulations = await runAll(jobs, (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${done} of ${jobs.length} runs\x1b[K`);
  });
  process.stderr.write(
    `${process.stderr.isTTY ? '\r' : ''}${name}: ${jobs.length} runs, ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`,
  );
  tables.push(scored(name, simulations));
}
const markdown = scoreboardMarkdown(tables);
const whole = names.length === scoreboard.length && Number(values.seeds) === seeds;
if (whole) {
  writeFileSync('docs/scoreboard.md', markdown);
  execFileSync('git', ['--no-pager', 'diff', '--stat', 'docs/scoreboard.md'], { stdio: 'inherit' });
} else {
  console.log(markdown);
}
