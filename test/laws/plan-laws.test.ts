import { describe, expect, it } from '@jest/globals';
import type { DrainInstances, Plan, Step, TerminateInstances } from '../../lib/model/plan.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import { type CheckPlanOptions, checkPlan } from '../../simulator/laws/plan-laws.ts';
import {
  definitions,
  drain,
  group,
  input,
  instance,
  instanceArn,
  member,
  now,
  provider,
  service,
  settings,
  task,
  taskDefinition,
} from '../support/builders.ts';
import { halfUsed } from '../support/half-used.ts';

const broken = (
  given: PlanningInput,
  plan: Plan = planCluster(given),
  options: Partial<CheckPlanOptions> = {},
): readonly string[] => checkPlan({ input: given, plan, ...options }).map((it) => `${it.law}: ${it.detail}`);

/** What the planner says, with other steps. */
const withSteps = (given: PlanningInput, ...steps: readonly Step[]): Plan => ({ ...planCluster(given), steps });

const step = (n: number) => ({ ec2InstanceId: `i-${n}`, containerInstanceArn: instanceArn(`${n}`), version: 1 });

const drains = (...instances: readonly number[]): DrainInstances => ({
  kind: 'drainInstances',
  group: 'web',
  cause: 'empty',
  instances: instances.map(step),
  reason: '',
});

const terminates = (...instances: readonly number[]): TerminateInstances => ({
  kind: 'terminateInstances',
  group: 'web',
  instances: instances.map(step),
  reason: '',
});

const resizes = (from: number, to: number, name = 'web'): Step => ({
  kind: 'setGroupDesiredCapacity',
  group: name,
  from,
  to,
  reason: '',
});

const cluster = (over: Partial<PlanningInput['observation']> = {}): PlanningInput => halfUsed(4, over);

/** The same, with two more tasks than there is room for. */
const short = (): PlanningInput => cluster({ services: [service(8)] });

const never = { costly: 'never' } as const;

describe('a plan of the planner', () => {
  it('breaks no law where there is nothing to do', () => {
    expect(planCluster(cluster()).steps).toEqual([]);
    expect(broken(cluster(), undefined, { costly: 'always' })).toEqual([]);
  });

  it('breaks no law where it launches', () => {
    expect(planCluster(short()).steps).toHaveLength(1);
    expect(broken(short())).toEqual([]);
  });

  it('breaks no law where it drains', () => {
    const given = { ...cluster(), memory: { ...cluster().memory, emptySince: { 'i-2': now - 600_000 } } };

    expect(planCluster(given).steps).toHaveLength(1);
    expect(broken(given)).toEqual([]);
  });

  it('breaks no law where it terminates, restores and launches from nothing', () => {
    const proven = drain(2, { state: 'emptied' });
    const draining = { containerInstances: [instance(2, { status: 'DRAINING' })], tasks: [], services: [] };
    const seen = cluster({ ...draining, groups: [group([member(2)])], tasksOnDraining: { [instanceArn('2')]: [] } });
    const given = { ...seen, drains: [proven] };
    const wanted = { ...given, observation: { ...given.observation, services: [service(1)] } };
    const nothing = input(
      { services: [service(5)], groups: [group([])] },
      {
        settings: {
          groups: {
            web: {
              registers: { cpuUnits: 2_048, memoryMiB: 7_680 },
              pricePerHour: 1,
              hold: false,
              priority: 0,
              launchInstances: false,
            },
          },
        },
      },
    );

    for (const [one, kind] of [
      [given, 'terminateInstances'],
      [wanted, 'restoreInstances'],
      [nothing, 'setGroupDesiredCapacity'],
    ] as const) {
      expect(planCluster(one).steps.map((it) => it.kind)).toEqual([kind]);
      expect(broken(one)).toEqual([]);
    }
  });
});

