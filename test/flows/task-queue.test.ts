import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { handleTaskMessages, nextTryOf, runQueued } from '../../lib/flows/task-queue.ts';
import type { Gap } from '../../lib/model/observation.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import type { RunTaskOutcome, RunTaskRequest } from '../../lib/ports/cluster-api.ts';
import type { QueuedRun } from '../../lib/ports/store.ts';
import { settings, taskDefinition } from '../support/builders.ts';
import { ingest, messages } from '../support/ingest.ts';

const start = Date.UTC(2026, 10, 23, 12);
const minuteMs = 60_000;
const role = 'arn:aws:iam::123456789012:role/job';
const taskQueue = { taskDefinitionFamilies: ['job', 'report'], roles: [role], giveUpAfterMs: 60 * minuteMs };

/** A cluster with room for some tasks, which knows client tokens as ECS does. */
class FakeEcs {
  room = 0;
  /** How many tasks run, by the token they were started with. */
  readonly started = new Map<string, number>();
  readonly requests: RunTaskRequest[] = [];
  /** Stands in for the next answers. */
  answer: ((request: RunTaskRequest) => RunTaskOutcome | undefined) | undefined;

  runTask(request: RunTaskRequest): RunTaskOutcome {
    this.requests.push(request);
    const told = this.answer?.(request);
    if (told !== undefined) return told;
    const before = this.started.get(request.clientToken);
    const count = before ?? Math.min(this.room, request.count);
    if (count === 0) return { kind: 'noRoom', detail: 'RESOURCE:CPU on 3' };
    if (before === undefined) this.room -= count;
    this.started.set(request.clientToken, count);
    const missing = count < request.count ? 'RESOURCE:CPU on 3' : undefined;
    return { kind: 'started', taskArns: Array.from({ length: count }, (_, n) => `task/${n}`), missing };
  }

  get running(): number {
    return [...this.started.values()].reduce((a, b) => a + b, 0);
  }
}

const flow = (over: Partial<ClusterSettings> = {}) => {
  const base = ingest();
  const ecs = new FakeEcs();
  const buriedBodies: string[] = [];
  const clock = { at: start };
  const definitions: { gaps: readonly Gap[] } = { gaps: [] };
  const definitionReads: string[] = [];
  return {
    ...base,
    ecs,
    buriedBodies,
    time: clock,
    definitions,
    definitionReads,
    deadLetters: {
      bury: (body: string, reason: string, source: string) => {
        buriedBodies.push(body);
        return base.deadLetters.bury(body, reason, source);
      },
    },
    clock: { now: () => clock.at, sleep: () => Promise.resolve() },
    settings: { defaults: settings({ taskQueue, ...over }), clusters: { other: settings() } },
    cluster: {
      taskDefinitionNow: (name: string) => {
        definitionReads.push(name);
        const isThere = /(^|\/)job:[12]$/.test(name);
        return Promise.resolve({
          items: isThere ? [{ definition: taskDefinition('job'), isInactive: name.endsWith(':2') }] : [],
          gaps: isThere ? [] : definitions.gaps,
        });
      },
    },
    clusterWriter: { runTask: (_: string, request: RunTaskRequest) => Promise.resolve(ecs.runTask(request)) },
  };
};

type Flow = ReturnType<typeof flow>;

const job = (over: object = {}): object => ({ cluster: 'main', taskDefinition: 'job:1', ...over });

const queuedOf = async ({ store }: Pick<Flow, 'store'>): Promise<readonly QueuedRun[]> =>
  (await store.drainsAndAsked('main')).runs;

const runAll = async (deps: Flow): Promise<void> => runQueued('main', await queuedOf(deps), deps);

