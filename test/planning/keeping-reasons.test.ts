import { describe, expect, it } from '@jest/globals';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { KeepFinding, KeepReason } from '../../lib/model/plan.ts';
import type { DeploymentKind, Service } from '../../lib/model/service.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { reasonsToStay } from '../../lib/planning/keeping/reasons.ts';
import { viewOf } from '../../lib/planning/view.ts';
import {
  deployment,
  group,
  input,
  instance,
  member,
  now,
  service,
  settings,
  task,
  taskSet,
} from '../support/builders.ts';

type Rest = NonNullable<Parameters<typeof input>[1]>;

const enabled = { ...settings().consolidation, enabled: true };

/** Three instances in a group, two tasks of service api on the first: it may be emptied. */
const restful: Partial<Observation> = {
  containerInstances: [instance(0), instance(1), instance(2)],
  tasks: [task(1, 0), task(2, 0)],
  services: [service(4)],
  groups: [group([member(0), member(1), member(2)])],
};

const findingsOf = (seen: Partial<Observation> = {}, rest: Rest = {}): readonly KeepFinding[] => {
  const view = viewOf(
    input({ ...restful, ...seen }, { ...rest, settings: { consolidation: enabled, ...rest.settings } }),
  );
  const it = view.instanceByEc2Id.get('i-0');
  const membership = view.membershipByEc2Id.get('i-0');
  return it === undefined || membership === undefined ? [] : reasonsToStay(view, it, membership);
};

const reasonsOf = (seen: Partial<Observation> = {}, rest: Rest = {}): readonly KeepReason[] =>
  findingsOf(seen, rest).map((it) => it.reason);

const withService = (over: Partial<Service>, desiredCount = 4): Partial<Observation> => ({
  services: [service(desiredCount, over)],
});
const withTask = (over: Partial<Task>): Partial<Observation> => ({ tasks: [task(1, 0), task(2, 0, over)] });
const withFirst = (over: Partial<ContainerInstance>): Partial<Observation> => ({
  containerInstances: [instance(0, over), instance(1), instance(2)],
});
const protectedBy = (answers: Readonly<Record<number, boolean>>): Partial<Observation> => ({
  taskProtection: Object.fromEntries(Object.entries(answers).map(([n, answer]) => [task(Number(n), 0).arn, answer])),
});

const inHour = (ms: number) => ({ rolloutState: 'IN_PROGRESS' as const, createdAt: now - ms });
const hour = 60 * minuteMs;
const settle = enabled.settleTimeMs;

