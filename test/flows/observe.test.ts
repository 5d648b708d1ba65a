import { describe, expect, it } from '@jest/globals';
import { observe, type RememberedForLook } from '../../lib/flows/observe.ts';
import type { LifecycleState } from '../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Drain, GroupSurroundings } from '../../lib/model/memory.ts';
import type { FailedActivity, Observation } from '../../lib/model/observation.ts';
import type { Service } from '../../lib/model/service.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { drain, group, instance, member, now, service, task, taskDefinition } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';

const around: GroupSurroundings = {
  group: 'web',
  hooks: [{ name: 'berth-drain', heartbeatTimeoutMs: 900_000, globalTimeoutMs: 90_000_000 }],
  scalingPolicies: [],
  isRefreshing: false,
};
const cluster = { name: 'main', arn: 'arn:cluster/main', status: 'ACTIVE', capacityProviders: [] };

const look = async (seen: Partial<Observation>, remembered: Partial<RememberedForLook> = {}) => {
  const aws = new FakeAws({ cluster, surroundings: [around], ...seen });
  const asked: string[] = [];
  const { surroundings, failedActivities } = aws.groups;
  aws.groups.surroundings = (groups) => {
    asked.push(`surroundings ${groups.join(' ')}`);
    return surroundings(groups);
  };
  aws.groups.failedActivities = (groups, since) => {
    asked.push(`activities ${groups.join(' ')} since ${now - since}`);
    return failedActivities(groups, since);
  };
  const { tasksOn } = aws.cluster;
  aws.cluster.tasksOn = (name, arn) => {
    asked.push(`tasks on ${arn}`);
    return tasksOn(name, arn);
  };
  const observation = await observe('main', { drains: Promise.resolve([]), facts: undefined, ...remembered }, aws, now);
  return { observation, asked };
};

const known = { cluster, capacityProviders: [], surroundings: [around], readAt: now - minuteMs + 1 };
const settled = { groups: [group([member(1)])] };

describe('what stands around groups', () => {
  it('is read with the facts, and kept with them', async () => {
    const { observation, asked } = await look(settled);

    expect(asked).toEqual(['surroundings web']);
    expect(observation).toMatchObject({ surroundings: [around], factsReadAt: now, gaps: [] });
  });

  it('is not read again within the minute', async () => {
    const { observation, asked } = await look(settled, { facts: known });

    expect(asked).toEqual([]);
    expect(observation).toMatchObject({ surroundings: [around], factsReadAt: known.readAt });
  });

  it('is read again after a minute', async () => {
    const { asked } = await look(settled, { facts: { ...known, readAt: now - minuteMs } });

    expect(asked).toEqual(['surroundings web']);
  });

  it.each(['surroundings', 'groups'] as const)('keeps no facts while %s have a gap', async (subject) => {
    const gap = { subject, cause: 'throttled', detail: 'slow' } as const;
    const { observation } = await look({ ...settled, gaps: [gap] });

    expect(observation.factsReadAt).toBeUndefined();
    expect(observation.gaps).toEqual([gap]);
  });
});

describe('failed launches', () => {
  const failure: FailedActivity = {
    group: 'web',
    activityId: '1',
    at: now - minuteMs,
    cause: 'no m5.large',
    availabilityZone: 'eu-west-1a',
  };
  const seen = { failedActivities: [failure] };
  const intent = (ageMs: number) => ({
    intents: [{ group: 'web', desiredCapacity: 1, at: now - ageMs }],
    facts: known,
  });

  it('are not asked for while every group has what it is to have', async () => {
    const { observation, asked } = await look({ ...seen, ...settled }, { facts: known });

    expect([observation.failedActivities, asked]).toEqual([[], []]);
  });

  it('are asked for where a group lacks instances', async () => {
    const leaving = member(2, { lifecycleState: 'Terminating:Wait' });
    const groups = [group([member(1), leaving], { desiredCapacity: 2 }), group([member(3)], { name: 'other' })];
    const { observation, asked } = await look({ ...seen, groups }, { facts: known });

    expect(asked).toEqual(['activities web since 900000']);
    expect(observation.failedActivities).toEqual([failure]);
  });

  it('are asked for where a group lacked some lately', async () => {
    expect((await look({ ...seen, ...settled }, intent(15 * minuteMs - 1))).asked).toHaveLength(1);
    expect((await look({ ...seen, ...settled }, intent(15 * minuteMs))).asked).toEqual([]);
  });

  it('that cannot be read are a gap', async () => {
    const gap = { subject: 'activities', cause: 'throttled', detail: 'slow' } as const;
    const { observation } = await look({ ...settled, gaps: [gap] }, intent(0));

    expect(observation.gaps).toEqual([gap]);
  });
});