describe('handleTaskMessages', () => {
  it('keeps a task in full and asks for one decision a cluster', async () => {
    const deps = flow();
    const full = {
      count: 3,
      group: 'nightly',
      capacityProvider: 'spot',
      overrides: {
        containerOverrides: [{ name: 'main', environment: [{ name: 'DAY', value: '1' }] }],
        taskRoleArn: role,
      },
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      startedBy: 'cron',
      placementConstraints: [{ type: 'distinctInstance' }],
      placementStrategy: [{ type: 'random' }],
      tags: { team: 'a' },
    };

    const again = await handleTaskMessages(messages(job(full), job()), deps);

    expect(again).toEqual([]);
    expect(deps.asked).toEqual(['main#0 tasks were queued']);
    const arn = taskDefinition('job').arn;
    const { count, ...request } = full;
    expect(await queuedOf(deps)).toEqual([
      {
        task: {
          id: 'm0',
          taskDefinitionArn: arn,
          group: 'nightly',
          capacityProvider: 'spot',
          tasks: count,
          queuedAt: start,
          placementConstraints: full.placementConstraints,
          placementStrategy: [{ type: 'random', field: undefined }],
        },
        request: { ...request, taskDefinition: 'job:1', placementStrategy: [{ type: 'random', field: undefined }] },
        tries: 0,
        nextTryAt: start,
      },
      expect.objectContaining({ task: expect.objectContaining({ id: 'm1', tasks: 1 }) }),
    ]);
  });

  it('keeps a message that comes twice once, as far as it had got', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job({ count: 2 })), deps);
    deps.ecs.room = 1;
    await runAll(deps);

    await handleTaskMessages(messages(job({ count: 2 })), deps);

    expect(await queuedOf(deps)).toMatchObject([{ task: { tasks: 1 }, tries: 1 }]);
  });

  it('takes no notice of a message that comes again when its task has run', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job()), deps);
    await runAll(deps);
    deps.time.at += minuteMs;
    deps.ecs.room = 5;
    await runAll(deps);

    await handleTaskMessages(messages(job()), deps);
    await runAll(deps);

    expect(deps.ecs.running).toBe(1);
    expect(await queuedOf(deps)).toEqual([]);
  });

  it.each<readonly [string, object | string, string, Partial<ClusterSettings>?]>([
    ['what is not JSON', 'run it', 'not JSON'],
    ['what is far too long', `"${'x'.repeat(40_000)}"`, 'longer than'],
    ['a misspelt member', job({ cuont: 2 }), 'cuont'],
    ['a family without a revision', job({ taskDefinition: 'job' }), 'write family:revision'],
    ['more tasks than one call runs', job({ count: 11 }), 'write a whole number from 1 to 10'],
    ['no task', job({ count: 0 }), 'write a whole number from 1 to 10'],
    ['a service’s group', job({ group: 'service:api' }), 'does not begin with service:'],
    ['another size than its definition’s', job({ overrides: { cpu: '4096' } }), 'message.overrides'],
    [
      'a larger container',
      job({ overrides: { containerOverrides: [{ name: 'main', memory: 9 }] } }),
      'containerOverrides',
    ],
    ['a foreign cluster', job({ cluster: 'foreign' }), "cluster foreign is not one of this deployment's"],
    ['a cluster without a queue', job({ cluster: 'other' }), 'cluster other has no task queue'],
    ['a cluster in observe mode', job(), 'in observe mode', { mode: 'observe' }],
    ['a family that was not named', job({ taskDefinition: 'jobs:1' }), 'family jobs is not one of'],
    ['a family that only begins like one', job({ taskDefinition: 'job-2:1' }), 'family job-2 is not one of'],
    ['a role that was not named', job({ overrides: { taskRoleArn: `${role}2` } }), `role ${role}2 is not one of`],
    ['an execution role that was not named', job({ overrides: { executionRoleArn: 'x' } }), 'role x is not one of'],
    [
      'a revision that ECS does not know',
      job({ taskDefinition: 'job:9' }),
      'task definition job:9: ECS does not know it',
    ],
    [
      'a revision that was deregistered',
      job({ taskDefinition: 'job:2' }),
      'task definition job:2: it was deregistered',
    ],
  ])('buries %s with the reason', async (_, message, reason, over = {}) => {
    const deps = flow(over);

    expect(await handleTaskMessages(messages(message), deps)).toEqual([]);

    expect(deps.buried).toEqual([expect.stringContaining(`tasks: `)]);
    expect(deps.buried[0]).toContain(reason);
    expect(deps.telemetry.counts.get('BuriedMessages')).toBe(1);
    expect(await queuedOf(deps)).toEqual([]);
    expect(deps.asked).toEqual([]);
  });

  it('reads afresh what a batch names, each once: it may have been deregistered a moment ago', async () => {
    const deps = flow();

    await handleTaskMessages(messages(job(), job({ count: 2 }), job({ taskDefinition: 'job:2' })), deps);
    await handleTaskMessages(messages(job()), deps);

    expect(deps.definitionReads).toEqual(['job:1', 'job:2', 'job:1']);
  });

  it('goes on with the others where one is poison, and keeps for later what cannot be judged or asked about', async () => {
    const deps = flow();
    deps.definitions.gaps = [{ subject: 'taskDefinitions', cause: 'throttled', detail: 'slow down' }];

    expect(await handleTaskMessages(messages('{', job({ taskDefinition: 'report:1' }), job()), deps)).toEqual(['m1']);
    expect(deps.asked).toEqual(['main#0 tasks were queued']);

    deps.unreachable.add('main');
    expect(await handleTaskMessages(messages(job()), deps)).toEqual(['m0']);
    expect(deps.buried).toHaveLength(1);
  });

  it('has a message handed out again that could neither be kept nor buried', async () => {
    const deps = flow();
    const fails = () => Promise.reject(new Error('gone'));

    const again = await handleTaskMessages(messages('{', job()), {
      ...deps,
      deadLetters: { bury: fails },
      store: { ...deps.store, openQueued: fails },
    });

    expect(again).toEqual(['m0', 'm1']);
    expect(deps.asked).toEqual([]);
  });
});

