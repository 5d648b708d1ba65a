import { describe, expect, it } from '@jest/globals';
import { minuteMs } from '../../lib/model/time.ts';
import type { Controller } from '../../simulator/baselines/controller.ts';
import { type BerthListener, berthController } from '../../simulator/host/ports/berth-controller.ts';
import { simulate } from '../../simulator/host/simulate.ts';
import { scenarioOf } from '../support/scenarios.ts';

const web = {
  cpuUnits: 512,
  memoryMiB: 1024,
  demand: { steps: [{ at: '0s', value: 240 }], perTask: 50 },
  placementStrategy: [{ type: 'binpack', field: 'cpu' }],
};

const scenario = scenarioOf({
  cluster: 'shop',
  duration: '1h',
  groups: {
    shop: { types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }], minSize: 1, maxSize: 20, desiredCapacity: 4 },
  },
  services: { tagged: web, wrong: web, plain: web },
});

/** A controller in whose world services are tagged after ten minutes; notes the counts at the end. */
const tagging = (
  controller: Controller,
  tags: Readonly<Record<string, Readonly<Record<string, string>>>>,
  counts: Record<string, number>,
): Controller => ({
  ...controller,
  start: async (stage) => {
    const services = () => stage.world.view.ecs.clusters.get('shop')?.services ?? new Map<string, never>();
    stage.clock.at(stage.scenario.startMs + 10 * minuteMs, () => {
      for (const [name, its] of Object.entries(tags))
        stage.world.call(
          'ecs',
          'TagResource',
          {
            resourceArn: services().get(name)?.arn ?? '',
            tags: Object.entries(its).map(([key, value]) => ({ key, value })),
          },
          'a stack',
        );
    });
    stage.clock.at(stage.scenario.startMs + 55 * minuteMs, () => {
      for (const it of services().values()) counts[it.name] = it.desiredCount;
    });
    return controller.start(stage);
  },
});

const played = async (serviceTags: boolean): Promise<Readonly<Record<string, number>>> => {
  const berth = berthController({ defaults: { mode: 'act', serviceTags } });
  const counts: Record<string, number> = {};
  const tags = {
    tagged: { 'berth:max': '20', 'berth:target-cpu': '30' },
    wrong: { 'berth:max': '20', 'berth:min': '30', 'berth:target-cpu': '30' },
  };
  const controller = {
    ...berth,
    listenedTo: (listener: BerthListener) => tagging(berth.listenedTo(listener), tags, counts),
  };
  const left = { ...scenario, services: scenario.services.map((it) => ({ ...it, counts: it.counts.slice(0, 1) })) };
  const { violations } = await simulate({ scenario: left, controller, seed: 1, laws: true });
  expect(violations).toEqual([]);
  return counts;
};

describe('tags on services', () => {
  it('scale the one that has them, from when it has them; not one whose tags are wrong, nor one without', async () => {
    const { tagged, wrong, plain } = await played(true);

    expect(tagged).toBe(16); // 240 ÷ (30 % of 50)
    expect(wrong).toBe(plain);
    expect(plain).toBe(5);
  });

  it('say nothing where the settings do not allow them', async () => {
    const { tagged, plain } = await played(false);

    expect(tagged).toBe(plain);
  });
});
