import { createWriteStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { type RunResult, run } from '../../simulator/host/run.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario, type ScenarioResult } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { tracedScenario } from '../../simulator/workloads/traced-scenario.ts';
import { duration, portNumber, positive, whole } from '../arguments.ts';
import { reportFailure, UsageError } from '../failure.ts';
import { progressBar } from '../progress.ts';
import { runTables } from '../run-tables.ts';

interface StartOptions {
  readonly trace?: string;
  readonly perTask?: number;
  readonly period?: number;
  readonly speed?: number;
  readonly seed: number;
  readonly port: number;
  readonly log?: string;
  readonly json?: boolean;
}

/** The shipped defaults, in act mode: to watch is what the local AWS is for. */
const actingSettings = () => {
  const parsed = parseSettings({ defaults: { mode: 'act' } });
  if (!parsed.ok) throw new Error(`the shipped defaults are wrong: ${JSON.stringify(parsed.problems)}`);
  return parsed.settings;
};

export const startCommand = (): Command =>
  new Command('start')
    .description('run the real handlers against a local simulated AWS, on a virtual clock')
    .option('--trace <file>', 'play a CSV of timestamp,value instead of the generated day')
    .option('--per-task <rate>', 'requests a second that one task serves (with --trace)', positive)
    .option(
      '--period <duration>',
      'period over which each value of the trace is a sum, e.g. 5m (with --trace)',
      duration,
    )
    .option('--speed <factor>', 'virtual seconds a real second; as fast as it goes unless given', positive)
    .option('--seed <number>', 'seed of all chance', whole, 1)
    .option('--port <number>', 'port of the local AWS on 127.0.0.1; any free one unless given', portNumber, 0)
    .option('--log <file>', 'write what the functions log to a file, one JSON object a line')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm start\n  $ npm start -- --seed 7 --speed 600\n  $ npm start -- --trace requests.csv --per-task 0.2 --period 5m',
    )
    .action(async (options: StartOptions) => {
      try {
        await start(options);
      } catch (error) {
        reportFailure(error);
      }
    });

const start = async (options: StartOptions): Promise<void> => {
  const scenario = scenarioOf(options);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt); // the second Ctrl-C ends the process at once
  const bar = progressBar(options.json === true ? undefined : process.stderr, scenario.startMs, scenario.durationMs);
  const result = await run({
    scenario,
    seed: options.seed,
    settings: actingSettings(),
    port: options.port,
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    ...(options.log === undefined ? {} : { log: createWriteStream(options.log) }),
    onStarted: (aws) => {
      if (options.json !== true) console.error(`Berth on a local AWS at ${aws.endpoint.url}: ${scenario.description}`);
    },
    onProgress: bar.show,
    interrupted: () => interrupted,
  });
  bar.end();
  process.off('SIGINT', interrupt);
  print(result, options.json === true);
  if (!result.complete) process.exitCode = 130;
  else if (result.instances.terminationsWithLiveTask > 0) process.exitCode = 1;
};

const print = (result: RunResult, json: boolean): void => {
  console.log(json ? JSON.stringify(result) : runTables(result));
};

const defaultScenario = fileURLToPath(new URL('../../examples/scenarios/daily-curve.yml', import.meta.url));

const scenarioOf = (options: StartOptions): Scenario => {
  if (options.trace !== undefined) return valid(readTrace(options.trace, options));
  if (options.perTask !== undefined || options.period !== undefined)
    throw new UsageError('--per-task and --period describe a trace: give --trace FILE as well');
  return valid(loadScenario(defaultScenario));
};

const valid = (result: ScenarioResult): Scenario => {
  if (result.ok) return result.scenario;
  throw new UsageError(result.problems.map(problemText).join('\n'));
};

const readTrace = (file: string, { perTask, period: periodMs }: StartOptions): ScenarioResult => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the trace ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return tracedScenario({ file, text, perTask, periodMs });
};