describe('the tasks on a draining instance', () => {
  const agent = taskDefinition('agent', { cpuUnits: 128, memoryMiB: 256 });
  const daemon = service(1, { name: 'agent', schedulingStrategy: 'DAEMON', taskDefinitionArn: agent.arn });
  const held = (cpuUnits: number, memoryMiB: number): ContainerInstance =>
    instance(1, { status: 'DRAINING', remaining: { cpuUnits: 2048 - cpuUnits, memoryMiB: 7680 - memoryMiB } });
  const empty = held(0, 0);
  const almost = held(128, 256);
  const busy = held(128, 257);
  const listed = async (
    drained: Partial<Drain>,
    it: ContainerInstance,
    over: { lifecycleState?: LifecycleState; daemonGraceMs?: number } = {},
  ) => {
    const { lifecycleState = 'InService', daemonGraceMs } = over;
    const seen = {
      containerInstances: [it],
      services: [daemon],
      taskDefinitions: { [agent.arn]: agent },
      groups: [group([member(1, { lifecycleState })])],
    };
    const { asked } = await look(seen, {
      drains: Promise.resolve([drain(1, drained)]),
      facts: known,
      ...(daemonGraceMs === undefined ? {} : { daemonGraceMs }),
    });
    return asked.some((one) => one.startsWith('tasks on'));
  };

  it.each(['empty', 'rotation', 'consolidation', 'spotInterruption'] as const)(
    'are listed for %s once ECS counts no more there than daemons may hold',
    async (cause) => {
      expect(await listed({ cause }, busy)).toBe(false);
      expect(await listed({ cause }, almost)).toBe(true);
      expect(await listed({ cause }, empty)).toBe(true);
    },
  );

  it('are not listed before DRAINING shows', async () => {
    expect(await listed({ cause: 'consolidation' }, { ...empty, status: 'ACTIVE' })).toBe(false);
  });

  it.each(['emptied', 'terminating'] as const)('are not listed again within ten seconds of being %s', async (state) => {
    expect(await listed({ state, since: now - 10_000 + 1 }, empty)).toBe(false);
    expect(await listed({ state, since: now - 10_000 }, empty)).toBe(true);
  });

  it('are not listed while daemons have their grace', async () => {
    const emptied = { state: 'emptied', since: now - 30_000 + 1 } as const;

    expect(await listed(emptied, almost, { daemonGraceMs: 30_000 })).toBe(false);
    expect(await listed(emptied, empty, { daemonGraceMs: 30_000 })).toBe(true);
    expect(await listed({ ...emptied, since: now - 30_000 }, almost, { daemonGraceMs: 30_000 })).toBe(true);
  });

  it('are listed past the deadline whatever is held, for what is left is to be named, or stopped', async () => {
    expect(await listed({ cause: 'rotation', deadlineAt: now + 1 }, busy)).toBe(false);
    expect(await listed({ cause: 'rotation', deadlineAt: now }, busy)).toBe(true);
  });

  it('are listed where its group ends it only while it is held', async () => {
    const cause = 'lifecycleAction';

    expect(await listed({ cause }, almost, { lifecycleState: 'Terminating' })).toBe(false);
    expect(await listed({ cause }, almost, { lifecycleState: 'Terminating:Wait' })).toBe(true);
    expect(await listed({ cause }, almost, { lifecycleState: 'Terminating:Retained' })).toBe(true);
    expect(await listed({ cause }, busy, { lifecycleState: 'Terminating:Wait' })).toBe(false);
  });
});

describe('a service that counts more tasks than were listed', () => {
  const unsettled = async (over: Partial<Service>, remembered: Partial<RememberedForLook> = {}) => {
    const api = service(1, { desiredCount: 3, runningCount: 2, pendingCount: 1, ...over });
    const { observation } = await look({ services: [api], tasks: [task(1, 1), task(2, 1)] }, remembered);
    return observation.services.map((it) => it.isUnsettled === true);
  };

  it('is unsettled where some are missing by the list', async () => {
    expect(await unsettled({})).toEqual([true]);
    expect(await unsettled({ pendingCount: 0 })).toEqual([false]);
    expect(await unsettled({ desiredCount: 2 })).toEqual([false]);
    expect(await unsettled({ schedulingStrategy: 'DAEMON' })).toEqual([false]);
  });

  it('is taken as it is in a look that confirms', async () => {
    expect(await unsettled({}, { confirms: true })).toEqual([false]);
  });
});
