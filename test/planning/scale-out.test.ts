import { describe, expect, it } from '@jest/globals';
import type { DemandReport, Plan, UnplacedVerdict } from '../../lib/model/plan.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import {
  definitions,
  deployment,
  group,
  input,
  instance,
  member,
  now,
  provider,
  service,
  task,
  taskDefinition,
  taskSet,
} from '../support/builders.ts';

const sizes = (plan: Plan): Readonly<Record<string, number>> =>
  Object.fromEntries(plan.steps.flatMap((it) => (it.kind === 'setGroupDesiredCapacity' ? [[it.group, it.to]] : [])));

const verdicts = (report: DemandReport | undefined): readonly (readonly [number, UnplacedVerdict['kind']])[] =>
  (report?.verdicts ?? []).map((it) => [it.tasks, it.verdict.kind] as const);

const reasons = (plan: Plan): readonly string[] =>
  plan.demand.flatMap((it) =>
    it.verdicts.flatMap(({ verdict }) => (verdict.kind === 'unplaceable' ? [verdict.reason] : [])),
  );

/** An instance of which nothing is left. */
const full = (n: number) => instance(n, { remaining: { cpuUnits: 0, memoryMiB: 0 }, runningTasksCount: 4 });

describe('scale-out of a service', () => {
  it('launches the exact number of instances, in one step, beside a full one', () => {
    const plan = planCluster(
      input({
        containerInstances: [full(1)],
        tasks: [1, 2, 3, 4].map((n) => task(n, 1)),
        services: [service(13)],
        groups: [group([member(1)])],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 4 }); // nine more tasks, four a 2-vCPU instance
    expect(verdicts(plan.demand[0])).toEqual([[9, 'launch']]);
  });

  it('uses the room that is there before it launches', () => {
    const plan = planCluster(
      input({ containerInstances: [instance(1)], services: [service(4)], groups: [group([member(1)])] }),
    );

    expect(plan.steps).toEqual([]);
    expect(verdicts(plan.demand[0])).toEqual([[4, 'fitsNow']]);
  });

  it('launches exactly one instance from zero for one task, by the shape learned before', () => {
    const shape = { launchSource: 'lt-1:1', instanceType: 'm5.large', registered: { cpuUnits: 2048, memoryMiB: 7680 } };
    const plan = planCluster(
      input(
        { services: [service(1)], groups: [group([])] },
        { memory: { shapes: { web: { ...shape, from: 'ec2' } } } },
      ),
    );

    expect(sizes(plan)).toEqual({ web: 1 });
  });

  it('does not size a group of which nothing is known, and says so', () => {
    const plan = planCluster(input({ services: [service(1)], groups: [group([])] }));

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['unknownInstanceShape']);
  });

  it('waits for the first instances of a group of which nothing is known: they will tell', () => {
    const plan = planCluster(
      input({ services: [service(1)], groups: [group([member(1, { lifecycleState: 'Pending' })])] }),
    );

    expect(plan.steps).toEqual([]);
    expect(verdicts(plan.demand[0])).toEqual([[1, 'waitsForLaunch']]);
  });

  it('takes the size from the settings where nothing was learned', () => {
    const groups = {
      web: {
        registers: { cpuUnits: 1024, memoryMiB: 2048 },
        pricePerHour: undefined,
        hold: false,
        priority: 0,
        launchInstances: false,
      },
    };
    const plan = planCluster(input({ services: [service(4)], groups: [group([])] }, { settings: { groups } }));

    expect(sizes(plan)).toEqual({ web: 2 });
  });

  it('never exceeds the maximum, and names the tasks that are left', () => {
    const plan = planCluster(
      input({
        containerInstances: [full(1)],
        services: [service(20)],
        groups: [group([member(1)], { maxSize: 3 })],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 3 });
    expect(verdicts(plan.demand[0])).toEqual([
      [8, 'launch'],
      [12, 'unplaceable'],
    ]);
    expect(reasons(plan)).toEqual(['groupsAtMaximum']);
  });

  it('counts launched instances that have not registered as supply until their boot deadline', () => {
    const seen = {
      containerInstances: [full(1)],
      tasks: [1, 2, 3, 4].map((n) => task(n, 1)),
      services: [service(8)],
      groups: [group([member(1), member(2, { lifecycleState: 'Pending' })])],
    };

    const early = planCluster(input(seen));
    expect(early.steps).toEqual([]);
    expect(verdicts(early.demand[0])).toEqual([[4, 'waitsForLaunch']]);
    expect(early.memory.unregisteredSince).toEqual({ 'i-2': now });
    expect(early.nextTimerAt).toBe(now + 10 * minuteMs);

    const late = planCluster(input(seen, { memory: { unregisteredSince: { 'i-2': now - 10 * minuteMs } } }));
    expect(sizes(late)).toEqual({ web: 3 });
  });

  it('counts what was asked for and is not in the group yet, until its boot deadline', () => {
    const seen = {
      containerInstances: [full(1)],
      services: [service(4)],
      groups: [group([member(1)], { desiredCapacity: 2 })],
    };

    expect(planCluster(input(seen)).steps).toEqual([]);
    const intents = [{ group: 'web', desiredCapacity: 2, at: now - 10 * minuteMs }];
    expect(sizes(planCluster(input(seen, { memory: { intents } })))).toEqual({ web: 3 });
  });

  it('counts an instance that has registered and is not ready yet as on its way', () => {
    const seen = (over: Parameters<typeof instance>[1]) => ({
      containerInstances: [full(1), instance(2, { registeredAt: now - 5_000, ...over })],
      tasks: [1, 2, 3, 4].map((n) => task(n, 1)),
      services: [service(8)],
      groups: [group([member(1), member(2)])],
    });

    expect(planCluster(input(seen({ agentConnected: false }))).steps).toEqual([]);
    expect(planCluster(input(seen({ status: 'REGISTERING', agentConnected: false }))).steps).toEqual([]);
    const silent = seen({ agentConnected: false, registeredAt: now - 60 * minuteMs });
    expect(sizes(planCluster(input(silent)))).toEqual({ web: 3 });
  });

  it('keeps the time of a shortage when the desired capacity is lowered or raised', () => {
    const since = now - 11 * minuteMs;
    const short = (desiredCapacity: number) =>
      planCluster(
        input(
          { groups: [group([], { desiredCapacity })] },
          { memory: { intents: [{ group: 'web', desiredCapacity: 5, at: since }] } },
        ),
      );

    expect(short(4).groups[0]?.overdue).toBe(4);
    expect(short(7).groups[0]?.overdue).toBe(5);
    expect(short(7).memory.intents).toEqual([
      { group: 'web', desiredCapacity: 5, at: since },
      { group: 'web', desiredCapacity: 7, at: now },
    ]);
  });

  it('expects of a new launch template what EC2 says of it, not what the old instances register', () => {
    const registered = { cpuUnits: 8192, memoryMiB: 30_000 };
    const shape = { launchSource: 'lt-1:2', instanceType: 'm5.2xlarge', registered, from: 'ec2' as const };
    const plan = planCluster(
      input(
        {
          containerInstances: [full(1)],
          services: [service(1)],
          taskDefinitions: definitions(taskDefinition('api', { cpuUnits: 6144 })),
          groups: [group([member(1)], { launchTemplate: 'lt-1:2', launchSource: 'lt-1:2' })],
        },
        { memory: { shapes: { web: shape } } },
      ),
    );

    expect(sizes(plan)).toEqual({ web: 2 });
    expect(plan.memory.shapes['web']).toEqual(shape);
  });

  it('does not launch while it cannot be read who sizes the groups', () => {
    const gaps = [{ subject: 'cluster', cause: 'throttled', detail: 'DescribeClusters' }] as const;
    const plan = planCluster(
      input({ containerInstances: [full(1)], services: [service(4)], groups: [group([member(1)])], gaps }),
    );

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['partialView']);
  });

  it('stops launching in a group whose launches do not register', () => {
    const members = [member(1), member(2), member(3)];
    const since = now - 11 * minuteMs;
    const plan = planCluster(
      input(
        { containerInstances: [full(1)], services: [service(4)], groups: [group(members)] },
        { memory: { unregisteredSince: { 'i-2': since, 'i-3': since } } },
      ),
    );

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['launchesDoNotRegister']);
  });

  it('says of a task larger than every instance what is missing, and launches nothing', () => {
    const plan = planCluster(
      input({
        containerInstances: [instance(1)],
        services: [service(1)],
        taskDefinitions: definitions(taskDefinition('api', { memoryMiB: 20_480 })),
        groups: [group([member(1)])],
      }),
    );

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['largerThanEveryInstance']);
    expect(JSON.stringify(plan.demand)).toContain('needs 20480 MiB; the most that a new instance has is 7680 (web)');
  });

  it('keeps room for daemons on a new instance', () => {
    const daemon = service(0, {
      name: 'agent',
      schedulingStrategy: 'DAEMON',
      taskDefinitionArn: taskDefinition('agent').arn,
    });
    const plan = planCluster(
      input({
        containerInstances: [full(1)],
        tasks: [task(9, 1, { group: 'service:agent' })],
        services: [service(4), daemon],
        taskDefinitions: definitions(taskDefinition('api'), taskDefinition('agent', { cpuUnits: 128, memoryMiB: 64 })),
        groups: [group([member(1)])],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 3 }); // 1,920 CPU units are left: three tasks, not four
  });

  it('puts one task with a static host port on an instance', () => {
    const port = { hostPorts: [{ protocol: 'tcp' as const, port: 8080 }] };
    const plan = planCluster(
      input({
        containerInstances: [instance(1, { portsInUse: [{ protocol: 'tcp', port: 8080 }] })],
        services: [service(2)],
        taskDefinitions: definitions(taskDefinition('api', port)),
        groups: [group([member(1)])],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 3 });
  });

  it('does not count on room of ECS Managed Instances', () => {
    const plan = planCluster(
      input({
        containerInstances: [full(1), instance(2, { capacityProviderName: 'mi' })],
        services: [service(4)],
        capacityProviders: [provider('mi', { autoScalingGroupName: undefined })],
        groups: [group([member(1)])],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 2 });
  });

  it('says which groups only the settings know', () => {
    const groups = { wbe: { registers: undefined, pricePerHour: 1, hold: false, priority: 0, launchInstances: false } };

    expect(planCluster(input({ groups: [group([])] }, { settings: { groups } })).notices).toEqual([
      'settings name group wbe; no group of that name carries berth:cluster=main in this region',
    ]);
  });

  it('does not size a group with weights, and says so', () => {
    const weighted = group([member(1)], { conflicts: ['weightedCapacity'] });
    const plan = planCluster(input({ containerInstances: [full(1)], services: [service(4)], groups: [weighted] }));

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['groupConflict']);
    expect(plan.groups[0]?.note).toBe('weightedCapacity');
  });

  it('does not launch while instances or groups were read in part', () => {
    const gap = { subject: 'containerInstances', cause: 'throttled', detail: 'page 2' } as const;
    const plan = planCluster(
      input({ services: [service(4)], containerInstances: [full(1)], groups: [group([member(1)])], gaps: [gap] }),
    );

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['partialView']);
  });
});

