import { describe, expect, it } from '@jest/globals';
import { ecsEventDetails } from '../../lib/aws/ecs-event-details.ts';
import { handleClusterEvents } from '../../lib/flows/cluster-events.ts';
import { handleMirrorEvents, type Mirroring, tellMirrors } from '../../lib/flows/mirror/telling.ts';
import { handleUrgentEvents } from '../../lib/flows/urgent-events.ts';
import { instancesIn, type Mirror, tasksIn } from '../../lib/mirror/mirror.ts';
import { now, settings } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest, messages } from '../support/ingest.ts';

const arn = (resource: string): string => `arn:aws:ecs:eu-west-1:123456789012:${resource}`;

const event = (type: string, detail: object, cluster = 'main'): object => ({
  source: 'aws.ecs',
  'detail-type': type,
  time: new Date(now).toISOString(),
  resources: [arn(`service/${cluster}/api`)],
  detail: { clusterArn: arn(`cluster/${cluster}`), ...detail },
});

const taskEvent = (id: string, over: object = {}, cluster?: string): object =>
  event(
    'ECS Task State Change',
    {
      taskArn: arn(`task/main/${id}`),
      taskDefinitionArn: arn('task-definition/api:1'),
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      launchType: 'EC2',
      containerInstanceArn: arn('container-instance/main/1'),
      version: 3,
      createdAt: new Date(now).toISOString(),
      ...over,
    },
    cluster,
  );

const amounts = [
  { name: 'CPU', type: 'INTEGER', integerValue: 2_048 },
  { name: 'MEMORY', type: 'INTEGER', integerValue: 7_680 },
];

const instanceEvent = (over: object = {}): object =>
  event('ECS Container Instance State Change', {
    containerInstanceArn: arn('container-instance/main/1'),
    ec2InstanceId: 'i-1',
    status: 'ACTIVE',
    agentConnected: true,
    version: 4,
    registeredAt: new Date(now).toISOString(),
    registeredResources: amounts,
    remainingResources: amounts,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    ...over,
  });

interface Told {
  readonly cluster: string;
  readonly id: string;
  readonly news: Mirror;
}

const mirroring = (tell: (told: Told) => void = () => undefined): Mirroring & { readonly told: readonly Told[] } => {
  const told: Told[] = [];
  return {
    told,
    mirrors: {
      tell: async (cluster, id, news) => {
        tell({ cluster, id, news });
        told.push({ cluster, id, news });
        return Promise.resolve();
      },
    },
    changes: ecsEventDetails,
    settings: { defaults: settings(), clusters: { main: settings({ mirror: true }) } },
    clock: { now: () => now, sleep: () => Promise.resolve() },
  };
};

const tell = async (bodies: readonly object[], it = mirroring()) => {
  const deps = { ...ingest(), mirroring: it };
  return { untold: [...(await tellMirrors(messages(...bodies), deps))], told: it.told, telemetry: deps.telemetry };
};

describe('tellMirrors', () => {
  it('tells a whole batch in one write, the newest of each resource', async () => {
    const { told, untold } = await tell([
      taskEvent('1', { version: 4, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }),
      taskEvent('1'),
      taskEvent('2'),
      instanceEvent(),
      event('ECS Service Action', { eventName: 'SERVICE_TASK_PLACEMENT_FAILURE' }),
    ]);
    expect(untold).toEqual([]);
    expect(told).toHaveLength(1);
    const [{ news }] = told as readonly [Told];
    expect(tasksIn(news).map((it) => it.arn)).toEqual([arn('task/main/2')]);
    expect(news.tasks.get(arn('task/main/1'))).toEqual({ value: undefined, version: 4, at: now });
    expect(instancesIn(news)).toMatchObject([{ ec2InstanceId: 'i-1', version: 4, registeredAt: now }]);
    expect([...news.toldServices]).toEqual([['api', now]]);
  });

  it('tells the same batch under the same id, and another under another', async () => {
    const [first] = (await tell([taskEvent('1'), taskEvent('2')])).told;
    const [again] = (await tell([taskEvent('1'), taskEvent('2')])).told;
    const [other] = (await tell([taskEvent('1')])).told;
    expect(again?.id).toBe(first?.id);
    expect(other?.id).not.toBe(first?.id);
  });

  it('tells nothing of clusters without a mirror, or that are not of this deployment', async () => {
    const { told } = await tell([taskEvent('1', {}, 'other'), taskEvent('2', {}, 'stranger')]);
    expect(told).toEqual([]);
  });

  it('leaves out a detail that cannot be read, says so, and tells the rest', async () => {
    const { told, untold, telemetry } = await tell([taskEvent('1', { lastStatus: 'FLYING' }), taskEvent('2')]);
    expect(untold).toEqual([]);
    expect(told.map((it) => [...it.news.tasks.keys()])).toEqual([[arn('task/main/2')]]);
    expect(telemetry.counts.get('ObservationGaps')).toBe(1);
    expect(JSON.stringify(telemetry.lines)).toContain('lastStatus is FLYING');
  });

  it('gives back the messages of a cluster that could not be told', async () => {
    const failing = mirroring(() => {
      throw new Error('throttled');
    });
    const { untold, telemetry } = await tell([taskEvent('1', {}, 'other'), taskEvent('2'), instanceEvent()], failing);
    expect(untold).toEqual(['m1', 'm2']);
    expect(telemetry.lines.map((it) => it.message)).toEqual(['could not tell the mirror']);
  });
});

describe('who hears events', () => {
  const aws = new FakeAws();
  const flows = {
    clusterEvents: handleClusterEvents,
    urgentEvents: handleUrgentEvents,
  };

  it.each(Object.keys(flows) as (keyof typeof flows)[])(
    'tells the mirror before a decision is asked for: %s',
    async (name) => {
      const base = ingest();
      const asked: string[] = [];
      const it = mirroring(() => {
        asked.push('told');
        expect(base.asked).toEqual([]);
      });
      const deps = {
        ...base,
        mirroring: it,
        groups: aws.groups,
        cluster: aws.cluster,
        clusterWriter: aws.clusterWriter,
        wakeUps: { wake: () => Promise.resolve() },
        shapes: { shapes: () => Promise.resolve([]) } as never,
        settings: it.settings,
        clock: it.clock,
      };
      expect(await flows[name](messages(taskEvent('1')), deps)).toEqual([]);
      expect(asked).toEqual(['told']);
      expect(base.asked).toHaveLength(1);
    },
  );

  it('hands out again what could not be told, and asks for the decision all the same', async () => {
    const base = ingest();
    const failing = mirroring(() => {
      throw new Error('throttled');
    });
    const again = await handleClusterEvents(messages(taskEvent('1'), taskEvent('2', {}, 'other')), {
      ...base,
      mirroring: failing,
      groups: aws.groups,
    });
    expect(again).toEqual(['m0']);
    expect(base.asked).toHaveLength(2);
  });

  it('asks for nothing where only the mirror listens, and buries what nobody can read', async () => {
    const base = ingest();
    const it = mirroring();
    const again = await handleMirrorEvents([...messages(taskEvent('1')), { id: 'bad', body: 'no JSON' }], {
      ...base,
      mirroring: it,
    });
    expect(again).toEqual([]);
    expect(base.asked).toEqual([]);
    expect(it.told).toHaveLength(1);
    expect(base.buried).toHaveLength(1);
  });
});