describe('law 1', () => {
  it.each([
    ['above the maximum', [resizes(3, 5)], 'setGroupDesiredCapacity takes group web to 5, which may have 1 to 4'],
    ['below the minimum', [resizes(3, 0)], 'setGroupDesiredCapacity takes group web to 0, which may have 1 to 4'],
    ['by terminations', [terminates(0, 1, 2)], 'terminateInstances takes group web to 0, which may have 1 to 4'],
    ['from another size', [resizes(2, 4)], 'takes group web to have 2, and it was seen with 3'],
    ['twice', [resizes(3, 4), terminates(2)], 'changes the size of group web by 2 steps'],
    ['of a stranger', [resizes(0, 1, 'other')], 'sizes group other, which is not opted in'],
  ])('finds a size %s', (_how, steps, said) => {
    expect(broken(cluster(), withSteps(cluster(), ...steps), never)).toContain(`1: ${said}`);
  });

  it('lets sizes within the bounds be', () => {
    const said = broken(cluster(), withSteps(cluster(), terminates(0, 1)), never);

    expect(said.filter((it) => it.startsWith('1'))).toEqual([]);
  });
});

describe('law 3', () => {
  const about3 = (given: PlanningInput, ...steps: readonly Step[]): readonly string[] =>
    broken(given, withSteps(given, ...steps)).filter((it) => it.startsWith('3'));

  it('finds tasks that have no place on what stays', () => {
    expect(about3(cluster(), drains(0, 2))).toEqual([
      '3: 1 of 2 tasks of drained instances find no place by the first of equals, as listed',
    ]);
  });

  it('lets them go where they fit', () => {
    expect(about3(cluster(), drains(0))).toEqual([]);
    expect(about3(cluster(), drains(1, 2))).not.toEqual([]);
    expect(about3(cluster(), drains(1))).toEqual([]);
  });

  it('does not count what the outside world ends', () => {
    expect(about3(cluster(), { ...drains(0, 2), cause: 'spotInterruption' })).toEqual([]);
  });

  it('gives what waits its place first', () => {
    const given = cluster({ services: [service(5)] });

    expect(about3(given, drains(0))).toEqual([
      '3: 1 of 2 tasks of drained instances find no place by the first of equals, as listed',
    ]);
  });

  it('does not count instances that are full in another way, of another provider, or disconnected', () => {
    const [zero, one, two] = cluster().observation.containerInstances;
    const with2 = (over: object): PlanningInput =>
      cluster({
        containerInstances: [zero, one, { ...two, ...over }].flatMap((it) =>
          it === undefined ? [] : { ...instance(2), ...it },
        ),
      });

    expect(about3(with2({ agentConnected: false }), drains(0))).not.toEqual([]);
    expect(about3(with2({ status: 'DRAINING' }), drains(0))).not.toEqual([]);
    const ported = {
      ...with2({ portsInUse: [{ protocol: 'tcp', port: 80 }] }).observation,
      taskDefinitions: definitions(
        taskDefinition('api', { cpuUnits: 512, hostPorts: [{ protocol: 'tcp', port: 80 }] }),
      ),
    };
    expect(about3(input(ported), drains(0))).not.toEqual([]);
    const bound = {
      capacityProviders: [provider('p')],
      tasks: [task(0, 0, { capacityProviderName: 'p' })],
      services: [service(1)],
    };
    expect(about3(cluster(bound), drains(0))).not.toEqual([]);
  });

  it('finds an unlucky tie', () => {
    // One place for a large task and two for a small one: the small one must not take the large one's.
    const large = taskDefinition('large', { cpuUnits: 2_048 });
    const small = taskDefinition('small', { cpuUnits: 1_024 });
    const given = input({
      containerInstances: [
        instance(0, { remaining: { cpuUnits: 0, memoryMiB: 0 } }),
        instance(1, { remaining: { cpuUnits: 1_024, memoryMiB: 7_680 } }),
        instance(2),
        instance(3, { remaining: { cpuUnits: 1_024, memoryMiB: 7_680 } }),
      ],
      tasks: [
        task(0, 0, { taskDefinitionArn: small.arn, group: 'service:small' }),
        task(1, 0, { taskDefinitionArn: large.arn, group: 'service:large' }),
      ],
      services: [
        service(1, { name: 'small', taskDefinitionArn: small.arn }),
        service(1, { name: 'large', taskDefinitionArn: large.arn }),
      ],
      groups: [group([member(0), member(1), member(2), member(3)])],
      taskDefinitions: definitions(large, small),
    });

    expect(about3(given, drains(0))).toEqual([
      '3: 1 of 2 tasks of drained instances find no place by the largest hole, as listed',
    ]);
  });

  it('finds standalone tasks', () => {
    const given = cluster({ tasks: [task(0, 1, { group: 'family:api', startedBy: undefined })], services: [] });

    expect(about3(given, drains(1))).toEqual([
      `3: drains ${instanceArn('1')} under standalone task ${task(0, 1).arn}, which nobody would start again`,
    ]);
  });

  it('leaves daemons alone', () => {
    const given = cluster({ services: [service(0, { schedulingStrategy: 'DAEMON', desiredCount: 3 })] });

    expect(about3(given, drains(0, 1))).toEqual([]);
  });
});