describe('reasonsToStay', () => {
  it('finds none where nothing speaks against it', () => {
    expect(findingsOf()).toEqual([]);
  });

  it('finds none on an instance without tasks', () => {
    expect(findingsOf({ tasks: [] })).toEqual([]);
  });

  it.each<
    readonly [string, KeepReason, readonly [Partial<Observation>, Rest?], readonly [Partial<Observation>, Rest?]]
  >([
    [
      'a task of no service; but one of a service',
      'standaloneTask',
      [withTask({ group: 'family:batch' })],
      [withTask({ group: 'service:api' })],
    ],
    [
      'a task without a group; but elsewhere',
      'standaloneTask',
      [withTask({ group: undefined })],
      [{ tasks: [task(1, 0), task(2, 1, { group: undefined })] }],
    ],
    [
      'a task of a service that was not read; but of a daemon service',
      'standaloneTask',
      [withTask({ group: 'service:agent' })],
      [
        {
          ...withTask({ group: 'service:agent' }),
          services: [service(4), service(3, { name: 'agent', schedulingStrategy: 'DAEMON' })],
        },
      ],
    ],
    [
      'a service that can neither stop nor start one; but one of twice as many at most',
      'serviceCannotMove',
      [withService({ minimumHealthyPercent: 100, maximumPercent: 100 })],
      [withService({ minimumHealthyPercent: 100, maximumPercent: 200 })],
    ],
    ['a protected task; but one that is not', 'protectedTask', [protectedBy({ 2: true })], [protectedBy({ 2: false })]],
    [
      'a protected task; but one elsewhere',
      'protectedTask',
      [protectedBy({ 1: true })],
      [{ ...protectedBy({ 3: true }), tasks: [task(1, 0), task(3, 1)] }],
    ],
    [
      'protection where new instances have none; but where they do',
      'scaleInProtected',
      [{ groups: [group([member(0)], { newInstancesProtectedFromScaleIn: false })] }],
      [{ groups: [group([member(0)], { newInstancesProtectedFromScaleIn: true })] }],
    ],
    [
      'protection; but none',
      'scaleInProtected',
      [{ groups: [group([member(0)], { newInstancesProtectedFromScaleIn: false })] }],
      [{ groups: [group([member(0, { protectedFromScaleIn: false })], { newInstancesProtectedFromScaleIn: false })] }],
    ],
    [
      'consolidation that is off; but on',
      'consolidationOff',
      [{}, { settings: { consolidation: { ...enabled, enabled: false } } }],
      [{}],
    ],
    [
      'a pause without an end; but one that is over',
      'paused',
      [{}, { asked: { pause: { what: 'all', until: undefined } } }],
      [{}, { asked: { pause: { what: 'all', until: now } } }],
    ],
    [
      'a pause of scale-in until later; but none',
      'paused',
      [{}, { asked: { pause: { what: 'scaleIn', until: now + 1 } } }],
      [{}],
    ],
    [
      'many agents that are silent; but two',
      'circuitBreaker',
      [
        {
          containerInstances: [0, 1, 2, 3].map((n) => instance(n, { agentConnected: n === 0 })),
          groups: [group([0, 1, 2, 3].map((n) => member(n)))],
        },
      ],
      [
        {
          containerInstances: [0, 1, 2, 3].map((n) => instance(n, { agentConnected: n < 2 })),
          groups: [group([0, 1, 2, 3].map((n) => member(n)))],
        },
      ],
    ],
    [
      'an instance refresh; but one that is over',
      'instanceRefresh',
      [{ surroundings: [{ group: 'web', hooks: [], scalingPolicies: [], isRefreshing: true }] }],
      [{ surroundings: [{ group: 'web', hooks: [], scalingPolicies: [], isRefreshing: false }] }],
    ],
    [
      'an instance refresh; but of another group',
      'instanceRefresh',
      [{ surroundings: [{ group: 'web', hooks: [], scalingPolicies: [], isRefreshing: true }] }],
      [{ surroundings: [{ group: 'other', hooks: [], scalingPolicies: [], isRefreshing: true }] }],
    ],
    [
      'a deployment in progress; but of an hour ago',
      'runningDeployment',
      [withService({ deployments: [deployment(inHour(hour - 1))] })],
      [withService({ deployments: [deployment(inHour(hour))] })],
    ],
    [
      'a deployment in progress; but completed',
      'runningDeployment',
      [withService({ deployments: [deployment(inHour(minuteMs))] })],
      [withService({ deployments: [deployment({ rolloutState: 'COMPLETED', createdAt: now - minuteMs })] })],
    ],
    [
      'an old deployment beside the new; but it is gone',
      'runningDeployment',
      [
        withService({
          deployments: [deployment({ createdAt: now - minuteMs }), deployment({ id: 'ecs-svc/0', status: 'ACTIVE' })],
        }),
      ],
      [
        withService({
          deployments: [deployment({ createdAt: now - minuteMs }), deployment({ id: 'ecs-svc/0', status: 'INACTIVE' })],
        }),
      ],
    ],
    [
      'two task sets; but one',
      'runningDeployment',
      [
        withService({
          deploymentKind: 'external',
          deployments: [],
          taskSets: [taskSet({ createdAt: now - 2 * hour }), taskSet({ createdAt: now - minuteMs })],
        }),
      ],
      [
        withService({
          deploymentKind: 'external',
          deployments: [],
          taskSets: [taskSet({ createdAt: now - minuteMs })],
        }),
      ],
    ],
    [
      'two task sets of an unknown age; but of two hours',
      'runningDeployment',
      [
        withService({
          deploymentKind: 'codeDeploy',
          deployments: [],
          taskSets: [taskSet(), taskSet({ createdAt: 0 })],
        }),
      ],
      [
        withService({
          deploymentKind: 'codeDeploy',
          deployments: [],
          taskSets: [taskSet({ createdAt: now - 2 * hour }), taskSet({ createdAt: 0 })],
        }),
      ],
    ],
    [
      'a drain that was given up; but is left alone no longer',
      'recentlyAbandoned',
      [{}, { memory: { leftAloneUntil: { 'i-0': now + 1 } } }],
      [{}, { memory: { leftAloneUntil: { 'i-0': now, 'i-1': now + hour } } }],
    ],
    [
      'a task made after a move of its service; but before',
      'recentlyMoved',
      [{}, { memory: { moves: [{ group: 'service:api', at: now - 10 * minuteMs }] } }],
      [{}, { memory: { moves: [{ group: 'service:api', at: now - 10 * minuteMs + 1 }] } }],
    ],
    [
      'a move of 29 min ago; but of 30',
      'recentlyMoved',
      [{}, { memory: { moves: [{ group: 'service:api', at: now - 30 * minuteMs + 1 }] } }],
      [{}, { memory: { moves: [{ group: 'service:api', at: now - 30 * minuteMs }] } }],
    ],
    [
      'the earliest of several moves; but of another service',
      'recentlyMoved',
      [
        {},
        { memory: { moves: [now, now - 20 * minuteMs, now - minuteMs].map((at) => ({ group: 'service:api', at })) } },
      ],
      [{}, { memory: { moves: [{ group: 'service:web', at: now - 20 * minuteMs }] } }],
    ],
    [
      'a task without a time after a move; but with an earlier time',
      'recentlyMoved',
      [
        withTask({ createdAt: undefined }),
        {
          memory: { moves: [{ group: 'service:api', at: now - minuteMs }] },
          settings: { consolidation: { ...enabled, settleTimeMs: 0 } },
        },
      ],
      [
        withTask({ createdAt: now - 2 * minuteMs }),
        {
          memory: { moves: [{ group: 'service:api', at: now - minuteMs }] },
          settings: { consolidation: { ...enabled, settleTimeMs: 0 } },
        },
      ],
    ],
    [
      'an instance that has just registered; but a while ago',
      'tooYoung',
      [withFirst({ registeredAt: now - settle + 1 })],
      [withFirst({ registeredAt: now - settle })],
    ],
    [
      'a task that has just come; but a while ago',
      'tooYoung',
      [withTask({ createdAt: now - settle + 1 })],
      [withTask({ createdAt: now - settle })],
    ],
    [
      'a task that has just come; but a daemon',
      'tooYoung',
      [withTask({ createdAt: now })],
      [
        {
          ...withTask({ createdAt: now, group: 'service:agent' }),
          services: [service(4), service(3, { name: 'agent', schedulingStrategy: 'DAEMON' })],
        },
      ],
    ],
    [
      'a group that has just grown; but a while ago',
      'tooYoung',
      [{}, { memory: { grownAt: { web: now - settle + 1 } } }],
      [{}, { memory: { grownAt: { web: now - settle, other: now } } }],
    ],
  ])('keeps for %s', (_, reason, kept, free) => {
    expect(reasonsOf(...kept)).toEqual([reason]);
    expect(reasonsOf(...free)).toEqual([]);
  });

  it('gives every reason, what lasts longest by itself first', () => {
    const findings = findingsOf(
      {
        containerInstances: [0, 1, 2, 3, 4].map((n) => instance(n, { agentConnected: n < 2, registeredAt: now })),
        tasks: [task(1, 0), task(2, 0, { group: 'family:batch' })],
        ...withService({ maximumPercent: 100, deployments: [deployment(inHour(minuteMs))] }),
        groups: [
          group(
            [0, 1, 2, 3, 4].map((n) => member(n)),
            { newInstancesProtectedFromScaleIn: false },
          ),
        ],
        surroundings: [{ group: 'web', hooks: [], scalingPolicies: [], isRefreshing: true }],
        ...protectedBy({ 1: true }),
      },
      {
        asked: { pause: { what: 'scaleIn', until: now + 5 * minuteMs } },
        settings: { consolidation: { ...enabled, enabled: false } },
        memory: {
          leftAloneUntil: { 'i-0': now + 7 * minuteMs },
          moves: [{ group: 'service:api', at: now - 20 * minuteMs }],
        },
      },
    );

    expect(findings.map((it) => it.reason)).toEqual([
      'standaloneTask',
      'serviceCannotMove',
      'protectedTask',
      'scaleInProtected',
      'consolidationOff',
      'paused',
      'circuitBreaker',
      'instanceRefresh',
      'runningDeployment',
      'recentlyAbandoned',
      'recentlyMoved',
      'tooYoung',
    ]);
    expect(findings.map((it) => it.detail)).toEqual([
      expect.stringContaining(task(2, 0).arn),
      expect.stringContaining('service api wants 4: at least 4 must run (100 %'),
      expect.stringContaining(task(1, 0).arn),
      expect.stringContaining('by a person'),
      'consolidation is not enabled',
      'for 5 min more',
      expect.stringContaining('3 of 5 instances'),
      expect.stringContaining('of web'),
      'a deployment of service api began 1 min ago',
      expect.stringContaining('for 7 min more'),
      expect.stringContaining(task(1, 0).arn),
      'registered 0 s ago, less than 120 s',
    ]);
  });

  it('names the first of several tasks, and how many more there are', () => {
    const tasks = [1, 2, 3].map((n) => task(n, 0, { group: 'family:batch' }));

    expect(findingsOf({ tasks }).map((it) => it.detail)).toEqual([
      `${task(1, 0).arn} is of no service that is known; and 2 more`,
    ]);
  });

  it('names each service once, however many of its tasks are there', () => {
    const services = ['api', 'web'].map((name) => service(2, { name, maximumPercent: 100 }));
    const tasks = [1, 2, 3].map((n) => task(n, 0, { group: n === 3 ? 'service:web' : 'service:api' }));

    expect(findingsOf({ services, tasks }).map((it) => it.detail)).toEqual([
      expect.stringMatching(/^service api .*; and 1 more$/),
    ]);
  });

  it.each<readonly [string, number, DeploymentKind, number, number, boolean]>([
    // desired, minimum and maximum per cent
    ['one task, nothing to spare', 1, 'rolling', 100, 100, true],
    ['one task that may stop first', 1, 'rolling', 0, 100, false],
    ['one task, half of which is rounded up to one', 1, 'rolling', 50, 100, true],
    ['one task, half more of which is rounded down to none', 1, 'rolling', 100, 150, true],
    ['one task, half rounded either way', 1, 'rolling', 50, 150, true],
    ['one task that may start first', 1, 'rolling', 100, 200, false],
    ['two tasks, three quarters of which are two', 2, 'rolling', 75, 100, true],
    ['two tasks, one of which may stop', 2, 'rolling', 50, 100, false],
    ['three tasks, an eighth more of which is none', 3, 'rolling', 100, 125, true],
    ['four tasks, a quarter more of which is one', 4, 'rolling', 100, 125, false],
    ['ten tasks, nine of which must run', 10, 'rolling', 90, 100, false],
    ['ten tasks, 91 % of which are ten', 10, 'rolling', 91, 100, true],
    ['a hundred tasks, 29 % of which are exactly 29', 100, 'rolling', 29, 100, false],
    ['a service that wants none', 0, 'rolling', 100, 100, false],
    ['blue and green, nothing to spare', 2, 'blueGreen', 100, 100, true],
    ['linear, nothing to spare', 2, 'linear', 100, 100, true],
    ['canary, nothing to spare', 2, 'canary', 100, 100, true],
    ['CodeDeploy: always the defaults', 1, 'codeDeploy', 100, 100, false],
    ['an external controller: always the defaults', 1, 'external', 100, 100, false],
  ])('knows whether a service can move: %s', (_, desired, deploymentKind, minimum, maximum, isStuck) => {
    const over = { deploymentKind, minimumHealthyPercent: minimum, maximumPercent: maximum };

    expect(reasonsOf(withService(over, desired))).toEqual(isStuck ? ['serviceCannotMove'] : []);
  });
});

