import { createWriteStream, readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { durationMs } from '../lib/settings/duration.ts';
import { parseSettings } from '../lib/settings/parse-settings.ts';
import { type RunResult, run } from '../simulator/host/run.ts';
import { parseTrace, type Trace } from '../simulator/workloads/trace.ts';
import { generatedDay, tracedService, type Workload } from '../simulator/workloads/workload.ts';
import { reportFailure, UsageError } from './failure.ts';
import { progressBar } from './progress.ts';
import { runTables } from './run-tables.ts';

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

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
};

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number of 0 or more.');
  return value;
};

const portNumber = (text: string): number => {
  const value = whole(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port number up to 65535.');
  return value;
};

const duration = (text: string): number => {
  const ms = durationMs(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('Expected a duration such as 90s, 5m or 1h.');
  return ms;
};

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
  const workload = workloadOf(options);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt); // the second Ctrl-C ends the process at once
  const bar = progressBar(options.json === true ? undefined : process.stderr, workload.startMs, workload.durationMs);
  const result = await run({
    workload,
    seed: options.seed,
    settings: actingSettings(),
    port: options.port,
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    ...(options.log === undefined ? {} : { log: createWriteStream(options.log) }),
    onStarted: (aws) => {
      if (options.json !== true) console.error(`Berth on a local AWS at ${aws.endpoint.url}: ${workload.title}`);
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

const workloadOf = (options: StartOptions): Workload => {
  if (options.trace === undefined) {
    if (options.perTask !== undefined || options.period !== undefined)
      throw new UsageError('--per-task and --period describe a trace: give --trace FILE as well');
    return generatedDay(Date.UTC(2026, 0, 5, 4)); // a Monday
  }
  const trace = readTrace(options.trace, options.period);
  return tracedService(trace, options.perTask ?? suggestedPerTask(trace));
};

const readTrace = (file: string, period: number | undefined): Trace => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the trace ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseTrace(file, text, period);
};

/** So that the highest value takes about forty tasks, which is ten instances. */
const suggestedPerTask = (trace: Trace): number => {
  const highest = trace.points.reduce((most, it) => Math.max(most, it.rate), 0);
  return highest === 0 ? 1 : Number((highest / 40).toPrecision(2));
};
