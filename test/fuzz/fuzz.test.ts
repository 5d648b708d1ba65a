import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { fuzzSchedules } from '../../simulator/fuzz/arbitrary.ts';
import { failuresOf, playSchedule } from '../../simulator/fuzz/play.ts';
import type { FuzzSchedule } from '../../simulator/fuzz/schedule.ts';

/** The same schedules each time: `npm run fuzz` looks for new ones. */
const seed = 2_026;
const schedules = 60;

const still: FuzzSchedule = {
  seed: 1,
  scenario: {
    groups: {
      group1: {
        types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }],
        minSize: 0,
        maxSize: 4,
        desiredCapacity: 0,
      },
    },
    services: { service1: { cpuUnits: 1_200, memoryMiB: 1_024, demand: { count: 2 } } },
    world: {},
  },
  settings: {},
  acts: [],
  unreliable: { killed: 0, refused: 0, answersLost: 0 },
};

describe('random worlds with random faults', () => {
  it('break no law, kill no live task, and come to rest', async () => {
    let kills = 0;
    let faults = 0;
    const acts = new Set<string>();
    const steps = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fuzzSchedules, async (schedule) => {
        const result = await playSchedule(schedule);
        expect(failuresOf(result)).toEqual([]);
        kills += result.kills;
        faults += result.faults;
        for (const kind of result.acts.keys()) acts.add(kind);
        for (const kind of result.steps.keys()) steps.add(kind);
      }),
      { seed, numRuns: schedules },
    );

    expect(kills).toBeGreaterThan(200);
    expect(faults).toBeGreaterThan(500);
    expect(acts.size).toBeGreaterThanOrEqual(16);
    expect([...steps]).toEqual(
      expect.arrayContaining(['setGroupDesiredCapacity', 'drainInstances', 'restoreInstances', 'terminateInstances']),
    );
  });
});

describe('the judge', () => {
  it('finds nothing where all is well', async () => {
    const result = await playSchedule(still);

    expect(failuresOf(result)).toEqual([]);
    expect(result.steps.get('setGroupDesiredCapacity')).toBe(1);
  });

  it('says what lacks tasks with no reason, and that nothing is decided, when every call of Berth’s fails for ever', async () => {
    const result = await playSchedule(
      { ...still, unreliable: { killed: 0, refused: 1, answersLost: 0 } },
      { failsForEver: true },
    );

    expect(result.restless).toEqual(['nothing was decided for long', 'service1 lacks tasks and nothing says why']);
  });
});
