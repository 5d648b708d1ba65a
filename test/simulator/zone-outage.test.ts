import { describe, expect, it } from '@jest/globals';
import { playQueued } from '../support/queued-tasks.ts';
import { packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;
const seconds = 1_000;

const outage = { from: 10 * minutes, to: 40 * minutes };
const wantedAt = 15 * minutes;

const inZone = (letter: string, pricePerHour: number) => ({
  types: [{ instanceType: 'm5.large', pricePerHour }],
  zones: [letter],
  minSize: 0,
  maxSize: 40,
});

const names = ['zone-a', 'zone-b'] as const;

/** One group a zone; the cheaper zone has no capacity for half an hour, in which the service grows twice. */
const scenario = (launchInstances: boolean) =>
  scenarioOf({
    cluster: 'main',
    duration: '70m',
    groups: { 'zone-a': inZone('a', 0.09), 'zone-b': inZone('b', 0.12) },
    services: {
      api: packedService(512, 1_024, {
        steps: [
          { at: '0s', value: 6 },
          { at: '15m', value: 40 },
          { at: '25m', value: 60 },
        ],
      }),
    },
    faults: [{ kind: 'capacityError', at: ['10m'], for: '30m', zones: ['a'] }],
    settings: {
      defaults: { mode: 'act' },
      clusters: {
        main: {
          groups: Object.fromEntries(
            names.map((name, n) => [name, { pricePerHour: n === 0 ? 0.09 : 0.12, launchInstances }]),
          ),
        },
      },
    },
  });

const play = async (launchInstances: boolean) => {
  const it = scenario(launchInstances);
  const played = await playQueued(it, { laws: false });
  /** Instances that a decision asks a group for, with when, in minutes from the beginning. */
  const asked = played.decisions.flatMap(({ input, plan }) =>
    plan.steps.flatMap((step) => {
      const at = input.now - it.startMs;
      if (step.kind === 'launchInstances') return [{ at, group: step.group, instances: step.count }];
      return step.kind === 'setGroupDesiredCapacity' && step.to > step.from
        ? [{ at, group: step.group, instances: step.to - step.from }]
        : [];
    }),
  );
  return { played, asked };
};

describe.each([
  ['by its size', false],
  ['by LaunchInstances', true],
] as const)('a zone without capacity for half an hour, each group being asked %s', (_, launchInstances) => {
  it('is made up for by the group of the other zone in the decision that sees it, or the next', async () => {
    const { played, asked } = await play(launchInstances);
    const { wait } = played.result.score;
    const failedFirst = played.decisions.findIndex(({ plan }) => plan.memory.launchFailures.length > 0);
    const serving = played.decisions.findIndex(
      ({ input, plan }) =>
        input.now >= scenario(launchInstances).startMs + wantedAt &&
        plan.steps.some((it) => 'group' in it && it.group === 'zone-b'),
    );

    // LaunchInstances says at once that there is none: then the decision after it is the first that remembers.
    expect(serving).toBeLessThanOrEqual(failedFirst);
    const first = asked.find((it) => it.group === 'zone-b' && it.at >= wantedAt);
    expect((first?.at ?? Number.POSITIVE_INFINITY) - wantedAt).toBeLessThan((launchInstances ? 6 : 30) * seconds);
    expect(wait.waitingAtEnd).toBe(0);
    expect(wait.all?.max).toBeLessThan((launchInstances ? 100 : 130) * seconds);
  });

  it('is asked again a few times, for one instance each', async () => {
    const { played, asked } = await play(launchInstances);
    const inVain = asked.filter((it) => it.group === 'zone-a' && it.at >= wantedAt && it.at < outage.to);
    const [, ...probes] = inVain;

    expect(inVain.length).toBeGreaterThan(0);
    expect(probes.length).toBeLessThanOrEqual(4);
    expect(probes.every((it) => it.instances === 1)).toBe(true);
    expect(played.result.score.churn.uselessLaunches).toBe(0);
  });
});
