import { describe, expect, it } from '@jest/globals';
import { type RunResult, run } from '../../simulator/host/run.ts';
import { generatedDay, type Workload } from '../../simulator/workloads/workload.ts';
import { actingSettings } from '../support/local-run.ts';

const start = Date.UTC(2026, 0, 5, 4);
const minutes = 60_000;
const hours = 60 * minutes;

const morning = (): Workload => ({ ...generatedDay(start), durationMs: 4 * hours });

/** One service of a cluster of its own that goes up to four tasks and back to none, over and over, from no instance. */
const upAndDown = (rounds: number): Workload => {
  const spec = { name: 'jobs', cpuUnits: 512, memoryMiB: 1024, desiredCount: 0 };
  const points = Array.from({ length: rounds }, (_, n) => [
    { atMs: (5 + n * 30) * minutes, rate: 4 },
    { atMs: (15 + n * 30) * minutes, rate: 0 },
  ]).flat();
  const group = { name: 'jobs', instanceType: 'm5.large', minSize: 0, maxSize: 10, desiredCapacity: 0 };
  return {
    title: 'up and down',
    startMs: start,
    durationMs: (5 + rounds * 30) * minutes,
    cluster: { cluster: 'quiet', groups: [group], services: [spec] },
    services: [{ spec, points, perTask: 1, minimum: 0, deployAtMs: [] }],
  };
};

const withoutRealTime = (result: RunResult) => JSON.stringify({ ...result, realMs: 0 });

describe('a run of the real handlers on the local AWS', () => {
  it('gives every task a place and terminates nothing that works', async () => {
    const result = await run({ workload: morning(), settings: actingSettings(), seed: 1 });

    expect(result.complete).toBe(true);
    expect(result.waits.waitingAtEnd).toBe(0);
    expect(result.waits.ran).toBeGreaterThan(20);
    expect(result.instances.launches).toBeGreaterThan(4);
    expect(result.instances.terminationsWithLiveTask).toBe(0);
    expect(result.errors).toEqual({});
    expect(Object.values(result.functions).map((it) => it.errors)).toEqual([0, 0, 0, 0]);
  });

  it('is the same, byte for byte, for the same seed, and another for another', async () => {
    const once = await run({ workload: morning(), settings: actingSettings(), seed: 7 });
    const again = await run({ workload: morning(), settings: actingSettings(), seed: 7 });
    const other = await run({ workload: morning(), settings: actingSettings(), seed: 8 });

    expect(withoutRealTime(again)).toBe(withoutRealTime(once));
    expect(withoutRealTime(other)).not.toBe(withoutRealTime(once));
  });

  it('reacts on a quiet cluster within 2 s up to the launch call, from zero, with one instance for four tasks', async () => {
    const rounds = 40;
    const result = await run({ workload: upAndDown(rounds), settings: actingSettings(), seed: 1 });

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
      workload: morning(),
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
    const result = await run({ workload: { ...upAndDown(1), durationMs: 10 * minutes }, settings, seed: 1 });

    expect(result.instances.launches).toBe(0);
    expect(result.waits.waitingAtEnd).toBe(4);
  });
});
