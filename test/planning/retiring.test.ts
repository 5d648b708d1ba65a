import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AutoScalingGroup, GroupInstance } from '../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { ClusterMemory, LearnedShape, RetireCause } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { ClusterSettings, GroupSettings } from '../../lib/model/settings.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { type Allowance, retirementsToBegin } from '../../lib/planning/retiring/candidates.ts';
import { missingForMinimum } from '../../lib/planning/retiring/minimum.ts';
import { neverRegistered } from '../../lib/planning/retiring/never-registered.ts';
import { disconnectedSinceAfter, retiringAfter, retiringWakeAts } from '../../lib/planning/retiring/retiring.ts';
import { type PlanningInput, viewOf } from '../../lib/planning/view.ts';
import { deployment, drain, group, input, instance, member, now, service, task } from '../support/builders.ts';

const hourMs = 60 * minuteMs;
const many: Allowance = () => () => 100;

const rotate: Partial<ClusterSettings> = { rotation: { maximumAgeMs: 24 * hourMs, outdatedLaunchTemplate: true } };
const repair: Partial<ClusterSettings> = { repair: { agentDisconnectedMs: 15 * minuteMs, neverRegistered: true } };

const aged = (n: number, hours: number, over: Partial<ContainerInstance> = {}): ContainerInstance =>
  instance(n, { registeredAt: now - hours * hourMs, ...over });

interface Given {
  readonly instances: readonly ContainerInstance[];
  readonly groups?: readonly AutoScalingGroup[];
  readonly seen?: Partial<Observation>;
  readonly settings?: Partial<ClusterSettings>;
  readonly memory?: Partial<ClusterMemory>;
  readonly rest?: Omit<NonNullable<Parameters<typeof input>[1]>, 'settings' | 'memory'>;
}

/** What a new instance registers is known. */
const groupSettings = (): GroupSettings => ({
  registers: { cpuUnits: 2048, memoryMiB: 7680 },
  pricePerHour: undefined,
  hold: false,
  priority: 0,
  launchInstances: false,
});

const numbered = ({ ec2InstanceId }: ContainerInstance): number => Number(ec2InstanceId.slice(2));

const given = ({ instances, groups, seen = {}, settings = {}, memory = {}, rest = {} }: Given): PlanningInput =>
  input(
    {
      containerInstances: instances,
      groups: groups ?? [group(instances.map((one) => member(numbered(one))))],
      ...seen,
    },
    { settings, memory, ...rest },
  );

const begin = (it: Given, allowance: Allowance = many, consolidation: readonly string[] = []) => {
  const view = viewOf(given(it));
  const states = view.observation.groups.map((one) => stateOf(view, one));
  return retirementsToBegin({ view, states, allowance, consolidation });
};

const idsOf = (...args: Parameters<typeof begin>): readonly string[] =>
  begin(...args).chosen.map((it) => it.ec2InstanceId);

const lost = (n: number): ContainerInstance => instance(n, { agentConnected: false });
const lostFor = (ms: number, ...ns: readonly number[]): Partial<ClusterMemory> => ({
  disconnectedSince: Object.fromEntries(ns.map((n) => [`i-${n}`, now - ms])),
});
const recommended = (n: number, agoMs = minuteMs): NonNullable<Given['rest']> => ({
  asked: { rebalance: [{ ec2InstanceId: `i-${n}`, at: now - agoMs }] },
});

