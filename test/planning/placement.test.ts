import { describe, expect, it } from '@jest/globals';
import type { Obstacle } from '../../lib/model/obstacle.ts';
import type { DemandReport, Plan } from '../../lib/model/plan.ts';
import type { PlacementConstraint, Service } from '../../lib/model/service.ts';
import type { TaskDefinition } from '../../lib/model/task-definition.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import {
  definitions,
  deployment,
  group,
  input,
  instance,
  member,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const launches = (plan: Plan): Readonly<Record<string, number>> =>
  Object.fromEntries(
    plan.steps.flatMap((it) => (it.kind === 'setGroupDesiredCapacity' ? [[it.group, it.to - it.from]] : [])),
  );

const verdicts = (report: DemandReport | undefined): readonly (readonly [tasks: number, verdict: string])[] =>
  (report?.verdicts ?? []).map(({ tasks, verdict }) => [
    tasks,
    verdict.kind === 'unplaceable' ? verdict.reason : verdict.kind,
  ]);

const details = (plan: Plan): readonly string[] =>
  plan.demand.flatMap((it) =>
    it.verdicts.flatMap(({ verdict }) => (verdict.kind === 'unplaceable' ? [verdict.detail] : [])),
  );

const memberOf = (expression: string): readonly PlacementConstraint[] => [{ type: 'memberOf', expression }];
const distinct: readonly PlacementConstraint[] = [{ type: 'distinctInstance' }];

const attributes = (zone: string, more: Readonly<Record<string, string>> = {}) => ({
  'ecs.instance-type': 'm5.large',
  'ecs.availability-zone': `eu-west-1${zone}`,
  'ecs.cpu-architecture': 'x86_64',
  'ecs.os-family': 'LINUX',
  ...more,
});

const full = (n: number, more: Readonly<Record<string, string>> = {}) =>
  instance(n, {
    remaining: { cpuUnits: 0, memoryMiB: 0 },
    runningTasksCount: 4,
    attributes: attributes('a', more),
  });

/** One full instance in a group, and a service of which no task runs yet. */
const planFor = (
  count: number,
  over: Partial<Service>,
  definition: Partial<TaskDefinition> = {},
  seen: Parameters<typeof input>[0] = {},
) =>
  planCluster(
    input({
      containerInstances: [full(1)],
      services: [service(count, over)],
      taskDefinitions: definitions({ ...taskDefinition('api'), ...definition }),
      groups: [group([member(1)])],
      ...seen,
    }),
  );