describe('the last copy in a zone', () => {
  const inZone = (n: number, zone: string, over: Partial<ContainerInstance> = {}) =>
    instance(n, { attributes: zone === '?' ? {} : { 'ecs.availability-zone': zone }, ...over });
  /** Instance n is in the n-th zone named, unknown where that is `?`; the first is the one asked about. */
  const inZones = (
    zones: string,
    tasksOn: readonly number[],
    second: Partial<ContainerInstance> = {},
    first: Partial<ContainerInstance> = {},
  ): Partial<Observation> => ({
    containerInstances: Array.from(zones, (zone, n) => inZone(n, zone, [first, second][n] ?? {})),
    tasks: tasksOn.map((on, n) => task(n, on)),
    services: [service(tasksOn.length, { availabilityZoneRebalancing: true })],
    groups: [group(Array.from(zones, (_, n) => member(n)))],
  });

  it.each<readonly [string, Partial<Observation>, boolean]>([
    ['its only task of the zone, the other zone two', inZones('aab', [0, 2, 2]), true],
    ['all its tasks of the zone', inZones('aab', [0, 0, 2, 2]), true],
    ['another task in the same zone', inZones('aab', [0, 1, 2, 2]), false],
    ['no other instance in the zone', inZones('abb', [0, 1, 2]), false],
    ['the other one of the zone is DRAINING', inZones('aab', [0, 2, 2], { status: 'DRAINING' }), false],
    ['the other one of the zone has no agent', inZones('aab', [0, 2, 2], { agentConnected: false }), false],
    ['another task of the zone is about to leave it', inZones('aab', [0, 1, 2, 2], { status: 'DRAINING' }), false],
    ['no other zone', inZones('aa', [0]), false],
    ['one task, at home in any zone', inZones('aab', [0]), false],
    ['two tasks, which two zones can share', inZones('aabc', [0, 2]), false],
    ['three tasks, which two zones cannot share evenly', inZones('aabc', [0, 2, 3]), true],
    ['two tasks in one other zone of two', inZones('aabcd', [0, 2, 2]), true],
    [
      'no rebalancing',
      { ...inZones('aab', [0, 2, 2]), services: [service(3, { availabilityZoneRebalancing: false })] },
      false,
    ],
    ['its own agent silent', inZones('aab', [0, 2, 2], {}, { agentConnected: false }), true],
    ['a zone that is not known', inZones('??b', [0, 2, 2]), false],
  ])('stays or not: %s', (_, seen, stays) => {
    expect(reasonsOf(seen)).toEqual(stays ? ['lastCopyInZone'] : []);
  });

  it('does not count copies that leave the zone anyway', () => {
    const seen = inZones('aaab', [0, 1, 3, 3], { status: 'DRAINING' });

    expect(findingsOf(seen)).toEqual([
      { reason: 'lastCopyInZone', detail: 'ECS would bring service api back to this Availability Zone' },
    ]);
  });

  it('comes before what is sooner over', () => {
    expect(reasonsOf({ ...inZones('aab', [0, 2, 2]) }, { memory: { grownAt: { web: now - 5 * secondMs } } })).toEqual([
      'lastCopyInZone',
      'tooYoung',
    ]);
  });
});
