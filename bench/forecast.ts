/**
 * What a forecast is worth: the same services on the same load, with and without one, over five seeds.
 *
 *     node bench/forecast.ts [series.csv]
 *
 * A series (`timestamp,value`, two weeks of requests) is played too, its last two days after the days before them.
 */
import { readFileSync } from 'node:fs';
import { seededDice } from '../simulator/kernel/dice.ts';
import type { Scenario } from '../simulator/workloads/scenario.ts';
import { runScaled } from '../test/support/scaled-services.ts';
import { largeGroup, scenarioOf } from '../test/support/scenarios.ts';

const seeds = [1, 2, 3, 4, 5];

const scenarioWith = (demand: object, text = ''): Scenario =>
  scenarioOf(
    {
      cluster: 'shop',
      start: '2026-01-06T00:00:00Z', // a Tuesday
      duration: '2d',
      groups: { shop: largeGroup(1, 40) },
      services: { web: { cpuUnits: 512, memoryMiB: 1024, loadBalancer: true, demand } },
    },
    () => text,
  );

const minuteMs = 60_000;
const dayMinutes = 24 * 60;

/** Ten times as much from nine to five on working days, within ten minutes, and 5 % of noise; sixteen days from a Tuesday. */
const officeHours = (): string => {
  const dice = seededDice(1);
  const rows = Array.from({ length: (16 * dayMinutes) / 5 }, (_, n) => {
    const at = Date.parse('2025-12-23T00:00:00Z') + n * 5 * minuteMs;
    const [day, minute] = [new Date(at).getUTCDay(), (n * 5) % dayMinutes];
    const share =
      day === 0 || day === 6 ? 0 : Math.min(1, Math.max(0, (minute - 535) / 10), Math.max(0, (1_025 - minute) / 10));
    const value = 300 * (9 + 81 * share) * (1 + 0.1 * (dice.next() - 0.5));
    return `${new Date(at).toISOString()},${value.toFixed(1)}`;
  });
  return ['timestamp,value', ...rows].join('\n');
};

const [file] = process.argv.slice(2);
const scenarios: readonly (readonly [string, Scenario])[] = [
  [
    'a curve, full at four and empty by night',
    scenarioWith({
      calendar: { low: -100, high: 60, noise: 0.1, weekend: 0.5 },
      perTask: 3.3,
      minimum: 2,
      history: '14d',
    }),
  ],
  [
    'office hours',
    scenarioWith({ series: { file: 'office', from: '14d' }, perTask: 5, minimum: 2, history: '14d' }, officeHours()),
  ],
  ...(file === undefined
    ? []
    : ([
        [
          'the series given',
          scenarioWith(
            { series: { file: 'given', from: '12d' }, perTask: 0.1, minimum: 2, history: '12d' },
            readFileSync(file, 'utf8'),
          ),
        ],
      ] as const)),
];

const forecasts: readonly (readonly [string, { readonly forecast?: object }])[] = [
  ['no forecast', {}],
  ['quantile 0.5', { forecast: { quantile: 0.5 } }],
  ['quantile 0.75', { forecast: {} }],
  ['quantile 0.9', { forecast: { quantile: 0.9 } }],
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

for (const [load, scenario] of scenarios) {
  console.log(`\n${load}: medians of ${seeds.length} seeds`);
  console.log(['', 'overloaded', 'task-hours', 'dollars', 'changes a day'].map((it) => it.padStart(14)).join(''));
  for (const [name, forecast] of forecasts) {
    const services = [{ name: 'web', target: 60, minimum: 2, maximum: 60, ...forecast }];
    const runs = [];
    for (const seed of seeds) runs.push(await runScaled(scenario, services, 'berth', { seed }));
    const broken = runs.flatMap((it) => it.simulation.violations);
    const figures = [
      `${(100 * median(runs.map((it) => it.overloaded))).toFixed(2)} %`,
      median(runs.map((it) => it.taskHours)).toFixed(0),
      median(runs.map((it) => it.simulation.score.cost.dollars)).toFixed(2),
      (median(runs.map((it) => it.countChanges)) / 2).toFixed(0),
    ];
    console.log([name, ...figures].map((it) => it.padStart(14)).join(''), broken.length === 0 ? '' : broken);
  }
}
