import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Retiring } from '../../lib/model/memory.ts';
import type { Observation } from '../../lib/model/observation.ts';
import type { DemandReport, UnplacedVerdict } from '../../lib/model/plan.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import type { Task } from '../../lib/model/task.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { retirementsDue } from '../../lib/planning/retiring/due.ts';
import { viewOf } from '../../lib/planning/view.ts';
import { drain, group, input, instance, instanceArn, member, now, service, task } from '../support/builders.ts';

const settings: Partial<ClusterSettings> = {
  rotation: { maximumAgeMs: minuteMs, outdatedLaunchTemplate: false },
  rebalanceRecommendations: true,
  repair: { agentDisconnectedMs: 15 * minuteMs, neverRegistered: false },
};

const retiring = (cause: Retiring['cause'], agoMs = minuteMs): Retiring => ({ cause, since: now - agoMs });

const of = (name: string, on: number, n: number): Task => task(n, on, { group: `service:${name}` });

const fitsNow: UnplacedVerdict = { kind: 'fitsNow', instances: 1 };
const waits: UnplacedVerdict = { kind: 'waitsForLaunch', group: 'web', instances: 1 };

const lacking = (
  source: string,
  ...verdicts: readonly (readonly [tasks: number, verdict: UnplacedVerdict])[]
): DemandReport => ({
  source,
  capacityProvider: undefined,
  requirements: { cpuUnits: 512, memoryMiB: 1024 },
  tasks: verdicts.reduce((sum, [tasks]) => sum + tasks, 0),
  verdicts: verdicts.map(([tasks, verdict]) => ({ tasks, verdict })),
  obstacles: [],
});

interface Given {
  readonly retiring: Readonly<Record<string, Retiring>>;
  readonly demand?: readonly DemandReport[];
  readonly tasks?: readonly Task[];
  readonly instances?: readonly ContainerInstance[];
  readonly group?: Partial<AutoScalingGroup>;
  readonly members?: readonly number[];
  readonly seen?: Partial<Observation>;
  readonly resized?: readonly string[];
  readonly disconnectedForMs?: number;
  readonly drains?: readonly ReturnType<typeof drain>[];
}

const dueOf = (it: Given) => {
  const { tasks = [], instances = [instance(1), instance(2), instance(3)], members = [1, 2, 3] } = it;
  const view = viewOf(
    input(
      {
        containerInstances: instances,
        tasks,
        services: ['api', 'web'].map((name) => service(4, { name })),
        taskProtection: Object.fromEntries(tasks.map((one) => [one.arn, false])),
        groups: [
          group(
            members.map((n) => member(n)),
            it.group,
          ),
        ],
        ...it.seen,
      },
      {
        settings,
        drains: it.drains ?? [],
        memory: {
          retiring: it.retiring,
          disconnectedSince: { 'i-1': now - (it.disconnectedForMs ?? 20 * minuteMs) },
        },
      },
    ),
  );
  return retirementsDue(view, it.demand ?? [], {
    states: view.observation.groups.map((one) => stateOf(view, one)),
    moves: new Map(),
    resized: new Set(it.resized),
  });
};

const idsOf = (it: Given): readonly string[] => [...dueOf(it).due];
const reasonOf = (it: Given) => dueOf(it).waiting.get('i-1')?.reason;

