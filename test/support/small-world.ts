import { seededDice } from '../../simulator/kernel/dice.ts';
import { VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import { createCluster } from '../../simulator/workloads/cluster.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';

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
  createCluster(world, {
    cluster: 'shop',
    groups: [{ name: 'shop-workers', instanceType: 'm5.large', minSize: 1, maxSize: 5, desiredCapacity: 3 }],
    services: [{ name: 'web', cpuUnits: 512, memoryMiB: 1_024, desiredCount: 4 }],
  });
  await clock.runUntil(smallWorldStart + 30 * 60_000);
  return { clock, world };
};
