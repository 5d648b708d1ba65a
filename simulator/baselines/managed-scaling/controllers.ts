import { unmanaged } from '../../workloads/setup.ts';
import type { Controller } from '../controller.ts';
import { attachManagedScaling } from './managed-scaling.ts';

const targets = [100, 90, 80];
const warmUps = [300, 60];

/**
 * Capacity-provider managed scaling with managed termination protection and managed draining, as ECS recommends it. Its
 * grid: target capacity (spare capacity above 100 ÷ target) and warm-up (how soon a second step may follow).
 */
export const managedScalings: readonly Controller[] = targets.flatMap((targetCapacity) =>
  warmUps.map((instanceWarmupPeriod) => ({
    name: 'managed-scaling',
    setting: `target capacity ${targetCapacity} %, warm-up ${instanceWarmupPeriod} s`,
    setup: {
      ...unmanaged,
      providers: 'managedScaling',
      managedScaling: { ...unmanaged.managedScaling, targetCapacity, instanceWarmupPeriod },
      managedTerminationProtection: true,
      managedDraining: true,
    },
    start: ({ world, clock, dice, onDecision }) => {
      const detach = attachManagedScaling(world, clock, dice, onDecision);
      return Promise.resolve(() => {
        detach();
        return Promise.resolve();
      });
    },
  })),
);
