import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Decision } from '../../lib/flows/decide.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { type RunResult, run } from '../../simulator/host/run.ts';
import { type SimulateOptions, simulate } from '../../simulator/host/simulate.ts';
import type { Simulation } from '../../simulator/score/simulation.ts';
import { actingSettings } from '../support/local-run.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';

const minutes = 60_000;

/** Two services that go up and down, one of them deployed, on a group from two instances up. */
const waves = scenarioOf({
  cluster: 'main',
  duration: '2h',
  groups: { web: largeGroup(1, 40, 2) },
  services: {
    api: packedService(512, 1_024, {
      steps: [
        { at: '0s', value: 4 },
        { at: '30m', value: 24 },
        { at: '60m', value: 6 },
        { at: '90m', value: 18 },
      ],
    }),
    web: {
      ...packedService(256, 512, {
        steps: [
          { at: '0s', value: 6 },
          { at: '40m', value: 20 },
          { at: '75m', value: 3 },
        ],
      }),
      deployments: ['45m'],
    },
    agent: { schedulingStrategy: 'DAEMON', cpuUnits: 32, memoryMiB: 64 },
  },
});

/** What such a scenario costs at least is another's test. */
const bounds = {
  freeMigrationDollars: 1,
  noMigrationDollars: 1,
  freeMigrationInstances: [{ atMs: 0, instances: 1 }],
};

const play = (seed: number, more: Partial<SimulateOptions> = {}): Promise<Simulation> =>
  simulate({ scenario: waves, controller: berthController(waves.settings), seed, bounds, ...more });

describe('a simulation of Berth over the ports', () => {
  const decisions: Decision[] = [];
  const errors: string[] = [];
  let result: Simulation;

  beforeAll(async () => {
    result = await play(1, {
      onPlan: (decision) => decisions.push(decision),
      onInvocation: ({ error }) => {
        if (error !== undefined) errors.push(error);
      },
    });
  });

  it('gives every task a place, and takes back what is no longer needed', () => {
    expect(errors).toEqual([]);
    expect(result.ranMs).toBe(waves.durationMs);
    expect(result.score.wait.waitingAtEnd).toBe(0);
    expect(result.score.wait.ran).toBeGreaterThan(60);
    expect(result.score.churn.launches).toBeGreaterThan(6);
    expect(result.score.churn.terminations).toBeGreaterThan(3);
    expect(result.score.safety.terminationsWithLiveTask).toBe(0);
  });

  it('knows how its launches came about', () => {
    expect(result.score.wait.ownShare?.count).toBeGreaterThan(10);
    expect(result.score.wait.ownShare?.p50).toBeLessThan(30_000);
  });

  it('counts its decisions, logs those that changed something, and hands out what they rest on', () => {
    expect(result.decisions).toBe(decisions.length);
    expect(result.decisionLog.length).toBeGreaterThan(5);
    expect(result.decisionLog.every((it) => it.text !== '' && it.reasons.length > 0)).toBe(true);
    const acting = decisions.filter((it) => it.plan.steps.length > 0);
    expect(acting.map((it) => planCluster(it.input))).toEqual(acting.map((it) => it.plan));
  });

  it('counts the calls it would have made', () => {
    const { byOperation } = result.score.calls;

    expect(byOperation['ecs:ListTasks']).toBeGreaterThan(decisions.length);
    expect(byOperation['autoscaling:SetDesiredCapacity']).toBeGreaterThan(2);
    expect(byOperation['autoscaling:DescribeAutoScalingGroups']).toBeGreaterThan(decisions.length);
  });

  it('is the same, byte for byte, for the same seed, and another for another', async () => {
    const [again, other] = [await play(1), await play(2)];

    expect(JSON.stringify(again)).toBe(JSON.stringify(result));
    expect(JSON.stringify(other.waitsMs)).not.toBe(JSON.stringify(result.waitsMs));
  });

  it('gives what there is when it is interrupted', async () => {
    const shares: number[] = [];

    const part = await play(1, { onProgress: (done) => shares.push(done), interrupted: () => shares.length >= 3 });

    expect(part.ranMs).toBe(30 * minutes);
    expect(shares).toEqual([1 / 12, 2 / 12, 3 / 12]);
    expect(part.waitsMs).toEqual(result.waitsMs.slice(0, part.waitsMs.length));
  });

  it('refuses settings that do not hold, with what is wrong', () => {
    expect(() => berthController({ defaults: { mode: 'perhaps' } })).toThrow('mode');
  });
});

describe('the two faces', () => {
  let wire: RunResult;
  /** Of the wire; some invocations only put a decision off. */
  let decisions = 0;
  let ports: readonly Simulation[];

  beforeAll(async () => {
    const onDecision = (): void => {
      decisions++;
    };
    wire = await run({ scenario: waves, settings: actingSettings(), seed: 1, onDecision });
    ports = [await play(1), await play(2), await play(3)];
  });

  const mean = (of: (it: Simulation) => number): number => ports.reduce((sum, it) => sum + of(it), 0) / ports.length;

  it('cost alike: instance-hours within 6 %', () => {
    const ratio = wire.instances.instanceHours / mean((it) => it.score.cost.instanceHours);

    expect(Math.abs(ratio - 1)).toBeLessThan(0.06);
  });

  it('make tasks wait alike', () => {
    const p50 = mean((it) => it.score.wait.all?.p50 ?? 0);
    const needing = mean((it) => it.score.wait.needingLaunch?.p50 ?? 0);

    expect(Math.abs((wire.waits.all?.p50 ?? 0) / p50 - 1)).toBeLessThan(0.25);
    expect(Math.abs((wire.waits.needingLaunch?.p50 ?? 0) / needing - 1)).toBeLessThan(0.15);
  });

  it('decide about as often', () => {
    expect(Math.abs(decisions / mean((it) => it.decisions) - 1)).toBeLessThan(0.2);
  });
});