describe('law 4', () => {
  it('finds a planner that always wants one more', () => {
    const greedy = (given: PlanningInput): Plan => {
      const [web] = given.observation.groups;
      const size = web?.desiredCapacity ?? 0;
      return withSteps(given, resizes(size, size + 1));
    };

    expect(broken(cluster(), greedy(cluster()), { planner: greedy })).toContain(
      '4: on the planned outcome it would setGroupDesiredCapacity web 4 → 5',
    );
  });

  it('finds a plan that launches too few', () => {
    const lacking = cluster({
      services: [service(9)],
      groups: [group([member(0), member(1), member(2)], { maxSize: 20 })],
    });

    expect(broken(lacking, withSteps(lacking, resizes(3, 4)))).toContain(
      '4: on the planned outcome it would setGroupDesiredCapacity web 4 → 5',
    );
    expect(broken(lacking)).toEqual([]);
  });

  it('lets a launch that this plan sees failed be taken back, and asked for again', () => {
    const given = cluster({
      services: [service(9)],
      groups: [
        group(
          [0, 1, 2].map((n) => member(n, { protectedFromScaleIn: true })),
          { desiredCapacity: 4, newInstancesProtectedFromScaleIn: true },
        ),
      ],
      failedActivities: [
        { group: 'web', activityId: 'a', at: now - 90_000, cause: 'no capacity', availabilityZone: undefined },
      ],
    });
    const asked = { group: 'web', at: now - 100_000 };
    const memory = {
      ...given.memory,
      launches: [{ ...asked, instances: 1 }],
      intents: [{ ...asked, desiredCapacity: 4 }],
    };
    const plan = planCluster({ ...given, memory });

    expect(plan.steps).toEqual([expect.objectContaining({ kind: 'setGroupDesiredCapacity', from: 4, to: 3 })]);
    expect(broken({ ...given, memory }, plan)).toEqual([]);
  });

  it('finds drains that are taken back at once', () => {
    const fickle = (given: PlanningInput): Plan => {
      const draining = given.observation.containerInstances.some((it) => it.status === 'DRAINING');
      return withSteps(given, draining ? { kind: 'restoreInstances', instances: [step(2)], reason: '' } : drains(2));
    };

    expect(broken(cluster(), fickle(cluster()), { planner: fickle })).toContain(
      '4: on the planned outcome it would restoreInstances i-2',
    );
  });

  it('lets a group that was sized lose what is proven empty, and only that, in the next decision', () => {
    const second = (given: PlanningInput): Plan =>
      given.observation.containerInstances.length > 3
        ? withSteps(given, terminates(2))
        : withSteps(given, resizes(3, 4));

    expect(broken(cluster(), second(cluster()), { planner: second })).not.toContainEqual(expect.stringMatching(/^4/));
    expect(
      broken(cluster(), withSteps(cluster(), drains(1)), { planner: (given) => withSteps(given, terminates(2)) }),
    ).toContain('4: on the planned outcome it would terminateInstances i-2');
  });

  it('lets go what was kept for waiting tasks that found another place, and only that', () => {
    const keeps = (given: PlanningInput): Plan => {
      const plan = withSteps(given, drains(1));
      const needed = { kind: 'keep', reason: 'neededForWaitingTasks', detail: '', others: [] } as const;
      return {
        ...plan,
        instances: plan.instances.map((it) => (it.ec2InstanceId === 'i-2' ? { ...it, verdict: needed } : it)),
      };
    };
    const then = (...instances: readonly number[]): readonly string[] =>
      broken(cluster(), keeps(cluster()), { planner: (given) => withSteps(given, drains(...instances)) });

    expect(then(2)).not.toContainEqual(expect.stringMatching(/^4/));
    expect(then(0, 2)).toContain('4: on the planned outcome it would drainInstances i-0');
  });

  it('says nothing where nobody can say what a launch registers', () => {
    const given = input({ groups: [group([], { desiredCapacity: 1 })] });

    expect(broken(given, withSteps(given, resizes(1, 2)))).not.toContainEqual(expect.stringMatching(/^4/));
  });
});

