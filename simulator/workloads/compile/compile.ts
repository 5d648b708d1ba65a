import { type Dice, seededDice } from '../../kernel/dice.ts';
import type { CapacityRunDocument } from '../file/capacity-run-schema.ts';
import type { GroupDocument } from '../file/group-schema.ts';
import { copiesOf } from '../file/parts.ts';
import type { ScenarioDocument } from '../file/schema.ts';
import type { Series } from '../file/series.ts';
import type { ServiceDocument } from '../file/service-schema.ts';
import type { Sources } from '../file/sources.ts';
import type { Scenario, ScenarioCapacityRun, ScenarioGroup, ScenarioService, ScenarioTask } from '../scenario.ts';
import { compileDemand, type Span } from './demand.ts';
import { compileFaults } from './faults.ts';
import { tasksOfBursts, tasksOfFile } from './tasks.ts';

const groupOf = (name: string, it: GroupDocument): ScenarioGroup => ({
  name,
  types: it.types,
  market: it.market,
  minSize: it.minSize,
  maxSize: it.maxSize,
  desiredCapacity: it.desiredCapacity ?? it.minSize,
  zones: it.zones,
  attributes: it.attributes,
  bootMs: it.boot,
  zoneRebalance: it.zoneRebalance,
});

/** Replicas default to 100 and 200 %, daemons to 0 and 100 %. (ECS API, DeploymentConfiguration.) */
const limitsOf = (it: ServiceDocument) => ({
  minimumHealthyPercent: it.minimumHealthyPercent ?? (it.schedulingStrategy === 'DAEMON' ? 0 : 100),
  maximumPercent: it.maximumPercent ?? (it.schedulingStrategy === 'DAEMON' ? 100 : 200),
});

const serviceOf = (
  name: string,
  it: ServiceDocument,
  span: Span,
  dice: Dice,
  series: Series | undefined,
): ScenarioService => {
  const { cpuUnits, memoryMiB, gpus, networkMode, hostPorts } = it;
  const demand = it.demand === undefined ? undefined : compileDemand(it.demand, span, dice, series);
  return {
    name,
    schedulingStrategy: it.schedulingStrategy,
    size: { cpuUnits, memoryMiB, gpus, networkMode, hostPorts },
    counts: demand?.counts ?? [],
    rates: demand?.rates,
    ...(demand?.pastRates === undefined ? {} : { pastRates: demand.pastRates }),
    perTask: demand?.perTask,
    groups: it.groups,
    ...limitsOf(it),
    loadBalancer: it.loadBalancer,
    placementConstraints: it.placementConstraints.map(({ type, expression }) => ({ type, expression })),
    placementStrategy: it.placementStrategy?.map(({ type, field }) => ({ type, field })),
    availabilityZoneRebalancing: it.availabilityZoneRebalancing,
    stopMs: it.stop,
    deployAtMs: it.deployments.toSorted((a, b) => a - b),
    failingStarts: it.failingStarts,
    protectedShare: it.protectedShare,
  };
};

const tasksOf = (document: ScenarioDocument, sources: Sources, dice: Dice): readonly ScenarioTask[] =>
  document.tasks
    .flatMap((it, index) => {
      const shared = { groups: it.groups, queued: it.via === 'taskQueue' };
      if (it.bursts !== undefined)
        return tasksOfBursts(it.bursts, document.duration, shared, dice.fork(`tasks ${index}`));
      return it.file === undefined ? [] : tasksOfFile(it.file, sources.tasks.get(index) ?? [], shared);
    })
    .filter((it) => it.arrivalMs < document.duration)
    .sort((a, b) => a.arrivalMs - b.arrivalMs);

const capacityRunOf = (it: CapacityRunDocument): ScenarioCapacityRun => ({
  atMs: it.at,
  forMs: it.for,
  tasks: it.tasks,
  target:
    it.service === undefined
      ? { kind: 'family', family: it.taskDefinition ?? '', group: it.group }
      : { kind: 'service', service: it.service },
});

/** A document that the schema and the checks accepted, with everything drawn that its seed decides. */
export const compileScenario = (document: ScenarioDocument, sources: Sources, seed = document.seed): Scenario => {
  const dice = seededDice(seed).fork('scenario');
  const span: Span = { startMs: document.start, durationMs: document.duration };
  return {
    name: document.name,
    description: document.description,
    startMs: document.start,
    durationMs: document.duration,
    seed,
    cluster: document.cluster,
    groups: Object.entries(document.groups).map(([name, it]) => groupOf(name, it)),
    services: Object.entries(document.services).flatMap(([entry, it]) =>
      copiesOf(entry, it).map((name) =>
        serviceOf(name, it, span, dice.fork(`service ${name}`), sources.series.get(entry)),
      ),
    ),
    tasks: tasksOf(document, sources, dice),
    capacityRuns: document.capacityRuns.map(capacityRunOf).sort((a, b) => a.atMs - b.atMs),
    faults: compileFaults(document.faults, document.duration, dice),
    trunking: document.trunking,
    world: document.world,
    settings: document.settings,
  };
};
