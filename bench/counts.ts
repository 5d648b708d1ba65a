import { readFileSync } from 'node:fs';
import type { CountHistory } from '../lib/model/service-counts.ts';
import type { ScalingSettings } from '../lib/model/settings.ts';
import { minuteMs } from '../lib/model/time.ts';
import { isDue } from '../lib/planning/counts/reading-times.ts';
import { countOf } from '../lib/planning/counts/wanted-count.ts';
import { scalingOf } from '../lib/settings/compile-services.ts';
import { type Dice, seededDice } from '../simulator/kernel/dice.ts';
import { service as aService } from '../test/support/builders.ts';
import { runScaled, type ScaledRun, type ScaledService } from '../test/support/scaled-services.ts';
import { scenarioOf } from '../test/support/scenarios.ts';
import type { Figures, Suite } from './suite.ts';

const seeds = [1, 2, 3, 4, 5];
const service: ScaledService = { name: 'web', target: 60, minimum: 2, maximum: 120 };

/** As slow to shrink as Application Auto Scaling's alarms are, and read each minute. */
const eagerService: ScaledService = { ...service, scaleIn: { stabilisation: '15m' } };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const hours = 12;

/** One service on instances of its own; a task serves 50 a second at 100 % of its CPU. */
const scenarioWith = (demand: object, seed: number, duration = `${hours}h`) =>
  scenarioOf(
    {
      cluster: 'shop',
      seed,
      start: '2026-01-05T04:00:00Z',
      duration,
      groups: {
        shop: {
          types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }],
          minSize: 1,
          maxSize: 60,
          desiredCapacity: 3,
        },
      },
      services: {
        web: {
          cpuUnits: 512,
          memoryMiB: 1024,
          loadBalancer: true,
          demand: { perTask: 50, minimum: 2, ...demand },
          placementStrategy: [{ type: 'binpack', field: 'cpu' }],
        },
      },
    },
    () => readFileSync(traceFile ?? '', 'utf8'),
  );

/** A file of `timestamp,value`: requests in each five minutes. */
const traceFile = process.env['BERTH_REQUESTS_TRACE'];

/** From one level to another in five-minute steps. */
const ramp = (from: number, to: number, fromMinute: number, toMinute: number) =>
  Array.from({ length: (toMinute - fromMinute) / 5 + 1 }, (_, n) => ({
    at: `${fromMinute + 5 * n}m`,
    value: from + ((to - from) * 5 * n) / (toMinute - fromMinute),
  }));

const onOff = Array.from({ length: hours * 2 }, (_, n) => ({ at: `${n * 30}m`, value: n % 2 === 0 ? 100 : 700 }));

const loads: Readonly<Record<string, object>> = {
  daily: { calendar: { low: 120, high: 900, noise: 0.05 } },
  flash: {
    calendar: { low: 200, high: 400, noise: 0.05 },
    flashCrowds: [
      { at: '3h', for: '40m', factor: 3 },
      { at: '8h', for: '20m', factor: 4 },
    ],
  },
  ramp: { steps: [{ at: '0s', value: 200 }, ...ramp(200, 1_000, 60, 300), ...ramp(1_000, 200, 420, 660)] },
  onoff: { steps: onOff },
};

/** How many running tasks there were beyond those that the load took at its target, in proportion. */
const overProvision = ({ minutes }: ScaledRun): number =>
  mean(minutes.filter((it) => it.running > 0).map((it) => Math.max(0, 1 / Math.max(it.load, 1 / it.running) - 1)));

const summary = (prefix: string, runs: readonly ScaledRun[]): Figures => ({
  [`${prefix}_overloaded_share`]: rounded(median(runs.map((it) => it.overloaded)), 4),
  [`${prefix}_task_hours`]: rounded(median(runs.map((it) => it.taskHours)), 1),
  [`${prefix}_over_provision`]: rounded(median(runs.map(overProvision)), 3),
  [`${prefix}_count_changes_a_day`]: rounded(median(runs.map((it) => (it.countChanges * 24) / hours)), 1),
});

/** GetMetricData (CloudWatch pricing): $0.01 for 1,000 metrics asked for; a month of 730 hours. */
const dollarsAMonth = (metricsAnHour: number): number => (metricsAnHour * 730 * 0.01) / 1_000;

const fleetSize = 500;
const dayMinutes = 24 * 60;
const metricsACall = 500;

/** As shipped, but for what it is scaled by. */
const fleetSettings = scalingOf({ minimum: 2, maximum: 200, signals: [{ kind: 'cpu', target: 60 }] }, []);

interface Member {
  readonly settings: ScalingSettings;
  readonly base: number;
  readonly phase: number;
  /** When its load trebles for half an hour: that of one service in five. */
  readonly crowdAt: number;
  readonly desired: number[];
  history: CountHistory | undefined;
}

const newMember = (n: number, dice: Dice): Member => ({
  settings: fleetSettings,
  base: 5 + dice.next() * 10,
  phase: dice.next() * dayMinutes,
  crowdAt: n % 5 === 0 ? dice.next() * dayMinutes : Number.POSITIVE_INFINITY,
  desired: [10],
  history: undefined,
});