describe('retirementsDue', () => {
  const one: Given = {
    retiring: { 'i-1': retiring('rotation') },
    tasks: [of('api', 1, 1), of('api', 1, 2), of('web', 1, 3)],
    demand: [lacking('service api', [2, fitsNow]), lacking('service web', [1, fitsNow])],
  };

  it('lets an instance go once all that it runs has certain room elsewhere', () => {
    expect(dueOf(one)).toEqual({ due: new Set(['i-1']), steps: [], waiting: new Map(), questions: [] });
  });

  it('lets an empty instance go', () => {
    expect(idsOf({ retiring: one.retiring })).toEqual(['i-1']);
  });

  it('does not mind other services', () => {
    const demand = [...(one.demand ?? []), lacking('service other', [9, waits]), lacking('family:job', [1, waits])];

    expect(idsOf({ ...one, demand })).toEqual(['i-1']);
  });

  it.each<readonly [string, readonly DemandReport[]]>([
    ['a task waits for an instance to boot', [lacking('service api', [1, fitsNow], [1, waits])]],
    ['a task fits unless ECS chooses badly', [lacking('service api', [2, { kind: 'mayFitNow', instances: 1 }])]],
    [
      'one more of the service is launched for',
      [
        lacking('service api', [2, fitsNow]),
        lacking('service api', [1, { kind: 'launch', group: 'web', instances: 1 }]),
      ],
    ],
    [
      'tasks of the service wait in PROVISIONING',
      [lacking('service api', [2, fitsNow]), lacking('service:api', [1, waits])],
    ],
    ['ECS is asked for fewer tasks than run there', [lacking('service api', [1, fitsNow])]],
    ['only waiting tasks of the service fit', [lacking('service:api', [2, fitsNow])]],
    ['ECS is asked for none', []],
  ])('waits while %s', (_, ofApi) => {
    const demand = [...ofApi, lacking('service web', [1, fitsNow])];

    expect(reasonOf({ ...one, demand })).toBe('retiring');
    expect(idsOf({ ...one, demand })).toEqual([]);
  });

  it('says what it waits for', () => {
    const demand = [lacking('service api', [2, fitsNow]), lacking('service web', [1, waits])];

    expect(dueOf({ ...one, demand }).waiting.get('i-1')?.detail).toBe(
      'rotation: 1 task of service web without a certain place on what is there',
    );
  });

  it('lets those that share a service go together where there is room for the tasks of both', () => {
    const both: Given = {
      retiring: { 'i-2': retiring('rotation', 2 * minuteMs), 'i-1': retiring('rebalance') },
      tasks: [of('api', 1, 1), of('api', 2, 2)],
    };

    expect(idsOf({ ...both, demand: [lacking('service api', [2, fitsNow])] })).toEqual(['i-2', 'i-1']);
    // Fewer are asked for than run on both: whose they are is not known, and the first to retire is served.
    expect(idsOf({ ...both, demand: [lacking('service api', [1, fitsNow])] })).toEqual(['i-2']);
    expect(idsOf({ ...both, demand: [lacking('service api', [1, fitsNow], [1, waits])] })).toEqual([]);
  });

  it.each<readonly [string, Partial<Given>, string | undefined]>([
    ['a partial view', { seen: { gaps: [{ subject: 'tasks', cause: 'throttled', detail: '' }] } }, undefined],
    ['a standalone task', { tasks: [task(9, 1, { group: 'family:job' })] }, 'standaloneTask'],
    ['a protected task', { seen: { taskProtection: { [of('api', 1, 1).arn]: true } } }, 'protectedTask'],
    ['its group’s minimum', { group: { minSize: 3 } }, 'groupMinimum'],
    ['the minimum, with what leaves already', { group: { minSize: 2 }, drains: [drain(3)] }, 'groupMinimum'],
    ['a group that ECS sizes', { group: { conflicts: ['operator'] } }, 'groupConflict'],
    ['a lost agent', { instances: [instance(1, { agentConnected: false })] }, 'agentDisconnected'],
    ['half an hour in vain', { retiring: { 'i-1': retiring('rotation', 30 * minuteMs) } }, 'recentlyAbandoned'],
    ['a drain', { drains: [drain(1)] }, undefined],
    ['somebody else’s drain', { instances: [instance(1, { status: 'DRAINING' })] }, undefined],
    ['a termination', { members: [2, 3] }, undefined],
  ])('lets nothing go past %s', (_, over, reason) => {
    expect(idsOf({ ...one, ...over })).toEqual([]);
    expect(reasonOf({ ...one, ...over })).toBe(reason);
  });

  it('lets no more go than a group’s minimum allows', () => {
    const two = { 'i-1': retiring('rotation'), 'i-2': retiring('rotation') };

    expect(idsOf({ retiring: two, group: { minSize: 2 } })).toEqual(['i-1']);
    expect(idsOf({ retiring: two, group: { minSize: 1 } })).toEqual(['i-1', 'i-2']);
  });
});

describe('retirementsDue for lost instances', () => {
  const lost: Given = {
    retiring: { 'i-1': retiring('repair') },
    instances: [instance(1, { agentConnected: false, version: 7 }), instance(2), instance(3)],
    tasks: [of('api', 1, 1)],
    demand: [lacking('service api', [1, fitsNow])],
  };

  it('takes one off ECS’s books and terminates it, once what it runs has room elsewhere', () => {
    const known = { ec2InstanceId: 'i-1', containerInstanceArn: instanceArn('1') };

    expect(dueOf(lost)).toEqual({
      due: new Set(),
      steps: [
        {
          kind: 'deregisterInstances',
          instances: [{ ...known, version: 7 }],
          reason: 'no agent for at least 15 min, which the settings call lost: what they run has room elsewhere',
        },
        {
          kind: 'terminateInstances',
          group: 'web',
          instances: [{ ...known, version: undefined }],
          reason:
            'no agent for at least 15 min, which the settings call lost: they end with whatever may still run on them',
        },
      ],
      waiting: new Map(),
      questions: [],
    });
  });

  it('terminates one that ECS no longer knows', () => {
    expect(dueOf({ ...lost, instances: [instance(2), instance(3)] }).steps).toMatchObject([
      { kind: 'terminateInstances', instances: [{ ec2InstanceId: 'i-1', containerInstanceArn: '' }] },
    ]);
  });

  it('asks first whether its tasks are protected', () => {
    expect(dueOf({ ...lost, seen: { taskProtection: {} } })).toMatchObject({
      steps: [],
      questions: [of('api', 1, 1).arn],
      waiting: new Map([['i-1', { reason: 'protectionUnknown', detail: 'of 1 task' }]]),
    });
  });

  it.each<readonly [string, Partial<Given>, string]>([
    ['what it runs has no room', { demand: [lacking('service api', [1, waits])] }, 'retiring'],
    ['its agent is back', { instances: [instance(1)] }, 'agentDisconnected'],
    ['it is not lost for long enough', { disconnectedForMs: minuteMs }, 'agentDisconnected'],
    ['it may run a standalone task', { tasks: [task(9, 1, { group: 'family:job' })] }, 'standaloneTask'],
    ['its group is resized', { resized: ['web'] }, 'scalingOutGroup'],
    ['its group is at its minimum', { group: { minSize: 3 } }, 'groupMinimum'],
    [
      'too many are lost',
      {
        instances: [1, 2, 3].map((n) => instance(n, { agentConnected: false })),
      },
      'circuitBreaker',
    ],
  ])('ends none while %s', (_, over, reason) => {
    expect(dueOf({ ...lost, ...over }).steps).toEqual([]);
    expect(reasonOf({ ...lost, ...over })).toBe(reason);
  });

  it('does not hold one for a service that cannot move by draining: nothing drains', () => {
    const services = [service(1, { maximumPercent: 100 })];

    expect(dueOf({ ...lost, seen: { services } }).steps).toHaveLength(2);
    expect(
      idsOf({ ...lost, seen: { services }, instances: [instance(1)], retiring: { 'i-1': retiring('rotation') } }),
    ).toEqual([]);
  });
});

