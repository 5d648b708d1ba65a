import { open, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import type { SettingsProblem } from '../../lib/settings/problems.ts';
import { bounds } from '../../simulator/baselines/bounds/bounds.ts';
import type { Controller } from '../../simulator/baselines/controller.ts';
import { bestOf, rivalControllers, rivalNames } from '../../simulator/baselines/rivals.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { serve } from '../../simulator/host/serve.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import { reportHtml } from '../../simulator/report/html.ts';
import { contendersOf } from '../../simulator/report/summary.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { atLeastOne, portNumber, whole } from '../arguments.ts';
import { reportFailure, UsageError } from '../failure.ts';
import { commandOf, endedEarly, type RunOptions, violationText } from '../simulate-texts.ts';
import { simulationTables } from '../simulation-tables.ts';

interface SimulateOptions extends RunOptions {
  readonly report?: string;
  readonly json?: boolean;
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
}

const names = ['berth', ...rivalNames];

const collect = (name: string, before: readonly string[]): readonly string[] => [...before, name];

export const simulateCommand = (): Command =>
  new Command('simulate')
    .description('play a scenario on a simulated AWS with one or several controllers, and score them')
    .argument('<scenario>', 'scenario file (YAML), see docs/scenarios.md')
    .addOption(
      new Option('--controller <name>', `${names.join(', ')}; give it again for each more`)
        .argParser(collect)
        .default([], 'berth'),
    )
    .option('--seeds <number>', 'how many seeds, from the first', atLeastOne, 1)
    .option('--seed <number>', "the first seed, in place of the scenario's", whole)
    .option('--all-settings', "show every setting of a rival's grid, not its best alone")
    .option('--report <file>', 'write a page with plots, one file that needs no network')
    .option('--json', 'print everything as one JSON object')
    .option('--no-laws', 'do not check the laws at each step')
    .option('--serve', 'drive the scenario by a program of your own instead, see docs/serve.md')
    .option('--host <address>', 'address to listen on with --serve; only loopback', '127.0.0.1')
    .option('--port <number>', 'port of the simulated AWS with --serve; any free one unless given', portNumber, 0)
    .option('--control-port <number>', 'port of the control address with --serve; any free one', portNumber, 0)
    .addHelpText(
      'after',
      `
Exit codes: 0 done; 1 a law was broken; 2 a mistake in the scenario or the options; 130 interrupted.

Examples:
  $ npx berth simulate examples/scenarios/daily-curve.yml
  $ npx berth simulate examples/scenarios/flash-crowd.yml --controller berth --controller managed-scaling --seeds 5 --report out.html
  $ npx berth simulate examples/scenarios/daily-curve.yml --serve --port 4566 --control-port 4567`,
    )
    .action(async (path: string, options: SimulateOptions) => {
      try {
        await (options.serve === true ? served(path, options) : played(path, options));
      } catch (error) {
        reportFailure(error);
      }
    });

/** The settings in a scenario are a `berth.yml`. */
const checkSettings = (settings: unknown): readonly SettingsProblem[] => {
  const parsed = parseSettings(settings);
  return parsed.ok ? [] : parsed.problems;
};

const scenarioAt = (path: string, seed: number | undefined): Scenario => {
  const result = loadScenario(path, { checkSettings, ...(seed === undefined ? {} : { seed }) });
  if (result.ok) return result.scenario;
  const lines = result.problems.map(problemText);
  throw new UsageError(
    `${lines.length === 1 ? 'a problem' : `${lines.length} problems`} in ${path}\n${lines.join('\n')}`,
  );
};

/** A run may take minutes: where its page cannot be written, that is said before. */
const checkReport = async ({ report }: SimulateOptions): Promise<void> => {
  if (report === undefined) return;
  try {
    await (await open(report, 'a')).close();
  } catch (error) {
    throw new UsageError(`--report cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** A controller keeps what it knows to itself, so each run gets new ones. */
const controllersNamed = (name: string, scenario: Scenario): readonly Controller[] =>
  name === 'berth' ? [berthController(scenario.settings)] : rivalControllers(name, scenario);

const served = async (path: string, options: SimulateOptions): Promise<void> => {
  if (!['127.0.0.1', 'localhost'].includes(options.host))
    throw new UsageError(`--host ${options.host}: a simulated AWS asks for no password and listens on 127.0.0.1 only`);
  if (options.controller.length > 1) throw new UsageError('--serve takes one --controller: the name of your program');
  if (options.seeds !== 1 || options.allSettings === true)
    throw new UsageError('--serve plays one run: --seeds and --all-settings say nothing there');
  const scenario = scenarioAt(path, options.seed);
  await checkReport(options);
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const [controller = 'served'] = options.controller;
  const simulation = await serve({
    scenario,
    seed: scenario.seed,
    controller,
    port: options.port,
    controlPort: options.controlPort,
    laws: options.laws,
    signal: stop.signal,
    onViolation: (violation) => {
      const { name, seed } = scenario;
      console.error(violationText(violation, undefined, { path, scenario: name, controller, seed }));
    },
    onListening: ({ endpoint, control }) => {
      console.error(`AWS_ENDPOINT_URL=${endpoint}\nBERTH_CONTROL_URL=${control}`);
    },
  });
  await show([simulation], scenario, path, options);
  if (stop.signal.aborted) process.exitCode = 130;
};

const played = async (path: string, options: SimulateOptions): Promise<void> => {
  const chosen = [...new Set(options.controller.length === 0 ? ['berth'] : options.controller)];
  const unknown = chosen.filter((it) => !names.includes(it));
  if (unknown.length > 0)
    throw new UsageError(`there is no controller ${unknown.join(', ')}; there are ${names.join(', ')}`);
  const first = scenarioAt(path, options.seed);
  await checkReport(options);
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort();
  };
  const interrupted = (): boolean => stop.signal.aborted;
  process.once('SIGINT', interrupt); // the second Ctrl-C ends the process at once
  const simulations: Simulation[] = [];
  const told = new Set<string>();
  const play = async (scenario: Scenario): Promise<void> => {
    const known = bounds(scenario);
    for (const controller of chosen.flatMap((it) => controllersNamed(it, scenario))) {
      if (interrupted()) return;
      const { seed } = scenario;
      const where = { path, scenario: scenario.name, controller: controller.name, seed };
      const line = progressLine(`seed ${seed}, ${nameOf(controller)}`, options);
      const simulation = await simulate({
        scenario,
        controller,
        seed,
        bounds: known,
        laws: options.laws,
        onProgress: line.show,
        interrupted,
        onViolation: (violation, plan) => {
          const first = `${controller.name} ${violation.law}`;
          if (told.has(first)) return; // one of each law in full; the rest are counted
          told.add(first);
          line.clear();
          console.error(violationText(violation, plan, where));
        },
      });
      simulations.push(simulation);
      line.end();
    }
  };
  await play(first);
  for (let n = 1; n < options.seeds; n++) await play(scenarioAt(path, first.seed + n));
  process.off('SIGINT', interrupt);
  await show(options.allSettings === true ? simulations : bestSettings(chosen, simulations), first, path, options);
  if (interrupted()) process.exitCode = 130;
};

const nameOf = ({ name, setting }: Controller): string => (setting === undefined ? name : `${name} (${setting})`);

/** Of a rival with a grid of settings, the runs of the best. */
const bestSettings = (chosen: readonly string[], simulations: readonly Simulation[]): readonly Simulation[] =>
  chosen.flatMap((name) => bestOf(simulations.filter((it) => it.controller === name))?.simulations ?? []);

interface ProgressLine {
  readonly show: (done: number) => void;
  /** Makes way for something else. */
  readonly clear: () => void;
  readonly end: () => void;
}

/** On a terminal one line that is written over; elsewhere one a run. */
const progressLine = (text: string, { json }: SimulateOptions): ProgressLine => {
  const { stderr } = process;
  if (json === true) return { show: () => undefined, clear: () => undefined, end: () => undefined };
  const startedAt = performance.now();
  let last = -1;
  return {
    show: (done) => {
      const percent = Math.floor(done * 100);
      if (!stderr.isTTY || percent === last) return;
      last = percent;
      stderr.write(`\r${String(percent).padStart(3)} %  ${text}\x1b[K`);
    },
    clear: () => {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
    },
    end: () => {
      if (stderr.isTTY) stderr.write('\r\x1b[K');
      else stderr.write(`${text}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    },
  };
};

/** A file takes lines of any length. */
const widthOf = (): number => (process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY);

const show = async (
  simulations: readonly Simulation[],
  { description }: Scenario,
  path: string,
  options: SimulateOptions,
): Promise<void> => {
  const command = commandOf(path, options);
  if (options.json === true) console.log(JSON.stringify({ command, simulations }));
  else console.log([simulationTables(contendersOf(simulations), widthOf()), ...endedEarly(simulations)].join('\n'));
  if (options.report !== undefined)
    await writeFile(options.report, await reportHtml(simulations, { description, command }));
  if (simulations.some((it) => it.controller === 'berth' && it.violations.length > 0)) process.exitCode = 1;
};
