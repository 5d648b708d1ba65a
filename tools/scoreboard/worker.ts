/** One thread of the scoreboard: takes jobs as messages, answers each with what came of it. */
import { parentPort } from 'node:worker_threads';
import { bounds } from '../../simulator/baselines/bounds/bounds.ts';
import type { Controller } from '../../simulator/baselines/controller.ts';
import { rivalControllers } from '../../simulator/baselines/rivals.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import type { ScenarioBounds } from '../../simulator/score/meter.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import type { Job, JobResult } from './job.ts';
import { served } from './served.ts';

/** The last scenario, since one is run by every controller in turn. */
let kept: { readonly key: string; readonly scenario: Scenario; readonly bounds: ScenarioBounds } | undefined;

const prepared = ({ path, seed }: Job): NonNullable<typeof kept> => {
  const key = `${path} ${seed}`;
  if (kept?.key === key) return kept;
  const result = loadScenario(path, { seed });
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'));
  kept = { key, scenario: result.scenario, bounds: bounds(result.scenario) };
  return kept;
};

const controllerOf = ({ controller, setting }: Job, scenario: Scenario): Controller => {
  const found =
    controller === 'berth' ? berthController(scenario.settings) : rivalControllers(controller, scenario)[setting];
  if (found === undefined) throw new Error(`there is no setting ${setting} of ${controller}`);
  return found;
};

const run = async (job: Job): Promise<Simulation> => {
  if (job.controller.endsWith('.py')) return await served(job);
  const { scenario, bounds: known } = prepared(job);
  return await simulate({
    scenario,
    controller: controllerOf(job, scenario),
    seed: job.seed,
    bounds: known,
    laws: true,
  });
};

/** What a table needs; the lives of a thousand instances need not cross threads. */
const withoutPlots = (it: Simulation): Simulation => ({
  ...it,
  timeline: [],
  instances: [],
  waitsMs: [],
  decisionLog: [],
});

parentPort?.on('message', (job: Job) => {
  run(job).then(
    (simulation) => parentPort?.postMessage({ simulation: withoutPlots(simulation) } satisfies JobResult),
    (error: unknown) =>
      parentPort?.postMessage({
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies JobResult),
  );
});
