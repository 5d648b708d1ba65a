import { berthController } from '../simulator/host/ports/berth-controller.ts';
import { MessageBatch } from '../simulator/host/ports/queue-mapping.ts';
import { simulate } from '../simulator/host/simulate.ts';
import { problemText } from '../simulator/workloads/file/problem.ts';
import { loadScenario } from '../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../simulator/workloads/scenario.ts';
import type { Figures, Suite } from './suite.ts';
import { endpointCallsPerSecond } from './support/endpoint-speed.ts';

const week = (): Scenario => {
  const loaded = loadScenario('examples/scenarios/week-200.yml');
  if (loaded.ok) return loaded.scenario;
  throw new Error(loaded.problems.map(problemText).join('\n'));
};

/** What the cost is held against is not part of the measurement. */
const bounds = {
  freeMigrationDollars: 1,
  noMigrationDollars: 1,
  freeMigrationInstances: [{ atMs: 0, instances: 100 }],
};

interface Played {
  readonly seconds: number;
  readonly decisions: number;
  /** Messages that the ingesting functions were given. */
  readonly events: number;
  readonly violations: number;
}

const play = async (scenario: Scenario, laws: boolean): Promise<Played> => {
  let events = 0;
  const from = performance.now();
  const { decisions, violations } = await simulate({
    scenario,
    controller: berthController(scenario.settings),
    seed: scenario.seed,
    laws,
    bounds,
    onInvocation: ({ functionName, event }) => {
      if (functionName !== 'decide' && event instanceof MessageBatch) events += event.messages.length;
    },
  });
  const seconds = Math.round((performance.now() - from) / 10) / 100;
  return { seconds, decisions, events, violations: violations.length };
};

export const suite: Suite = {
  about: 'One week of a cluster of up to 200 instances and 40 services, Berth over the ports; and the endpoint’s speed',
  run: async (): Promise<Figures> => {
    const scenario = week();
    const plain = await play(scenario, false);
    const checked = await play(scenario, true);
    return {
      week_200_instances_s: plain.seconds,
      week_200_instances_laws_s: checked.seconds,
      decisions: plain.decisions,
      events: plain.events,
      law_violations: checked.violations,
      endpoint_calls_per_s: await endpointCallsPerSecond(),
    };
  },
};