describe('constraints in scale-out', () => {
  it.each([
    [
      ['t2.large'],
      'excludedByConstraints',
      'a new instance of web is no Nitro instance, which the task’s EBS volume needs',
    ],
    [
      ['t2.large', 't3.large'],
      'unclearConstraints',
      'a new instance of web may be one that is no Nitro instance, which the task’s EBS volume needs',
    ],
  ])('launch none of %j for tasks that need an EBS volume, and say so', (instanceTypes, reason, detail) => {
    const requirements = { ...taskDefinition('api').requirements, ebsVolumes: 1 } as const;
    const members = instanceTypes.map((instanceType, n) => member(n, { instanceType }));
    const seen = {
      containerInstances: instanceTypes.map((type, n) => full(n, { 'ecs.instance-type': type })),
      groups: [group(members, { instanceTypes })],
    };
    const plan = planFor(1, {}, { requirements }, seen);

    expect(plan.steps).toEqual([]);
    expect(verdicts(plan.demand[0])).toEqual([[1, reason]]);
    expect(details(plan)).toEqual([detail]);
  });

  it('launch an instance for each task of a service that wants distinct ones', () => {
    expect(launches(planFor(3, { placementConstraints: distinct }))).toEqual({ web: 3 });
  });

  it('use an instance for one task of a service that wants distinct ones, however much room it has', () => {
    const plan = planFor(3, { placementConstraints: distinct }, {}, { containerInstances: [instance(1)] });

    expect(verdicts(plan.demand[0])).toEqual([
      [1, 'fitsNow'],
      [2, 'launch'],
    ]);
  });

  it('count a task that runs already among the distinct ones', () => {
    const there = { containerInstances: [instance(1)], tasks: [task(1, 1)] };
    const plan = planFor(2, { placementConstraints: distinct }, {}, there);

    expect(launches(plan)).toEqual({ web: 1 });
    expect(plan.demand[0]?.obstacles).toEqual([
      { obstacle: { kind: 'distinctInstance', group: 'service:api' }, instances: 1, mostLeft: undefined },
    ]);
  });

  it.each<readonly [string, Partial<Service>, Partial<TaskDefinition>, string, string]>([
    [
      'an expression of the service',
      { placementConstraints: memberOf('attribute:ecs.instance-type =~ g4dn.*') },
      {},
      'excludedByConstraints',
      'a new instance of web is no member of attribute:ecs.instance-type =~ g4dn.*',
    ],
    [
      'an expression of the task definition',
      {},
      { memberOf: ['attribute:stack == prod'] },
      'excludedByConstraints',
      'a new instance of web is no member of attribute:stack == prod',
    ],
    [
      'an attribute that nobody has',
      {},
      { requiresAttributes: ['gpu-driver'] },
      'excludedByConstraints',
      'a new instance of web has no attribute gpu-driver',
    ],
    [
      'the other architecture',
      {},
      { cpuArchitecture: 'ARM64' },
      'excludedByConstraints',
      'a new instance of web has another ecs.cpu-architecture than ARM64',
    ],
    [
      'an expression that does not parse',
      { placementConstraints: memberOf('attribute:stack ==') },
      {},
      'unclearConstraints',
      'a new instance of web cannot be judged by attribute:stack == (at character 19: expected a value, found the end)',
    ],
    [
      'a regular expression that is not understood',
      { placementConstraints: memberOf('attribute:stack =~ (?!x).*') },
      {},
      'unclearConstraints',
      'a new instance of web cannot be judged by attribute:stack =~ (?!x).* (at character 20: (?!x).*: look-ahead and look-behind are not supported)',
    ],
    [
      'a port the agent has',
      {},
      { requirements: { ...taskDefinition('api').requirements, hostPorts: [{ protocol: 'tcp', port: 22 }] } },
      'excludedByConstraints',
      'a new instance of web has tcp/22 taken',
    ],
    [
      'shared GPUs',
      {},
      { requirements: { ...taskDefinition('api').requirements, gpus: 1, sharesGpus: true } },
      'sharedGpus',
      'a new instance of web cannot be judged: it is not known how many tasks may share a GPU',
    ],
    [
      'a GPU where there is none',
      {},
      { requirements: { ...taskDefinition('api').requirements, gpus: 1 } },
      'largerThanEveryInstance',
      'needs 1 GPUs; the most that a new instance has is 0 (web)',
    ],
    [
      'every GPU where there is none',
      {},
      { requirements: { ...taskDefinition('api').requirements, gpus: 1, allGpus: true } },
      'largerThanEveryInstance',
      'needs 1 GPUs; the most that a new instance has is 0 (web)',
    ],
    [
      'more network interfaces than a type has',
      {},
      { requirements: { ...taskDefinition('api').requirements, networkInterfaces: 3 } },
      'largerThanEveryInstance',
      'needs 3 network interfaces; the most that a new instance has is 2 (web)',
    ],
    [
      'a resource of the user’s own, which no new instance is known to have',
      {},
      { requirements: { ...taskDefinition('api').requirements, custom: { licence: 1 } } },
      'largerThanEveryInstance',
      'needs 1 licence; the most that a new instance has is 0 (web)',
    ],
    [
      'too much of two things',
      {},
      { requirements: { ...taskDefinition('api').requirements, cpuUnits: 4096, memoryMiB: 20_480 } },
      'largerThanEveryInstance',
      'needs 4096 CPU units; the most that a new instance has is 2048 (web); needs 20480 MiB; the most that a new instance has is 7680 (web)',
    ],
    [
      'another operating system',
      {},
      { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
      'excludedByConstraints',
      'a new instance of web has another ecs.os-family than WINDOWS_SERVER_2022_CORE',
    ],
  ])('launch nothing for tasks that need %s, and say so', (_, over, definition, reason, detail) => {
    const plan = planFor(1, over, definition);

    expect(plan.steps).toEqual([]);
    expect(verdicts(plan.demand[0])).toEqual([[1, reason]]);
    expect(details(plan)).toEqual([detail]);
  });

  it('say of each group what keeps the tasks from it', () => {
    const seen = {
      containerInstances: [full(1), full(2, { stack: 'prod' })],
      groups: [group([member(1)]), group([member(2)], { name: 'prod' })],
    };
    const plan = planFor(
      1,
      { placementConstraints: memberOf('attribute:stack == prod') },
      { cpuArchitecture: 'ARM64' },
      seen,
    );

    expect(verdicts(plan.demand[0])).toEqual([[1, 'excludedByConstraints']]);
    expect(details(plan)[0]?.split('; ').toSorted()).toEqual([
      'a new instance of prod has another ecs.cpu-architecture than ARM64',
      'a new instance of web has another ecs.cpu-architecture than ARM64',
    ]);
  });

  it('name what each group has where none has enough of everything at once', () => {
    const large = { cpuUnits: 8192, memoryMiB: 4096 };
    const seen = {
      containerInstances: [full(1), { ...full(2), registered: large }],
      groups: [group([member(1)]), group([member(2)], { name: 'cpu' })],
    };
    const needed = { ...taskDefinition('api').requirements, cpuUnits: 4096, memoryMiB: 6144 };
    const plan = planFor(1, {}, { requirements: needed }, seen);

    expect(verdicts(plan.demand[0])).toEqual([[1, 'largerThanEveryInstance']]);
    expect(details(plan)[0]).toMatch(/^needs 4096 CPU units and 6144 MiB; /);
    expect(details(plan)[0]).toContain('cpu has 8192 CPU units and 4096 MiB a new instance');
    expect(details(plan)[0]).toContain('web has 2048 CPU units and 7680 MiB a new instance');
  });

  it('launch in the group whose siblings answer to them, though another is cheaper', () => {
    const other = group([member(2)], { name: 'prod' });
    const seen = {
      containerInstances: [full(1), full(2, { stack: 'prod' })],
      groups: [group([member(1)]), other],
    };

    expect(launches(planFor(4, { placementConstraints: memberOf('attribute:stack == prod') }, {}, seen))).toEqual({
      prod: 1,
    });
  });

  it('remember what a group’s instances had once it is at zero', () => {
    const wants = { placementConstraints: memberOf('attribute:stack == prod') };
    const first = planFor(1, wants, {}, { containerInstances: [full(1, { stack: 'prod' })] });
    const empty = { containerInstances: [], services: [service(1, wants)], groups: [group([])] };

    expect(first.memory.shapes['web']?.attributes).toMatchObject({ stack: 'prod', 'ecs.os-family': 'LINUX' });
    expect(launches(planCluster(input(empty, { memory: first.memory })))).toEqual({ web: 1 });
    const without = planFor(1, wants, {}, {});
    expect(verdicts(planCluster(input(empty, { memory: without.memory })).demand[0])).toEqual([
      [1, 'excludedByConstraints'],
    ]);
  });

  it('take the capabilities of ECS’s own agent for granted where nothing was seen', () => {
    const requiresAttributes = ['com.amazonaws.ecs.capability.docker-remote-api.1.25', 'ecs.capability.task-eni'];
    const shape = { launchSource: 'lt-1:1', instanceType: 'm5.large', registered: { cpuUnits: 2048, memoryMiB: 7680 } };
    const plan = planCluster(
      input(
        {
          services: [service(1)],
          taskDefinitions: definitions({ ...taskDefinition('api'), requiresAttributes }),
          groups: [group([])],
        },
        { memory: { shapes: { web: { ...shape, from: 'ec2' } } } },
      ),
    );

    expect(launches(plan)).toEqual({ web: 1 });
  });

  it('launch until the zone has come up that an expression asks for', () => {
    const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
    const wanted = { placementConstraints: memberOf('attribute:ecs.availability-zone == eu-west-1c') };
    const plan = planFor(1, wanted, {}, { groups: [group([member(1)], { availabilityZones: zones })] });

    expect(launches(plan)).toEqual({ web: 2 }); // b is next, then c
  });
});

describe('network interfaces', () => {
  const awsvpc = { requirements: { ...taskDefinition('api').requirements, cpuUnits: 64, networkInterfaces: 1 } };

  it('limit the awsvpc tasks of an instance by its type', () => {
    expect(launches(planFor(5, {}, awsvpc))).toEqual({ web: 3 }); // m5.large: two tasks each
  });

  it('are many more with a trunk', () => {
    const trunked = { containerInstances: [full(1, { 'ecs.awsvpc-trunk-id': 'trunk-1' })] };
    const tiny = { requirements: { ...awsvpc.requirements, memoryMiB: 64 } };

    expect(launches(planFor(20, {}, tiny, trunked))).toEqual({ web: 2 }); // ten tasks each
  });

  it('are taken by the tasks that run', () => {
    const seen = { containerInstances: [instance(1)], tasks: [task(1, 1), task(2, 1)] };
    const plan = planFor(3, {}, awsvpc, seen);
    const obstacle: Obstacle = { kind: 'lacks', resource: 'ENI', needed: 1 };

    expect(verdicts(plan.demand[0])).toEqual([[1, 'launch']]);
    expect(plan.demand[0]?.obstacles).toEqual([{ obstacle, instances: 1, mostLeft: 0 }]);
  });
});

describe('a task definition that is gone', () => {
  it('is said of its tasks, and the others are planned all the same', () => {
    const { arn } = taskDefinition('other');
    const deployments = [deployment({ taskDefinitionArn: arn, desiredCount: 4 })];
    const other = service(4, { name: 'other', taskDefinitionArn: arn, deployments });
    const plan = planFor(
      1,
      {},
      {},
      {
        services: [service(1), other],
        taskDefinitions: definitions(taskDefinition('other')),
      },
    );

    expect(plan.demand.map((it) => verdicts(it)[0])).toEqual(
      expect.arrayContaining([
        [1, 'missingTaskDefinition'],
        [4, 'launch'],
      ]),
    );
  });
});

describe('EBS volumes of tasks', () => {
  const withVolume = {
    requirements: { ...taskDefinition('api').requirements, cpuUnits: 1, memoryMiB: 1, ebsVolumes: 1 },
  } as const;

  it('limit the tasks of an instance by its type', () => {
    expect(launches(planFor(49, {}, withVolume))).toEqual({ web: 3 }); // m5.large: 27, less two interfaces and its own volume
  });

  it('are taken by the tasks that run', () => {
    const tasks = Array.from({ length: 24 }, (_, n) => task(n, 1));
    const plan = planFor(25, {}, withVolume, { containerInstances: [instance(1)], tasks });
    const obstacle: Obstacle = { kind: 'lacks', resource: 'EBS', needed: 1 };

    expect(verdicts(plan.demand[0])).toEqual([[1, 'launch']]);
    expect(plan.demand[0]?.obstacles).toEqual([{ obstacle, instances: 1, mostLeft: 0 }]);
  });
});

describe('why tasks have no place', () => {
  it('is counted by cause over all instances, the nearest figure beside it', () => {
    const plan = planFor(
      1,
      {},
      {},
      {
        containerInstances: [
          full(1),
          instance(2, { remaining: { cpuUnits: 300, memoryMiB: 7680 }, runningTasksCount: 1 }),
          instance(3, { status: 'DRAINING' }),
          instance(4, { agentConnected: false }),
        ],
      },
    );

    expect(plan.demand[0]?.obstacles).toEqual([
      { obstacle: { kind: 'lacks', resource: 'CPU', needed: 512 }, instances: 2, mostLeft: 300 },
      { obstacle: { kind: 'agentDisconnected' }, instances: 1, mostLeft: undefined },
      { obstacle: { kind: 'notActive', status: 'DRAINING' }, instances: 1, mostLeft: undefined },
    ]);
  });
});

describe('daemons', () => {
  const daemon = (expression: string) =>
    service(0, {
      name: 'agent',
      schedulingStrategy: 'DAEMON',
      taskDefinitionArn: taskDefinition('agent').arn,
      placementConstraints: memberOf(expression),
    });
  const plan = (expression: string) =>
    planFor(
      4,
      {},
      {},
      {
        services: [service(4), daemon(expression)],
        taskDefinitions: definitions(taskDefinition('api'), taskDefinition('agent', { cpuUnits: 128, memoryMiB: 64 })),
      },
    );

  it('take their share of new instances that they match', () => {
    expect(launches(plan('attribute:ecs.instance-type =~ m5.*'))).toEqual({ web: 2 });
  });

  it('take nothing of those that they do not', () => {
    expect(launches(plan('attribute:ecs.instance-type =~ g4dn.*'))).toEqual({ web: 1 });
  });
});

describe('strategies', () => {
  const sizes = { api: { cpuUnits: 1024, memoryMiB: 1024 }, db: { cpuUnits: 1536, memoryMiB: 2048 } };
  const seen = (strategy: Service['placementStrategy']) => ({
    containerInstances: [full(1)],
    services: [
      service(2, { placementStrategy: strategy }),
      service(2, {
        name: 'db',
        taskDefinitionArn: taskDefinition('db').arn,
        placementStrategy: strategy,
        deployments: [
          { ...(service(2).deployments[0] ?? fail()), id: 'ecs-svc/2', taskDefinitionArn: taskDefinition('db').arn },
        ],
      }),
    ],
    taskDefinitions: definitions(taskDefinition('api', sizes.api), taskDefinition('db', sizes.db)),
    groups: [group([member(1)])],
  });
  const fail = (): never => {
    throw new Error('a service has a deployment');
  };

  it('are planned for: a spread takes more instances than packing would, binpack as many', () => {
    const packed = planCluster(input(seen([{ type: 'binpack', field: 'cpu' }])));
    const spread = planCluster(input(seen([{ type: 'spread', field: 'instanceId' }])));

    expect(launches(packed)).toEqual({ web: 3 });
    expect(launches(spread)).toEqual({ web: 4 }); // each instance of the first two may get one of the small ones
  });

  it('leave a plan as it is once its launches are on their way', () => {
    const given = seen([{ type: 'spread', field: 'instanceId' }]);
    const plan = planCluster(input(given));
    const grown = { ...given, groups: [group([member(1)], { desiredCapacity: 5 })] };

    expect(planCluster(input(grown, { memory: plan.memory })).steps).toEqual([]);
  });
});
