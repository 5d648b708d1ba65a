import { describe, expect, it } from '@jest/globals';
import { type CapacityRequest, nothingAsked, type RefusedRun } from '../../lib/model/asked-for.ts';
import type { DecisionRecord } from '../../lib/model/decision.ts';
import { type ClusterMemory, type Drain, type LearnedShape, noMemory } from '../../lib/model/memory.ts';
import type { History } from '../../lib/ports/history.ts';
import { FencedError, type QueuedRun, type Store } from '../../lib/ports/store.ts';

/** A store of its own for one test. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly history: History;
}

const drain = (over: Partial<Drain> = {}): Drain => ({
  ec2InstanceId: 'i-1',
  containerInstanceArn: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/prod/1',
  group: 'workers',
  cause: 'empty',
  state: 'draining',
  startedAt: 1_000,
  since: 1_000,
  ...over,
});

const shape = (over: Partial<LearnedShape> = {}): LearnedShape => ({
  launchSource: 'lt-1:1:',
  instanceType: 'm5.large',
  registered: { cpuUnits: 2048, memoryMiB: 7_500 },
  from: 'instance',
  ...over,
});

const memory: ClusterMemory = {
  ...noMemory,
  intents: [{ group: 'workers', desiredCapacity: 3, at: 1_000 }],
  emptySince: { 'i-1': 900 },
  unregisteredSince: { 'i-2': 950 },
  shapes: { workers: shape() },
  facts: {
    cluster: {
      name: 'main',
      arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/main',
      status: 'ACTIVE',
      capacityProviders: ['a', 'b'],
    },
    capacityProviders: [
      {
        name: 'a',
        autoScalingGroupName: 'workers',
        managedScaling: true,
        managedTerminationProtection: false,
        managedDraining: true,
      },
      {
        name: 'b',
        autoScalingGroupName: undefined,
        managedScaling: false,
        managedTerminationProtection: false,
        managedDraining: false,
      },
    ],
    surroundings: [
      {
        group: 'workers',
        hooks: [{ name: 'berth-drain', heartbeatTimeoutMs: 300_000, globalTimeoutMs: 172_800_000 }],
        scalingPolicies: ['cpu'],
        isRefreshing: true,
      },
    ],
    readAt: 1_500,
  },
  peaks: {
    'api.v2': [
      { tasks: 9, at: 1_000 },
      { tasks: 7, at: 1_200 },
    ],
  },
  swings: {
    'spot web': {
      levels: [{ tasks: 4.5, at: 1_000 }],
      falls: [
        { at: 1_100, depth: 3, units: 0.5, backAfterMs: 600 },
        { at: 1_150, depth: 0, units: 2, backAfterMs: undefined },
      ],
    },
  },
  stopping: [{ arn: 'arn:1', at: 1_250, cpuUnits: 512, memoryMiB: 1_024 }],
  stopTimes: [{ cpuUnits: 512, memoryMiB: 1_024, ms: 304_000 }],
  moves: [{ group: 'service:api', at: 1_300 }],
  retiring: { 'i-3': { cause: 'consolidation', since: 1_100 } },
  leftAloneUntil: { 'i-4': 9_000 },
  disconnectedSince: { 'i-5': 1_050 },
  launches: [{ group: 'workers', at: 1_000, instances: 2 }],
  launchFailures: [
    {
      group: 'spot',
      at: 1_020,
      budget: 1,
      cause: 'InsufficientInstanceCapacity: none left',
      availabilityZone: 'eu-west-1a',
      waitMs: 120_000,
    },
  ],
  resized: [{ group: 'workers', from: 1, to: 3, at: 1_000 }],
  bootTimes: { workers: { launchSource: 'lt-1:1:', timesMs: [61_000, 58_500] } },
  unstartedSince: { 'service:api # 1': 1_400 },
  grownAt: { workers: 1_000 },
  consolidatedAt: 1_450,
};

const decision = { at: 2_000, nextTimerAt: 3_000, wakeAt: 2_500 };

const capacity = (over: Partial<CapacityRequest> = {}): CapacityRequest => ({
  id: 'sale',
  tasks: 40,
  target: { kind: 'service', service: 'api' },
  requestedAt: 1_000,
  until: 9_500,
  baseTasks: 8,
  ...over,
});

const refused = (over: Partial<RefusedRun> = {}): RefusedRun => ({
  id: 'token-1',
  taskDefinition: 'report',
  group: undefined,
  target: { launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'spot', base: 1, weight: 2 }] },
  tasks: 3,
  placementConstraints: [{ type: 'memberOf', expression: 'a == b' }],
  placementStrategy: [{ type: 'random', field: undefined }],
  at: 1_000,
  until: 9_000,
  ...over,
});

const run = (id: string, over: Partial<QueuedRun> = {}): QueuedRun => ({
  task: {
    id,
    taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/job:3',
    group: undefined,
    capacityProvider: undefined,
    tasks: 2,
    queuedAt: 1_000,
  },
  request: { taskDefinition: 'job' },
  tries: 0,
  nextTryAt: 1_000,
  ...over,
});

const byId = (a: Drain, b: Drain): number => a.ec2InstanceId.localeCompare(b.ec2InstanceId);

/** What every store must do, whatever it is made of. */
export const storeContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  describe(`${name}: generations`, () => {
    it('are 0 for a cluster never decided on', async () => {
      await using it = await open();

      expect(await it.store.generation('prod')).toBe(0);
      expect(await it.store.recall('prod')).toBeUndefined();
      expect(await it.store.heads(['prod'])).toEqual([]);
    });

    it('rise by one with each raise, by cluster, and come with an empty memory at first', async () => {
      await using it = await open();

      const first = await it.store.raiseGeneration('prod');
      const second = await it.store.raiseGeneration('prod');
      await it.store.raiseGeneration('test');

      expect(first.memory).toEqual(noMemory);
      expect(first.head).toEqual({
        cluster: 'prod',
        generation: 1,
        epoch: 0,
        nextTimerAt: undefined,
        wakeAt: undefined,
        lastDecisionAt: undefined,
        fingerprint: undefined,
      });
      expect(second.head.generation).toBe(2);
      expect(await it.store.generation('prod')).toBe(2);
      expect(await it.store.generation('test')).toBe(1);
    });

    it('are never lost between raises at the same time', async () => {
      await using it = await open();

      const raised = await Promise.all(Array.from({ length: 10 }, () => it.store.raiseGeneration('prod')));

      expect(raised.map(({ head }) => head.generation).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
  });

  describe(`${name}: remember`, () => {
    it('leaves memory, timer and time of the decision for the next raise', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');

      await it.store.remember(head, memory, decision);
      const next = await it.store.raiseGeneration('prod');

      expect(next.memory).toEqual(memory);
      expect(next.head).toMatchObject({ generation: 2, lastDecisionAt: 2_000, nextTimerAt: 3_000, wakeAt: 2_500 });
      expect(await it.store.recall('prod')).toEqual(next);
    });

    it('takes away a timer that is no longer wanted, and what was forgotten', async () => {
      await using it = await open();
      const first = await it.store.raiseGeneration('prod');
      await it.store.remember(first.head, memory, decision);
      const second = await it.store.raiseGeneration('prod');

      await it.store.remember(second.head, noMemory, { at: 4_000, nextTimerAt: undefined, wakeAt: undefined });
      const left = await it.store.recall('prod');

      expect(left?.head).toMatchObject({ lastDecisionAt: 4_000, nextTimerAt: undefined, wakeAt: undefined });
      expect(left?.memory).toEqual({ ...noMemory, shapes: memory.shapes });
    });

    it('may be repeated by a retry of the same decision', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');

      await it.store.remember(head, memory, decision);
      await it.store.remember(head, memory, decision);

      expect((await it.store.recall('prod'))?.memory).toEqual(memory);
    });

    it('refuses a decision that another one has overtaken, and writes nothing of it', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');
      await it.store.raiseGeneration('prod');

      await expect(it.store.remember(head, memory, decision)).rejects.toThrow(FencedError);

      expect((await it.store.recall('prod'))?.memory).toEqual(noMemory);
    });

    it('refuses a decision whose epoch has passed', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');

      await expect(it.store.remember({ ...head, epoch: head.epoch + 1 }, memory, decision)).rejects.toThrow(
        FencedError,
      );
    });

    it('refuses to write for a cluster that has no generation', async () => {
      await using it = await open();
      await it.store.keepFingerprint('prod', 'running=1');
      const [head] = await it.store.heads(['prod']);

      expect(head?.generation).toBe(0);
      await expect(it.store.remember(head ?? never('head'), memory, decision)).rejects.toThrow(FencedError);
    });

    it('keeps the shapes written while it was deciding', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');
      const computed = shape({ from: 'ec2', instanceType: 'c5.large' });

      await it.store.keepShape('prod', 'other', computed);
      await it.store.remember(head, memory, decision);

      expect((await it.store.recall('prod'))?.memory.shapes).toEqual({ workers: shape(), other: computed });
    });

    it('lets a shape seen on an instance replace a computed one, and never the other way round', async () => {
      await using it = await open();
      const first = await it.store.raiseGeneration('prod');
      const computed = shape({ from: 'ec2' });
      await it.store.keepShape('prod', 'workers', computed);
      await it.store.remember(first.head, memory, decision);
      const second = await it.store.raiseGeneration('prod');

      await it.store.remember(second.head, { ...memory, shapes: { workers: computed, new: computed } }, decision);

      expect((await it.store.recall('prod'))?.memory.shapes).toEqual({ workers: shape(), new: computed });
    });
  });

  describe(`${name}: keepShape`, () => {
    it('keeps a computed shape even before the first decision', async () => {
      await using it = await open();

      await it.store.keepShape('prod', 'a group.with:odd/name', shape({ from: 'ec2' }));

      const { memory: kept } = await it.store.raiseGeneration('prod');
      expect(kept.shapes).toEqual({ 'a group.with:odd/name': shape({ from: 'ec2' }) });
    });

    it('leaves a shape that was seen on an instance, unless the launch source is another by now', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');
      await it.store.remember(head, memory, decision);

      await it.store.keepShape('prod', 'workers', shape({ from: 'ec2', instanceType: 'never' }));
      expect((await it.store.recall('prod'))?.memory.shapes).toEqual({ workers: shape() });

      const moved = shape({ from: 'ec2', launchSource: 'lt-1:2:', instanceType: 'm5.xlarge' });
      await it.store.keepShape('prod', 'workers', moved);
      expect((await it.store.recall('prod'))?.memory.shapes).toEqual({ workers: moved });
    });
  });

  describe(`${name}: heads and fingerprints`, () => {
    it('gives the heads there are, however many are asked for, each once', async () => {
      await using it = await open();
      const clusters = Array.from({ length: 120 }, (_, n) => `c${n}`);
      await Promise.all(clusters.slice(0, 110).map((cluster) => it.store.raiseGeneration(cluster)));

      const heads = await it.store.heads([...clusters, 'c0']);

      expect(heads.map((head) => head.cluster).sort()).toEqual(clusters.slice(0, 110).sort());
    });

    it('keeps a fingerprint beside what decisions write', async () => {
      await using it = await open();
      await it.store.keepFingerprint('prod', 'running=1');
      const { head } = await it.store.raiseGeneration('prod');
      await it.store.keepFingerprint('prod', 'running=2');

      await it.store.remember(head, memory, decision);

      expect(head.fingerprint).toBe('running=1');
      expect(await it.store.heads(['prod'])).toEqual([
        {
          cluster: 'prod',
          generation: 1,
          epoch: 0,
          nextTimerAt: 3_000,
          wakeAt: 2_500,
          lastDecisionAt: 2_000,
          fingerprint: 'running=2',
        },
      ]);
    });
  });

  describe(`${name}: drains`, () => {
    it('are put, replaced, listed by cluster, and ended', async () => {
      await using it = await open();
      const moved = drain({ state: 'emptied', since: 2_000, group: undefined });
      await it.store.putDrain('prod', drain());
      await it.store.putDrain('prod', drain({ ec2InstanceId: 'i-2' }));
      await it.store.putDrain('test', drain({ ec2InstanceId: 'i-3' }));

      await it.store.putDrain('prod', moved);
      expect([...(await it.store.drains('prod'))].sort(byId)).toEqual([moved, drain({ ec2InstanceId: 'i-2' })]);

      await it.store.endDrain('prod', drain());
      await it.store.endDrain('prod', drain({ ec2InstanceId: 'i-never' }));
      expect(await it.store.drains('prod')).toEqual([drain({ ec2InstanceId: 'i-2' })]);
    });

    it('of an empty instance give way to an ending by others, and are then left alone by who read them before', async () => {
      await using it = await open();
      const own = drain({ cause: 'empty', state: 'emptied' });
      const spot = drain({ cause: 'spotInterruption', state: 'draining' });
      await it.store.putDrain('prod', own);

      expect(await it.store.openDrain('prod', spot)).toBe(true);
      await it.store.putDrain('prod', { ...own, state: 'restoring' });
      await it.store.endDrain('prod', own);

      expect(await it.store.drains('prod')).toEqual([spot]);
    });

    it('of whatever choice of Berth’s own give way to a person’s, and that to an ending by others', async () => {
      await using it = await open();
      await it.store.putDrain('prod', drain({ cause: 'consolidation' }));

      expect(await it.store.openDrain('prod', drain({ cause: 'byHand', deadlineAt: 9_000 }))).toBe(true);
      expect(await it.store.drains('prod')).toEqual([drain({ cause: 'byHand', deadlineAt: 9_000 })]);
      expect(await it.store.openDrain('prod', drain({ cause: 'lifecycleAction', heartbeatAt: 2_000 }))).toBe(true);
      expect(await it.store.openDrain('prod', drain({ cause: 'byHand' }))).toBe(false);

      expect(await it.store.drains('prod')).toEqual([drain({ cause: 'lifecycleAction', heartbeatAt: 2_000 })]);
    });

    it('that a person has begun anew or taken back are left alone by who read them before', async () => {
      await using it = await open();
      const before = drain({ cause: 'byHand', startedAt: 1_000 });
      const takenBack = drain({ cause: 'byHand', state: 'restoring', startedAt: 2_000, since: 2_000 });
      await it.store.putDrain('prod', before);

      expect(await it.store.openDrain('prod', takenBack)).toBe(true);
      await it.store.putDrain('prod', { ...before, state: 'emptied' });
      await it.store.endDrain('prod', before);
      expect(await it.store.drains('prod')).toEqual([takenBack]);

      await it.store.endDrain('prod', takenBack);
      expect(await it.store.drains('prod')).toEqual([]);
    });

    it('that are terminating stay as they are', async () => {
      await using it = await open();
      const own = drain({ cause: 'empty', state: 'terminating' });
      await it.store.putDrain('prod', own);

      expect(await it.store.openDrain('prod', drain({ cause: 'lifecycleAction' }))).toBe(false);
      expect(await it.store.drains('prod')).toEqual([own]);
    });

    it('are opened once: what is there already stays as it is', async () => {
      await using it = await open();

      expect(await it.store.openDrain('prod', drain({ cause: 'spotInterruption' }))).toBe(true);
      expect(await it.store.openDrain('prod', drain({ cause: 'lifecycleAction' }))).toBe(false);

      expect(await it.store.drains('prod')).toEqual([drain({ cause: 'spotInterruption' })]);
      expect(await it.store.heads(['prod'])).toEqual([]);
    });
  });

  describe(`${name}: decisions`, () => {
    const kept = (at: number, over: Partial<DecisionRecord> = {}): DecisionRecord => ({
      at,
      generation: 1,
      reason: 'event',
      steps: [
        {
          kind: 'setGroupDesiredCapacity',
          group: 'workers',
          instances: [],
          moreInstances: 0,
          from: 2,
          to: 3,
          reason: '2 tasks wait',
          result: 'done',
          detail: undefined,
        },
        {
          kind: 'stopTasks',
          group: undefined,
          instances: ['i-1'],
          moreInstances: 4,
          from: undefined,
          to: undefined,
          reason: 'past its deadline',
          result: 'failed',
          detail: 'StopTask: AccessDenied',
        },
      ],
      moreSteps: 1,
      waiting: [{ source: 'service api', tasks: 2, verdict: 'launch' }],
      moreWaiting: 0,
      ...over,
    });

    it('are there in order of time, by cluster, from a moment on, and no drain or head among them', async () => {
      await using it = await open();
      const [first, second, third] = [kept(1_000), kept(2_000), kept(2_000, { generation: 2 })];
      await it.store.raiseGeneration('prod');
      await it.store.putDrain('prod', drain());

      for (const one of [first, second, third]) await it.store.keepDecision('prod', one);
      await it.store.keepDecision('test', kept(3_000));

      expect(await it.history.decisions('prod', 0)).toEqual([first, second, third]);
      expect(await it.history.decisions('prod', 2_000)).toEqual([second, third]);
      expect(await it.history.decisions('prod', 2_001)).toEqual([]);
      expect(await it.store.drainsAndAsked('prod')).toEqual({ drains: [drain()], asked: nothingAsked, runs: [] });
    });
  });

  describe(`${name}: what was asked for`, () => {
    it('is nothing at first', async () => {
      await using it = await open();
      await it.store.raiseGeneration('prod');

      expect(await it.store.drainsAndAsked('prod')).toEqual({ drains: [], asked: nothingAsked, runs: [] });
    });

    it('comes with the drains, in order of id, by cluster, over or not', async () => {
      await using it = await open();
      const { head } = await it.store.raiseGeneration('prod');
      await it.store.remember(head, memory, decision);
      const definition = capacity({
        id: 'a',
        target: { kind: 'taskDefinition', taskDefinitionArn: 'arn:job', capacityProvider: undefined },
      });
      const bound = capacity({
        id: 'b',
        target: { kind: 'taskDefinition', taskDefinitionArn: 'arn:job', capacityProvider: 'spot' },
      });
      await it.store.putCapacity('prod', capacity());
      await it.store.putCapacity('prod', bound);
      await it.store.putCapacity('prod', definition);
      await it.store.putCapacity('test', capacity({ id: 'other' }));
      await it.store.putDrain('prod', drain({ ec2InstanceId: 'i-2' }));
      await it.store.putDrain('prod', drain({ cause: 'byHand' }));
      await it.store.noteRebalance('prod', { ec2InstanceId: 'i-7', at: 1_000 });
      await it.store.noteRebalance('prod', { ec2InstanceId: 'i-6', at: 1_100 });
      await it.store.setPause('prod', { what: 'scaleIn', until: undefined });
      await it.store.noteRefused('prod', refused({ until: 1 }));
      await it.store.noteRefused('prod', refused());

      expect(await it.store.drainsAndAsked('prod')).toEqual({
        drains: [drain({ cause: 'byHand' }), drain({ ec2InstanceId: 'i-2' })],
        asked: {
          capacity: [definition, bound, capacity()],
          refused: [refused()],
          rebalance: [
            { ec2InstanceId: 'i-6', at: 1_100 },
            { ec2InstanceId: 'i-7', at: 1_000 },
          ],
          pause: { what: 'scaleIn', until: undefined },
          queued: [],
        },
        runs: [],
      });
      expect(await it.store.drains('prod')).toHaveLength(2);
    });

    it('is replaced under the same name, and ended', async () => {
      await using it = await open();
      await it.store.putCapacity('prod', capacity());
      await it.store.putCapacity('prod', capacity({ tasks: 7 }));
      await it.store.noteRebalance('prod', { ec2InstanceId: 'i-7', at: 1_000 });
      await it.store.noteRebalance('prod', { ec2InstanceId: 'i-7', at: 2_000 });
      await it.store.setPause('prod', { what: 'scaleIn', until: undefined });
      await it.store.setPause('prod', { what: 'all', until: 5_000 });

      expect((await it.store.drainsAndAsked('prod')).asked).toEqual({
        capacity: [capacity({ tasks: 7 })],
        refused: [],
        rebalance: [{ ec2InstanceId: 'i-7', at: 2_000 }],
        pause: { what: 'all', until: 5_000 },
        queued: [],
      });

      await it.store.endCapacity('prod', 'sale');
      await it.store.endCapacity('prod', 'never');
      await it.store.endPause('prod');
      expect((await it.store.drainsAndAsked('prod')).asked).toMatchObject({ capacity: [], pause: undefined });
    });

    it('in the queue is opened once, kept while it is there, and ended', async () => {
      await using it = await open();
      const placement: Pick<QueuedRun['request'], 'placementConstraints' | 'placementStrategy'> = {
        placementConstraints: [{ type: 'distinctInstance' }, { type: 'memberOf', expression: 'a == b' }],
        placementStrategy: [
          { type: 'random', field: undefined },
          { type: 'binpack', field: 'memory' },
        ],
      };
      const full = run('m-2', {
        task: { ...run('m-2').task, ...placement },
        request: {
          taskDefinition: 'job:3',
          group: 'nightly',
          capacityProvider: 'spot',
          overrides: { containerOverrides: [{ name: 'main', environment: [{ name: 'EMPTY', value: '' }], cpu: 1.5 }] },
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
          startedBy: 'cron',
          ...placement,
          tags: { team: 'a' },
        },
      });
      const older = run('m-9', { task: { ...run('m-9').task, queuedAt: 500 } });

      expect(await it.store.openQueued('prod', full)).toBe(true);
      expect(await it.store.openQueued('prod', run('m-2'))).toBe(false);
      expect(await it.store.openQueued('prod', older)).toBe(true);
      expect(await it.store.openQueued('prod', run('m-1'))).toBe(true);
      const read = await it.store.drainsAndAsked('prod');
      expect(read.runs).toEqual([older, run('m-1'), full]);
      expect(read.asked.queued).toEqual([older.task, run('m-1').task, full.task]);

      await it.store.endQueued('prod', 'm-9', 2_000);
      expect(await it.store.openQueued('prod', older)).toBe(false);
      await it.store.keepQueued('prod', { ...older, tries: 4 });
      await it.store.keepQueued('prod', { ...full, tries: 1, nextTryAt: 6_000 });
      expect((await it.store.drainsAndAsked('prod')).runs).toEqual([
        run('m-1'),
        { ...full, tries: 1, nextTryAt: 6_000 },
      ]);
    });
  });
};

const never = (what: string): never => {
  throw new Error(`no ${what}`);
};
