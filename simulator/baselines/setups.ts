import type { Setup } from './controller.ts';

/** Groups that nobody's capacity provider sizes. */
export const unmanaged: Setup = {
  providers: 'launchType',
  managedScaling: {
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  },
  managedTerminationProtection: false,
  managedDraining: false,
  berthContract: false,
};
