import { describe, expect, it } from '@jest/globals';
import { bounds } from '../../simulator/baselines/bounds/bounds.ts';
import { leastDollars } from '../../simulator/baselines/bounds/minimum-charge.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { exactCost } from './exact-cost.ts';
import { group, scenario, service, sized, task, tinyScenario } from './tiny-scenarios.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** An m5.large registers 2048 CPU units and 7985 MiB. */
const large = { instanceType: 'm5.large', pricePerHour: 0.1 };

describe('bounds', () => {
  it('are never above the exact optimum in 200 tiny cases, and near it on average', async () => {
    const exact = await exactCost();
    const dice = seededDice(5);
    const ratios: { free: number; staying: number }[] = [];
    const above: number[] = [];

    for (let n = 0; n < 200; n++) {
      const tiny = tinyScenario(dice.fork(String(n)));
      const [free, staying] = [exact(tiny, false), exact(tiny, true)];
      if (free === undefined || staying === undefined) continue; // a task that fits nowhere
      const { freeMigrationDollars, noMigrationDollars } = bounds(tiny);
      if (freeMigrationDollars > free + 1e-6 || noMigrationDollars > staying + 1e-6) above.push(n);
      if (free > 0) ratios.push({ free: freeMigrationDollars / free, staying: noMigrationDollars / staying });
    }

    const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    expect(above).toEqual([]);
    expect(ratios.length).toBeGreaterThan(150);
    expect(mean(ratios.map((one) => one.free))).toBeGreaterThan(0.8);
    expect(mean(ratios.map((one) => one.staying))).toBeGreaterThan(0.95);
  }, 120_000);

  it('round up where one type is all there is', () => {
    const web = service('web', { size: sized(512, 256), counts: [{ atMs: 0, count: 9 }] });

    const found = bounds(scenario({ groups: [group('g', { types: [large] })], services: [web] }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.3, 6); // 9 ÷ 4
    expect(found.freeMigrationInstances).toEqual([{ atMs: 0, instances: 3 }]);
  });

  it('take fractions of the cheapest mix where there are several', () => {
    const types = [large, { instanceType: 'm5.xlarge', pricePerHour: 0.18 }];
    const web = service('web', { size: sized(512, 256), counts: [{ atMs: 0, count: 9 }] });

    const found = bounds(scenario({ groups: [group('g', { types })], services: [web] }));

    expect(found.freeMigrationDollars).toBeCloseTo((9 / 8) * 0.18, 6);
    expect(found.freeMigrationInstances[0]?.instances).toBeCloseTo(9 / 8, 6);
  });

  it('cover every dimension: the scarcer one decides', () => {
    const hungry = service('hungry', { size: sized(128, 3_900), counts: [{ atMs: 0, count: 4 }] });
    const wired = service('wired', {
      size: sized(128, 64, { networkMode: 'awsvpc' }),
      counts: [{ atMs: 0, count: 5 }],
    });

    const memory = bounds(scenario({ services: [hungry] }));
    const interfaces = bounds(scenario({ services: [wired] }));

    expect(memory.freeMigrationDollars).toBeCloseTo(0.2, 6);
    expect(interfaces.freeMigrationDollars).toBeCloseTo(0.3, 6); // an m5.large has two beside its own
  });

  it('count more tasks to an interface with trunking', () => {
    const wired = service('wired', {
      size: sized(128, 64, { networkMode: 'awsvpc' }),
      counts: [{ atMs: 0, count: 5 }],
    });

    const found = bounds(scenario({ services: [wired], trunking: true }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.1, 6);
  });

  it('leave out what daemons take of every instance', () => {
    const daemon = service('agent', { schedulingStrategy: 'DAEMON', counts: [], size: sized(1_024, 128) });
    const web = service('web', { size: sized(512, 256), counts: [{ atMs: 0, count: 4 }] });

    const found = bounds(scenario({ services: [daemon, web] }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.2, 6);
  });

  it('keep to the groups a service may use, and to minimum sizes', () => {
    const groups = [group('cheap', { types: [large] }), group('dear', { types: [{ ...large, pricePerHour: 1 }] })];
    const web = service('web', { size: sized(2_048, 256), counts: [{ atMs: 0, count: 2 }], groups: ['dear'] });
    const other = service('other', { size: sized(2_048, 256), counts: [{ atMs: 0, count: 1 }] });

    const free = bounds(scenario({ groups, services: [web, other] }));
    const kept = bounds(scenario({ groups: [group('cheap', { minSize: 3 })], services: [] }));

    expect(free.freeMigrationDollars).toBeCloseTo(2.1, 6);
    expect(kept.freeMigrationDollars).toBeCloseTo(0.3, 6);
  });

  it('follow the demand over time, within the duration', () => {
    const web = service('web', {
      size: sized(2_048, 256),
      counts: [
        { atMs: 0, count: 1 },
        { atMs: hourMs / 2, count: 3 },
      ],
    });
    const late = task(hourMs * 0.75, hourMs, sized(2_048, 256));

    const found = bounds(scenario({ services: [web], tasks: [late] }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.1 * (0.5 + 0.75 + 1), 6);
    expect(found.freeMigrationInstances).toEqual([
      { atMs: 0, instances: 1 },
      { atMs: hourMs / 2, instances: 3 },
      { atMs: hourMs * 0.75, instances: 4 },
    ]);
  });

  it('know that whole tasks leave room over when they may not be cut up', () => {
    const types = [large, { instanceType: 'm5.xlarge', pricePerHour: 0.2 }];
    const tasks = Array.from({ length: 6 }, () => task(0, hourMs, sized(1_100, 256)));

    const found = bounds(scenario({ groups: [group('g', { types })], tasks }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.1 * ((6 * 1_100) / 2_048), 6);
    expect(found.noMigrationDollars).toBeCloseTo(0.2 * (6 / 3), 6); // one to an m5.large, three to an m5.xlarge
  });

  it('charge 60 seconds for a task of ten', () => {
    const found = bounds(scenario({ tasks: [task(minuteMs * 5, 10_000, sized(512, 256))] }));

    expect(found.freeMigrationDollars).toBeCloseTo(0.1 / 60, 8);
  });

  it('cost nothing where nothing is asked for', () => {
    expect(bounds(scenario({}))).toEqual({
      freeMigrationDollars: 0,
      noMigrationDollars: 0,
      freeMigrationInstances: [{ atMs: 0, instances: 0 }],
    });
  });

  it('bound a week of 40 services and 3,000 tasks in little time', () => {
    const dice = seededDice(3);
    const week = 7 * 24 * hourMs;
    const services = Array.from({ length: 40 }, (_, n) =>
      service(`s${n}`, {
        size: sized(256 * (1 + (n % 4)), 512 * (1 + (n % 5))),
        counts: Array.from({ length: 2_016 }, (__, k) => ({
          atMs: k * 5 * minuteMs,
          count: Math.round(10 + 8 * Math.sin(k / 46) + dice.next() * 3),
        })),
      }),
    );
    const tasks = Array.from({ length: 3_000 }, () =>
      task(
        Math.floor(dice.next() * week),
        Math.floor(10_000 + dice.next() ** 4 * 3e7),
        sized(Math.ceil(dice.next() * 2_000), Math.ceil(dice.next() * 7_000)),
      ),
    );
    const types = [
      large,
      { instanceType: 'c5.xlarge', pricePerHour: 0.17 },
      { instanceType: 'r5.large', pricePerHour: 0.126 },
    ];

    const found = bounds(scenario({ durationMs: week, groups: [group('g', { types })], services, tasks }));

    expect(found.noMigrationDollars).toBeGreaterThanOrEqual(found.freeMigrationDollars);
    expect(found.freeMigrationInstances.length).toBeGreaterThan(5_000);
  }, 10_000);
});

describe('leastDollars', () => {
  const dollars = (points: readonly (readonly [number, number])[], endMs: number): number =>
    leastDollars(
      points.map(([atMs, dollarsPerHour]) => ({ atMs, dollarsPerHour })),
      endMs,
    );

  it('is the integral where nothing is short', () => {
    const found = dollars(
      [
        [0, 1],
        [hourMs, 3],
        [2 * hourMs, 0],
      ],
      3 * hourMs,
    );

    expect(found).toBeCloseTo(4, 9);
  });

  it('does not charge a short peak that instances can take turns over', () => {
    // The second instance begins at the peak and lives on; the first ends with it.
    const found = dollars(
      [
        [0, 1],
        [hourMs, 2],
        [hourMs + 10_000, 1],
      ],
      2 * hourMs,
    );

    expect(found).toBeCloseTo(2 + 10 / 3_600, 9);
  });

  it('charges what a short peak has above its two sides for a minute', () => {
    const found = dollars(
      [
        [0, 1],
        [hourMs, 5],
        [hourMs + 10_000, 1],
      ],
      2 * hourMs,
    );

    expect(found).toBeCloseTo(2 + (4 * 10 + 3 * 50) / 3_600, 9);
  });

  it('charges peaks apart from each other each for itself, and a cluster of them once', () => {
    const apart = dollars(
      [
        [0, 0],
        [300_000, 1],
        [310_000, 0],
        [600_000, 1],
        [610_000, 0],
      ],
      hourMs,
    );
    const together = dollars(
      [
        [0, 0],
        [300_000, 1],
        [310_000, 0],
        [320_000, 1],
        [330_000, 0],
      ],
      hourMs,
    );

    expect(apart).toBeCloseTo(120 / 3_600, 9);
    expect(together).toBeGreaterThan(20 / 3_600);
    expect(together).toBeLessThanOrEqual(60 / 3_600 + 1e-12);
  });

  it('charges nothing beyond the end', () => {
    const found = dollars(
      [
        [0, 0],
        [hourMs - 10_000, 1],
      ],
      hourMs,
    );

    expect(found).toBeCloseTo(10 / 3_600, 9);
  });
});
