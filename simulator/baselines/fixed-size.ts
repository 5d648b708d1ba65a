import type { Scenario } from '../workloads/scenario.ts';
import { unmanaged } from '../workloads/setup.ts';
import { peakSizes } from './bounds/bounds.ts';
import type { Controller } from './controller.ts';

/** Nobody: every group stays at the desired capacity that the scenario gave it. */
export const fixedSize: Controller = {
  name: 'none',
  setting: undefined,
  setup: unmanaged,
  start: () => Promise.resolve(() => Promise.resolve()),
};

/**
 * Nobody, with groups made once as large as the peak of the demand needs by the bound's mix, rounded up: what is paid
 * where nothing scales. Placement may leave more free than the bound does, so tasks can wait all the same.
 */
export const staticPeak = (scenario: Scenario): Controller => ({
  name: 'static-peak',
  setting: undefined,
  setup: unmanaged,
  start: ({ world, clock, onDecision }) => {
    const sizes = peakSizes(scenario);
    clock.at(clock.now(), () => {
      for (const { name, minSize, maxSize } of scenario.groups) {
        const to = Math.min(maxSize, Math.max(minSize, sizes.get(name) ?? 0));
        const request = { AutoScalingGroupName: name, DesiredCapacity: to };
        world.call('autoscaling', 'SetDesiredCapacity', request, 'static-peak');
        onDecision({ atMs: clock.now(), text: `${name}: ${to} throughout`, reasons: ['the peak of the demand'] });
      }
    });
    return Promise.resolve(() => Promise.resolve());
  },
});
