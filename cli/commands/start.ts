import { createWriteStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { type RunResult, run } from '../../simulator/host/run.ts';
import { repeated } from '../../simulator/live/day-after-day.ts';
import { type LivePage, livePage } from '../../simulator/live/live-page.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario, type ScenarioResult } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { tracedScenario } from '../../simulator/workloads/traced-scenario.ts';
import { duration, portNumber, positive, whole } from '../arguments.ts';
import { reportFailure, UsageError } from '../failure.ts';
import { progressBar } from '../progress.ts';
import { runTables } from '../run-tables.ts';
import { counted, demandText, stepText, unplacedText, withoutArns } from '../texts.ts';

interface StartOptions {
  readonly trace?: string;
  readonly perTask?: number;
  readonly period?: number;
  readonly speed?: number;
  readonly seed: number;
  readonly port: number;
  readonly pagePort: number;
  /** Undefined: at a terminal. */
  readonly live?: boolean;
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
    .option(
      '--live',
      'play the day again and again until Ctrl-C, 60 times as fast as life; so at a terminal unless told',
    )
    .option('--no-live', 'play the day once, as fast as it goes, and end; so where there is no terminal')
    .option('--speed <factor>', 'virtual seconds a real second to begin with; the page can change it', positive)
    .option('--seed <number>', 'seed of all chance', whole, 1)
    .option('--port <number>', 'port of the local AWS on 127.0.0.1; any free one unless given', portNumber, 0)
    .option('--page-port <number>', 'port of the live page on 127.0.0.1; any free one unless given', portNumber, 0)
    .option('--log <file>', 'write what the functions log to a file, one JSON object a line')
    .option('--json', 'print the result as one JSON object; without a page unless --live is given too')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm start\n  $ npm start -- --no-live --seed 7\n  $ npm start -- --speed 600 --page-port 4600\n  $ npm start -- --trace requests.csv --per-task 0.2 --period 5m',
    )
    .action(async (options: StartOptions) => {
      try {
        await start(options);
      } catch (error) {
        reportFailure(error);
      }
    });

const start = async (options: StartOptions): Promise<void> => {
  const day = scenarioOf(options);
  const isLive = options.live ?? (options.json !== true && process.stdout.isTTY && process.stderr.isTTY);
  const scenario = isLive ? repeated(day, mostDays) : day;
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt); // the second Ctrl-C ends the process at once
  const speed = options.speed ?? (isLive ? liveSpeed : undefined);
  await using page =
    options.json === true && !isLive ? undefined : await pageFor(scenario, { ...options, speed: speed ?? null });
  const hushed = options.json === true || isLive; // days without end have no progress
  const bar = progressBar(hushed ? undefined : process.stderr, scenario.startMs, scenario.durationMs);
  const result = await run({
    scenario,
    seed: options.seed,
    settings: actingSettings(),
    port: options.port,
    ...(speed === undefined ? {} : { speed: () => speed }),
    ...page?.hooks,
    ...(options.log === undefined ? {} : { log: createWriteStream(options.log) }),
    onStarted: (aws) => {
      if (page !== undefined) console.error(announcement(aws.endpoint.url, page.url, day, isLive));
    },
    onProgress: bar.show,
    interrupted: () => interrupted,
  });
  bar.end();
  process.off('SIGINT', interrupt);
  print(result, options.json === true);
  const endedLive = page?.terminationsWithLiveTask() ?? result.instances.terminationsWithLiveTask;
  const byOthers = result.instances.terminationsWithLiveTask - endedLive;
  if (byOthers > 0 && options.json !== true)
    console.log(`${counted(byOthers, 'instance')} with live tasks ended by other hands: killed, or taken back by EC2`);
  if (!result.complete && !isLive) process.exitCode = 130;
  else if (endedLive > 0) process.exitCode = 1;
};

/** A live run goes on for as many days as anybody will look at it. */
const mostDays = 28;

/** Fast enough for something to happen, and slow enough to see an instance boot. */
const liveSpeed = 60;

const planWords = { step: stepText, unplaced: unplacedText, demand: demandText, plain: withoutArns };

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const pageFor = async (
  scenario: Scenario,
  { seed, pagePort, speed }: Pick<StartOptions, 'seed' | 'pagePort'> & { readonly speed: number | null },
): Promise<LivePage> => {
  try {
    return await livePage({ scenario, seed, port: pagePort, speed, words: planWords });
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new UsageError(
      `port ${pagePort} of 127.0.0.1 is taken, so the page cannot be shown there: give another --page-port, or leave it out for any free one`,
    );
  }
};

const announcement = (awsUrl: string, pageUrl: string, day: Scenario, isLive: boolean): string =>
  [
    `Berth on a local AWS at ${awsUrl}: ${day.description}`,
    `Watch it, set its pace and hurt it: ${pageUrl}`,
    isLive
      ? 'The day is played again and again until Ctrl-C, which prints what it came to; --no-live plays it once and ends.'
      : 'The day is played once, and the page ends with it; --live plays on until Ctrl-C.',
  ].join('\n');

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
