import { describe, expect, it } from '@jest/globals';
import { AwsApiError } from '../../simulator/world/api.ts';
import { objects } from '../../simulator/world/json.ts';
import type { World } from '../../simulator/world/world.ts';
import { type Played, playQueued, registerTask } from '../support/queued-tasks.ts';
import { scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const cluster = 'jobs';

const scenario = (refusedTasks: string, workers: object = {}) =>
  scenarioOf({
    cluster,
    duration: '30m',
    groups: {
      workers: { types: [{ instanceType: 'm5.large', pricePerHour: 0.1 }], minSize: 0, maxSize: 20, ...workers },
    },
    settings: { defaults: { mode: 'act', refusedTasks, quietTime: '1m' } },
  });

/** How many of so many tasks ECS starts, asked for by somebody who does not ask again. */
const runOnce = (world: World, count: number): number => {
  try {
    const answer = world.call('ecs', 'RunTask', { cluster, taskDefinition: 'job:1', count }, 'workload');
    return (objects(answer, 'tasks') ?? []).length;
  } catch (error) {
    if (error instanceof AwsApiError) return 0;
    throw error;
  }
};

/** Somebody asks for some tasks at some minutes. */
const play = async (
  refusedTasks: string,
  asks: readonly (readonly [minute: number, tasks: number])[],
  workers: object = {},
) => {
  const started: number[] = [];
  const played = await playQueued(scenario(refusedTasks, workers), {
    people: (world, at) => {
      registerTask(world, 'job', 1_024, 2_048);
      for (const [minute, tasks] of asks) at(minute * minutes, () => started.push(runOnce(world, tasks)));
    },
  });
  return { played, started };
};

const sizesOf = ({ result }: Played): readonly number[] => result.timeline.map((it) => it.desiredCapacity);

describe('tasks whose RunTask call was refused', () => {
  it('have room when they are asked for again, and it goes when its time is over', async () => {
    const { played, started } = await play('10m', [
      [5, 6],
      [9, 6],
    ]);

    expect(started).toEqual([0, 6]);
    expect(Math.max(...sizesOf(played))).toBe(3);
    expect(played.result.violations).toEqual([]);
  });

  it('have room for no more where they are asked for again and again', async () => {
    const { played, started } = await play(
      '10m',
      [5, 5.5, 6, 6.5, 9].map((minute) => [minute, 6] as const),
    );

    expect(started.at(-1)).toBe(6);
    expect(Math.max(...sizesOf(played))).toBe(3);
  });

  it('have room beside what runs, for as many as did not start', async () => {
    const { played, started } = await play(
      '10m',
      [
        [5, 6],
        [9, 2],
      ],
      { minSize: 2 },
    );

    expect(started).toEqual([4, 2]);
    expect(Math.max(...sizesOf(played))).toBe(3);
  });

  it('are given up when nobody asks again, with what was launched for them', async () => {
    const { played } = await play('5m', [[5, 6]]);

    const launchedAt = sizesOf(played).findIndex((it) => it === 3);
    expect(launchedAt).toBeGreaterThan(0);
    expect(sizesOf(played).at(-1)).toBe(0);
    expect(played.result.score.churn.launches).toBe(3);
    expect(played.decisions.flatMap((it) => it.plan.demand)).toContainEqual(
      expect.objectContaining({
        source: 'refused RunTask family:job',
        verdicts: [
          expect.objectContaining({
            tasks: 6,
            verdict: expect.objectContaining({ detail: expect.stringContaining('no one will retry this') }),
          }),
        ],
      }),
    );
  });

  it('are nobody’s business unless the settings say so', async () => {
    const { played, started } = await play('off', [
      [5, 6],
      [9, 6],
    ]);

    expect(started).toEqual([0, 0]);
    expect(played.result.score.churn.launches).toBe(0);
  });
});
