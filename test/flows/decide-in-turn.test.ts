import { describe, expect, it } from '@jest/globals';
import { type DecideDependencies, decideInTurn } from '../../lib/flows/decide.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { group, instance, member, now, service, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const made = () => {
  const act = new FakeAws({
    containerInstances: [instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 })],
    services: [service(4)],
    groups: [group([member(1)])],
  });
  const store = memoryStore();
  const wakes: (readonly [string, number, string])[] = [];
  let time = now;
  const deps: DecideDependencies = {
    act,
    store,
    telemetry: memoryTelemetry(),
    clock: { now: () => time, sleep: () => Promise.resolve() },
    settings: { defaults: settings(), clusters: {} },
    deadLetters: { bury: () => Promise.resolve() },
    wakeUps: {
      wake: (...args) => {
        wakes.push(args);
        return Promise.resolve();
      },
    },
  };
  /** Each look takes so long from now on. */
  const looksTake = (ms: number): void => {
    const { services } = act.cluster;
    act.cluster.services = (name) => {
      time += ms;
      return services(name);
    };
  };
  const at = (ms: number, reason: string) => {
    time = now + ms;
    return decideInTurn('main', reason, deps);
  };
  return { store, wakes, at, looksTake };
};

describe('decideInTurn', () => {
  it('decides at once where the cluster was not looked at for a while', async () => {
    const { at } = made();

    expect(await at(0, 'container instance')).toBeDefined();
    expect(await at(3_000, 'container instance')).toBeDefined();
  });

  it('puts off what does not hurry, and has itself woken once', async () => {
    const { at, wakes, store } = made();
    await at(0, 'test');
    const before = await store.recall('main');
    wakes.length = 0;

    expect(await at(1_000, 'container instance')).toBeUndefined();
    expect(await at(1_500, 'task RUNNING service:api')).toBeUndefined();

    expect(wakes).toEqual([['main', 2_000, 'container instance']]);
    const after = await store.recall('main');
    expect(after?.memory).toEqual(before?.memory);
    expect(after?.head).toMatchObject({ lastDecisionAt: now, wakeAt: now + 3_000 });
    expect(after?.head.generation).toBe((before?.head.generation ?? 0) + 2);
  });

  it('counts from the end of a look: one that takes long is not followed by the next at once', async () => {
    const { at, looksTake } = made();
    looksTake(4_000);
    await at(0, 'test');

    expect(await at(6_000, 'container instance')).toBeUndefined();
    expect(await at(7_000, 'container instance')).toBeDefined();
  });

  it.each(['spotInterruption i-1', 'ECS Service Action SERVICE_TASK_PLACEMENT_FAILURE', 'a step was dropped'])(
    'puts off no decision for %s',
    async (reason) => {
      const { at } = made();
      await at(0, 'test');

      expect(await at(1_000, reason)).toBeDefined();
    },
  );
});
