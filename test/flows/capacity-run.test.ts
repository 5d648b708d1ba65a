import { describe, expect, it } from '@jest/globals';
import { RequestError } from '../../lib/flows/by-hand/request.ts';
import { runByHand } from '../../lib/flows/capacity-run.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import { drain, group, instance, member, now, service, settings, task, taskDefinition } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { ingest } from '../support/ingest.ts';

const seen = { containerInstances: [instance(1)], services: [service(8)], groups: [group([member(1)])] };

const flow = (over: Partial<ClusterSettings> = {}, observed: Partial<Observation> = {}) => {
  const aws = new FakeAws({ ...seen, ...observed });
  const base = ingest();
  return {
    ...base,
    aws,
    read: aws,
    settings: { defaults: settings(over), clusters: {} },
    clock: { now: () => now, sleep: () => Promise.resolve() },
  };
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const apiArn = taskDefinition('api').arn;
const cluster = 'main';

const refusal = async (input: unknown, deps: ReturnType<typeof flow> = flow()): Promise<string> => {
  const refused = runByHand(input, deps);
  await expect(refused).rejects.toThrow(RequestError);
  expect(deps.asked).toEqual([]);
  return refused.then(
    () => '',
    (error: unknown) => String(error),
  );
};

describe('runByHand', () => {
  it('plans without writing anything anywhere', async () => {
    const deps = flow();

    const answer = await runByHand({ action: 'plan', cluster: 'main' }, deps);

    expect(answer).toMatchObject({ action: 'plan', plan: { steps: [{ kind: 'setGroupDesiredCapacity', to: 2 }] } });
    expect(deps.aws.writes).toEqual([]);
    expect(await deps.store.generation('main')).toBe(0);
  });

  it('explains why an instance is there', async () => {
    const answer = await runByHand({ action: 'explain', cluster: 'main', instance: 'i-1' }, flow());

    expect(answer).toMatchObject({
      report: { ec2InstanceId: 'i-1', verdict: { kind: 'keep', reason: 'neededForWaitingTasks' } },
    });
  });

  it('tells the settings of the cluster that it was deployed with', async () => {
    const deps = flow({ quietTimeMs: 7_000 });

    expect(await runByHand({ action: 'settings', cluster }, deps)).toEqual({
      action: 'settings',
      settings: settings({ quietTimeMs: 7_000 }),
    });
  });

  it('asks for a decision', async () => {
    const deps = flow();

    await runByHand({ action: 'decide', cluster: 'main' }, deps);

    expect(deps.asked).toEqual(['main#0 asked for by hand']);
  });

  it.each([
    ['nothing', undefined, 'expected {"action":"plan","cluster":"NAME"} or {"action":"explain"'],
    ['an unknown action', { action: 'explode', cluster: 'main' }, 'input.action'],
    ['a misspelt member', { action: 'plan', cluster: 'main', clutser: 'x' }, 'clutser'],
    [
      'a cluster that is not this deployment’s',
      { action: 'plan', cluster: 'foreign' },
      "cluster foreign is not one of this deployment's (main, other)",
    ],
    [
      'an instance of another cluster',
      { action: 'explain', cluster: 'main', instance: 'i-9' },
      'i-9 is no container instance of cluster main, which has 1',
    ],
  ])('refuses %s', async (_, input, message) => {
    const refused = runByHand(input, flow());

    await expect(refused).rejects.toThrow(RequestError);
    await expect(refused).rejects.toThrow(message);
  });
});

describe('room asked for by hand', () => {
  it('is kept for a service, with how many it wants now, and a decision asked for', async () => {
    const deps = flow();
    const until = new Date(now + hourMs).toISOString();

    const answer = await runByHand(
      { action: 'requestCapacity', cluster, service: 'api', tasks: 40, until, id: 'sale' },
      deps,
    );

    const capacity = {
      id: 'sale',
      tasks: 40,
      target: { kind: 'service', service: 'api' },
      requestedAt: now,
      until: now + hourMs,
      baseTasks: 8,
    };
    expect(answer).toEqual({ action: 'requestCapacity', capacity, asked: true, note: undefined });
    expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toEqual([capacity]);
    expect(deps.asked).toEqual(['main#0 requestCapacity by hand']);
    expect(deps.aws.writes).toEqual([]);
  });

  it('is kept for a task definition by its ARN, with how many tasks of it there are', async () => {
    const stopping = task(3, 1, { desiredStatus: 'STOPPED' });
    const deps = flow({}, { tasks: [task(1, 1), task(2, undefined), stopping] });

    const answer = await runByHand(
      { action: 'requestCapacity', cluster, taskDefinition: apiArn, capacityProvider: 'spot', tasks: 1, until: '7d' },
      deps,
    );

    expect(answer).toMatchObject({
      capacity: {
        id: 'api:1-2026-11-23T12:00:00.000Z',
        target: { kind: 'taskDefinition', taskDefinitionArn: apiArn, capacityProvider: 'spot' },
        until: now + 7 * dayMs,
        baseTasks: 2,
      },
    });
  });

  it('is kept in observe mode too, which is said', async () => {
    const deps = flow({ mode: 'observe' });
    const request = { action: 'requestCapacity', cluster, service: 'api', tasks: 1, until: '2h' };

    const answer = await runByHand(request, deps);

    expect(answer).toMatchObject({
      note: 'the cluster is in observe mode: nothing is launched, the plan shows what would be',
    });
    expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toHaveLength(1);
  });

  it('stays where the queue does not take the request for a decision', async () => {
    const deps = flow();
    deps.unreachable.add(cluster);

    const answer = await runByHand({ action: 'requestCapacity', cluster, service: 'api', tasks: 1, until: '2h' }, deps);

    expect(answer).toMatchObject({ asked: false });
    expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toHaveLength(1);
  });

  it('is listed without what is over, made longer, and ended', async () => {
    const deps = flow();
    await runByHand({ action: 'requestCapacity', cluster, service: 'api', tasks: 1, until: '2h', id: 'a' }, deps);
    const over = {
      id: 'b',
      tasks: 1,
      target: { kind: 'service', service: 'api' },
      requestedAt: 0,
      until: now,
    } as const;
    await deps.store.putCapacity(cluster, over);

    const longer = await runByHand({ action: 'extendCapacity', cluster, id: 'a', until: '3h' }, deps);
    const listed = await runByHand({ action: 'listCapacity', cluster }, deps);
    const ended = await runByHand({ action: 'endCapacity', cluster, id: 'a' }, deps);

    expect(longer).toMatchObject({ capacity: { id: 'a', tasks: 1, until: now + 3 * hourMs } });
    expect(listed).toMatchObject({ capacity: [{ id: 'a', until: now + 3 * hourMs }], queued: [], pause: undefined });
    expect(ended).toMatchObject({ action: 'endCapacity', asked: true });
    expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toEqual([over]);
    expect(deps.asked).toHaveLength(3);
  });

  const api = { action: 'requestCapacity', cluster, service: 'api', tasks: 4, until: '2h' };

  it.each<readonly [string, object, string, Partial<ClusterSettings>?]>([
    ['of nothing', { ...api, service: undefined }, 'either service or taskDefinition'],
    ['of two things', { ...api, taskDefinition: apiArn }, 'either service or taskDefinition'],
    ['in another provider than the service’s', { ...api, capacityProvider: 'spot' }, 'a service has its own'],
    ['of a service that there is not', { ...api, service: 'apy' }, 'no active service apy; there are: api'],
    ['of an unknown task definition', { ...api, service: undefined, taskDefinition: 'job:9' }, 'job:9 cannot be read'],
    ['of no revision', { ...api, service: undefined, taskDefinition: 'job' }, 'write family:revision'],
    ['for no task', { ...api, tasks: 0 }, 'a whole number from 1 to 5000'],
    ['for half a task', { ...api, tasks: 0.5 }, 'a whole number from 1 to 5000'],
    [
      'until yesterday',
      { ...api, until: '2026-11-22T12:00:00Z' },
      'is not in the future: it is 2026-11-23T12:00:00.000Z',
    ],
    ['for no time', { ...api, until: '0s' }, 'is not in the future'],
    ['until a day that there is not', { ...api, until: '2026-13-01T12:00:00Z' }, 'such as 2026-11-23T18:00:00Z'],
    ['without a time zone', { ...api, until: '2026-11-23T18:00:00' }, 'such as 2026-11-23T18:00:00Z'],
    ['for longer than a week', { ...api, until: '169h' }, 'more than 7 days ahead'],
    ['by an id with a blank', { ...api, id: 'my sale' }, 'write an id of up to 100'],
    [
      'where nothing may be launched',
      api,
      'caps.instances of this cluster is 0',
      { caps: { ...settings().caps, instances: 0 } },
    ],
    [
      'for more vCPUs than there may be',
      api,
      '4 tasks take 2 vCPU, and caps.vcpus of this cluster is 1.5',
      { caps: { ...settings().caps, vcpus: 1.5 } },
    ],
    [
      'for more memory than there may be',
      api,
      '4 tasks take 4 GiB, and caps.memoryGiB of this cluster is 3',
      { caps: { ...settings().caps, memoryGiB: 3 } },
    ],
  ])('is refused %s', async (_, input, message, over = {}) => {
    const deps = flow(over);

    expect(await refusal(input, deps)).toContain(message);
    expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toEqual([]);
  });

  it('is refused for a task definition that was deregistered', async () => {
    const deps = flow();
    deps.aws.deregistered.add(apiArn);

    expect(await refusal({ ...api, service: undefined, taskDefinition: apiArn }, deps)).toContain('was deregistered');
  });

  it('is refused for a daemon, and for what was not read', async () => {
    const daemon = flow({}, { services: [service(1, { schedulingStrategy: 'DAEMON' })] });
    const gap = { subject: 'services', cause: 'throttled', detail: 'ListServices: Rate exceeded' } as const;
    const unread = flow({}, { services: [], gaps: [gap] });

    expect(await refusal(api, daemon)).toContain('service api is a daemon');
    expect(await refusal(api, unread)).toContain('service api cannot be read: ListServices: Rate exceeded');
  });

  describe('beside what there is', () => {
    /** One instance without room for any more, of 2 vCPU and 7.5 GiB; four tasks take another. */
    const full = instance(1, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });
    const busy = {
      containerInstances: [full],
      services: [service(4, { runningCount: 4 })],
      tasks: [1, 2, 3, 4].map((n) => task(n, 1)),
    };
    const priced = { registers: undefined, pricePerHour: 0.1, priority: 0, hold: false, launchInstances: false };
    const capped = (caps: Partial<ClusterSettings['caps']>) =>
      flow({ caps: { ...settings().caps, ...caps }, groups: { web: priced } }, busy);

    it.each<[string, Partial<ClusterSettings['caps']>, string]>([
      ['instances', { instances: 1 }, 'caps.instances is 1: 1 instances are asked for, one more of web adds 1'],
      ['vCPUs', { vcpus: 3.9 }, 'caps.vcpus is 3.9: 2 vCPUs are asked for, one more of web adds 2'],
      ['memory', { memoryGiB: 14.9 }, 'caps.memoryGiB is 14.9: 7.5 GiB are asked for, one more of web adds 7.5'],
      [
        'dollars',
        { dollarsPerHour: 0.19 },
        'caps.dollarsPerHour is 0.19: 0.1 dollars an hour are asked for, one more of web adds 0.1',
      ],
    ])('is refused for more %s than there may be', async (_, caps, detail) => {
      const deps = capped(caps);

      expect(await refusal(api, deps)).toContain(
        `4 of 4 tasks would have no room: ${detail}: ask for less, or raise it in berth.yml`,
      );
      expect((await deps.store.drainsAndAsked(cluster)).asked.capacity).toEqual([]);
    });

    it('says for how many tasks there would be none', async () => {
      expect(await refusal({ ...api, tasks: 10 }, capped({ instances: 3 }))).toContain(
        '2 of 10 tasks would have no room',
      );
    });

    it('fits into caps that are just as large', async () => {
      const deps = capped({ instances: 2, vcpus: 4, memoryGiB: 15, dollarsPerHour: 0.2 });

      expect(await runByHand(api, deps)).toMatchObject({ asked: true });
    });

    it('replaces the one of the same id, which counts no more', async () => {
      const deps = capped({ instances: 2 });
      await runByHand({ ...api, id: 'sale' }, deps);

      expect(await runByHand({ ...api, id: 'sale', tasks: 3 }, deps)).toMatchObject({ capacity: { tasks: 3 } });
      deps.asked.length = 0;
      expect(await refusal({ ...api, id: 'other' }, deps)).toContain('caps.instances is 2');
    });
  });

  it.each([
    ['endCapacity', {}],
    ['extendCapacity', { until: '1h' }],
  ])('is not found by another id: %s', async (action, rest) => {
    const deps = flow();
    const target = { kind: 'service', service: 'api' } as const;
    await deps.store.putCapacity(cluster, { id: 'a', tasks: 1, target, requestedAt: 0, until: now + 1 });

    expect(await refusal({ action, cluster, id: 'b', ...rest }, deps)).toContain('has the id b; open: a');
  });
});

