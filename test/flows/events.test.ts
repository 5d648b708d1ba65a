import { describe, expect, it } from '@jest/globals';
import { handleClusterEvents } from '../../lib/flows/cluster-events.ts';
import { unknownShapeReason } from '../../lib/flows/shapes.ts';
import { handleUrgentEvents } from '../../lib/flows/urgent-events.ts';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import type { ClusterSettings, Mode } from '../../lib/model/settings.ts';
import type { DecisionQueue } from '../../lib/ports/queues.ts';
import type { Store } from '../../lib/ports/store.ts';
import { drain, group, instance, member, now, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest, messages, taskEvent } from '../support/ingest.ts';

const groupEvent = (name: string): object => ({
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance Launch Successful',
  detail: { AutoScalingGroupName: name },
});
const ending = (id: string): object => ({
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-terminate Lifecycle Action',
  detail: { AutoScalingGroupName: 'web', EC2InstanceId: id },
});
const spot = (id: string): object => ({
  source: 'aws.ec2',
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  detail: { 'instance-id': id },
});
const rebalance = (id: string): object => ({
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance Rebalance Recommendation',
  detail: { 'instance-id': id },
});

describe('handleClusterEvents', () => {
  const flow = () => ({ ...ingest(), groups: new FakeAws({ groups: [group([])] }).groups });

  it('folds a batch into one ask a cluster', async () => {
    const deps = flow();

    const again = await handleClusterEvents(messages(taskEvent('main'), taskEvent('other'), taskEvent('main')), deps);

    expect(deps.asked).toEqual(['main#0 task STOPPED ', 'other#0 task STOPPED ']);
    expect(again).toEqual([]);
  });

  it('tells of a batch what hurries, whatever came last', async () => {
    const deps = flow();
    const service = {
      source: 'aws.ecs',
      'detail-type': 'ECS Service Action',
      detail: { clusterArn: 'arn:aws:ecs:eu-west-1:1:cluster/main', eventName: 'SERVICE_DESIRED_COUNT_UPDATED' },
    };

    await handleClusterEvents(messages(taskEvent('main'), service, taskEvent('main')), deps);

    expect(deps.asked).toEqual(['main#0 ECS Service Action SERVICE_DESIRED_COUNT_UPDATED']);
  });

  it('finds the cluster of a group by its tag', async () => {
    const deps = flow();

    await handleClusterEvents(messages(groupEvent('web'), groupEvent('unknown')), deps);

    expect(deps.asked).toEqual(['main#0 launch successful']);
  });

  it('asks nothing about clusters outside the deployment’s list', async () => {
    const deps = flow();

    await handleClusterEvents(messages(taskEvent('foreign')), deps);

    expect(deps.asked).toEqual([]);
  });

  it('buries a poison message with its reason and does the rest of the batch', async () => {
    const deps = flow();

    const again = await handleClusterEvents(messages('{', taskEvent('main'), { source: 'x' }), deps);

    expect(again).toEqual([]);
    expect(deps.asked).toHaveLength(1);
    expect(deps.buried).toEqual([
      'state: not JSON',
      'state: event.detail-type: Invalid input: expected string, received undefined; event.detail: Invalid input: expected record, received undefined',
    ]);
    expect(deps.telemetry.counts.get('BuriedMessages')).toBe(2);
  });

  it('hands out again only the messages whose cluster could not be asked for', async () => {
    const deps = flow();
    deps.unreachable.add('other');

    const again = await handleClusterEvents(messages(taskEvent('main'), taskEvent('other')), deps);

    expect(again).toEqual(['m1']);
  });
});

