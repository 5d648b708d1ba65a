import { between, type Dice, pick } from '../../simulator/kernel/dice.ts';
import type {
  Scenario,
  ScenarioGroup,
  ScenarioService,
  ScenarioTask,
  ScenarioTaskSize,
} from '../../simulator/workloads/scenario.ts';

/** The grid on which everything happens in a tiny scenario; an instance is paid for three steps at least. */
export const stepMs = 20_000;

export const sized = (cpuUnits: number, memoryMiB: number, more: Partial<ScenarioTaskSize> = {}): ScenarioTaskSize => ({
  cpuUnits,
  memoryMiB,
  gpus: 0,
  networkMode: 'bridge',
  hostPorts: [],
  ...more,
});

export const group = (name: string, more: Partial<ScenarioGroup> = {}): ScenarioGroup => ({
  name,
  types: [{ instanceType: 'm5.large', pricePerHour: 0.1 }],
  market: 'onDemand',
  minSize: 0,
  maxSize: 100,
  desiredCapacity: 0,
  zones: ['a'],
  attributes: {},
  bootMs: undefined,
  zoneRebalance: false,
  ...more,
});

export const service = (name: string, more: Partial<ScenarioService> = {}): ScenarioService => ({
  name,
  schedulingStrategy: 'REPLICA',
  size: sized(512, 256),
  counts: [{ atMs: 0, count: 1 }],
  rates: undefined,
  perTask: undefined,
  groups: [],
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  loadBalancer: false,
  placementConstraints: [],
  placementStrategy: undefined,
  availabilityZoneRebalancing: false,
  stopMs: undefined,
  deployAtMs: [],
  failingStarts: 0,
  protectedShare: 0,
  ...more,
});

export const task = (arrivalMs: number, durationMs: number, size: ScenarioTaskSize): ScenarioTask => ({
  arrivalMs,
  durationMs,
  size,
  groups: [],
  queued: false,
});

export const scenario = (more: Partial<Scenario>): Scenario => ({
  name: 'tiny',
  description: '',
  startMs: 0,
  durationMs: 3_600_000,
  seed: 1,
  cluster: 'c',
  groups: [group('g')],
  services: [],
  tasks: [],
  capacityRuns: [],
  faults: [],
  trunking: false,
  world: {},
  settings: undefined,
  ...more,
});

const steps = 5;

const someTypes = ['t3.micro', 't3.small', 'c7g.medium', 'm5.large'] as const;

const someSize = (dice: Dice): ScenarioTaskSize =>
  sized(between(dice, 100, 1_024), between(dice, 60, 900), dice.next() < 0.25 ? { networkMode: 'awsvpc' } : {});

const someGroup = (dice: Dice, name: string): ScenarioGroup => {
  const types = [...new Set(Array.from({ length: between(dice, 1, 2) }, () => pick(dice, someTypes) ?? 't3.micro'))];
  return group(name, {
    types: types.map((instanceType) => ({ instanceType, pricePerHour: between(dice, 10, 60) })),
    minSize: dice.next() < 0.2 ? 1 : 0,
  });
};

const someService = (dice: Dice, groups: readonly string[]): ScenarioService =>
  service('web', {
    size: dice.next() < 0.3 ? { ...someSize(dice), networkMode: 'bridge', hostPorts: [80] } : someSize(dice),
    counts: [0, 2, 4].map((step) => ({ atMs: step * stepMs, count: between(dice, 0, 2) })),
    groups: dice.next() < 0.3 ? groups.slice(0, 1) : [],
    placementConstraints: dice.next() < 0.2 ? [{ type: 'distinctInstance', expression: undefined }] : [],
  });

const someTask = (dice: Dice): ScenarioTask => {
  const from = between(dice, 0, steps - 1);
  return task(from * stepMs, between(dice, 1, steps - from) * stepMs, someSize(dice));
};

/** A scenario of five steps, with a service or none, up to three tasks, one or two groups, perhaps a daemon. */
export const tinyScenario = (dice: Dice): Scenario => {
  const groups = dice.next() < 0.5 ? [someGroup(dice, 'g')] : [someGroup(dice, 'g'), someGroup(dice, 'h')];
  const names = groups.map((it) => it.name);
  const daemon = service('daemon', { schedulingStrategy: 'DAEMON', counts: [], size: sized(64, 32) });
  return scenario({
    durationMs: steps * stepMs,
    groups,
    services: [...(dice.next() < 0.6 ? [someService(dice, names)] : []), ...(dice.next() < 0.3 ? [daemon] : [])],
    tasks: Array.from({ length: between(dice, 0, 3) }, () => someTask(dice)),
  });
};