describe('a pause', () => {
  it('is kept with its end, and ended', async () => {
    const deps = flow();

    const answer = await runByHand({ action: 'pause', cluster, what: 'scaleIn', until: '2h' }, deps);
    expect(answer).toMatchObject({ pause: { what: 'scaleIn', until: now + 2 * hourMs }, asked: true });
    expect((await deps.store.drainsAndAsked(cluster)).asked.pause).toEqual({
      what: 'scaleIn',
      until: now + 2 * hourMs,
    });
    await runByHand({ action: 'pause', cluster, what: 'all' }, deps);
    expect((await deps.store.drainsAndAsked(cluster)).asked.pause).toEqual({ what: 'all', until: undefined });

    expect(await runByHand({ action: 'resume', cluster }, deps)).toMatchObject({ action: 'resume', asked: true });
    expect((await deps.store.drainsAndAsked(cluster)).asked.pause).toBeUndefined();
  });

  it.each([
    ['of nothing', { what: 'launches' }, 'write all or scaleIn'],
    ['until yesterday', { what: 'all', until: '2026-11-22T12:00:00Z' }, 'not in the future'],
  ])('is refused %s', async (_, rest, message) => {
    expect(await refusal({ action: 'pause', cluster, ...rest })).toContain(message);
  });
});