describe('handleUrgentEvents', () => {
  const flow = (mode: Mode = 'act') => {
    const aws = new FakeAws({
      containerInstances: [instance(1), instance(2)],
      groups: [group([member(1), member(2)])],
    });
    aws.membershipsOf = [
      { ec2InstanceId: 'i-1', group: 'web' },
      { ec2InstanceId: 'i-2', group: 'web' },
    ];
    const woken: string[] = [];
    const learned: string[] = [];
    const deps = {
      ...ingest(),
      aws,
      woken,
      learned,
      shapes: {
        shapeOf: ({ name, launchSource = '' }: AutoScalingGroup) => {
          learned.push(name);
          const registered = { cpuUnits: 2_048, memoryMiB: 7_577 };
          const shape = { launchSource, instanceType: 'm5.large', registered, from: 'ec2' as const };
          return Promise.resolve({ items: [shape], gaps: [] });
        },
      },
      wakeUps: {
        wake: (cluster: string, delayMs: number) => {
          woken.push(`${cluster} in ${delayMs} ms`);
          return Promise.resolve();
        },
      },
      cluster: aws.cluster,
      clusterWriter: aws.clusterWriter,
      groups: aws.groups,
      settings: { defaults: settings({ mode }), clusters: {} },
      clock: { now: () => now, sleep: () => Promise.resolve() },
    };
    return deps;
  };

  it('drains an instance that Auto Scaling is terminating at once, and asks for a decision', async () => {
    const deps = flow();

    const again = await handleUrgentEvents(messages(ending('i-1')), deps);

    expect(deps.aws.writes).toEqual(['DRAINING i-1']);
    expect(await deps.store.drains('main')).toMatchObject([
      { ec2InstanceId: 'i-1', cause: 'lifecycleAction', state: 'draining' },
    ]);
    expect(deps.asked).toEqual(['main#0 instanceTerminating i-1']);
    expect(again).toEqual([]);
  });

  it('drains spot instances that are interrupted in one call', async () => {
    const deps = flow();

    await handleUrgentEvents(messages(spot('i-1'), spot('i-2'), spot('i-77')), deps);

    expect(deps.aws.writes).toEqual(['DRAINING i-1 i-2']);
    expect((await deps.store.drains('main')).map((it) => it.cause)).toEqual(['spotInterruption', 'spotInterruption']);
  });

  it('looks twice after placement failures, once a cluster: ECS may still answer with what was before', async () => {
    const deps = flow();
    const failure = (cluster: string): object => ({
      source: 'aws.ecs',
      'detail-type': 'ECS Service Action',
      resources: [`arn:aws:ecs:eu-west-1:123456789012:service/${cluster}/api`],
      detail: {
        clusterArn: `arn:aws:ecs:eu-west-1:123456789012:cluster/${cluster}`,
        eventName: 'SERVICE_TASK_PLACEMENT_FAILURE',
      },
    });

    await handleUrgentEvents(messages(failure('main'), failure('main'), failure('foreign'), ending('i-1')), deps);

    expect(deps.asked).toHaveLength(1);
    expect(deps.woken).toEqual(['main in 3000 ms']);
  });

  it('learns what a new instance registers where a decision did not know, before it asks for the next', async () => {
    const deps = flow();
    deps.aws.seen = { ...deps.aws.seen, groups: [group([])] };
    const wakeUp = (reason: string, cluster = 'main'): object => ({
      source: 'berth',
      'detail-type': 'Berth Wake-Up',
      detail: { cluster, reason },
    });

    await handleUrgentEvents(messages(wakeUp('timer'), wakeUp(unknownShapeReason, 'foreign')), deps);
    expect(deps.learned).toEqual([]);

    await deps.store.raiseGeneration('main');
    const again = await handleUrgentEvents(messages(wakeUp(unknownShapeReason)), deps);

    expect(deps.learned).toEqual(['web']);
    expect((await deps.store.recall('main'))?.memory.shapes['web']).toMatchObject({ instanceType: 'm5.large' });
    expect(deps.asked.at(-1)).toBe(`main#1 ${unknownShapeReason}`);
    expect(again).toEqual([]);
  });

  it('asks for the decision all the same where that cannot be learned', async () => {
    const deps = flow();
    deps.aws.seen = { ...deps.aws.seen, groups: [group([])] };
    deps.store.keepShape = () => Promise.reject(new Error('table gone'));
    const wakeUp = {
      source: 'berth',
      'detail-type': 'Berth Wake-Up',
      detail: { cluster: 'main', reason: unknownShapeReason },
    };

    expect(await handleUrgentEvents(messages(wakeUp), deps)).toEqual([]);
    expect(deps.asked).toEqual([`main#0 ${unknownShapeReason}`]);
  });

  it('asks beside what is asked already where it hurries', async () => {
    const deps = flow();
    const hurried: boolean[] = [];
    const decisions = {
      ask: (...[, , , hurries]: Parameters<DecisionQueue['ask']>) => {
        hurried.push(hurries);
        return Promise.resolve();
      },
    };

    await handleUrgentEvents(messages(ending('i-1')), { ...deps, decisions });
    await handleClusterEvents(messages(taskEvent('main')), { ...deps, decisions });

    expect(hurried).toEqual([true, false]);
  });

  it('does the same for the same event again', async () => {
    const deps = flow();
    await handleUrgentEvents(messages(ending('i-1')), deps);
    deps.aws.seen = { ...deps.aws.seen, containerInstances: [instance(1, { status: 'DRAINING' }), instance(2)] };

    await handleUrgentEvents(messages(ending('i-1')), deps);

    expect(deps.aws.writes).toEqual(['DRAINING i-1', 'DRAINING ']);
    expect(await deps.store.drains('main')).toHaveLength(1);
  });

  it('drains nothing in observe mode, and asks all the same', async () => {
    const deps = flow('observe');

    await handleUrgentEvents(messages(ending('i-1')), deps);

    expect(deps.aws.writes).toEqual([]);
    expect(await deps.store.drains('main')).toEqual([]);
    expect(deps.asked).toHaveLength(1);
  });

  it('hands a message out again when its instance could not be drained', async () => {
    const deps = flow();
    deps.aws.answer = (id) => ({ id, result: 'failed', detail: 'throttled' });

    expect(await handleUrgentEvents(messages(ending('i-1'), taskEvent('other')), deps)).toEqual(['m0']);
  });

  it.each([
    ['a termination whose group could not be read', ending('i-1')],
    ['a spot warning whose group could not be found', spot('i-1')],
  ])('hands out again %s', async (_, event) => {
    const deps = flow();
    deps.aws.seen = { ...deps.aws.seen, groups: [], gaps: [{ subject: 'groups', cause: 'throttled', detail: 'x' }] };

    expect(await handleUrgentEvents(messages(event, taskEvent('other')), deps)).toEqual(['m0']);
    expect(deps.aws.writes).toEqual([]);
  });

  it('takes over the drain of an empty instance that is interrupted: it may not come back', async () => {
    const deps = flow();
    await deps.store.putDrain('main', drain(1, { state: 'restoring' }));

    await handleUrgentEvents(messages(spot('i-1')), deps);

    expect(await deps.store.drains('main')).toMatchObject([{ cause: 'spotInterruption', state: 'draining' }]);
  });

  it('hands a message out again when the cluster could not be read', async () => {
    const deps = flow();
    deps.aws.seen = { ...deps.aws.seen, gaps: [{ subject: 'containerInstances', cause: 'throttled', detail: 'x' }] };

    expect(await handleUrgentEvents(messages(spot('i-1')), deps)).toEqual(['m0']);
    expect(deps.aws.writes).toEqual([]);
  });

  describe('of rebalance recommendations', () => {
    const acting = (over: Partial<ClusterSettings> = {}) => {
      const deps = flow();
      const looked: string[] = [];
      const { memberships } = deps.aws.groups;
      deps.aws.groups.memberships = (ids) => {
        looked.push(...ids);
        return memberships(ids);
      };
      const main = settings({ rebalanceRecommendations: true, ...over });
      return { ...deps, looked, settings: { defaults: settings(), clusters: { main } } };
    };
    const notedIn = async ({ store }: ReturnType<typeof acting>) =>
      (await store.drainsAndAsked('main')).asked.rebalance;

    it('keeps one for the decision to replace the instance first, and asks for it', async () => {
      const deps = acting();

      const again = await handleUrgentEvents(messages(rebalance('i-1'), rebalance('i-1')), deps);

      expect(await notedIn(deps)).toEqual([{ ec2InstanceId: 'i-1', at: now }]);
      expect(deps.asked).toEqual(['main#0 rebalanceRecommended i-1']);
      expect(deps.aws.writes).toEqual([]);
      expect(again).toEqual([]);
    });

    it.each<readonly [string, Partial<ClusterSettings>]>([
      ['a cluster that does not act on them', { rebalanceRecommendations: false }],
      ['a cluster in observe mode', { mode: 'observe' }],
    ])('looks into none of %s', async (_, over) => {
      const deps = acting(over);

      expect(await handleUrgentEvents(messages(rebalance('i-1')), deps)).toEqual([]);

      expect(await notedIn(deps)).toEqual([]);
      expect(deps.asked).toEqual([]);
      expect(deps.looked).toEqual([]);
    });

    it('passes over instances of clusters that do not act on them, where another one does', async () => {
      const deps = acting({ rebalanceRecommendations: false });
      const other = settings({ rebalanceRecommendations: true });

      await handleUrgentEvents(messages(rebalance('i-1'), rebalance('i-77')), {
        ...deps,
        settings: { ...deps.settings, clusters: { ...deps.settings.clusters, other } },
      });

      expect(deps.looked).toEqual(['i-1', 'i-77']);
      expect(await notedIn(deps)).toEqual([]);
      expect(deps.asked).toEqual([]);
    });

    it('drains an instance that is interrupted too', async () => {
      const deps = acting();

      await handleUrgentEvents(messages(rebalance('i-1'), spot('i-1')), deps);

      expect(deps.aws.writes).toEqual(['DRAINING i-1']);
      expect(deps.looked).toEqual(['i-1']);
    });

    it('hands one out again that could not be kept', async () => {
      const deps = acting();
      const store: Store = { ...deps.store, noteRebalance: () => Promise.reject(new Error('table gone')) };

      expect(await handleUrgentEvents(messages(rebalance('i-1'), spot('i-1')), { ...deps, store })).toEqual(['m0']);
    });

    it('hands one out again whose group could not be found', async () => {
      const deps = acting();
      deps.aws.seen = { ...deps.aws.seen, groups: [], gaps: [{ subject: 'groups', cause: 'throttled', detail: 'x' }] };

      expect(await handleUrgentEvents(messages(rebalance('i-1')), deps)).toEqual(['m0']);
    });
  });
});