describe('runQueued', () => {
  it('starts what there is room for, the oldest first, and forgets it', async () => {
    const deps = flow();
    await handleTaskMessages([{ id: 'z', body: JSON.stringify(job({ count: 2 })) }], deps);
    deps.time.at += 1_000;
    await handleTaskMessages([{ id: 'a', body: JSON.stringify(job({ startedBy: 'late' })) }], deps);
    deps.ecs.room = 2;

    await runAll(deps);

    expect(deps.ecs.requests.map((it) => [it.clientToken, it.count, it.startedBy])).toEqual([
      ['berth-z-0', 2, undefined],
      ['berth-a-0', 1, 'late'],
    ]);
    expect(await queuedOf(deps)).toMatchObject([{ task: { id: 'a' }, tries: 1 }]);
  });

  it('runs the rest of what was started in part, by another token', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job({ count: 5 })), deps);
    deps.ecs.room = 3;
    await runAll(deps);
    expect(await queuedOf(deps)).toMatchObject([{ task: { tasks: 2 }, tries: 1, nextTryAt: start + 5_000 }]);

    deps.time.at += 5_000;
    deps.ecs.room = 10;
    await runAll(deps);

    expect(deps.ecs.requests.map((it) => [it.clientToken, it.count])).toEqual([
      ['berth-m0-0', 5],
      ['berth-m0-1', 2],
    ]);
    expect(await queuedOf(deps)).toEqual([]);
    expect(deps.ecs.running).toBe(5);
  });

  it('waits twice as long after each try that found no room, a minute at most, and tries nothing before', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job()), deps);
    const pauses: number[] = [];
    for (let n = 0; n < 6; n++) {
      await runAll(deps);
      await runAll(deps);
      const [run] = await queuedOf(deps);
      pauses.push((run?.nextTryAt ?? 0) - deps.time.at);
      expect(nextTryOf(await queuedOf(deps), deps.time.at)).toBe(run?.nextTryAt);
      deps.time.at = run?.nextTryAt ?? 0;
    }

    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(deps.ecs.requests).toHaveLength(6);
  });

  it('says when it tries next if what is due now finds no room', async () => {
    const deps = flow();
    expect(nextTryOf([], start)).toBeUndefined();
    await handleTaskMessages(messages(job()), deps);
    const [run] = await queuedOf(deps);
    if (run === undefined) throw new Error('not queued');

    expect(
      nextTryOf(
        [
          { ...run, tries: 2 },
          { ...run, nextTryAt: start + 30_000 },
        ],
        start,
      ),
    ).toBe(start + 20_000);
    expect(
      nextTryOf(
        [
          { ...run, tries: 3 },
          { ...run, nextTryAt: start + 30_000 },
        ],
        start,
      ),
    ).toBe(start + 30_000);
  });

  it('does not ask again for what just found no room, and still asks for what is placed elsewhere', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job(), job({ startedBy: 'x' }), job({ capacityProvider: 'spot' })), deps);

    await runAll(deps);

    expect(deps.ecs.requests.map((it) => it.clientToken)).toEqual(['berth-m0-0', 'berth-m2-0']);
    expect((await queuedOf(deps)).map((it) => it.tries)).toEqual([1, 0, 1]);
  });

  it('makes no more calls than a decision has time for', async () => {
    const deps = flow();
    deps.ecs.room = 1_000;
    await handleTaskMessages(messages(...Array.from({ length: 60 }, () => job())), deps);

    await runAll(deps);
    expect(deps.ecs.running).toBe(50);

    await runAll(deps);
    expect(deps.ecs.running).toBe(60);
    expect(await queuedOf(deps)).toEqual([]);
  });

  it('repeats a call that failed by the same token, for it may have been heard', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job()), deps);
    deps.ecs.answer = () => ({ kind: 'failed', detail: 'RunTask: timed out' });
    await runAll(deps);
    deps.ecs.answer = undefined;
    deps.ecs.room = 5;
    deps.time.at += 5_000;

    await runAll(deps);

    expect(deps.ecs.requests.map((it) => it.clientToken)).toEqual(['berth-m0-0', 'berth-m0-0']);
    expect(deps.buried).toEqual([]);
  });

  it('buries what ECS will never run, as a message that can be sent again', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job({ count: 4, tags: { team: 'a' } }), job({ group: 'b' })), deps);
    deps.ecs.room = 1;
    deps.ecs.answer = ({ clientToken }) =>
      clientToken === 'berth-m0-0' ? { kind: 'rejected', detail: 'RunTask: TaskDefinition is inactive' } : undefined;

    await runAll(deps);

    expect(deps.buried).toEqual(['tasks: RunTask: TaskDefinition is inactive']);
    expect(JSON.parse(deps.buriedBodies[0] ?? '')).toEqual({
      cluster: 'main',
      count: 4,
      taskDefinition: 'job:1',
      tags: { team: 'a' },
    });
    expect(deps.ecs.running).toBe(1);
    expect(await queuedOf(deps)).toEqual([]);
  });

  it('gives up what has found no room for too long, loudly, with what is left of it', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job({ count: 3 })), deps);
    deps.ecs.room = 1;
    await runAll(deps);
    deps.time.at = start + taskQueue.giveUpAfterMs - 1;
    await runAll(deps);
    expect(deps.buried).toEqual([]);

    deps.time.at += minuteMs;
    await runAll(deps);

    expect(deps.buried).toEqual(['tasks: not run within 60 minutes: RESOURCE:CPU on 3']);
    expect(JSON.parse(deps.buriedBodies[0] ?? '')).toMatchObject({ count: 2 });
    expect(deps.telemetry.counts.get('BuriedMessages')).toBe(1);
    expect(deps.telemetry.lines.filter((it) => it.level === 'error')).toHaveLength(1);
    expect(await queuedOf(deps)).toEqual([]);
  });

  it('runs at last what finds room only when it is to be given up', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job()), deps);
    deps.time.at += 2 * taskQueue.giveUpAfterMs;
    deps.ecs.room = 1;

    await runAll(deps);

    expect(deps.ecs.running).toBe(1);
    expect(deps.buried).toEqual([]);
  });

  it('says of what it gives up without an answer that it may run all the same', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job()), deps);
    deps.time.at += taskQueue.giveUpAfterMs;
    deps.ecs.answer = () => ({ kind: 'failed', detail: 'timed out' });

    await runAll(deps);

    expect(deps.buried).toEqual(['tasks: not run within 60 minutes: it may have been started all the same: timed out']);
  });

  it('gives up all where the queue was turned off', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job(), job()), deps);

    await runQueued('main', await queuedOf(deps), { ...deps, settings: { ...deps.settings, defaults: settings() } });

    expect(deps.buried).toEqual(Array(2).fill('tasks: the task queue was turned off in berth.yml'));
    expect(deps.ecs.requests).toEqual([]);
    expect(await queuedOf(deps)).toEqual([]);
  });

  it('goes on with the others where one cannot be looked after', async () => {
    const deps = flow();
    await handleTaskMessages(messages(job(), job()), deps);
    deps.ecs.room = 5;
    let calls = 0;
    const endQueued = (cluster: string, id: string, at: number) =>
      calls++ === 0 ? Promise.reject(new Error('gone')) : deps.store.endQueued(cluster, id, at);

    await runQueued('main', await queuedOf(deps), { ...deps, store: { ...deps.store, endQueued } });

    expect(deps.telemetry.counts.get('StepFailures')).toBe(1);
    expect((await queuedOf(deps)).map((it) => it.task.id)).toEqual(['m0']);
    await runAll(deps);
    expect(deps.ecs.running).toBe(2);
  });
});

