import { describe, expect, it } from '@jest/globals';
import type { Drain } from '../../lib/model/memory.ts';
import type { DemandReport, LaunchInstances, Plan, Step, TerminateInstances } from '../../lib/model/plan.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { forcedOut } from '../../simulator/laws/plan/proven-empty.ts';
import { type CheckPlanOptions, checkPlan } from '../../simulator/laws/plan-laws.ts';
import {
  deployment,
  drain,
  group,
  instance,
  instanceArn,
  member,
  now,
  service,
  settings,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { halfUsed } from '../support/half-used.ts';

const minute = 60_000;

const cluster = (
  over: Partial<PlanningInput['observation']> = {},
  rest: Parameters<typeof halfUsed>[2] = {},
): PlanningInput => halfUsed(6, over, rest);

const step = (n: number) => ({ ec2InstanceId: `i-${n}`, containerInstanceArn: instanceArn(`${n}`), version: 1 });

const terminates = (n: number, over: Partial<TerminateInstances> = {}): TerminateInstances => ({
  kind: 'terminateInstances',
  group: 'web',
  instances: [step(n)],
  reason: '',
  ...over,
});

const launches = (count: number, from = 3, availabilityZone?: string): LaunchInstances => ({
  kind: 'launchInstances',
  group: 'web',
  from,
  count,
  availabilityZone,
  clientToken: 'berth',
  reason: '',
});

const resizes = (from: number, to: number): Step => ({
  kind: 'setGroupDesiredCapacity',
  group: 'web',
  from,
  to,
  reason: '',
});

const drains = (cause: 'consolidation' | 'rotation' | 'rebalance' | 'byHand' | 'empty', ...ns: number[]): Step => ({
  kind: 'drainInstances',
  group: 'web',
  cause,
  instances: ns.map(step),
  reason: '',
});

const withSteps = (given: PlanningInput, ...steps: readonly Step[]): Plan => ({ ...planCluster(given), steps });

/** What one law says of a plan. */
const about = (
  law: string,
  given: PlanningInput,
  plan: Plan,
  options: Partial<CheckPlanOptions> = {},
): readonly string[] =>
  checkPlan({ input: given, plan, ...options })
    .filter((it) => it.law === law)
    .map((it) => it.detail);

describe('law 1 on launches and terminations', () => {
  const about1 = (given: PlanningInput, ...steps: readonly Step[]): readonly string[] =>
    about('1', given, withSteps(given, ...steps), { costly: 'never' });
  const retained = cluster({
    groups: [
      group([member(0), member(1), member(2, { lifecycleState: 'Terminating:Retained' })], {
        desiredCapacity: 2,
        minSize: 2,
      }),
    ],
  });

  it('adds up what is launched in several zones, as one change', () => {
    expect(about1(cluster(), launches(1, 3, 'a'), launches(2, 3, 'b'))).toEqual([]);
    expect(about1(cluster(), launches(2, 3, 'a'), launches(2, 3, 'b'))).toEqual([
      'launchInstances takes group web to 7, which may have 1 to 6',
    ]);
    expect(about1(cluster(), launches(1, 2))).toEqual(['takes group web to have 2, and it was seen with 3']);
    expect(about1(cluster(), launches(1), terminates(2))).toEqual(['changes the size of group web by 2 steps']);
  });

  it('lets what does not count go without a change of size, and only that', () => {
    expect(about1(retained, terminates(2, { keepsDesiredCapacity: true }))).toEqual([]);
    expect(about1(retained, terminates(2))).toContain(
      'lowers group web by i-2, which does not count: Terminating:Retained',
    );
    expect(about1(cluster(), terminates(2, { keepsDesiredCapacity: true }))).toEqual([
      'terminates i-2 and keeps the size of group web, which would replace it',
    ]);
  });

  it('lets launches be taken back down to what is there, where nothing there can be chosen', () => {
    const members = [member(0), member(1), member(2)];
    const lacking = (over = {}) => cluster({ groups: [group(members, { desiredCapacity: 5, ...over })] });

    expect(about1(lacking(), resizes(5, 3))).toEqual([]);
    expect(about1(lacking(), resizes(5, 2))).toEqual(['takes group web to 2, which has 3 instances']);
    const said = 'takes group web down to 3, and scale-in protection is not on all that it has and launches';
    expect(about1(lacking({ newInstancesProtectedFromScaleIn: false }), resizes(5, 3))).toEqual([said]);
    const open = [member(0), member(1), member(2, { protectedFromScaleIn: false })];
    expect(about1(lacking({ instances: open }), resizes(5, 3))).toEqual([said]);
  });
});

describe('law 2 on plans', () => {
  const draining = (over: Partial<PlanningInput['observation']> = {}): Partial<PlanningInput['observation']> => ({
    containerInstances: [
      instance(2, { status: 'DRAINING', remaining: { cpuUnits: 1_024, memoryMiB: 6_656 }, runningTasksCount: 1 }),
    ],
    tasks: [task(0, 2)],
    tasksOnDraining: { [instanceArn('2')]: [task(0, 2)] },
    ...over,
  });
  const empty = draining({
    containerInstances: [instance(2, { status: 'DRAINING' })],
    tasks: [],
    tasksOnDraining: { [instanceArn('2')]: [] },
  });
  const play = (
    seen: Partial<PlanningInput['observation']>,
    it: Partial<Drain>,
    drainSettings = {},
    one: Step = terminates(2),
  ) => {
    const given = cluster(seen, {
      drains: [drain(2, it)],
      settings: { drain: { ...settings().drain, ...drainSettings } },
    });
    const plan = withSteps(given, one);
    return { said: about('2', given, plan, { costly: 'never' }), forced: forcedOut({ input: given, plan }) };
  };
  const neither = ['terminateInstances names i-2, which is not proven empty'];
  const proven = { state: 'emptied', since: now - 10_000 } as const;

  it('is kept by what two looks have shown to be empty', () => {
    expect(play(empty, proven)).toEqual({ said: [], forced: [] });
  });

  it('is broken by one look, by a task, by a list that was not read, and by an account that does not agree', () => {
    expect(play(empty, { state: 'draining' }).said).toEqual(neither);
    expect(play(empty, { state: 'emptied', since: now - 9_000 }).said).toEqual(neither);
    expect(play(draining(), proven).said).toEqual(neither);
    expect(play({ ...empty, tasksOnDraining: {} }, proven).said).toEqual(neither);
    expect(play({ ...draining(), tasksOnDraining: { [instanceArn('2')]: [] } }, proven).said).toEqual(neither);
    expect(play({ ...empty, containerInstances: [instance(2)] }, proven).said).toEqual(neither);
  });

  it('lets one go that holds tasks only past its deadline, and where the settings say proceed', () => {
    const over = { state: 'draining', deadlineAt: now } as const;

    expect(play(draining(), over, { onDeadline: 'proceed' })).toEqual({ said: [], forced: ['i-2'] });
    expect(play(draining(), over, { onDeadline: 'abandon', onEndingDeadline: 'proceed' }).said).toEqual(neither);
    expect(play(draining(), { ...over, deadlineAt: now + 1 }, { onDeadline: 'proceed' }).said).toEqual(neither);
    const completes: Step = { ...terminates(2), kind: 'completeLifecycleActions', lifecycleHookName: 'berth-drain' };
    const byOthers = { ...over, cause: 'lifecycleAction' } as const;
    expect(play(draining(), byOthers, { onEndingDeadline: 'proceed' }, completes)).toEqual({
      said: [],
      forced: ['i-2'],
    });
    expect(play(draining(), byOthers, { onDeadline: 'proceed' }, completes).said).toEqual([
      'completeLifecycleActions names i-2, which is not proven empty',
    ]);
  });

  it('lets a spot instance go with its tasks only in the last seconds of its warning', () => {
    const warned = (startedAt: number) => play(draining(), { cause: 'spotInterruption', startedAt });

    expect(warned(now - 95_000)).toEqual({ said: [], forced: ['i-2'] });
    expect(warned(now - 60_000).said).toEqual(neither);
  });

  it('lets a lost one be taken off the books only after its time, and not with what nobody starts again', () => {
    const lost = (since: number, tasks = [task(0, 2)], agentConnected = false) => {
      const given = cluster(
        { containerInstances: [instance(2, { agentConnected })], tasks },
        {
          memory: { disconnectedSince: { 'i-2': since } },
          settings: { repair: { agentDisconnectedMs: 30 * minute, neverRegistered: true } },
        },
      );
      const deregisters: Step = { kind: 'deregisterInstances', instances: [step(2)], reason: '' };
      return about('2', given, withSteps(given, deregisters), { costly: 'never' });
    };
    const said = ['deregisterInstances names i-2, which is not proven empty'];

    expect(lost(now - 30 * minute)).toEqual([]);
    expect(lost(now - 29 * minute)).toEqual(said);
    expect(lost(now - 30 * minute, [task(0, 2)], true)).toEqual(said);
    expect(lost(now - 30 * minute, [task(0, 2, { group: 'family:job' })])).toEqual(said);
  });
});

describe('law 3 on moves of every cause', () => {
  it.each(['consolidation', 'rotation', 'rebalance', 'empty'] as const)('looks at what %s drains', (cause) => {
    expect(about('3', cluster(), withSteps(cluster(), drains(cause, 0, 2)))).toHaveLength(1);
  });

  it('leaves what a person drains to that person', () => {
    expect(about('3', cluster(), withSteps(cluster(), drains('byHand', 0, 2)))).toEqual([]);
  });

  it('gives the tasks of Berth’s queue their place first', () => {
    const queued = [
      {
        id: 'm-1',
        taskDefinitionArn: taskDefinition('api').arn,
        group: undefined,
        capacityProvider: undefined,
        tasks: 2,
        queuedAt: now,
      },
    ];
    const given = cluster({}, { asked: { queued } });

    expect(about('3', cluster(), withSteps(cluster(), drains('consolidation', 0)))).toEqual([]);
    expect(about('3', given, withSteps(given, drains('consolidation', 0)))).toHaveLength(1);
  });

  it('keeps no place for tasks that ECS itself holds back', () => {
    const broken = service(2, {
      name: 'broken',
      deployments: [deployment({ id: 'ecs-svc/2', desiredCount: 2 })],
    });
    const given = cluster({ services: [service(3), broken] });
    const plan = withSteps(given, drains('consolidation', 0));
    const held: DemandReport = {
      id: `${broken.arn}|ecs-svc/2|anywhere`,
      source: 'service broken',
      capacityProvider: undefined,
      requirements: { cpuUnits: 1_024, memoryMiB: 1_024 },
      tasks: 2,
      verdicts: [{ tasks: 2, verdict: { kind: 'heldBack', detail: '' } }],
      obstacles: [],
    };

    expect(about('3', given, { ...plan, demand: [] })).toHaveLength(1);
    expect(about('3', given, { ...plan, demand: [held] })).toEqual([]);
  });
});

describe('law 4 on retirements', () => {
  const retires = (given: PlanningInput, ...ns: readonly number[]): Plan => {
    const plan = withSteps(given, drains('empty', 2));
    const retiring = Object.fromEntries(ns.map((n) => [`i-${n}`, { cause: 'rotation', since: now }] as const));
    return { ...plan, memory: { ...plan.memory, retiring } };
  };
  const then =
    (...steps: readonly Step[]) =>
    (given: PlanningInput): Plan =>
      withSteps(given, ...(Object.keys(given.memory.retiring).length > 0 ? steps : []));
  const said = (plan: Plan, planner: (given: PlanningInput) => Plan): readonly string[] =>
    about('4', cluster(), plan, { planner });

  it('lets room be made for what this plan retires', () => {
    expect(said(retires(cluster(), 1), then(resizes(3, 4)))).toEqual([]);
    expect(said(retires(cluster(), 1), then(launches(1)))).toEqual([]);
  });

  it('does not let it be made where nothing new retires, or for nothing that retires', () => {
    expect(said(retires(cluster()), (given) => withSteps(given, resizes(3, 4)))).toEqual([
      'on the planned outcome it would setGroupDesiredCapacity web 3 → 4',
    ]);
    expect(said(retires(cluster(), 1), (given) => withSteps(given, resizes(3, 4)))).toEqual([
      'on the planned outcome it would setGroupDesiredCapacity web 3 → 4',
    ]);
  });

  it('lets go what retires, and nothing else with it', () => {
    expect(said(retires(cluster(), 1), then(drains('rotation', 1)))).toEqual([]);
    expect(said(retires(cluster(), 1), then(drains('rotation', 0, 1)))).toEqual([
      'on the planned outcome, with what retires now it would drainInstances i-0, i-1',
    ]);
  });
});

describe('law 7 on leaving and on reserves', () => {
  const about7 = (given: PlanningInput, plan: Plan): readonly string[] => about('7', given, plan, { costly: 'never' });

  it('finds an end that is not told as one', () => {
    const given = cluster();
    const kept = 'whose verdict is keep';
    const heartbeat: Step = { ...terminates(2), kind: 'recordHeartbeats', lifecycleHookName: 'berth-drain' };

    expect(about7(given, withSteps(given, terminates(2)))).toEqual([`terminateInstances names i-2, ${kept}`]);
    expect(about7(given, withSteps(given, heartbeat))).toEqual([`recordHeartbeats names i-2, ${kept}`]);
    expect(about7(given, withSteps(given, { kind: 'deregisterInstances', instances: [step(2)], reason: '' }))).toEqual([
      `deregisterInstances names i-2, ${kept}`,
    ]);
  });

  it('takes room that is kept free as a report of its own, which adds up as well', () => {
    const headroom = [{ kind: 'service', service: 'api', copies: 2, share: undefined }] as const;
    const given = cluster({}, { settings: { headroom } });
    const plan = planCluster(given);
    expect(plan.demand.map((it) => it.source)).toEqual(['headroom: 2 more of service api']);

    expect(about7(given, plan)).toEqual([]);
    expect(about7(given, { ...plan, demand: plan.demand.map((it) => ({ ...it, tasks: 3 })) })).toEqual([
      'headroom: 2 more of service api: 3 tasks, and verdicts for 2',
    ]);
  });

  it('counts the tasks of Berth’s queue', () => {
    const queued = [
      {
        id: 'm-1',
        taskDefinitionArn: taskDefinition('api').arn,
        group: undefined,
        capacityProvider: undefined,
        tasks: 2,
        queuedAt: now,
      },
    ];
    const given = cluster({}, { asked: { queued } });
    const plan = planCluster(given);

    expect(about7(given, plan)).toEqual([]);
    expect(about7(given, { ...plan, demand: [] })).toEqual([
      'queue family:api: 2 tasks have no place, and the plan tells of 0',
    ]);
  });

  it('counts launches of several zones together', () => {
    const given = cluster({ services: [service(9)] });
    const plan = planCluster(given);
    const [web] = plan.groups;
    const zonal = (count: number): Plan => ({
      ...plan,
      steps: [launches(1, 3, 'a'), launches(count, 3, 'b')],
      groups: web === undefined ? [] : [{ ...web, planned: 4 + count }],
    });
    const total = plan.steps.reduce(
      (sum, it) => sum + (it.kind === 'setGroupDesiredCapacity' ? it.to - it.from : 0),
      0,
    );

    expect(about7(given, plan)).toEqual([]);
    expect(about7(given, zonal(total - 1))).toEqual([]);
    expect(about7(given, zonal(total))).toEqual([`${total + 1} launches in web, and verdicts for ${total}`]);
  });
});

describe('law 8', () => {
  it('finds what is taken off the books on a hole', () => {
    const given = cluster({ gaps: [{ subject: 'tasks', cause: 'throttled', detail: '' }] });
    const plan = withSteps(given, { kind: 'deregisterInstances', instances: [step(2)], reason: '' });

    expect(about('8', given, plan, { costly: 'never' })).toEqual(['deregisters i-2 on a hole in tasks']);
  });
});

describe('law 5', () => {
  it('finds a planner that takes the first of what it remembers', () => {
    const retiring = Object.fromEntries([0, 1, 2].map((n) => [`i-${n}`, { cause: 'rotation', since: now }] as const));
    const given = cluster({}, { memory: { retiring } });
    const hasty = (it: PlanningInput): Plan => {
      const [first = ''] = Object.keys(it.memory.retiring);
      return { ...withSteps(it, terminates(2)), notices: [first] };
    };
    const seen = [1, 2, 3, 4].flatMap((seed) => about('5', given, hasty(given), { planner: hasty, seed }));

    expect(seen).toContain('another order of the input changes notices');
  });
});
