import { describe, expect, it } from '@jest/globals';
import {
  drain,
  instancesOf,
  minute,
  tasksOf,
  withDefinition,
  withGroup,
  withService,
  worldUnderTest,
} from './world-under-test.ts';

const story = async (seed: number): Promise<string> => {
  const under = worldUnderTest(seed);
  withGroup(under, { size: 3, zones: ['eu-west-1a', 'eu-west-1b'] });
  withDefinition(under, 'web', { networkMode: 'awsvpc' });
  withService(under, 'web', 4, { placementStrategy: [{ type: 'random' }] });
  await under.pass(5 * minute);
  drain(under, instancesOf(under)[0] ?? {});
  await under.pass(5 * minute);
  under.ecs('UpdateService', { cluster: 'c', service: 'web', desiredCount: 1 });
  await under.pass(5 * minute);
  return JSON.stringify(under.records);
};

describe('the world', () => {
  it('tells the same story for the same seed, another for another', async () => {
    const [first, again, other] = [await story(7), await story(7), await story(8)];

    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('keeps a busy day of twenty instances and ten services cheap and forgets what is past', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 20 });
    for (let i = 0; i < 10; i++) {
      withDefinition(under, `s${i}`, { cpu: 128, memory: 128 });
      withService(under, `s${i}`, 4);
    }
    await under.pass(5 * minute);
    for (let step = 0; step < 24 * 6; step++) {
      for (let i = 0; i < 10; i++) {
        under.ecs('UpdateService', { cluster: 'c', service: `s${i}`, desiredCount: 4 + ((step * 7 + i) % 10) });
      }
      await under.pass(10 * minute);
    }

    expect(tasksOf(under).length).toBeGreaterThan(40);
    await under.pass(120 * minute);
    expect(tasksOf(under, { desiredStatus: 'STOPPED' })).toHaveLength(0);
  });
});
