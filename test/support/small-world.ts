import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import { largeGroup, packedService, scenarioOf } from './scenarios.ts';

export interface SmallWorld {
  readonly clock: VirtualClock;
  readonly world: World;
}

/** Where `smallWorld` begins, in epoch milliseconds. */
export const smallWorldStart = Date.parse('2026-11-02T08:00:00Z');

/** The simulated AWS with one cluster, `shop`: a group of three instances and a service of four tasks, half an hour old. */
export const smallWorld = async (): Promise<SmallWorld> => {
  const clock = new VirtualClock(smallWorldStart);
  const world = createWorld({ kernel: clock, dice: seededDice(1) });
  const scenario = scenarioOf({
    start: '2026-11-02T08:00:00Z',
    cluster: 'shop',
    groups: { 'shop-workers': largeGroup(1, 5, 3) },
    services: { web: packedService(512, 1_024, { count: 4 }) },
  });
  stageScenario(world, clock, scenario, berthSetup);
  await clock.runUntil(smallWorldStart + 30 * 60_000);
  return { clock, world };
};