type Fate = 'lives' | 'diesBefore' | 'diesAfter';

class Killed extends Error {}

describe('the task queue, killed between any two calls', () => {
  /** Every call either happens and is answered, happens and is not heard of, or never happens: then the function is gone. */
  const mortal = (deps: Flow, fate: () => Fate): Flow => {
    let isDead = false;
    const call = async <T>(run: () => Promise<T>): Promise<T> => {
      const what = isDead ? 'diesBefore' : fate();
      if (what !== 'lives') isDead = true;
      if (what === 'diesBefore') throw new Killed();
      const answer = await run();
      if (isDead) throw new Killed();
      return answer;
    };
    return {
      ...deps,
      store: {
        ...deps.store,
        openQueued: (cluster, run) => call(() => deps.store.openQueued(cluster, run)),
        keepQueued: (cluster, run) => call(() => deps.store.keepQueued(cluster, run)),
        endQueued: (cluster, id, at) => call(() => deps.store.endQueued(cluster, id, at)),
      },
      decisions: { ask: (...asked) => call(() => deps.decisions.ask(...asked)) },
      deadLetters: { bury: (...letter) => call(() => deps.deadLetters.bury(...letter)) },
      clusterWriter: { runTask: (cluster, request) => call(() => deps.clusterWriter.runTask(cluster, request)) },
    };
  };

  const fates = fc.infiniteStream(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant('lives' as const) },
      { weight: 1, arbitrary: fc.constantFrom('diesBefore' as const, 'diesAfter' as const) },
    ),
  );

  it('runs each task exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 }),
        async (stream, counts, rooms) => {
          const deps = flow();
          const fate = (): Fate => stream.next().value as Fate;
          let waiting = messages(...counts.map((count) => job({ count, startedBy: `s${count}` })));
          for (const room of [...rooms, ...Array<number>(60).fill(10)]) {
            const again = await handleTaskMessages(waiting, mortal(deps, fate));
            waiting = waiting.filter((it) => again.includes(it.id));
            deps.ecs.room += room;
            await runQueued('main', await queuedOf(deps), mortal(deps, fate));
            deps.time.at += minuteMs / 4;
          }

          expect(deps.buried).toEqual([]);
          expect(waiting).toEqual([]);
          expect(await queuedOf(deps)).toEqual([]);
          expect(deps.ecs.running).toBe(counts.reduce((a, b) => a + b, 0));
        },
      ),
      { numRuns: 60 },
    );
  });
});
