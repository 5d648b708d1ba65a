import { describe, expect, it } from '@jest/globals';
import { type DecideDependencies, decide } from '../../lib/flows/decide.ts';
import { recordOf } from '../../lib/flows/record.ts';
import type { DemandReport, Plan, Step, StepOutcome } from '../../lib/model/plan.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { group, input, instance, member, now, service, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });
const short = { containerInstances: [full], services: [service(4)], groups: [group([member(1)])] };

const made = (over: Partial<ClusterSettings> = {}, seen = short) => {
  const store = memoryStore();
  const telemetry = memoryTelemetry();
  const deps: DecideDependencies = {
    act: new FakeAws(seen),
    store,
    telemetry,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    settings: { defaults: settings(over), clusters: {} },
    deadLetters: { bury: () => Promise.resolve() },
    wakeUps: { wake: () => Promise.resolve() },
  };
  return { store, telemetry, deps };
};

describe('a decision that took steps', () => {
  it('is kept, with what asked for it, what it did and for whom', async () => {
    const { store, deps } = made();

    await decide('main', 'event', deps);

    expect(await store.decisions('main', now)).toEqual([
      {
        at: now,
        generation: 1,
        reason: 'event',
        steps: [
          {
            kind: 'setGroupDesiredCapacity',
            group: 'web',
            instances: [],
            moreInstances: 0,
            from: 1,
            to: 2,
            reason: '4 tasks without room need 1 more instance',
            result: 'done',
            detail: undefined,
          },
        ],
        moreSteps: 0,
        waiting: [{ source: 'service api', tasks: 4, verdict: 'launch' }],
        moreWaiting: 0,
      },
    ]);
  });

  it.each([
    ['in observe mode', made({ mode: 'observe' })],
    ['without steps', made({}, { ...short, services: [] })],
  ])('is not one %s: nothing is written', async (_, { store, deps }) => {
    await decide('main', 'event', deps);

    expect(await store.decisions('main', 0)).toEqual([]);
  });

  it('was made all the same where it cannot be kept', async () => {
    const { store, telemetry, deps } = made();
    const failing = { ...store, keepDecision: () => Promise.reject(new Error('table gone')) };

    const { outcomes } = await decide('main', 'event', { ...deps, store: failing });

    expect(outcomes.map((it) => it.result)).toEqual(['done']);
    expect(telemetry.lines.map((it) => it.message)).toContain('the decision was not kept for its history');
  });
});

describe('recordOf', () => {
  const empty: Plan = planCluster(input({}));
  const long = 'x'.repeat(10_000);
  const manyInstances: Step = {
    kind: 'drainInstances',
    group: 'web',
    cause: 'empty',
    instances: Array.from({ length: 500 }, (_, n) => ({
      ec2InstanceId: `i-${n.toString(16).padStart(17, '0')}`,
      containerInstanceArn: 'arn',
      version: 1,
    })),
    reason: long,
  };
  const launch: Step = {
    kind: 'launchInstances',
    group: 'web',
    from: 3,
    count: 2,
    availabilityZone: 'eu-west-1a',
    clientToken: 'token',
    reason: 'needed',
  };
  const stop: Step = { kind: 'stopTasks', taskArns: ['arn:1'], reason: 'late' };
  const done = (step: Step): StepOutcome => ({ step, result: 'done', detail: long });
  const waiting = (n: number): DemandReport => ({
    source: `service s${n}`,
    capacityProvider: undefined,
    requirements: { cpuUnits: 1, memoryMiB: 1 },
    tasks: 1,
    verdicts: [{ tasks: 1, verdict: { kind: 'mayFitNow', instances: 1 } }],
    obstacles: [],
  });

  it('stays small, however much was done', () => {
    const plan = { ...empty, demand: Array.from({ length: 300 }, (_, n) => waiting(n)) };

    const record = recordOf(
      { generation: 3 },
      long,
      plan,
      Array.from({ length: 200 }, () => done(manyInstances)),
    );

    expect(record).toMatchObject({ moreSteps: 180, moreWaiting: 280 });
    expect(record?.steps[0]).toMatchObject({ moreInstances: 480 });
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(40_000);
  });

  it('has the sizes of a launch, and neither group nor instances where a step has none', () => {
    const record = recordOf({ generation: 1 }, 'event', empty, [done(launch), done(stop)]);

    expect(record?.steps).toMatchObject([
      { kind: 'launchInstances', group: 'web', from: 3, to: 5 },
      { kind: 'stopTasks', group: undefined, instances: [], from: undefined, to: undefined },
    ]);
  });

  it('counts no room that is kept among what waits', () => {
    const reserve: DemandReport = { ...waiting(1), isReserve: true };

    expect(recordOf({ generation: 1 }, 'event', { ...empty, demand: [reserve] }, [done(stop)])?.waiting).toEqual([]);
  });
});