describe('retirementsToBegin for rotation', () => {
  it('takes instances older than the settings allow, the oldest first', () => {
    const instances = [aged(1, 25), aged(2, 24), aged(3, 30)];

    expect(begin({ instances, settings: rotate }).chosen).toEqual([
      { ec2InstanceId: 'i-3', group: 'web', cause: 'rotation', detail: expect.stringContaining('1800 min ago') },
      { ec2InstanceId: 'i-1', group: 'web', cause: 'rotation', detail: expect.stringContaining('1500 min ago') },
    ]);
    expect(idsOf({ instances, settings: rotate }, () => () => 1)).toEqual(['i-3']);
  });

  const launchedFrom = (n: number, launchTemplate: GroupInstance['launchTemplate']) => member(n, { launchTemplate });

  it.each<readonly [string, readonly GroupInstance[], Partial<AutoScalingGroup>, readonly string[]]>([
    ['an older version of the template', [launchedFrom(1, 'lt-1:1')], { launchTemplate: 'lt-1:2' }, ['i-1']],
    ['a newer version: the group was put back', [launchedFrom(1, 'lt-1:3')], { launchTemplate: 'lt-1:2' }, ['i-1']],
    ['the same version', [launchedFrom(1, 'lt-1:2')], { launchTemplate: 'lt-1:2' }, []],
    ['a template that is not known', [launchedFrom(1, undefined)], { launchTemplate: 'lt-1:2' }, []],
    ['a group whose version is not known', [launchedFrom(1, 'lt-1:1')], { launchTemplate: undefined }, []],
    ['another template', [launchedFrom(1, 'lt-0:7')], { launchTemplate: 'lt-1:2' }, ['i-1']],
    [
      'another template, older than the first of the present one',
      [launchedFrom(2, 'lt-0:7'), launchedFrom(1, 'lt-1:2')],
      { launchTemplate: 'lt-1:2' },
      ['i-2'],
    ],
    [
      'another template, as an override launches beside the present one',
      [launchedFrom(1, 'lt-0:7'), launchedFrom(2, 'lt-1:2')],
      { launchTemplate: 'lt-1:2' },
      [],
    ],
  ])('judges %s', (_, members, over, ids) => {
    const instances = [aged(1, 1), aged(2, 2)].slice(0, members.length);
    const settings = { ...rotate, groups: { web: groupSettings() } };

    expect(idsOf({ instances, groups: [group(members, over)], settings })).toEqual(ids);
  });

  it('waits until it is known what the new template launches', () => {
    const groups = [group([launchedFrom(1, 'lt-1:1')], { launchTemplate: 'lt-1:2' })];

    expect(idsOf({ instances: [aged(1, 1)], groups, settings: rotate })).toEqual([]);
  });

  it('rotates nothing that the settings do not ask for', () => {
    const groups = [group([launchedFrom(1, 'lt-1:1')], { launchTemplate: 'lt-1:2' })];

    expect(idsOf({ instances: [aged(1, 1000)], groups, settings: { groups: { web: groupSettings() } } })).toEqual([]);
  });
});

describe('retirementsToBegin for rebalance recommendations', () => {
  const instances = [instance(1), instance(2)];
  const settings = { rebalanceRecommendations: true };

  it('takes an instance that EC2 recommends to replace', () => {
    expect(begin({ instances, settings, rest: recommended(1) }).chosen).toMatchObject([
      { ec2InstanceId: 'i-1', cause: 'rebalance' },
    ]);
  });

  it.each<readonly [string, Partial<Given>]>([
    ['an old recommendation', { rest: recommended(1, 15 * minuteMs) }],
    ['an instance that is not there', { rest: recommended(7) }],
    ['settings that do not ask for it', { rest: recommended(1), settings: {} }],
    ['an instance that drains', { rest: recommended(1), instances: [instance(1, { status: 'DRAINING' })] }],
  ])('passes over %s', (_, over) => {
    expect(idsOf({ instances, settings, ...over })).toEqual([]);
  });
});

describe('retirementsToBegin for repair', () => {
  const instances = [lost(1), lost(2), instance(3), instance(4)];
  const memory = lostFor(20 * minuteMs, 1, 2);

  it('takes one instance of a group at once, the one lost longest', () => {
    const longer = { disconnectedSince: { ...memory.disconnectedSince, 'i-2': now - 21 * minuteMs } };

    expect(begin({ instances, settings: repair, memory: longer }).chosen).toMatchObject([
      { ec2InstanceId: 'i-2', cause: 'repair', detail: 'no agent for 21 min' },
    ]);
  });

  it.each<readonly [string, Partial<Given>]>([
    ['one that was not seen lost for long enough', { memory: lostFor(15 * minuteMs - 1, 1, 2) }],
    ['one whose agent is back', { instances: [instance(1), instance(2)] }],
    [
      'one while another of its group is being repaired',
      {
        memory: { ...memory, retiring: { 'i-2': { cause: 'repair', since: now } } },
      },
    ],
    ['one while another of its group ends', { memory, rest: { drains: [drain(2, { cause: 'repair' })] } }],
    ['one while so many are lost that something larger is wrong', { instances: [lost(1), lost(2), lost(3)] }],
    ['any where the settings do not ask for it', { settings: {} }],
  ])('leaves alone %s', (_, over) => {
    expect(idsOf({ instances, settings: repair, memory, ...over })).toEqual([]);
  });
});