describe('counting what a service lacks', () => {
  const room = { containerInstances: [full(1)], groups: [group([member(1)])] };
  const missing = (plan: Plan): number => plan.demand.reduce((sum, it) => sum + it.tasks, 0);

  it('counts a rolling deployment up to maximumPercent, never the sum over deployments', () => {
    const old = deployment({ id: 'ecs-svc/0', status: 'ACTIVE', desiredCount: 4 });
    const fresh = deployment({ id: 'ecs-svc/1', desiredCount: 4 });
    const running = [1, 2, 3, 4].map((n) => task(n, 1, { startedBy: 'ecs-svc/0' }));
    const count = (maximumPercent: number): number =>
      missing(
        planCluster(
          input({ ...room, tasks: running, services: [service(4, { deployments: [fresh, old], maximumPercent })] }),
        ),
      );

    expect(count(200)).toBe(4);
    expect(count(150)).toBe(2);
    expect(count(149)).toBe(1); // rounded down
    expect(count(100)).toBe(0);
  });

  it('counts green in full beside blue, whatever maximumPercent says', () => {
    const blue = deployment({ id: 'ecs-svc/0', status: 'ACTIVE', desiredCount: 4 });
    const green = deployment({ id: 'ecs-svc/1', desiredCount: 4 });
    const running = [1, 2, 3, 4].map((n) => task(n, 1, { startedBy: 'ecs-svc/0' }));
    const services = [service(4, { deploymentKind: 'blueGreen', deployments: [green, blue], maximumPercent: 100 })];

    expect(missing(planCluster(input({ ...room, tasks: running, services })))).toBe(4);
    const held = [...running, ...[5, 6, 7, 8].map((n) => task(n, 1))];
    expect(missing(planCluster(input({ ...room, tasks: held, services })))).toBe(0);
  });

  it('counts task sets by their computed desired counts', () => {
    const sets = [
      taskSet({ id: 'ecs-svc/a', computedDesiredCount: 4, status: 'PRIMARY' }),
      taskSet({ id: 'ecs-svc/b', computedDesiredCount: 2 }),
      taskSet({ id: 'ecs-svc/c', computedDesiredCount: 9, status: 'DRAINING' }),
    ];
    const services = [service(4, { deploymentKind: 'external', deployments: [], taskSets: sets })];
    const running = [1, 2, 3].map((n) => task(n, 1, { startedBy: 'ecs-svc/a' }));

    expect(missing(planCluster(input({ ...room, tasks: running, services })))).toBe(3);
  });

  it('does not count a placed awsvpc task in PROVISIONING twice', () => {
    const placed = task(1, 1, { lastStatus: 'PROVISIONING' });
    const waiting = task(2, undefined);

    expect(missing(planCluster(input({ ...room, tasks: [placed, waiting], services: [service(2)] })))).toBe(1);
    expect(missing(planCluster(input({ ...room, tasks: [placed, task(2, 1)], services: [service(2)] })))).toBe(0);
  });

  it('counts tasks on draining instances as in need of a place', () => {
    const seen = {
      containerInstances: [
        full(1),
        instance(2, { status: 'DRAINING', remaining: { cpuUnits: 1024, memoryMiB: 5632 } }),
      ],
      tasks: [task(1, 1), task(2, 2), task(3, 2)],
      services: [service(3)],
      groups: [group([member(1), member(2)])],
    };

    expect(missing(planCluster(input(seen)))).toBe(2);
  });

  it('leaves out services of Fargate, of Managed Instances and of daemons', () => {
    const services = [
      service(3, { name: 'a', deployments: [deployment({ desiredCount: 3, launchType: 'FARGATE' })] }),
      service(3, {
        name: 'b',
        deployments: [
          deployment({
            desiredCount: 3,
            launchType: undefined,
            capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', base: 0, weight: 1 }],
          }),
        ],
      }),
      service(3, {
        name: 'c',
        deployments: [
          deployment({
            desiredCount: 3,
            launchType: undefined,
            capacityProviderStrategy: [{ capacityProvider: 'mi', base: 0, weight: 1 }],
          }),
        ],
      }),
      service(3, { name: 'd', schedulingStrategy: 'DAEMON' }),
    ];
    const capacityProviders = [provider('mi', { autoScalingGroupName: undefined })];

    expect(missing(planCluster(input({ ...room, services, capacityProviders })))).toBe(0);
  });

  it('leaves a service out while its tasks were read in part', () => {
    const gaps = [{ subject: 'tasks', cause: 'throttled', detail: 'page 3' }] as const;

    expect(missing(planCluster(input({ ...room, services: [service(9)], gaps })))).toBe(0);
  });
});

