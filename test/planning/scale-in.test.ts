import { describe, expect, it } from '@jest/globals';
import type { InstanceVerdict, KeepReason, Plan, Step } from '../../lib/model/plan.ts';
import { minuteMs, secondMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { checkPlan } from '../../simulator/laws/plan-laws.ts';
import {
  definitions,
  drain,
  group,
  input,
  instance,
  member,
  now,
  provider,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const verdict = (plan: Plan, id: string): InstanceVerdict | undefined =>
  plan.instances.find((it) => it.ec2InstanceId === id)?.verdict;

const keepReason = (plan: Plan, id: string): KeepReason | undefined => {
  const found = verdict(plan, id);
  return found?.kind === 'keep' ? found.reason : undefined;
};

const named = (plan: Plan, kind: Step['kind']): readonly string[] =>
  plan.steps.flatMap((it) =>
    it.kind === kind && 'instances' in it ? it.instances.map((one) => one.ec2InstanceId) : [],
  );

const longAgo = now - 5 * minuteMs;
const quiet = (...ids: readonly string[]) => ({
  memory: { emptySince: Object.fromEntries(ids.map((id) => [id, longAgo])) },
});

describe('scale-in of empty instances', () => {
  it('begins to count the quiet time at the first complete view, and wakes when it is over', () => {
    const plan = planCluster(input({ containerInstances: [instance(1)], groups: [group([member(1)])] }));

    expect(keepReason(plan, 'i-1')).toBe('notQuietLongEnough');
    expect(plan.memory.emptySince).toEqual({ 'i-1': now });
    expect(plan.nextTimerAt).toBe(now + 2 * minuteMs);
  });

  it('drains every instance that has been quiet long enough, in one decision', () => {
    const plan = planCluster(
      input(
        { containerInstances: [1, 2, 3].map((n) => instance(n)), groups: [group([1, 2, 3].map((n) => member(n)))] },
        quiet('i-1', 'i-2', 'i-3'),
      ),
    );

    expect(named(plan, 'drainInstances')).toEqual(['i-1', 'i-2', 'i-3']);
    expect(plan.drains.map((it) => [it.ec2InstanceId, it.cause, it.state])).toEqual([
      ['i-1', 'empty', 'draining'],
      ['i-2', 'empty', 'draining'],
      ['i-3', 'empty', 'draining'],
    ]);
  });

  it('never goes below the minimum, counting instances that are leaving already', () => {
    const plan = planCluster(
      input(
        {
          containerInstances: [instance(1, { status: 'DRAINING' }), instance(2), instance(3)],
          groups: [
            group(
              [1, 2, 3].map((n) => member(n)),
              { minSize: 1 },
            ),
          ],
        },
        { ...quiet('i-2', 'i-3'), drains: [drain(1)] },
      ),
    );

    expect(named(plan, 'drainInstances')).toEqual(['i-2']);
    expect(keepReason(plan, 'i-3')).toBe('groupMinimum');
  });

  it('counts one that is taken back in the same plan as one that stays', () => {
    const given = input(
      {
        containerInstances: [instance(1), instance(2)],
        groups: [group([member(1), member(2)], { minSize: 1 })],
      },
      { ...quiet('i-1', 'i-2'), drains: [drain(1, { cause: 'byHand', startedAt: longAgo, since: longAgo })] },
    );
    const plan = planCluster(given);

    expect(named(plan, 'restoreInstances')).toEqual(['i-1']);
    expect(named(plan, 'drainInstances')).toEqual(['i-2']);
    expect(checkPlan({ input: given, plan })).toEqual([]);
  });

  it('keeps an instance that waiting tasks need', () => {
    const plan = planCluster(
      input(
        {
          containerInstances: [instance(1), instance(2)],
          services: [service(2)],
          groups: [group([member(1), member(2)])],
        },
        quiet('i-1', 'i-2'),
      ),
    );

    expect(keepReason(plan, 'i-1')).toBe('neededForWaitingTasks');
    expect(named(plan, 'drainInstances')).toEqual(['i-2']);
  });

  it('counts an instance with daemons only as empty', () => {
    const daemon = service(0, {
      name: 'agent',
      schedulingStrategy: 'DAEMON',
      taskDefinitionArn: taskDefinition('agent').arn,
    });
    const plan = planCluster(
      input(
        {
          containerInstances: [instance(1, { remaining: { cpuUnits: 1920, memoryMiB: 7616 } })],
          tasks: [task(1, 1, { group: 'service:agent', taskDefinitionArn: taskDefinition('agent').arn })],
          services: [daemon],
          taskDefinitions: definitions(taskDefinition('agent', { cpuUnits: 128, memoryMiB: 64 })),
          groups: [group([member(1)])],
        },
        quiet('i-1'),
      ),
    );

    expect(named(plan, 'drainInstances')).toEqual(['i-1']);
  });

  const instanceOf = (over: Parameters<typeof instance>[1]) => [instance(1, over)];
  const cases: readonly (readonly [string, KeepReason, Partial<PlanningInput['observation']>])[] = [
    ['runs a task of no service', 'standaloneTask', { tasks: [task(1, 1)] }],
    [
      'has a task that is stopping, seen by the resources it holds',
      'tasksStillStopping',
      { containerInstances: instanceOf({ remaining: { cpuUnits: 1536, memoryMiB: 6656 } }) },
    ],
    ['has lost its agent', 'agentDisconnected', { containerInstances: instanceOf({ agentConnected: false }) }],
    ['is in no opted-in group', 'notOptedIn', { groups: [] }],
    ['is a machine of ECS Anywhere', 'externalInstance', { containerInstances: instanceOf({ ec2InstanceId: 'mi-1' }) }],
    [
      'is one of ECS Managed Instances',
      'managedInstance',
      {
        containerInstances: instanceOf({ capacityProviderName: 'mi' }),
        capacityProviders: [provider('mi', { autoScalingGroupName: undefined })],
        groups: [],
      },
    ],
    [
      'is registered twice',
      'registeredTwice',
      { containerInstances: [instance(1), instance(1, { arn: 'arn:other' })] },
    ],
    ['was drained by somebody else', 'foreignDrain', { containerInstances: instanceOf({ status: 'DRAINING' }) }],
    ['is in standby', 'standby', { groups: [group([member(1, { lifecycleState: 'Standby' })])] }],
    ['is being detached', 'notInGroup', { groups: [group([member(1, { lifecycleState: 'Detaching' })])] }],
    [
      'is protected by a person',
      'scaleInProtected',
      { groups: [group([member(1)], { newInstancesProtectedFromScaleIn: false })] },
    ],
    [
      'belongs to a group that ECS sizes',
      'managedScaling',
      { capacityProviders: [provider('cp', { managedScaling: true })] },
    ],
    [
      'belongs to a group with weights',
      'groupConflict',
      { groups: [group([member(1)], { conflicts: ['weightedCapacity'] })] },
    ],
    ['was seen in part', 'partialView', { gaps: [{ subject: 'services', cause: 'throttled', detail: 'page 2' }] }],
  ];

  it.each(cases)('keeps an instance that %s', (_, reason, seen) => {
    const id = seen.containerInstances?.[0]?.ec2InstanceId ?? 'i-1';
    const plan = planCluster(
      input({ containerInstances: [instance(1)], groups: [group([member(1)])], ...seen }, quiet(id)),
    );

    expect(keepReason(plan, id)).toBe(reason);
    expect(plan.steps).toEqual([]);
  });

  it('keeps what was wanted a short while ago would not fit without, and lets the rest go', () => {
    const ids = ['i-1', 'i-2'];
    const plan = planCluster(
      input(
        {
          containerInstances: [instance(1), instance(2)],
          services: [service(0)],
          groups: [group([member(1), member(2)])],
        },
        {
          memory: {
            ...quiet(...ids).memory,
            peaks: {
              api: [
                { tasks: 4, at: longAgo },
                { tasks: 0, at: now - 4 * minuteMs },
              ],
            },
          },
          settings: { peakWindowMs: 10 * minuteMs },
        },
      ),
    );

    expect(named(plan, 'drainInstances')).toEqual(['i-1']);
    expect(keepReason(plan, 'i-2')).toBe('recentPeak');
    expect(plan.nextTimerAt).toBeLessThanOrEqual(now + 6 * minuteMs);
  });

  it('says of a member that is not registered where it stands', () => {
    const seen = { groups: [group([member(1, { lifecycleState: 'Pending' })])] };

    expect(verdict(planCluster(input(seen)), 'i-1')).toMatchObject({
      kind: 'keep',
      reason: 'notRegistered',
      detail: 'Pending in its group, not registered with ECS',
    });
  });

  it('does not shrink a group that grows in the same plan', () => {
    const port = { protocol: 'tcp' as const, port: 8080 };
    const plan = planCluster(
      input(
        {
          // i-1 is empty, but something on it holds the port that the waiting task claims.
          containerInstances: [
            instance(1, { portsInUse: [port] }),
            instance(2, { remaining: { cpuUnits: 0, memoryMiB: 0 } }),
          ],
          services: [service(1)],
          taskDefinitions: definitions(taskDefinition('api', { hostPorts: [port] })),
          groups: [group([member(1), member(2)])],
        },
        quiet('i-1'),
      ),
    );

    expect(plan.steps.map((it) => it.kind)).toEqual(['setGroupDesiredCapacity']);
    expect(keepReason(plan, 'i-1')).toBe('scalingOutGroup');
  });
});

describe('a drain', () => {
  const draining = (
    state: Partial<Parameters<typeof drain>[1]> = {},
    tasks = [] as ReturnType<typeof task>[],
    over = {},
  ) =>
    input(
      {
        containerInstances: [instance(1, { status: 'DRAINING', ...over })],
        tasksOnDraining: { [instance(1).arn]: tasks },
        groups: [group([member(1)])],
      },
      { drains: [drain(1, state)] },
    );

  it('takes a first look, then waits ten seconds for the second', () => {
    const plan = planCluster(draining());

    expect(plan.steps).toEqual([]);
    expect(plan.drains.map((it) => [it.state, it.since])).toEqual([['emptied', now]]);
    expect(plan.nextTimerAt).toBe(now + 10 * secondMs);
  });

  it('terminates with the second look, and not before', () => {
    const early = planCluster(draining({ state: 'emptied', since: now - 9 * secondMs }));
    expect(early.steps).toEqual([]);

    const plan = planCluster(draining({ state: 'emptied', since: now - 10 * secondMs }));
    expect(named(plan, 'terminateInstances')).toEqual(['i-1']);
    expect(plan.drains.map((it) => it.state)).toEqual(['terminating']);
  });

  it('is not taken for empty while ECS holds resources that no listed task accounts for', () => {
    const plan = planCluster(
      draining({ state: 'emptied', since: longAgo }, [], { remaining: { cpuUnits: 1536, memoryMiB: 6656 } }),
    );

    expect(plan.steps).toEqual([]);
    expect(plan.drains.map((it) => it.state)).toEqual(['draining']);
  });

  it('is not taken for empty where its tasks were not read', () => {
    const seen = { containerInstances: [instance(1, { status: 'DRAINING' })], groups: [group([member(1)])] };

    expect(planCluster(input(seen, { drains: [drain(1, { state: 'emptied', since: longAgo })] })).steps).toEqual([]);
  });

  it('is given up when work landed on the instance before it was closed', () => {
    const plan = planCluster(draining({}, [task(1, 1)], { remaining: { cpuUnits: 1536, memoryMiB: 6656 } }));

    expect(named(plan, 'restoreInstances')).toEqual(['i-1']);
    expect(plan.drains.map((it) => it.state)).toEqual(['restoring']);
  });

  it('is given up when demand comes back, before anything is launched', () => {
    const plan = planCluster({
      ...draining({ state: 'emptied' }),
      observation: { ...draining().observation, services: [service(4)] },
    });

    expect(plan.steps.map((it) => it.kind)).toEqual(['restoreInstances']);
    expect(verdict(plan, 'i-1')?.kind).toBe('restore');
  });

  it.each(['empty', 'consolidation'] as const)(
    'is not given up for a task that no instance could hold: %s',
    (cause) => {
      const seen = { services: [service(1)], taskDefinitions: definitions(taskDefinition('api', { cpuUnits: 9_000 })) };
      const { observation, ...given } = draining({ cause });
      const plan = planCluster({ ...given, observation: { ...observation, ...seen } });

      expect(plan.steps).toEqual([]);
      expect(plan.drains.map((it) => it.state)).toEqual(['emptied']);
      expect(plan.demand.flatMap((it) => it.verdicts.map(({ verdict }) => verdict.kind))).toEqual(['unplaceable']);
    },
  );

  it('cannot be given up once terminating: what is needed is launched', () => {
    const terminating = draining({ state: 'terminating', since: now - 20_000 });
    const plan = planCluster({ ...terminating, observation: { ...terminating.observation, services: [service(4)] } });

    expect(plan.steps.map((it) => it.kind)).toEqual(['setGroupDesiredCapacity']);
  });

  it('is restored until the instance is seen ACTIVE, and forgotten then', () => {
    expect(named(planCluster(draining({ state: 'restoring' })), 'restoreInstances')).toEqual(['i-1']);
    expect(planCluster(draining({ state: 'restoring' }, [], { status: 'ACTIVE' })).endedDrains).toHaveLength(1);
  });

  it('is asked for again while the instance is still ACTIVE', () => {
    expect(named(planCluster(draining({}, [], { status: 'ACTIVE' })), 'drainInstances')).toEqual(['i-1']);
  });

  it('asks for the termination again while the instance is in service', () => {
    expect(named(planCluster(draining({ state: 'terminating', since: now - 20_000 })), 'terminateInstances')).toEqual([
      'i-1',
    ]);
  });

  it('proves emptiness again before it asks for the termination again', () => {
    const again = (tasks: ReturnType<typeof task>[], over = {}) =>
      planCluster(draining({ state: 'terminating', since: now - 20_000 }, tasks, over));

    expect(again([task(1, 1)], { remaining: { cpuUnits: 1536, memoryMiB: 6656 } }).steps).toEqual([]);
    expect(again([], { remaining: { cpuUnits: 1536, memoryMiB: 6656 } }).steps).toEqual([]);
    expect(again([], { status: 'ACTIVE' }).steps).toEqual([]);
    expect(again([], { status: 'ACTIVE' }).endedDrains).toHaveLength(1);
  });

  it('begins anew where a termination was asked for and nothing came of it within a minute', () => {
    const plan = planCluster(draining({ state: 'terminating', since: now - minuteMs }));

    expect(plan.steps).toEqual([]);
    expect(plan.drains.map((it) => it.state)).toEqual(['emptied']);
  });

  const inGroup = (over: Parameters<typeof group>[1], memberOver = {}, seen = {}) => {
    const emptied = draining({ state: 'emptied', since: now - 10 * secondMs });
    const groups = [group([member(1, memberOver)], over)];
    return planCluster({ ...emptied, observation: { ...emptied.observation, groups, ...seen } });
  };

  it.each([
    ['its group’s minimum was raised', { minSize: 1 }, {}, {}],
    ['somebody lowered the desired capacity to the minimum', { desiredCapacity: 0 }, {}, {}],
    ['a person put it in standby', {}, { lifecycleState: 'Standby' as const }, {}],
    ['a person protected it', { newInstancesProtectedFromScaleIn: false }, {}, {}],
    ['ECS has come to size its group', {}, {}, { capacityProviders: [provider('cp', { managedScaling: true })] }],
  ])('is taken back when %s while it emptied', (_, groupOver, memberOver, seen) => {
    const plan = inGroup(groupOver, memberOver, seen);

    expect(plan.steps.map((it) => it.kind)).toEqual(['restoreInstances']);
  });

  it('is taken back when the instance has left its group', () => {
    const emptied = draining({ state: 'emptied', since: now - 10 * secondMs });
    const plan = planCluster({ ...emptied, observation: { ...emptied.observation, groups: [] } });

    expect(named(plan, 'restoreInstances')).toEqual(['i-1']);
  });

  it('is over when the instance has left its group and its agent is silent, however long ECS shows it', () => {
    const gone = draining({ cause: 'spotInterruption' }, [], { agentConnected: false });
    const plan = planCluster({ ...gone, observation: { ...gone.observation, groups: [] } });

    expect(plan.endedDrains).toHaveLength(1);
  });

  it('does not shrink its group in the decision in which it grows, and stays proven', () => {
    const emptied = draining({ state: 'emptied', since: now - 10 * secondMs, deadlineAt: now + minuteMs });
    const large = definitions(taskDefinition('api', { hostPorts: [{ protocol: 'tcp', port: 80 }] }));
    const blocked = [instance(1, { status: 'DRAINING', portsInUse: [{ protocol: 'tcp', port: 80 }] })];
    const seen = {
      ...emptied.observation,
      containerInstances: blocked,
      services: [service(1)],
      taskDefinitions: large,
    };
    const plan = planCluster({ ...emptied, observation: seen });

    expect(plan.steps.map((it) => it.kind)).toEqual(['setGroupDesiredCapacity']);
    expect(plan.drains).toEqual([]);
  });

  it('gives its room back although another part of the cluster could not be read', () => {
    const emptied = draining({ state: 'emptied' });
    const gaps = [{ subject: 'taskDefinitions', cause: 'failed', detail: 'x' }] as const;
    const plan = planCluster({ ...emptied, observation: { ...emptied.observation, services: [service(4)], gaps } });

    expect(named(plan, 'restoreInstances')).toEqual(['i-1']);
  });

  it('is over when the instance has gone from ECS and from its group', () => {
    const plan = planCluster(input({ groups: [group([])] }, { drains: [drain(1, { state: 'terminating' })] }));

    expect(plan.endedDrains.map((it) => it.ec2InstanceId)).toEqual(['i-1']);
  });

  it('goes no further while part of the cluster could not be read', () => {
    const partial = draining({ state: 'emptied', since: longAgo });
    const gaps = [{ subject: 'services', cause: 'failed', detail: 'x' }] as const;

    expect(planCluster({ ...partial, observation: { ...partial.observation, gaps } }).steps).toEqual([]);
  });
});

describe('an instance that Auto Scaling is terminating', () => {
  const ending = (over = {}, tasks = [] as ReturnType<typeof task>[], drains = [] as ReturnType<typeof drain>[]) =>
    input(
      {
        containerInstances: [instance(1, over)],
        tasksOnDraining: drains.length > 0 ? { [instance(1).arn]: tasks } : {},
        groups: [group([member(1, { lifecycleState: 'Terminating:Wait' })], { desiredCapacity: 0 })],
      },
      { drains },
    );

  it('is drained although no event told of it', () => {
    const plan = planCluster(ending());

    expect(named(plan, 'drainInstances')).toEqual(['i-1']);
    expect(plan.drains.map((it) => it.cause)).toEqual(['lifecycleAction']);
  });

  it('is let go when it has been proven empty', () => {
    const emptied = drain(1, { cause: 'lifecycleAction', state: 'emptied', since: now - 10 * secondMs });
    const plan = planCluster(ending({ status: 'DRAINING' }, [], [emptied]));

    expect(named(plan, 'completeLifecycleActions')).toEqual(['i-1']);
  });

  it('is held while a task is still stopping', () => {
    const emptied = drain(1, { cause: 'lifecycleAction', state: 'emptied', since: longAgo });
    const stopping = task(1, 1, { lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' });
    const plan = planCluster(ending({ status: 'DRAINING' }, [stopping], [emptied]));

    expect(plan.steps).toEqual([]);
  });

  it('is let go at once where it never was a container instance', () => {
    const groups = [group([member(1, { lifecycleState: 'Terminating:Wait' })], { desiredCapacity: 0 })];

    expect(named(planCluster(input({ groups })), 'completeLifecycleActions')).toEqual(['i-1']);
  });
});