describe('retirementsToBegin', () => {
  const old = { instances: [aged(1, 30)], settings: rotate };
  const running = {
    services: [service(1)],
    tasks: [task(1, 1)],
    taskProtection: { [task(1, 1).arn]: false },
  };

  it('takes what consolidation proposes, in its order', () => {
    const settings = { consolidation: { enabled: true, threshold: 0.5, settleTimeMs: 0 } };

    expect(idsOf({ instances: [instance(1), instance(2)], settings }, () => () => 1, ['i-2', 'i-1'])).toEqual(['i-2']);
  });

  it('takes a busy instance, whose tasks then find another place, young or not worth consolidating', () => {
    expect(idsOf({ ...old, seen: running })).toEqual(['i-1']);
  });

  it('asks first whether its tasks are protected', () => {
    expect(begin({ ...old, seen: { ...running, taskProtection: {} } })).toEqual({
      chosen: [],
      questions: [task(1, 1).arn],
    });
  });

  it.each<readonly [string, Partial<Given>]>([
    ['a partial view', { seen: { gaps: [{ subject: 'services', cause: 'throttled', detail: 'page 2' }] } }],
    ['a standalone task', { seen: { tasks: [task(1, 1, { group: 'family:job' })] } }],
    ['a protected task', { seen: { ...running, taskProtection: { [task(1, 1).arn]: true } } }],
    ['a service that cannot move', { seen: { ...running, services: [service(1, { maximumPercent: 100 })] } }],
    [
      'a deployment under way',
      {
        seen: {
          ...running,
          services: [service(1, { deployments: [deployment({ rolloutState: 'IN_PROGRESS', createdAt: now })] })],
        },
      },
    ],
    ['a pause', { rest: { asked: { pause: { what: 'scaleIn', until: undefined } } } }],
    [
      'an instance refresh',
      {
        seen: { surroundings: [{ group: 'web', hooks: [], scalingPolicies: [], isRefreshing: true }] },
      },
    ],
    [
      'protection by a person',
      {
        groups: [group([member(1, { protectedFromScaleIn: true })], { newInstancesProtectedFromScaleIn: false })],
      },
    ],
    ['a group that is not opted in', { groups: [] }],
    ['a group that may not be sized', { groups: [group([member(1)], { conflicts: ['operator'] })] }],
    ['a standby instance', { groups: [group([member(1, { lifecycleState: 'Standby' })])] }],
    ['a drain', { rest: { drains: [drain(1)] } }],
    ['a retirement that has begun', { memory: { retiring: { 'i-1': { cause: 'rotation', since: now } } } }],
    ['a retirement given up a while ago', { memory: { leftAloneUntil: { 'i-1': now + 1 } } }],
    ['a lost agent', { instances: [aged(1, 30, { agentConnected: false })] }],
  ])('waits for the end of %s', (_, over) => {
    expect(idsOf({ ...old, ...over })).toEqual([]);
  });

  it('begins again once it has been left alone for long enough', () => {
    expect(idsOf({ ...old, memory: { leftAloneUntil: { 'i-1': now } } })).toEqual(['i-1']);
  });

  it('lets one budget stand for several causes', () => {
    const it: Given = {
      instances: [aged(1, 30), instance(2)],
      settings: { ...rotate, rebalanceRecommendations: true },
      rest: recommended(2),
    };

    expect(idsOf(it, () => () => 1)).toEqual(['i-2']);
    expect(idsOf(it, (cause) => () => (cause === 'rebalance' ? 1 : 2))).toEqual(['i-2', 'i-1']);
  });

  const clusters = fc
    .array(
      fc.record({
        hours: fc.integer({ min: 0, max: 48 }),
        connected: fc.boolean(),
        inGroup: fc.constantFrom('web', 'batch'),
        recommended: fc.boolean(),
        retiring: fc.option(fc.constantFrom<RetireCause>('rotation', 'repair')),
        busy: fc.boolean(),
      }),
      { maxLength: 8 },
    )
    .map((all): Given => {
      const instances = all.map((it, n) => aged(n, it.hours, { agentConnected: it.connected }));
      return {
        instances,
        groups: ['web', 'batch'].map((name) =>
          group(
            all.flatMap((it, n) => (it.inGroup === name ? [member(n)] : [])),
            { name },
          ),
        ),
        seen: {
          services: [service(8)],
          tasks: all.flatMap((it, n) => (it.busy ? [task(n, n)] : [])),
          taskProtection: Object.fromEntries(all.map((_, n) => [task(n, n).arn, n % 3 === 2])),
        },
        settings: { ...rotate, ...repair, rebalanceRecommendations: true, circuitBreakerShare: 1 },
        memory: {
          disconnectedSince: Object.fromEntries(all.map((it, n) => [`i-${n}`, now - it.hours * hourMs])),
          retiring: Object.fromEntries(
            all.flatMap(({ retiring }, n) =>
              retiring === null ? [] : [[`i-${n}`, { cause: retiring, since: now - minuteMs }]],
            ),
          ),
        },
        rest: {
          asked: {
            rebalance: all.flatMap((it, n) => (it.recommended ? [{ ec2InstanceId: `i-${n}`, at: now }] : [])),
          },
        },
      };
    });

  it('never takes more of a group than any cause allows, nor two for repair, whatever there is', () => {
    let seen = 0;
    fc.assert(
      fc.property(
        clusters,
        fc.record({ rotation: fc.nat(3), rebalance: fc.nat(3), repair: fc.nat(3), consolidation: fc.nat(3) }),
        (cluster, allowances) => {
          const { chosen } = begin(cluster, (cause) => () => allowances[cause]);
          seen += chosen.length;
          for (const its of Map.groupBy(chosen, (it) => it.group).values()) {
            expect(its.length).toBeLessThanOrEqual(Math.max(...its.map((it) => allowances[it.cause])));
            for (const [cause, alike] of Map.groupBy(its, (it) => it.cause))
              expect(alike.length).toBeLessThanOrEqual(cause === 'repair' ? 1 : allowances[cause]);
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(seen).toBeGreaterThan(20);
  });

  it('does not depend on the order in which AWS answered', () => {
    fc.assert(
      fc.property(clusters, fc.nat(3), (cluster, allowance) => {
        const turned: Given = {
          ...cluster,
          instances: cluster.instances.toReversed(),
          groups: cluster.groups?.map((it) => ({ ...it, instances: it.instances.toReversed() })).reverse() ?? [],
        };
        expect(begin(turned, () => () => allowance)).toEqual(begin(cluster, () => () => allowance));
      }),
    );
  });
});

describe('retiringAfter', () => {
  const retiring = { 'i-1': { cause: 'rotation', since: now - minuteMs } } as const;
  const after = (over: Partial<Given> = {}, chosen: Parameters<typeof retiringAfter>[1] = []) =>
    retiringAfter(viewOf(given({ instances: [aged(1, 30)], settings: rotate, memory: { retiring }, ...over })), chosen);

  it('keeps who waits and adds who begins', () => {
    const chosen = [{ ec2InstanceId: 'i-2', group: 'web', cause: 'rebalance', detail: '' }] as const;

    expect(after({}, chosen)).toEqual({
      retiring: { ...retiring, 'i-2': { cause: 'rebalance', since: now } },
      givenUp: [],
    });
  });

  it.each<readonly [string, Partial<Given>]>([
    ['is gone', { instances: [], groups: [group([member(1)])] }],
    ['has left its group', { groups: [] }],
    ['is drained', { rest: { drains: [drain(1, { cause: 'rotation' })] } }],
    ['drains by somebody else’s will', { instances: [aged(1, 30, { status: 'DRAINING' })] }],
    ['is terminated by its group', { groups: [group([member(1, { lifecycleState: 'Terminating:Wait' })])] }],
    ['need no longer be rotated', { settings: {} }],
    ['is no longer lost', { settings: repair, memory: { retiring: { 'i-1': { cause: 'repair', since: now } } } }],
    [
      'was recommended, and nobody acts on that any more',
      {
        memory: { retiring: { 'i-1': { cause: 'rebalance', since: now } } },
      },
    ],
    [
      'was to be consolidated, which is off by now',
      {
        memory: { retiring: { 'i-1': { cause: 'consolidation', since: now } } },
      },
    ],
  ])('ends the retirement of an instance that %s', (_, over) => {
    expect(after(over)).toEqual({ retiring: {}, givenUp: [] });
  });

  it('gives up who found no room in half an hour', () => {
    const since = now - 30 * minuteMs;

    expect(after({ memory: { retiring: { 'i-1': { cause: 'rotation', since } } } })).toEqual({
      retiring: {},
      givenUp: ['i-1'],
    });
  });

  it('keeps a recommended one although the recommendation is old', () => {
    const memory = { retiring: { 'i-1': { cause: 'rebalance', since: now - 20 * minuteMs } } } as const;

    expect(after({ memory, settings: { rebalanceRecommendations: true } }).retiring).toEqual(memory.retiring);
  });

  it('keeps a lost one that ECS no longer knows until its group lets it go', () => {
    const memory = { retiring: { 'i-1': { cause: 'repair', since: now - minuteMs } } } as const;
    const seen = { instances: [], memory, settings: repair };

    expect(after({ ...seen, groups: [group([member(1)])] }).retiring).toEqual(memory.retiring);
    expect(after({ ...seen, groups: [group([])] }).retiring).toEqual({});
  });

  it('ends nobody’s while instances or groups are seen in part', () => {
    const gaps = [{ subject: 'containerInstances', cause: 'throttled', detail: '' }] as const;

    expect(after({ instances: [], seen: { gaps } }).retiring).toEqual(retiring);
  });
});

describe('disconnectedSinceAfter', () => {
  const memory = lostFor(5 * minuteMs, 1, 2, 9);

  it('counts from the first look without an agent, and anew for one that came back', () => {
    const instances = [lost(1), instance(2), lost(3)];

    expect(disconnectedSinceAfter(viewOf(given({ instances, memory })))).toEqual({
      'i-1': now - 5 * minuteMs,
      'i-3': now,
    });
  });

  it('counts nothing that is in no group', () => {
    expect(disconnectedSinceAfter(viewOf(given({ instances: [lost(1)], groups: [], memory })))).toEqual({});
  });

  it('adds and forgets nothing in a partial view, but sees who came back', () => {
    const gaps = [{ subject: 'tasks', cause: 'throttled', detail: '' }] as const;

    expect(
      disconnectedSinceAfter(viewOf(given({ instances: [instance(2), lost(3)], seen: { gaps }, memory }))),
    ).toEqual(lostFor(5 * minuteMs, 1, 9).disconnectedSince);
  });
});

describe('retiringWakeAts', () => {
  it('names the next moment at which time alone changes something', () => {
    const view = viewOf(given({ instances: [aged(1, 23)], settings: { ...rotate, ...repair } }));
    const retiring = { 'i-1': { cause: 'rotation', since: now - 20 * minuteMs } } as const;

    expect(retiringWakeAts(view, {}, {})).toEqual([now + hourMs + 1]);
    expect(retiringWakeAts(view, retiring, {})).toEqual([now + 10 * minuteMs]);
    expect(retiringWakeAts(view, retiring, { 'i-2': now - 12 * minuteMs })).toEqual([now + 3 * minuteMs]);
  });

  it('names none where nothing is to come', () => {
    expect(retiringWakeAts(viewOf(given({ instances: [aged(1, 23)] })), {}, { 'i-1': now })).toEqual([]);
  });
});

it('keeps no more retiring than the table has room for, or the others would begin for ever', () => {
  const instances = Array.from({ length: 10 }, (_, n) => aged(n, 100));
  const retiring = Object.fromEntries(
    Array.from({ length: 395 }, (_, n) => [`i-x${n}`, { cause: 'rotation' as const, since: now }]),
  );
  const rotation = { rotation: { maximumAgeMs: hourMs, outdatedLaunchTemplate: false } };

  expect(begin({ instances, settings: rotation }).chosen).toHaveLength(10);
  expect(begin({ instances, settings: rotation, memory: { retiring } }).chosen).toHaveLength(5);
});

describe('neverRegistered', () => {
  const learned: LearnedShape = {
    launchSource: 'lt-1:1',
    instanceType: 'm5.large',
    registered: { cpuUnits: 2048, memoryMiB: 7680 },
    from: 'instance',
  };
  const unregistered = (...ns: readonly number[]): Partial<ClusterMemory> => ({
    shapes: { web: learned },
    unregisteredSince: Object.fromEntries(ns.map((n) => [`i-${n}`, now - (10 + n) * minuteMs])),
  });
  const members = [member(1), member(2), member(3)];
  const end = (over: Partial<Given> = {}, resized: readonly string[] = []) => {
    const view = viewOf(
      given({ instances: [], groups: [group(members)], settings: repair, memory: unregistered(1, 2, 3), ...over }),
    );
    const states = view.observation.groups.map((it) => stateOf(view, it));
    return neverRegistered(view, { states, moves: new Map(), resized: new Set(resized) });
  };
  const endedOf = (...args: Parameters<typeof end>) =>
    end(...args).steps.flatMap((step) => step.instances.map((it) => it.ec2InstanceId));

  it('ends two of a group at once, the oldest first, and counts them like a failed launch', () => {
    expect(end()).toEqual({
      steps: [
        {
          kind: 'terminateInstances',
          group: 'web',
          instances: ['i-3', 'i-2'].map((ec2InstanceId) => ({
            ec2InstanceId,
            containerInstanceArn: '',
            version: undefined,
          })),
          reason: 'not registered with ECS within the boot deadline of 10 min',
        },
      ],
      failures: [{ group: 'web', at: now, budget: 1, cause: '2 launched and never registered with ECS' }],
    });
  });

  it.each<readonly [string, Partial<Given>, readonly string[]]>([
    [
      'those past their boot deadline',
      {
        memory: {
          shapes: { web: learned },
          unregisteredSince: { 'i-1': now - 10 * minuteMs, 'i-2': now - 10 * minuteMs + 1 },
        },
      },
      ['i-1'],
    ],
    [
      'none of a group of which no instance was ever seen in this cluster',
      { memory: { ...unregistered(1, 2, 3), shapes: {} } },
      [],
    ],
    ['those that ECS does not know', { instances: [instance(3, { status: 'REGISTERING' })] }, ['i-2', 'i-1']],
    ['what its minimum leaves', { groups: [group(members, { minSize: 2 })] }, ['i-3']],
    ['those in service', { groups: [group([member(1), member(2, { lifecycleState: 'Standby' })])] }, ['i-1']],
    ['those that nobody drains', { rest: { drains: [drain(3, { cause: 'lifecycleAction' })] } }, ['i-2', 'i-1']],
    ['none while a person has paused it', { rest: { asked: { pause: { what: 'scaleIn', until: undefined } } } }, []],
    ['as ever once a pause is over', { rest: { asked: { pause: { what: 'scaleIn', until: now } } } }, ['i-3', 'i-2']],
    ['none that a person protects', { groups: [group(members, { newInstancesProtectedFromScaleIn: false })] }, []],
    ['none of a group that is not ours to size', { groups: [group(members, { conflicts: ['operator'] })] }, []],
    ['none where the settings do not say so', { settings: {} }, []],
    ['none in a partial view', { seen: { gaps: [{ subject: 'tasks', cause: 'failed', detail: '' }] } }, []],
  ])('ends %s', (_, over, ids) => {
    expect(endedOf(over)).toEqual(ids);
  });

  it('leaves a group alone that is resized already', () => {
    expect(endedOf({}, ['web'])).toEqual([]);
  });
});

describe('missingForMinimum', () => {
  const retiring = { 'i-1': { cause: 'rotation', since: now }, 'i-2': { cause: 'rebalance', since: now } } as const;
  const missing = (over: Partial<AutoScalingGroup>, memory: Partial<ClusterMemory> = { retiring }) => {
    const view = viewOf(
      given({
        instances: [instance(1), instance(2), instance(3)],
        groups: [
          group(
            [1, 2, 3].map((n) => member(n)),
            over,
          ),
        ],
        memory,
      }),
    );
    return missingForMinimum(
      view,
      view.observation.groups.map((it) => stateOf(view, it)),
    );
  };

  it.each<readonly [string, Partial<AutoScalingGroup>, Readonly<Record<string, number>>]>([
    ['all that retire, at its minimum', { minSize: 3 }, { web: 2 }],
    ['those that its size does not cover', { minSize: 2 }, { web: 1 }],
    ['none, far above its minimum', { minSize: 1 }, {}],
    ['what its maximum allows', { minSize: 3, maxSize: 4 }, { web: 1 }],
    ['none, at its maximum', { minSize: 3, maxSize: 3 }, {}],
    ['none, where it may not be sized', { minSize: 3, conflicts: ['operator'] }, {}],
  ])('asks for %s', (_, over, expected) => {
    expect(missing(over)).toEqual(expected);
  });

  it('asks for none where nobody retires', () => {
    expect(missing({ minSize: 3, desiredCapacity: 2 }, {})).toEqual({});
  });
});