describe('tasks bound to a capacity provider', () => {
  const strategy = [{ capacityProvider: 'cp-web', base: 0, weight: 1 }];
  const bound = service(4, {
    deployments: [deployment({ desiredCount: 4, launchType: undefined, capacityProviderStrategy: strategy })],
  });
  const other = group([member(2)], { name: 'other' });

  it('use no room elsewhere and launch nothing elsewhere when their group is full', () => {
    const plan = planCluster(
      input({
        containerInstances: [full(1), instance(2)],
        services: [bound],
        capacityProviders: [provider('cp-web')],
        groups: [group([member(1)], { maxSize: 1 }), other],
      }),
    );

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['groupsAtMaximum']);
  });

  it('launch in their own group', () => {
    const plan = planCluster(
      input({
        containerInstances: [full(1), instance(2)],
        services: [bound],
        capacityProviders: [provider('cp-web')],
        groups: [group([member(1)]), other],
      }),
    );

    expect(sizes(plan)).toEqual({ web: 2 });
  });

  it('are left to ECS where the provider has managed scaling on', () => {
    const seen = {
      containerInstances: [full(1)],
      tasks: [task(1, undefined, { capacityProviderName: 'cp-web' })],
      capacityProviders: [provider('cp-web', { managedScaling: true })],
      groups: [group([member(1)])],
    };
    const plan = planCluster(input(seen));

    expect(plan.steps).toEqual([]);
    expect(reasons(plan)).toEqual(['boundToManagedGroup']);
  });

  it('are sized by Berth in hold mode, which needs the setting and the suspended alarms', () => {
    const hold = {
      web: { registers: undefined, pricePerHour: undefined, hold: true, priority: 0, launchInstances: false },
    };
    const seen = (suspendedProcesses: readonly string[]) => ({
      containerInstances: [full(1)],
      tasks: [task(1, undefined, { capacityProviderName: 'cp-web', group: 'family:job' })],
      capacityProviders: [provider('cp-web', { managedScaling: true })],
      groups: [group([member(1)], { suspendedProcesses })],
    });

    expect(sizes(planCluster(input(seen(['AlarmNotification']), { settings: { groups: hold } })))).toEqual({ web: 2 });
    expect(sizes(planCluster(input(seen([]), { settings: { groups: hold } })))).toEqual({});
    expect(sizes(planCluster(input(seen(['AlarmNotification']))))).toEqual({});
  });

  it('are split over providers by base, then by weight', () => {
    const two = [
      { capacityProvider: 'cp-web', base: 2, weight: 1 },
      { capacityProvider: 'cp-other', base: 0, weight: 3 },
    ];
    const plan = planCluster(
      input({
        containerInstances: [full(1), full(2)],
        services: [service(10, { deployments: [deployment({ desiredCount: 10, capacityProviderStrategy: two })] })],
        capacityProviders: [provider('cp-web'), provider('cp-other', { autoScalingGroupName: 'other' })],
        groups: [group([member(1)]), other],
      }),
    );

    expect(Object.fromEntries(plan.demand.map((it) => [it.capacityProvider, it.tasks]))).toEqual({
      'cp-web': 4,
      'cp-other': 6,
    });
  });
});
