import { describe, expect, it } from '@jest/globals';
import type { Decision } from '../../lib/flows/decide.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { runScaled, type ScaledRun } from '../support/scaled-services.ts';
import { scenarioOf } from '../support/scenarios.ts';

const services = [{ name: 'web', target: 60, minimum: 2, maximum: 60 }];
const crowdAt = 40 * minuteMs;

/** A service that is full on its instances, whose work trebles within a minute and goes again. */
const world = {
  cluster: 'shop',
  groups: {
    shop: {
      types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }],
      minSize: 1,
      maxSize: 30,
      desiredCapacity: 3,
    },
  },
};

const webWith = (demand: object) => ({
  cpuUnits: 512,
  memoryMiB: 1024,
  loadBalancer: true,
  demand: { steps: [{ at: '0s', value: 240 }], perTask: 50, ...demand },
  placementStrategy: [{ type: 'binpack', field: 'cpu' }],
});

const scenario = scenarioOf({
  ...world,
  duration: '2h',
  services: { web: webWith({ flashCrowds: [{ at: '40m', for: '30m', factor: 3 }] }) },
});

/** From the rise of the work to the first task RUNNING that it led to. */
const firstNewTaskAfter = ({ minutes }: ScaledRun): number => {
  const before = minutes.findLast((it) => it.at <= crowdAt)?.running ?? 0;
  return (minutes.find((it) => it.at > crowdAt && it.running > before)?.at ?? Number.POSITIVE_INFINITY) - crowdAt;
};

describe('a service whose work trebles on full instances', () => {
  it('gets its tasks and their instances in one decision, and less overload for fewer task-hours than two loops', async () => {
    const decisions: Decision[] = [];
    const berth = await runScaled(scenario, services, 'berth', { onDecision: (it) => decisions.push(it) });
    const twoLoops = await runScaled(scenario, services, 'twoLoops');

    const together = decisions.filter(({ plan }) => {
      const kinds = plan.steps.map((it) => it.kind);
      return kinds.includes('setServiceDesiredCount') && kinds.includes('setGroupDesiredCapacity');
    });
    expect(together.length).toBeGreaterThan(0);
    for (const { outcomes } of together) expect(outcomes.map((it) => it.result)).not.toContain('failed');

    expect(berth.overloaded).toBeLessThan(twoLoops.overloaded / 1.5);
    expect(berth.taskHours).toBeLessThan(twoLoops.taskHours * 1.02);
    expect(firstNewTaskAfter(berth)).toBeLessThan(firstNewTaskAfter(twoLoops) - 2 * minuteMs);
    expect(berth.simulation.score.wait.all?.p99).toBeLessThan(twoLoops.simulation.score.wait.all?.p99 ?? 0);

    expect(berth.simulation.violations).toEqual([]);

    // Back where it was, within its bounds all the time, with few changes.
    expect(berth.minutes.at(-1)?.desired).toBe(berth.minutes.findLast((it) => it.at < crowdAt)?.desired);
    for (const it of berth.minutes) {
      expect(it.desired).toBeGreaterThanOrEqual(2);
      expect(it.desired).toBeLessThanOrEqual(60);
    }
    expect(berth.countChanges).toBeLessThanOrEqual(6);
  });

  it('costs no more metrics than one a minute, fewer while nothing moves', async () => {
    const calm = scenarioOf({ ...world, duration: '4h', services: { web: webWith({}) } });
    const often = await runScaled(calm, services, 'berth', { quiet: '1m' });
    const seldom = await runScaled(calm, services, 'berth', { quiet: '5m' });

    expect(often.metricsAsked).toBeLessThanOrEqual(241);
    expect(seldom.metricsAsked).toBeLessThan(often.metricsAsked / 2);
  });

  it('is read each minute for an hour after it surged', async () => {
    const surged = await runScaled(scenario, services, 'berth');
    const calm = await runScaled(
      scenarioOf({ ...world, duration: '2h', services: { web: webWith({}) } }),
      services,
      'berth',
    );

    expect(surged.metricsAsked).toBeGreaterThan(calm.metricsAsked + 20);
  });
});