/** The load swings between 0.4 and 2 of its base within the day, with noise of 5 %. A task takes three minutes to come. */
const passMinute = (it: Member, minute: number, dice: Dice): boolean => {
  const wave = 1.2 + 0.8 * Math.sin(((minute + it.phase) / dayMinutes) * 2 * Math.PI);
  const crowd = minute >= it.crowdAt && minute < it.crowdAt + 30 ? 3 : 1;
  const load = it.base * wave * crowd * (1 + (dice.next() - 0.5) * 0.1);
  const desired = it.desired.at(-1) ?? 0;
  const running = Math.min(...it.desired.slice(-4));
  const now = Date.UTC(2026, 0, 5) + minute * minuteMs;
  const due = isDue(it.history, now);
  const { history, wanted } = countOf({
    name: 'api',
    service: aService(desired, { runningCount: running }),
    settings: it.settings,
    history: it.history,
    datapoints: new Map(due ? [['cpu', { value: (60 * load) / running, at: now - minuteMs }]] : []),
    hasScalableTarget: false,
    acts: true,
    now,
  });
  it.history = history;
  it.desired.push(wanted?.to ?? desired);
  return due;
};

/** Each minute of a day of so many services, with metrics that nothing but their own count moves: what is asked for. */
const fleet = (): Figures => {
  const dice = seededDice(1);
  let [metrics, calls] = [0, 0];
  const services = Array.from({ length: fleetSize }, (_, n) => newMember(n, dice));
  for (let minute = 0; minute < dayMinutes; minute++) {
    const due = services.filter((it) => passMinute(it, minute, dice)).length;
    metrics += due;
    calls += Math.ceil(due / metricsACall);
  }
  const perService = metrics / fleetSize / 24;
  return {
    fleet_services: fleetSize,
    fleet_metrics_an_hour: rounded(metrics / 24, 0),
    fleet_calls_an_hour: rounded(calls / 24, 1),
    fleet_dollars_a_month: rounded(dollarsAMonth(metrics / 24), 2),
    fleet_dollars_a_service_and_month: rounded(dollarsAMonth(perService), 4),
  };
};

const compare = async (name: string, demand: object): Promise<Figures> => {
  const [berth, eager, rival]: [ScaledRun[], ScaledRun[], ScaledRun[]] = [[], [], []];
  for (const seed of seeds) {
    const scenario = scenarioWith(demand, seed);
    berth.push(await runScaled(scenario, [service], 'berth', { seed }));
    eager.push(await runScaled(scenario, [eagerService], 'berth', { seed, quiet: '1m' }));
    rival.push(await runScaled(scenario, [service], 'twoLoops', { seed }));
  }
  const reads = median(berth.map((it) => it.metricsAsked / hours));
  return {
    ...summary(`${name}_berth`, berth),
    ...summary(`${name}_eager`, eager),
    ...summary(`${name}_rival`, rival),
    [`${name}_berth_metrics_an_hour`]: rounded(reads, 1),
    [`${name}_berth_metrics_dollars_a_month`]: rounded(dollarsAMonth(reads), 3),
  };
};

const stepAt = 40 * minuteMs;

/** A step of the load on instances that are full: seconds until each thing that has to follow. */
const step = async (make: 'berth' | 'twoLoops', seed: number): Promise<ScaledRun['firstAfter']> => {
  const demand = { steps: [{ at: '0s', value: 240 }], flashCrowds: [{ at: '40m', for: '30m', factor: 3 }] };
  const run = await runScaled(scenarioWith(demand, seed, '70m'), [service], make, { seed, stepAtMs: stepAt });
  return run.firstAfter;
};

const steps = async (): Promise<Figures> => {
  const figures: Record<string, number> = {};
  for (const make of ['berth', 'twoLoops'] as const) {
    const all: ScaledRun['firstAfter'][] = [];
    for (const seed of seeds) all.push(await step(make, seed));
    for (const part of [
      'countRaised',
      'groupRaised',
      'instanceRegistered',
      'taskRunning',
      'taskOnNewInstance',
    ] as const)
      figures[`step_${make === 'berth' ? 'berth' : 'rival'}_${part}_s`] = median(
        all.map((it) => it[part] ?? Number.POSITIVE_INFINITY),
      );
  }
  return figures;
};

export const suite: Suite = {
  about:
    'Counts and instances decided together, beside target tracking over managed scaling: four loads, seeds 1 to 5; BERTH_REQUESTS_TRACE=FILE adds a series of requests',
  run: async () => {
    const figures: Record<string, number> = { ...fleet(), ...(await steps()) };
    for (const [name, demand] of Object.entries(loads)) Object.assign(figures, await compare(name, demand));
    if (traceFile !== undefined)
      Object.assign(
        figures,
        await compare('trace', { series: { file: 'requests.csv', period: '5m', from: '3d' }, perTask: 0.05 }),
      );
    return figures;
  },
};