describe('law 5', () => {
  it('finds a planner that takes what is listed first', () => {
    const hasty = (given: PlanningInput): Plan => {
      const [first] = given.observation.containerInstances;
      const instances = first === undefined ? [] : [{ ...step(0), ec2InstanceId: first.ec2InstanceId }];
      return withSteps(given, { ...terminates(), instances });
    };
    const said = [1, 2, 3, 4].flatMap((seed) => broken(cluster(), hasty(cluster()), { planner: hasty, seed }));

    expect(said).toContain('5: another order of the input changes steps');
  });
});

describe('law 7', () => {
  const about7 = (given: PlanningInput, plan: Plan): readonly string[] => broken(given, plan, never);

  it('finds an instance without a verdict, one that was not seen, and one told twice', () => {
    const plan = planCluster(cluster());
    const [first, ...others] = plan.instances;
    const stranger = {
      ec2InstanceId: 'i-99',
      group: 'web',
      verdict: { kind: 'restore', detail: '', others: [] },
    } as const;

    expect(about7(cluster(), { ...plan, instances: others })).toEqual(['7: instance i-0 has no verdict']);
    expect(about7(cluster(), { ...plan, instances: [...plan.instances, stranger] })).toEqual([
      '7: a verdict is told of i-99, which was not seen',
    ]);
    expect(
      about7(cluster(), { ...plan, instances: [...plan.instances, ...(first === undefined ? [] : [first])] }),
    ).toEqual(['7: instance i-0 has 2 verdicts']);
  });

  it('finds an instance of a group that never registered', () => {
    const given = cluster({ groups: [group([member(0), member(1), member(2), member(7)], { minSize: 1 })] });
    const plan = planCluster(given);

    expect(about7(given, plan)).toEqual([]);
    expect(about7(given, { ...plan, instances: plan.instances.filter((it) => it.ec2InstanceId !== 'i-7') })).toEqual([
      '7: instance i-7 has no verdict',
    ]);
  });

  it('finds a step that says other than the verdict', () => {
    expect(about7(cluster(), withSteps(cluster(), drains(0)))).toEqual([
      '7: drainInstances names i-0, whose verdict is keep',
    ]);
    expect(
      about7(cluster(), withSteps(cluster(), { kind: 'restoreInstances', instances: [step(0)], reason: '' })),
    ).toEqual(['7: restoreInstances names i-0, whose verdict is keep']);
  });

  it('finds counts that do not add up', () => {
    const plan = planCluster(short());
    const [first] = plan.demand;
    if (first === undefined) throw new Error('no demand');
    const with7 = (demand: Plan['demand']): readonly string[] => about7(short(), { ...plan, demand });

    expect(with7([{ ...first, verdicts: first.verdicts.slice(1) }])).toContainEqual(
      expect.stringMatching(/^7: service api: 5 tasks, and verdicts for \d/),
    );
    expect(with7([])).toContain('7: service api: 5 tasks have no place, and the plan tells of 0');
    expect(with7([first, { ...first, source: 'service ghost' }])).toContain(
      '7: service ghost: the plan tells of 5 tasks, and none lacks a place',
    );
  });

  it('finds launches that nobody waits for, and tasks that wait for none', () => {
    const plan = planCluster(short());
    const [web] = plan.groups;

    expect(about7(short(), { ...plan, demand: [] })).toContain('7: 1 launches in web, and verdicts for 0');
    expect(about7(short(), { ...plan, steps: [], groups: web === undefined ? [] : [{ ...web, planned: 3 }] })).toEqual([
      '7: tasks are told to wait for launches in web, and there is no such step',
    ]);
  });

  it('allows a launch for tasks that may not find the room there is', () => {
    const plan = planCluster(short());
    const verdicts = [{ tasks: 5, verdict: { kind: 'mayFitNow', instances: 2 } }] as const;

    expect(about7(short(), { ...plan, demand: plan.demand.map((it) => ({ ...it, verdicts })) })).toEqual([]);
  });

  it('finds a group that is not told, or told otherwise than its step', () => {
    const plan = planCluster(short());

    expect(about7(short(), { ...plan, groups: [] })).toEqual(['7: group web has no report']);
    expect(about7(short(), { ...plan, groups: plan.groups.map((it) => ({ ...it, planned: 9 })) })).toEqual([
      '7: group web is told to be planned at 9, and its step says otherwise',
    ]);
  });

  it('counts by provider, and tasks that ECS holds', () => {
    const waiting = [
      task(8, undefined, { capacityProviderName: 'p' }),
      task(9, undefined, { capacityProviderName: 'p', group: 'family:job' }),
    ];
    const given = cluster({
      tasks: [...cluster().observation.tasks, ...waiting],
      services: [service(4)],
      capacityProviders: [provider('p')],
    });
    const plan = planCluster(given);

    expect(about7(given, plan)).toEqual([]);
    expect(about7(given, { ...plan, demand: plan.demand.slice(1) })).not.toEqual([]);
  });
});

