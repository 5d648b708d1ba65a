import { describe, expect, it } from '@jest/globals';
import { boundOf, groupOf, hour, minute, scenarioOf, start, ToldWorld } from './told-world.ts';

describe('what instances cost', () => {
  it('counts from the launch to the stop, a minute at least, at the price of the group and type', () => {
    const groups = [
      groupOf(),
      groupOf({ name: 'spot', market: 'spot', types: [{ instanceType: 'm5.large', pricePerHour: 0.4 }] }),
    ];
    const it = new ToldWorld(scenarioOf({ groups }));
    it.launch('i-1').launch('i-2', { group: 'spot' }).at(0.5).gone('i-1').at(30).gone('i-2');
    const { cost } = it.at(60).read().score;

    expect(cost.instanceHours).toBeCloseTo(1 / 60 + 0.5, 9);
    expect(cost.dollars).toBeCloseTo(1 / 60 + 0.2, 9);
  });

  it('does not charge what stands in a warm pool', () => {
    const it = new ToldWorld().launch('i-1').at(5).warm('i-1', 'stopped').at(45).warm('i-1', 'restarted');

    expect(it.at(60).read().score.cost.dollars).toBeCloseTo(20 / 60, 9);
    expect(it.at(60).read().timeline.at(-1)?.dollarsPerHour).toBe(1);
  });

  it('divides by the bounds at the end, and only then', () => {
    const it = new ToldWorld(scenarioOf(), { bounds: boundOf([0, 1]) }).launch('i-1').launch('i-2');

    expect(it.at(59).read().score.cost).toMatchObject({ overFreeMigration: undefined, overNoMigration: undefined });
    expect(it.at(60).read().score.cost).toMatchObject({ overFreeMigration: 2, overNoMigration: 1 });
  });

  it('has no ratio to a bound of nothing', () => {
    const bounds = { freeMigrationDollars: 0, noMigrationDollars: 0, freeMigrationInstances: [] };

    expect(new ToldWorld(scenarioOf(), { bounds }).at(60).read().score.cost.overFreeMigration).toBe(undefined);
  });

  it('tells empty hours and those held by a termination hook, as the documentation says', () => {
    const it = new ToldWorld().boot('i-1').at(10).runOn('i-1', 'api-1', 'api-2').at(20).stop('api-1').end('api-1');
    it.at(30).stop('api-2').end('api-2').at(40).terminate('i-1').at(50).gone('i-1');
    const reading = it.at(60).read();

    expect(reading.score.cost.emptyInstanceHours).toBeCloseTo(30 / 60, 9);
    expect(reading.score.cost.terminatingWaitHours).toBeCloseTo(10 / 60, 9);
    expect(reading.instances[0]?.busy).toEqual([{ fromMs: start + 10 * minute, toMs: start + 30 * minute }]);
  });

  it('weighs reserved shares by time, of the scarcer and the ampler dimension, as the documentation says', () => {
    // Half the CPU and a quarter of the memory for 30 of 60 minutes.
    const it = new ToldWorld().boot('i-1').runOn('i-1', 'api-1').at(30).stop('api-1').end('api-1');
    const { cost } = it.at(60).read().score;

    expect(cost.reservedUtilisation).toBeCloseTo(0.25, 9);
    expect(cost.strandedCapacity).toBeCloseTo(1 - 0.125, 9);
  });

  it('leaves time without instances out of the shares', () => {
    const it = new ToldWorld().at(30).boot('i-1').runOn('i-1', 'api-1');

    expect(it.at(60).read().score.cost.reservedUtilisation).toBeCloseTo(0.5, 9);
  });

  it('frees what an instance held the moment it is gone', () => {
    const it = new ToldWorld().boot('i-1', 'i-2').runOn('i-1', 'api-1').at(30).gone('i-1', 'controller', ['arn:api-1']);

    expect(it.at(31).end('api-1').at(60).read().score.cost.reservedUtilisation).toBeCloseTo(0.125, 9);
  });
});

describe('the lives of instances', () => {
  it('are told with their drains', () => {
    const it = new ToldWorld().launch('i-1').at(2).register('i-1').at(10).drain('i-1').at(11).restore('i-1');
    const { instances } = it.at(20).drain('i-1').at(22).gone('i-1').at(60).read();

    expect(instances).toEqual([
      {
        ec2InstanceId: 'i-1',
        group: 'g',
        instanceType: 'm5.large',
        availabilityZone: 'a',
        launchedAtMs: start,
        registeredAtMs: start + 2 * minute,
        terminatedAtMs: start + 22 * minute,
        drains: [
          { fromMs: start + 10 * minute, toMs: start + 11 * minute, endedBy: 'restored' },
          { fromMs: start + 20 * minute, toMs: start + 22 * minute, endedBy: 'terminated' },
        ],
        busy: [],
      },
    ]);
  });

  it('end open where the run does', () => {
    const { instances } = new ToldWorld().boot('i-1').runOn('i-1', 'api-1').drain('i-1').at(5).read();

    expect(instances[0]).toMatchObject({
      terminatedAtMs: undefined,
      drains: [{ fromMs: start, toMs: undefined, endedBy: 'open' }],
      busy: [{ fromMs: start, toMs: start + 5 * minute }],
    });
  });
});

describe('the timeline', () => {
  it('samples a long run about a thousand times at most', () => {
    const it = new ToldWorld(scenarioOf({ durationMs: 7 * 24 * hour }));
    for (let n = 0; n < 20_000; n++) it.at(n / 2).count('api', n % 7, (n + 1) % 7);
    const { timeline } = it.at(7 * 24 * 60).read();

    expect(timeline.length).toBeGreaterThan(700);
    expect(timeline.length).toBeLessThan(1_010);
  });

  it('keeps only what differs, each value holding until the next point', () => {
    const it = new ToldWorld(scenarioOf(), { bounds: boundOf([0, 1], [40, 2.5]) });
    it.at(10.01).count('api', 0, 3).at(20.01).capacity(0, 2).launch('i-1').at(30.01).register('i-1');
    const { timeline } = it.at(60).read();

    expect(timeline.map((point) => (point.atMs - start) / minute)).toEqual([
      0,
      10 + 10 / 60,
      20 + 10 / 60,
      30 + 10 / 60,
      40,
      60,
    ]);
    expect(timeline[1]).toMatchObject({ demandCpuUnits: 3_072, demandMemoryMiB: 6_000, incoming: 0 });
    expect(timeline[2]).toMatchObject({ desiredCapacity: 2, incoming: 1, active: 0, dollarsPerHour: 1 });
    expect(timeline[3]).toMatchObject({ incoming: 0, active: 1, supplyCpuUnits: 2_048, supplyMemoryMiB: 8_000 });
    expect(timeline[4]).toMatchObject({ boundInstances: 2.5 });
  });

  it('counts tasks that run and that wait, and instances that leave', () => {
    const it = new ToldWorld()
      .boot('i-1', 'i-2', 'i-3')
      .runOn('i-1', 'api-1')
      .want('api-2')
      .drain('i-1')
      .terminate('i-2');

    expect(it.at(1).read().timeline.at(-1)).toMatchObject({ runningTasks: 1, waitingTasks: 1, active: 1, leaving: 2 });
    it.at(2).restore('i-1').gone('i-2').stop('api-1');
    expect(it.at(3).read().timeline.at(-1)).toMatchObject({ runningTasks: 0, active: 2, leaving: 0 });
  });
});
