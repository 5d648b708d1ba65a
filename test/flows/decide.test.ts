import { describe, expect, it } from '@jest/globals';
import { type DecideDependencies, decide } from '../../lib/flows/decide.ts';
import { unknownShapeReason } from '../../lib/flows/shapes.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import { FencedError } from '../../lib/ports/store.ts';
import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { drain, group, instance, member, now, service, settings, taskDefinition } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const made = (seen: Partial<Observation>, over: Partial<ClusterSettings> = {}) => {
  const act = new FakeAws(seen);
  const store = memoryStore();
  const telemetry = memoryTelemetry();
  const wakes: (readonly [string, number, string])[] = [];
  const deps: DecideDependencies = {
    act,
    store,
    telemetry,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    settings: { defaults: settings(over), clusters: {} },
    deadLetters: { bury: () => Promise.resolve() },
    wakeUps: {
      wake: (...args) => {
        wakes.push(args);
        return Promise.resolve();
      },
    },
  };
  return { act, store, telemetry, wakes, deps };
};

const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });
const short = { containerInstances: [full], services: [service(4)], groups: [group([member(1)])] };

describe('decide', () => {
  it('sets the desired capacity, and remembers the launch before it asks for it', async () => {
    const { act, store, deps } = made(short);
    let rememberedBefore: unknown;
    act.beforeCheck = () => {
      void store.recall('main').then((it) => {
        rememberedBefore = it?.memory.intents;
      });
    };

    const { outcomes } = await decide('main', 'test', deps);

    expect(act.writes).toEqual(['desired web 2']);
    expect(outcomes.map((it) => it.result)).toEqual(['done']);
    expect(rememberedBefore).toEqual([{ group: 'web', desiredCapacity: 2, at: now }]);
  });

  it('has the instance of a group learned at once that nobody knows, once a launch template', async () => {
    const at = (launchSource: string) => ({
      ...short,
      groups: [group([member(1)]), group([], { name: 'new', launchSource })],
    });
    const { act, wakes, deps } = made(at('lt-9:1'));
    const unknown = () => wakes.splice(0).filter(([, , reason]) => reason === unknownShapeReason);

    await decide('main', 'test', deps);
    expect(unknown()).toEqual([['main', 0, unknownShapeReason]]);

    await decide('main', unknownShapeReason, deps);
    expect(unknown()).toEqual([]);

    act.seen = { ...act.seen, ...at('lt-9:2') };
    await decide('main', 'test', deps);
    expect(unknown()).toEqual([['main', 0, unknownShapeReason]]);
  });

  it('asks nobody about a group whose instances are there', async () => {
    const { wakes, deps } = made(short);

    await decide('main', 'test', deps);

    expect(wakes.map(([, , reason]) => reason)).not.toContain(unknownShapeReason);
  });

  it('remembers where AWS had none, as launched not at all, and looks elsewhere at once', async () => {
    const launchInstances = { pricePerHour: undefined, priority: 0, hold: false, launchInstances: true };
    const registers = { cpuUnits: 2_048, memoryMiB: 7_680 };
    const { act, store, wakes, deps } = made(
      { ...short, groups: [group([member(1)]), group([], { name: 'other' })] },
      {
        groups: {
          web: { ...launchInstances, registers, priority: 1 },
          other: { ...launchInstances, registers, launchInstances: false },
        },
      },
    );
    act.answerToLaunch = () => ({ kind: 'noCapacity', cause: 'no m5.large' });

    const first = await decide('main', 'test', deps);

    expect(first.outcomes.map((it) => it.result)).toEqual(['failed']);
    expect(wakes).toContainEqual(['main', 0, 'launches were refused']);
    expect((await store.recall('main'))?.memory).toMatchObject({
      launches: [],
      launchFailures: [{ group: 'web', at: now, budget: 1, cause: 'no m5.large', waitMs: 60_000 }],
    });

    const second = await decide('main', 'launches were refused', deps);

    expect(second.plan.steps).toMatchObject([{ kind: 'setGroupDesiredCapacity', group: 'other', to: 1 }]);
  });

  it('remembers no size that was not given: the next decision asks for it', async () => {
    const { act, store, deps } = made(short);
    act.answer = (id) => ({ id, result: 'busy', detail: 'Rate exceeded' });

    await decide('main', 'test', deps);
    expect((await store.recall('main'))?.memory).toMatchObject({ resized: [], launches: [] });
    act.answer = (id) => ({ id, result: 'done', detail: undefined });
    await decide('main', 'test', deps);

    expect(act.writes).toEqual(['desired web 2', 'desired web 2']);
    expect((await store.recall('main'))?.memory.resized).toEqual([{ group: 'web', from: 1, to: 2, at: now }]);
  });

  it('remembers nothing of a launch that AWS did not take', async () => {
    const group1 = { pricePerHour: undefined, priority: 0, hold: false, launchInstances: true, registers: undefined };
    const { act, store, deps } = made(short, { groups: { web: group1 } });
    act.answerToLaunch = () => ({ kind: 'failed', detail: 'Rate exceeded' });

    const first = await decide('main', 'test', deps);

    expect(first.outcomes.map((it) => it.result)).toEqual(['failed']);
    expect((await store.recall('main'))?.memory).toMatchObject({ resized: [], launches: [], launchFailures: [] });

    const second = await decide('main', 'test', deps);

    expect(second.plan.steps).toMatchObject([{ kind: 'launchInstances', group: 'web', count: 1 }]);
  });

  it('goes on where refused launches cannot be written down', async () => {
    const group1 = { pricePerHour: undefined, priority: 0, hold: false, launchInstances: true, registers: undefined };
    const { act, store, telemetry, deps } = made(short, { groups: { web: group1 } });
    act.answerToLaunch = () => ({ kind: 'noCapacity', cause: 'none' });
    let writes = 0;
    const remember: typeof store.remember = (...args) =>
      writes++ === 0 ? store.remember(...args) : Promise.reject(new FencedError('main'));

    const { outcomes } = await decide('main', 'test', { ...deps, store: { ...store, remember } });

    expect(outcomes.map((it) => it.result)).toEqual(['failed']);
    expect(telemetry.lines.map((it) => it.level)).toContain('warn');
  });

  it('writes nothing to AWS in observe mode, and reports the plan', async () => {
    const { act, telemetry, deps, store } = made(short, { mode: 'observe' });

    const { outcomes } = await decide('main', 'test', deps);

    expect(act.writes).toEqual([]);
    expect(outcomes.map((it) => it.result)).toEqual(['notInActMode']);
    expect((await store.recall('main'))?.memory.intents).toEqual([]);
    expect(telemetry.lines[0]?.fields['steps']).toMatchObject([{ kind: 'setGroupDesiredCapacity', from: 1, to: 2 }]);
  });

  it('hands out all that the plan rests on, so that it can be made again', async () => {
    const { deps } = made(short);

    const { input, plan } = await decide('main', 'test', deps);

    expect(input.observation.containerInstances).toEqual([full]);
    expect(planCluster(input)).toEqual(plan);
  });

  it('looks into a dozen draining instances, those that hold least first', async () => {
    const holding = (n: number, memoryMiB: number) =>
      instance(n, { status: 'DRAINING', remaining: { cpuUnits: 0, memoryMiB: 7_680 - memoryMiB } });
    const agent = taskDefinition('agent', { cpuUnits: 2_048, memoryMiB: 2_000 });
    const instances = Array.from({ length: 20 }, (_, n) => holding(n + 1, (19 - n) * 100));
    const { act, store, deps } = made({
      containerInstances: instances,
      services: [service(1, { schedulingStrategy: 'DAEMON', taskDefinitionArn: agent.arn })],
      taskDefinitions: { [agent.arn]: agent },
      groups: [group(instances.map((_, n) => member(n + 1)))],
    });
    const asked: string[] = [];
    act.cluster.tasksOn = (_, arn) => {
      asked.push(arn);
      return Promise.resolve({ items: [], gaps: [] });
    };
    for (const [n] of instances.entries()) await store.putDrain('main', drain(n + 1));
    await store.putDrain('main', drain(1, { state: 'emptied' }));

    await decide('main', 'test', deps);

    const emptiest = Array.from({ length: 11 }, (_, n) => instance(20 - n).arn);
    expect(asked).toEqual([instance(1).arn, ...emptiest]);
  });

  it('raises the generation before it looks', async () => {
    const { store, deps } = made(short);

    await decide('main', 'test', deps);

    expect(await store.generation('main')).toBe(1);
  });

  it('reads cluster and capacity providers once a minute, not with every decision', async () => {
    const { act, deps } = made(short);
    let reads = 0;
    const read = act.cluster.cluster;
    act.cluster.cluster = (name) => {
      reads++;
      return read(name);
    };
    const at = (ms: number) => ({ ...deps, clock: { ...deps.clock, now: () => ms } });

    await decide('main', 'test', at(now));
    await decide('main', 'test', at(now + 59_000));
    expect(reads).toBe(1);

    await decide('main', 'test', at(now + 60_000));
    expect(reads).toBe(2);
  });

  it('drops a size that somebody else has changed meanwhile, and looks again soon', async () => {
    const { act, deps, wakes } = made(short);
    act.beforeCheck = () => {
      act.seen = { ...act.seen, groups: [group([member(1)], { desiredCapacity: 5 })] };
    };

    const { outcomes } = await decide('main', 'test', deps);

    expect(act.writes).toEqual([]);
    expect(outcomes[0]).toMatchObject({
      result: 'dropped',
      detail: 'desired capacity is 5 by now, not 1: somebody changed it',
    });
    const hurried = () => wakes.filter(([, , reason]) => reason === 'a step was dropped');
    expect(hurried()).toEqual([['main', 2000, 'a step was dropped']]);

    await decide('main', 'a step was dropped', deps);
    expect(hurried()).toHaveLength(1);
  });

  it('launches nothing for what is not certain, and looks again in two seconds, at what it sees then', async () => {
    const { act, deps, wakes } = made({ ...short, services: [service(4, { runningCount: 4 })] });

    await decide('main', 'test', deps);
    const looks = () => wakes.filter(([, , reason]) => reason === 'what a service lacks was not certain');
    expect([act.writes, looks().map(([, delayMs]) => delayMs)]).toEqual([[], [2000]]);

    await decide('main', 'what a service lacks was not certain', deps);
    expect([act.writes, looks().length]).toEqual([['desired web 2'], 1]);
  });

  const empty = { containerInstances: [instance(1), instance(2)], groups: [group([member(1), member(2)])] };
  const emptySince = { 'i-1': now - 300_000, 'i-2': now - 300_000 };
  const remembering = async ({ store }: ReturnType<typeof made>): Promise<void> => {
    const { head, memory } = await store.raiseGeneration('main');
    await store.remember(head, { ...memory, emptySince }, { at: now, nextTimerAt: undefined, wakeAt: undefined });
  };

  it('drains empty instances, their drains in the store', async () => {
    const it = made(empty);
    await remembering(it);

    await decide('main', 'test', it.deps);

    expect(it.act.writes).toEqual(['DRAINING i-1 i-2']);
    expect((await it.store.drains('main')).map((one) => [one.ec2InstanceId, one.state])).toEqual([
      ['i-1', 'draining'],
      ['i-2', 'draining'],
    ]);
  });

  it('leaves out of a drain what has changed since the plan was made', async () => {
    const it = made(empty);
    await remembering(it);
    it.act.beforeCheck = () => {
      it.act.seen = {
        ...it.act.seen,
        containerInstances: [instance(1, { version: 2, pendingTasksCount: 1 }), instance(2)],
      };
    };

    const { outcomes } = await decide('main', 'test', it.deps);

    expect(it.act.writes).toEqual(['DRAINING i-2']);
    expect(outcomes[0]?.detail).toBe('left out: i-1 has changed since the plan was made');
  });

  it('terminates what is proven empty and still DRAINING, unchanged', async () => {
    const it = made({
      containerInstances: [instance(1, { status: 'DRAINING' })],
      tasksOnDraining: { [instance(1).arn]: [] },
      groups: [group([member(1)])],
    });
    await it.store.putDrain('main', drain(1, { state: 'emptied', since: now - 10_000 }));

    await decide('main', 'test', it.deps);

    expect(it.act.writes).toEqual(['terminate web i-1']);
    expect((await it.store.drains('main'))[0]?.state).toBe('terminating');
  });

  it('does not terminate what somebody made ACTIVE again', async () => {
    const it = made({
      containerInstances: [instance(1, { status: 'DRAINING' })],
      tasksOnDraining: { [instance(1).arn]: [] },
      groups: [group([member(1)])],
    });
    await it.store.putDrain('main', drain(1, { state: 'emptied', since: now - 10_000 }));
    it.act.beforeCheck = () => {
      it.act.seen = { ...it.act.seen, containerInstances: [instance(1)] };
    };

    const { outcomes } = await decide('main', 'test', it.deps);

    expect(it.act.writes).toEqual([]);
    expect(outcomes[0]).toMatchObject({ result: 'dropped', detail: 'i-1 is ACTIVE by now' });
  });

  it('goes on with the other steps when one fails, and reports it', async () => {
    const { act, deps, telemetry } = made({
      ...short,
      groups: [
        group([member(1)]),
        group([member(9, { lifecycleState: 'Terminating:Wait' })], { name: 'old', desiredCapacity: 0 }),
      ],
    });
    act.answer = (id) => ({ id, result: id === 'web' ? 'failed' : 'done', detail: 'access denied' });

    const { outcomes } = await decide('main', 'test', deps);

    expect(outcomes.map((it) => [it.step.kind, it.result])).toEqual([
      ['setGroupDesiredCapacity', 'failed'],
      ['completeLifecycleActions', 'done'],
    ]);
    expect(telemetry.counts.get('StepFailures')).toBe(1);
  });

  it('wakes for a timer before the next minute, and leaves later ones to the minute check', async () => {
    const soon = made({ containerInstances: [instance(1)], groups: [group([member(1)])] }, { quietTimeMs: 45_000 });
    await decide('main', 'test', soon.deps);
    expect(soon.wakes).toEqual([['main', 45_000, 'timer']]);

    const late = made({ containerInstances: [instance(1)], groups: [group([member(1)])] });
    await decide('main', 'test', late.deps);
    expect(late.wakes).toEqual([]);
    expect((await late.store.recall('main'))?.head.nextTimerAt).toBe(now + 120_000);
  });

  it('leaves every timer to the minute check where nothing is done', async () => {
    const { store, deps, wakes } = made(
      { containerInstances: [instance(1)], groups: [group([member(1)])] },
      { quietTimeMs: 45_000, mode: 'observe' },
    );

    await decide('main', 'test', deps);

    expect(wakes).toEqual([]);
    expect((await store.recall('main'))?.head.nextTimerAt).toBe(now + 45_000);
  });

  it('keeps one wake-up under way, however many decisions there are', async () => {
    const { deps, wakes } = made(
      { containerInstances: [instance(1)], groups: [group([member(1)])] },
      { quietTimeMs: 45_000 },
    );

    for (let n = 0; n < 5; n++) await decide('main', 'test', deps);

    expect(wakes).toEqual([['main', 45_000, 'timer']]);
  });

  it('leaves a step that failed to the minute check', async () => {
    const { act, store, deps, wakes } = made(short);
    act.answer = (id) => ({ id, result: 'failed', detail: 'access denied' });

    await decide('main', 'test', deps);

    expect(wakes).toEqual([['main', 15_000, 'timer']]); // the look at scaling activities, no retry of its own
    expect((await store.recall('main'))?.head.nextTimerAt).toBe(now);
  });

  it('writes nothing once another writer has taken the cluster over', async () => {
    const { act, store, deps } = made(short);
    const slow = {
      ...act.cluster,
      services: async () => {
        await store.raiseGeneration('main');
        return act.cluster.services('main');
      },
    };

    await expect(
      decide('main', 'test', { ...deps, act: Object.assign(Object.create(act) as FakeAws, { cluster: slow }) }),
    ).rejects.toThrow(FencedError);
    expect(act.writes).toEqual([]);
  });
});
