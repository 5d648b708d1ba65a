import { problemText } from '../../simulator/workloads/file/problem.ts';
import { loadScenario, parseScenario, type ScenarioResult } from '../../simulator/workloads/load-scenario.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';

const valid = (result: ScenarioResult): Scenario => {
  if (result.ok) return result.scenario;
  throw new Error(result.problems.map(problemText).join('\n'));
};

const noFile = (path: string): string => {
  throw new Error(`no file ${path}`);
};

/** A scenario of a document as its file has it; a day long from Monday 2026-01-05 at 04:00 unless it says otherwise. */
export const scenarioOf = (document: Readonly<Record<string, unknown>>, readFile = noFile): Scenario =>
  valid(
    parseScenario(
      JSON.stringify({ name: 'test', description: 'a test', duration: '1d', ...document }),
      'test.json',
      readFile,
    ),
  );

/** A shipped scenario by its name. */
export const exampleScenario = (name: string): Scenario => valid(loadScenario(`examples/scenarios/${name}.yml`));

/** One group of m5.large. */
export const largeGroup = (minSize: number, maxSize: number, desiredCapacity = minSize) => ({
  types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }],
  minSize,
  maxSize,
  desiredCapacity,
});

/** A service packed by CPU, so that instances empty as its load falls. */
export const packedService = (cpuUnits: number, memoryMiB: number, demand: Readonly<Record<string, unknown>>) => ({
  cpuUnits,
  memoryMiB,
  demand,
  placementStrategy: [{ type: 'binpack', field: 'cpu' }],
});