describe('law 8', () => {
  const partial = (subject: 'tasks' | 'metrics' | 'containerInstances'): PlanningInput =>
    cluster({ gaps: [{ subject, cause: 'throttled', detail: '' }] });
  const about8 = (given: PlanningInput, ...steps: readonly Step[]): readonly string[] =>
    broken(given, withSteps(given, ...steps), never).filter((it) => it.startsWith('8'));
  const completes = (n: number): Step => ({
    ...terminates(n),
    kind: 'completeLifecycleActions',
    lifecycleHookName: 'h',
  });

  it.each([
    [drains(2), 'drains i-2'],
    [terminates(1, 2), 'terminates i-1, i-2'],
    [resizes(3, 2), 'takes group web from 3 to 2'],
  ])('finds a partial view that scales in by %j', (one, said) => {
    expect(about8(partial('tasks'), one)).toEqual([`8: ${said} on a hole in tasks`]);
  });

  it('finds an old view that does', () => {
    const old = { ...cluster(), now: now + 61_000 };

    expect(about8(old, drains(2))).toEqual(['8: drains i-2 on a view 61000 ms old']);
  });

  it('finds an instance let go that was not seen', () => {
    expect(about8(partial('containerInstances'), completes(9))).toEqual([
      '8: lets i-9 go, unseen, on a hole in containerInstances',
    ]);
  });

  it('lets whole views scale in, partial ones scale out and serve what others end, and metrics be missing', () => {
    expect(about8(cluster(), drains(2))).toEqual([]);
    expect(about8(partial('metrics'), drains(2))).toEqual([]);
    expect(about8(partial('tasks'), resizes(3, 4), { ...drains(2), cause: 'lifecycleAction' }, completes(2))).toEqual(
      [],
    );
  });
});

describe('the cost of checking', () => {
  it('is a few milliseconds for 200 instances and 1,000 tasks', () => {
    const containerInstances = Array.from({ length: 200 }, (_, n) =>
      instance(n, { remaining: { cpuUnits: 1_408, memoryMiB: 6_180 }, runningTasksCount: 5 }),
    );
    const tasks = Array.from({ length: 1_000 }, (_, n) => task(n, n % 200));
    const given = input(
      {
        containerInstances,
        tasks,
        services: [service(1_000)],
        groups: [
          group(
            containerInstances.map((_, n) => member(n)),
            { maxSize: 300 },
          ),
        ],
        taskDefinitions: definitions(taskDefinition('api', { cpuUnits: 128, memoryMiB: 300 })),
      },
      { settings: settings() },
    );
    const plan = planCluster(given);
    for (let n = 0; n < 20; n++) checkPlan({ input: given, plan });
    const before = process.cpuUsage();
    for (let n = 0; n < 100; n++) checkPlan({ input: given, plan });
    const msEach = process.cpuUsage(before).user / 1_000 / 100;

    expect(checkPlan({ input: given, plan })).toEqual([]);
    expect(msEach).toBeLessThan(5); // measured: under one
  });
});
