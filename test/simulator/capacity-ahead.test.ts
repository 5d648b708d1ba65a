import { describe, expect, it } from '@jest/globals';
import type { Simulation } from '../../simulator/score/simulation.ts';
import { playQueued } from '../support/queued-tasks.ts';
import { exampleScenario, largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;

/** Two of these tasks fill an instance of `largeGroup`. */
const api = (steps: readonly (readonly [at: string, value: number])[]) =>
  packedService(1_024, 2_048, { steps: steps.map(([at, value]) => ({ at, value })) });

/** Tasks that wait for the instances a cluster begins with. */
const atTheStart = 8;

const activeAt = ({ timeline, startMs }: Simulation, atMs: number): number =>
  timeline.findLast((it) => it.atMs <= startMs + atMs)?.active ?? 0;

describe('a capacity run', () => {
  const play = (steps: readonly (readonly [at: string, value: number])[], capacityRuns: readonly object[]) =>
    playQueued(
      scenarioOf({
        duration: '3h',
        groups: { web: largeGroup(0, 60, 4) },
        services: { api: api([['0s', 8], ...steps]) },
        capacityRuns,
      }),
    );
  const fortyMore = { at: '20m', for: '40m', service: 'api', tasks: 40 };

  it('has the instances there before the service’s count rises, so that its tasks wait for none', async () => {
    const steps = [
      ['30m', 48],
      ['50m', 8],
    ] as const;
    const [{ result }, { result: without }] = [await play(steps, [fortyMore]), await play(steps, [])];

    expect(activeAt(result, 29 * minutes)).toBeGreaterThanOrEqual(24);
    expect(result.score.wait.needingLaunch?.count).toBe(atTheStart);
    expect(result.waitsMs.slice(atTheStart).every((it) => it < 15_000)).toBe(true);
    expect(without.score.wait.needingLaunch?.count).toBeGreaterThan(atTheStart + 30);
    expect(result.score.wait).toMatchObject({ wanted: 48, ran: 48 });
  });

  it('lets them go after it is over, whether tasks came or not', async () => {
    const { result } = await play([], [fortyMore]);

    expect(activeAt(result, 59 * minutes)).toBeGreaterThanOrEqual(24);
    expect(activeAt(result, 90 * minutes)).toBeLessThanOrEqual(5);
    expect(result.violations).toEqual([]);
  });

  it('is asked for standalone tasks, too', async () => {
    const burst = { at: '30m', tasks: 12, cpuUnits: 1_024, memoryMiB: 2_048, duration: { low: '2m', high: '4m' } };
    const { result, invocations } = await playQueued(
      scenarioOf({
        duration: '90m',
        groups: { web: largeGroup(0, 60) },
        tasks: [{ bursts: burst }],
        capacityRuns: [{ at: '20m', for: '20m', taskDefinition: 'task-1024-2048', tasks: 12 }],
      }),
    );

    expect(invocations.filter((it) => it.error !== undefined)).toEqual([]);
    expect(activeAt(result, 29 * minutes)).toBe(6);
    expect(result.score.wait.needingLaunch).toBeUndefined();
    expect(result.timeline.at(-1)?.desiredCapacity).toBe(0);
  });
});

describe('headroom', () => {
  const play = (headroom: readonly object[]) =>
    playQueued(
      scenarioOf({
        duration: '1h',
        groups: { web: largeGroup(0, 60, 8) },
        services: {
          api: api([
            ['0s', 8],
            ['20m', 12],
            ['40m', 16],
          ]),
        },
        settings: { defaults: { mode: 'act', headroom } },
      }),
    );

  it('has a burst within it wait for no launch', async () => {
    const [kept, none] = [await play([{ service: 'api', copies: 4 }]), await play([])];

    expect(kept.result.score.wait.needingLaunch?.count).toBe(atTheStart);
    expect(kept.result.score.wait.waitingAtEnd).toBe(0);
    expect(none.result.score.wait.needingLaunch?.count).toBeGreaterThan(atTheStart);
  });
});

describe('examples/scenarios/headroom.yml', () => {
  it('has neither its steps nor its sale wait for a launch, once the cluster stands', async () => {
    const { result } = await playQueued(exampleScenario('headroom'));

    expect(result.score.wait.waitingAtEnd).toBe(0);
    expect(result.score.wait.needingLaunch?.count ?? 0).toBeLessThanOrEqual(12);
  });
});
