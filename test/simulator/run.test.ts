import { describe, expect, it } from '@jest/globals';
import { type RunResult, run } from '../../simulator/host/run.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { actingSettings } from '../support/local-run.ts';
import { exampleScenario, largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const hours = 60 * minutes;

const morning = (): Scenario => ({ ...exampleScenario('daily-curve'), durationMs: 4 * hours });

/** One service of a cluster of its own that goes up to four tasks and back to none, over and over, from no instance. */
const upAndDown = (rounds: number): Scenario => {
  const steps = Array.from({ length: rounds }, (_, n) => [
    { at: `${5 + n * 30}m`, value: 4 },
    { at: `${15 + n * 30}m`, value: 0 },
  ]).flat();
  return scenarioOf({
    duration: `${5 + rounds * 30}m`,
    cluster: 'quiet',
    world: { eventLateShare: 0 }, // a late event is not for the functions to hurry up
    groups: { jobs: largeGroup(0, 10) },
    services: { jobs: packedService(512, 1024, { steps: [{ at: '0s', value: 0 }, ...steps] }) },
  });
};

const withoutRealTime = (result: RunResult) => JSON.stringify({ ...result, realMs: 0 });

describe('a run of the real handlers on the local AWS', () => {
  it('gives every task a place and terminates nothing that works', async () => {
    const result = await run({ scenario: morning(), settings: actingSettings(), seed: 1 });

    expect(result.complete).toBe(true);
    expect(result.waits.waitingAtEnd).toBe(0);
    expect(result.waits.ran).toBeGreaterThan(20);
    expect(result.instances.launches).toBeGreaterThan(4);
    expect(result.instances.terminationsWithLiveTask).toBe(0);
    expect(result.errors).toEqual({});
    expect(Object.values(result.functions).map((it) => it.errors)).toEqual([0, 0, 0, 0]);
  });

  it('is the same, byte for byte, for the same seed, and another for another', async () => {
    const once = await run({ scenario: morning(), settings: actingSettings(), seed: 7 });
    const again = await run({ scenario: morning(), settings: actingSettings(), seed: 7 });
    const other = await run({ scenario: morning(), settings: actingSettings(), seed: 8 });

    expect(withoutRealTime(again)).toBe(withoutRealTime(once));
    expect(withoutRealTime(other)).not.toBe(withoutRealTime(once));
  });

  it('reacts on a quiet cluster within 2 s up to the launch call, from zero, with one instance for four tasks', async () => {
    const rounds = 40;
    const result = await run({ scenario: upAndDown(rounds), settings: actingSettings({ peakWindow: '0s' }), seed: 1 });

    expect(result.waits.ran).toBe(4 * rounds);
    expect(result.instances.launches).toBe(rounds);
    expect(result.instances.maximum).toBe(1);
    expect(result.waits.ownShare?.count).toBe(4 * rounds);
    expect(result.waits.ownShare?.p99).toBeLessThanOrEqual(2000);
    expect(result.instances.terminationsWithLiveTask).toBe(0);
  });

  it('prints what it has when it is interrupted', async () => {
    let slices = 0;
    const result = await run({
      scenario: morning(),
      settings: actingSettings(),
      seed: 1,
      onProgress: () => {
        slices++;
      },
      interrupted: () => slices >= 3,
    });

    expect(result.complete).toBe(false);
    expect(result.virtualMs).toBe(30 * minutes);
  });

  it('changes nothing in observe mode, and leaves the tasks waiting', async () => {
    const { defaults } = actingSettings();
    const settings = { defaults: { ...defaults, mode: 'observe' as const }, clusters: {} };
    const result = await run({ scenario: { ...upAndDown(1), durationMs: 10 * minutes }, settings, seed: 1 });

    expect(result.instances.launches).toBe(0);
    expect(result.waits.waitingAtEnd).toBe(4);
  });
});