describe('any set of retirements', () => {
  const verdict = fc.constantFrom<UnplacedVerdict>(
    fitsNow,
    fitsNow,
    fitsNow,
    fitsNow,
    fitsNow,
    fitsNow,
    waits,
    { kind: 'mayFitNow', instances: 1 },
    { kind: 'unplaceable', reason: 'groupsAtMaximum', detail: '' },
  );
  const names = ['api', 'web'];
  interface Situation {
    readonly tasks: readonly { readonly name: string; readonly on: number }[];
    readonly retiring: Readonly<Record<string, Retiring>>;
    readonly demand: readonly {
      readonly name: string;
      readonly parts: readonly (readonly [number, UnplacedVerdict])[];
    }[];
    readonly minSize: number;
  }
  const situations: fc.Arbitrary<Situation> = fc.record({
    tasks: fc.array(fc.record({ name: fc.constantFrom(...names), on: fc.integer({ min: 1, max: 4 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    retiring: fc.dictionary(
      fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4'),
      fc.nat(5).map((ago) => retiring('rebalance', ago * minuteMs)),
      { minKeys: 2 },
    ),
    demand: fc.array(
      fc.record({
        name: fc.constantFrom(...names),
        parts: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), verdict)),
      }),
      { maxLength: 4 },
    ),
    minSize: fc.nat(2),
  });

  const givenBy = (it: Situation): Given => ({
    instances: [1, 2, 3, 4].map((n) => instance(n)),
    members: [1, 2, 3, 4],
    tasks: it.tasks.map(({ name, on }, n) => of(name, on, n)),
    retiring: it.retiring,
    demand: it.demand.map(({ name, parts }) => lacking(`service ${name}`, ...parts)),
    group: { minSize: it.minSize },
  });

  it('never lets an instance go while a service on it has demand that does not fit, nor more than fit or may', () => {
    let seen = 0;
    fc.assert(
      fc.property(situations, (it) => {
        const due = idsOf(givenBy(it));
        expect(due.length).toBeLessThanOrEqual(4 - it.minSize);
        for (const name of names) {
          const leaving = it.tasks.filter((one) => one.name === name && due.includes(`i-${one.on}`)).length;
          const parts = it.demand.filter((one) => one.name === name).flatMap((one) => one.parts);
          if (leaving === 0) continue;
          seen++;
          expect(parts.filter(([, one]) => one.kind !== 'fitsNow')).toEqual([]);
          expect(parts.reduce((sum, [tasks]) => sum + tasks, 0)).toBeGreaterThanOrEqual(leaving);
        }
      }),
      { numRuns: 500 },
    );
    expect(seen).toBeGreaterThan(10);
  });

  it('gives every retiring instance a reason or lets it go, whatever order things were listed in', () => {
    fc.assert(
      fc.property(situations, (it) => {
        const there = givenBy(it);
        const { due, waiting } = dueOf(there);
        expect([...due, ...waiting.keys()].sort()).toEqual(Object.keys(it.retiring).sort());
        const turned: Given = {
          ...there,
          instances: there.instances?.toReversed() ?? [],
          members: [4, 3, 2, 1],
          tasks: there.tasks?.toReversed() ?? [],
          demand: there.demand?.toReversed() ?? [],
          retiring: Object.fromEntries(Object.entries(there.retiring).toReversed()),
        };
        expect([...dueOf(turned).due]).toEqual([...due]);
      }),
    );
  });
});