describe('a drain by hand', () => {
  const drainable = () => {
    const deps = flow({}, { containerInstances: [instance(1), instance(2)], groups: [group([member(1), member(2)])] });
    deps.aws.membershipsOf = [1, 2].map((n) => ({ ec2InstanceId: `i-${n}`, group: 'web' }));
    return deps;
  };

  it('is kept for the next decision, and asks AWS for nothing', async () => {
    const deps = drainable();

    const answer = await runByHand({ action: 'drain', cluster, instances: ['i-2', 'i-1', 'i-2'] }, deps);

    const kept = [1, 2].map((n) => drain(n, { cause: 'byHand', startedAt: now, since: now }));
    expect(answer).toMatchObject({ action: 'drain', drains: kept, asked: true });
    expect(await deps.store.drains(cluster)).toEqual(kept);
    expect(deps.asked).toEqual(['main#0 drain by hand']);
    expect(deps.aws.writes).toEqual([]);
  });

  it('leaves alone what EC2 is ending', async () => {
    const deps = drainable();
    await deps.store.putDrain(cluster, drain(1, { cause: 'spotInterruption' }));

    const answer = await runByHand({ action: 'drain', cluster, instances: ['i-1', 'i-2'] }, deps);

    expect(answer).toMatchObject({ drains: [{ ec2InstanceId: 'i-2' }] });
    expect((await deps.store.drains(cluster)).map((it) => it.cause)).toEqual(['spotInterruption', 'byHand']);
  });

  it('is refused as a whole where one of the instances is not ours', async () => {
    const deps = drainable();
    deps.aws.membershipsOf = [{ ec2InstanceId: 'i-1', group: 'web' }];

    const message = await refusal({ action: 'drain', cluster, instances: ['i-1', 'i-2', 'i-3'] }, deps);

    expect(message).toContain('nothing was changed: i-2 is in no Auto Scaling group with the tag berth:cluster=main');
    expect(message).toContain('i-3 is no container instance of cluster main');
    expect(await deps.store.drains(cluster)).toEqual([]);
  });

  it('is refused in observe mode, for no instance, and where something was not read', async () => {
    const unread = drainable();
    unread.aws.seen = { ...unread.aws.seen, gaps: [{ subject: 'groups', cause: 'throttled', detail: 'slow down' }] };

    expect(await refusal({ action: 'drain', cluster, instances: ['i-1'] }, flow({ mode: 'observe' }))).toContain(
      'in observe mode',
    );
    expect(await refusal({ action: 'drain', cluster, instances: [] })).toContain('input.instances');
    expect(await refusal({ action: 'drain', cluster, instances: ['web-1'] })).toContain('such as i-0123456789abcdef0');
    expect(await refusal({ action: 'drain', cluster, instances: ['i-1'] }, unread)).toContain('slow down');
  });

  it('is taken back, whoever of us it was by', async () => {
    const deps = drainable();
    await deps.store.putDrain(cluster, drain(1, { cause: 'byHand' }));
    await deps.store.putDrain(cluster, drain(2, { cause: 'consolidation', state: 'emptied' }));

    const answer = await runByHand({ action: 'restore', cluster, instances: ['i-1', 'i-2'] }, deps);

    expect(answer).toMatchObject({ drains: [{ ec2InstanceId: 'i-1' }, { ec2InstanceId: 'i-2' }], asked: true });
    expect(await deps.store.drains(cluster)).toEqual([
      drain(1, { cause: 'byHand', state: 'restoring', startedAt: now, since: now }),
      drain(2, { cause: 'consolidation', state: 'restoring', startedAt: now, since: now }),
    ]);
  });

  it('is not taken back where there is none, or nobody can', async () => {
    const deps = drainable();
    await deps.store.putDrain(cluster, drain(2, { cause: 'lifecycleAction' }));
    await deps.store.putDrain(cluster, drain(3, { state: 'terminating' }));
    await deps.store.putDrain(cluster, drain(4));

    const message = await refusal({ action: 'restore', cluster, instances: ['i-1', 'i-2', 'i-3', 'i-4'] }, deps);

    expect(message).toContain(
      'Berth is not draining i-1; i-2 is ended by Auto Scaling or EC2 (lifecycleAction); i-3 is being terminated already',
    );
    expect((await deps.store.drains(cluster)).map((it) => it.state)).toEqual(['draining', 'terminating', 'draining']);
  });
});
