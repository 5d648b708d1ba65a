/** Random clusters and tasks in both readings: as placement has them, and as the simulated ECS does. */
import fc from 'fast-check';
import type { LaunchTarget, PlacementConstraint, PlacementStrategy, StrategyItem } from '../../lib/model/service.ts';
import type { Requirements } from '../../lib/model/task-definition.ts';
import { factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { exclusionOf, isNamedGap } from '../../lib/placement/fit.ts';
import { apartKey } from '../../lib/placement/requirements.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { serviceDefault } from '../../lib/placement/strategies.ts';
import { type Binding, splitByTarget } from '../../lib/planning/binding.ts';
import { type View, viewOf } from '../../lib/planning/view.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import type { PlacementRequest } from '../../simulator/world/ecs/placement.ts';
import { volumesForTasks } from '../../simulator/world/ecs/volumes.ts';
import { input, instance, provider, taskDefinition } from '../support/builders.ts';

export interface Given {
  readonly ask: Ask;
  readonly request: PlacementRequest;
}

/** What a task may ask of its instance besides CPU and memory: each may be left out to see whether it makes a difference. */
export const kinds = [
  'TCP ports',
  'UDP ports',
  'GPUs',
  'all GPUs',
  'network interfaces',
  'EBS volumes',
  'custom resources',
  'requiresAttributes',
  'runtime platform',
  'memberOf of the service',
  'memberOf of the task definition',
  'distinctInstance',
  'capacity provider',
  'base and weight',
  'default strategy of the cluster',
] as const;

export type Kind = (typeof kinds)[number];

const bothProviders: Kind = 'capacity provider';

export interface TaskCase {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly count: number;
  readonly group: string;
  readonly strategy: readonly PlacementStrategy[];
  /** Of what follows only that is asked for. */
  readonly asked: readonly Kind[];
  readonly port: number;
  readonly gpus: number;
  readonly licences: number;
  readonly requires: string;
  readonly architecture: string;
  readonly memberOf: string;
  readonly inDefinition: string;
  /** Of providers `p` and `q`. */
  readonly lines: readonly [StrategyItem, StrategyItem];
  /** Tasks that run by each already. */
  readonly existing: readonly [number, number];
}

export const asks = ({ asked }: TaskCase, kind: Kind): boolean => asked.includes(kind);

/** A task without base and weight still names both providers. */
export const without = (it: TaskCase, kind: Kind): TaskCase => ({
  ...it,
  asked: [...it.asked.filter((one) => one !== kind), ...(kind === 'base and weight' ? [bothProviders] : [])],
});

const groups = ['service:api', 'service:db', 'batch'] as const;

const expressions = [
  'attribute:stack == prod',
  'attribute:stack != prod',
  'attribute:stack !exists',
  'attribute:ecs.availability-zone in [eu-west-1a]',
  'attribute:ecs.instance-type =~ m5.*',
  'not(attribute:ecs.instance-type =~ m5.*) or attribute:stack exists',
  'not(task:group == service:db)',
  'task:group == service:db',
  'runningTasksCount < 2',
] as const;

export const readsTasks = ({ memberOf, inDefinition, ...it }: TaskCase): boolean =>
  (it.asked.includes('memberOf of the service') && /task:group|running/.test(memberOf)) ||
  (it.asked.includes('memberOf of the task definition') && /task:group|running/.test(inDefinition));

const field = (name: string | undefined): PlacementStrategy => ({ type: 'spread', field: name });

const strategies: readonly (readonly PlacementStrategy[])[] = [
  [],
  serviceDefault,
  [{ type: 'binpack', field: 'memory' }],
  [{ type: 'binpack', field: 'cpu' }],
  [field('instanceId')],
  [field('attribute:ecs.availability-zone'), { type: 'binpack', field: 'memory' }],
  [
    field('attribute:ecs.availability-zone'),
    field('attribute:ecs.instance-type'),
    { type: 'random', field: undefined },
  ],
  [field('attribute:stack'), field('host')],
];

const lines: readonly TaskCase['lines'][] = (
  [
    [0, 1, 0, 1],
    [0, 1, 0, 4],
    [2, 1, 0, 1],
    [0, 3, 1, 1],
    [0, 0, 0, 1],
    [2, 0, 0, 1],
  ] as const
).map(([base, weight, baseOfQ, weightOfQ]) => [
  { capacityProvider: 'p', base, weight },
  { capacityProvider: 'q', base: baseOfQ, weight: weightOfQ },
]);

const taskCases: fc.Arbitrary<TaskCase> = fc.record({
  cpuUnits: fc.constantFrom(0, 128, 256, 512, 900),
  memoryMiB: fc.constantFrom(64, 128, 300, 512, 1024),
  count: fc.integer({ min: 1, max: 5 }),
  group: fc.constantFrom(...groups),
  strategy: fc.constantFrom(...strategies),
  asked: fc.subarray([...kinds], { maxLength: 5 }),
  port: fc.constantFrom(80, 443),
  gpus: fc.constantFrom(1, 2),
  licences: fc.constantFrom(1, 2),
  requires: fc.constantFrom('gpu-driver', 'stack'),
  architecture: fc.constantFrom('X86_64', 'ARM64'),
  memberOf: fc.constantFrom(...expressions),
  inDefinition: fc.constantFrom(...expressions.slice(0, 6)),
  lines: fc.constantFrom(...lines),
  existing: fc.tuple(fc.nat(2), fc.nat(2)),
});

const requirementsOf = (it: TaskCase): Requirements => ({
  cpuUnits: it.cpuUnits,
  memoryMiB: it.memoryMiB,
  hostPorts: [
    ...(asks(it, 'TCP ports') ? [{ protocol: 'tcp', port: it.port } as const] : []),
    ...(asks(it, 'UDP ports') ? [{ protocol: 'udp', port: it.port } as const] : []),
  ],
  gpus: asks(it, 'GPUs') ? it.gpus : asks(it, 'all GPUs') ? 1 : 0,
  ...(asks(it, 'all GPUs') ? { allGpus: true } : {}),
  networkInterfaces: asks(it, 'network interfaces') ? 1 : 0,
  ...(asks(it, 'EBS volumes') ? { ebsVolumes: 1 } : {}),
  ...(asks(it, 'custom resources') ? { custom: { licence: it.licences } } : {}),
});

const needOf = (it: TaskCase): PlacementRequest['need'] => ({
  cpuUnits: it.cpuUnits,
  memoryMiB: it.memoryMiB,
  tcpPorts: asks(it, 'TCP ports') ? [it.port] : [],
  udpPorts: asks(it, 'UDP ports') ? [it.port] : [],
  gpus: asks(it, 'GPUs') ? it.gpus : asks(it, 'all GPUs') ? 1 : 0,
  allGpus: asks(it, 'all GPUs'),
  networkInterfaces: asks(it, 'network interfaces') ? 1 : 0,
  ebsVolumes: asks(it, 'EBS volumes') ? 1 : 0,
  custom: asks(it, 'custom resources') ? { licence: it.licences } : undefined,
});

const even: TaskCase['lines'] = [
  { capacityProvider: 'p', base: 0, weight: 1 },
  { capacityProvider: 'q', base: 0, weight: 1 },
];

/** What a service or RunTask names: a provider, or both, or nothing at all, or else launch type EC2. */
export const targetOf = (it: TaskCase): LaunchTarget => {
  if (asks(it, 'base and weight')) return { launchType: undefined, capacityProviderStrategy: it.lines };
  if (asks(it, bothProviders)) return { launchType: undefined, capacityProviderStrategy: even };
  if (asks(it, 'default strategy of the cluster')) return { launchType: undefined, capacityProviderStrategy: [] };
  return { launchType: 'EC2', capacityProviderStrategy: [] };
};

/** A cluster whose providers are `p` and `q`. */
const viewWith = (defaultStrategy: readonly StrategyItem[]): View =>
  viewOf(
    input({
      cluster: { name: 'main', arn: 'arn', status: 'ACTIVE', capacityProviders: ['p', 'q'], defaultStrategy },
      capacityProviders: [provider('p'), provider('q')],
    }),
  );

const views = new Map<readonly StrategyItem[], View>();

/** How the planner splits the tasks over the providers. */
export const splitOf = (it: TaskCase, cluster: Pick<ClusterCase, 'defaultStrategy'>) => {
  const view = views.get(cluster.defaultStrategy) ?? viewWith(cluster.defaultStrategy);
  views.set(cluster.defaultStrategy, view);
  const [p, q] = it.existing;
  return splitByTarget(
    view,
    it.count,
    targetOf(it),
    new Map([
      ['p', p],
      ['q', q],
    ]),
  );
};

const nameOf = (binding: Binding): string | undefined => (binding.kind === 'provider' ? binding.name : undefined);

const constraintsOfCase = (it: TaskCase): readonly PlacementConstraint[] => [
  ...(asks(it, 'memberOf of the service') ? [{ type: 'memberOf', expression: it.memberOf } as const] : []),
  ...(asks(it, 'distinctInstance') ? [{ type: 'distinctInstance' } as const] : []),
];

const definitionOf = (it: TaskCase) => ({
  ...taskDefinition('it'),
  requirements: requirementsOf(it),
  requiresAttributes: asks(it, 'requiresAttributes') ? [it.requires] : [],
  memberOf: asks(it, 'memberOf of the task definition') ? [it.inDefinition] : [],
  cpuArchitecture: asks(it, 'runtime platform') ? it.architecture : undefined,
});

const toGiven = (it: TaskCase, n: number, cluster: Pick<ClusterCase, 'defaultStrategy'>): readonly Given[] => {
  const placed = constraintsOfCase(it);
  const definition = definitionOf(it);
  const constraints = constraintsOf(definition, it.group, placed);
  const need = needOf(it);
  return splitOf(it, cluster).map(({ binding, tasks }) => ({
    ask: {
      id: `ask-${n}-${nameOf(binding) ?? ''}`,
      count: tasks,
      group: it.group,
      requirements: definition.requirements,
      constraints,
      strategy: it.strategy,
      capacityProvider: nameOf(binding),
      apart: asks(it, 'distinctInstance') ? it.group : undefined,
    },
    request: {
      need,
      group: it.group,
      requiredAttributes: definition.requiresAttributes,
      platform: asks(it, 'runtime platform') ? { 'ecs.cpu-architecture': it.architecture } : {},
      constraints: [
        ...definition.memberOf.map((expression) => ({ type: 'memberOf', field: undefined, expression })),
        ...placed.map((one) => ({
          type: one.type,
          field: undefined,
          expression: one.type === 'memberOf' ? one.expression : undefined,
        })),
      ],
      strategy: it.strategy.map((one) => ({ ...one, expression: undefined })),
      capacityProvider: nameOf(binding),
    },
  }));
};

const instanceCases = fc.record({
  cpuUnits: fc.constantFrom<number[]>(-64, 256, 1024, 2048, 4096, 4096),
  memoryMiB: fc.constantFrom<number[]>(0, 512, 1024, 2048, 4096, 4096),
  ports: fc.constantFrom([], [], [80], [80, 443]),
  udpPorts: fc.constantFrom([], [], [80], [443]),
  gpus: fc.constantFrom(0, 1, 1, 2),
  gpusTaken: fc.constantFrom(0, 0, 1),
  interfaces: fc.constantFrom(0, 0, 1, 2),
  volumes: fc.constantFrom(0, 1, 2),
  licences: fc.constantFrom(undefined, 0, 1, 3),
  stack: fc.constantFrom(undefined, 'prod', 'prod', 'dev'),
  hasDriver: fc.boolean(),
  type: fc.constantFrom('m5.large', 'm5.large', 'c5.large', 'm4.large'),
  architecture: fc.constantFrom('x86_64', 'x86_64', 'arm64', undefined),
  zone: fc.constantFrom('eu-west-1a', 'eu-west-1b'),
  provider: fc.constantFrom('p', 'p', 'q', undefined),
  groups: fc.constantFrom<readonly (typeof groups)[number][]>([], [], ['service:api'], ['service:db', 'batch']),
});

type Drawn = typeof instanceCases extends fc.Arbitrary<infer T> ? T : never;

interface InstanceCase extends Omit<Drawn, 'ports' | 'udpPorts' | 'gpusTaken'> {
  readonly ports: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpusTaken: number;
}

export interface Both {
  readonly site: Site;
  readonly place: Place;
}

const attributesOf = (it: InstanceCase): Readonly<Record<string, string>> => ({
  'ecs.availability-zone': it.zone,
  'ecs.instance-type': it.type,
  ...(it.architecture === undefined ? {} : { 'ecs.cpu-architecture': it.architecture }),
  ...(it.stack === undefined ? {} : { stack: it.stack }),
  ...(it.hasDriver ? { 'gpu-driver': '' } : {}),
});

const customOf = ({ licences }: InstanceCase): Readonly<Record<string, number>> =>
  licences === undefined ? {} : { licence: licences };

const toBoth = (it: InstanceCase, n: number): Both => {
  const attributes = attributesOf(it);
  const model = instance(n, {
    attributes,
    runningTasksCount: it.groups.length,
    capacityProviderName: it.provider,
  });
  const claims = [
    ...it.ports.map((port) => `tcp/${port}`),
    ...it.udpPorts.map((port) => `udp/${port}`),
    ...it.groups.map(apartKey),
  ];
  const tasksByGroup = new Map(it.groups.map((group) => [group, 1]));
  const gpus = it.gpus + it.gpusTaken;
  return {
    site: {
      id: model.ec2InstanceId,
      room: roomOf(
        { cpuUnits: it.cpuUnits, memoryMiB: it.memoryMiB },
        {
          gpus: it.gpus,
          networkInterfaces: it.interfaces,
          ebsVolumes: it.volumes,
          custom: customOf(it),
          claims: new Set(claims),
        },
      ),
      gpus,
      facts: factsOf(model, new Set(it.groups)),
      capacityProvider: it.provider,
      tasksByGroup,
    },
    place: {
      arn: model.ec2InstanceId,
      ec2InstanceId: model.ec2InstanceId,
      status: 'ACTIVE',
      agentConnected: true,
      agentVersion: '1.98.0',
      registeredAt: model.registeredAt,
      capacityProviderName: it.provider,
      attributes: new Map(Object.entries(attributes)),
      remaining: {
        cpuUnits: it.cpuUnits,
        memoryMiB: it.memoryMiB,
        tcpPortsInUse: new Set(it.ports),
        udpPortsInUse: new Set(it.udpPorts),
        freeGpus: new Set(Array.from({ length: it.gpus }, (_, gpu) => `${n}-${gpu}`)),
        gpus,
        networkInterfaces: it.interfaces,
        ebsVolumes: Math.min(it.volumes, volumesForTasks({ instanceType: it.type, maxNetworkInterfaces: 3 })),
        custom: new Map(Object.entries(customOf(it))),
      },
      runningTasks: it.groups.length,
      tasksByGroup: new Map(tasksByGroup),
    },
  };
};

export interface ClusterCase {
  readonly instances: readonly Both[];
  readonly tasks: readonly TaskCase[];
  /** Of the cluster, for tasks that name neither launch type nor strategy. */
  readonly defaultStrategy: readonly StrategyItem[];
}

/** A kind of instance that could be launched: the first, second, … of it, with nothing on it. */
export type NewInstance = (n: number) => Both;

export const newInstances: fc.Arbitrary<NewInstance> = instanceCases.map((it) => {
  const [cpuUnits, memoryMiB] = [Math.max(1_024, it.cpuUnits), Math.max(2_048, it.memoryMiB)];
  const empty = { ...it, cpuUnits, memoryMiB, ports: [], udpPorts: [], groups: [], gpusTaken: 0 };
  return (n) => toBoth(empty, n);
});

/** Tasks of the cluster, or some like them, split over its providers. */
export const givenOf = (cluster: Pick<ClusterCase, 'defaultStrategy'>, tasks: readonly TaskCase[]): readonly Given[] =>
  tasks.flatMap((it, n) => toGiven(it, n, cluster));

const defaultStrategies: readonly (readonly StrategyItem[])[] = [
  [{ capacityProvider: 'p', base: 0, weight: 1 }],
  [{ capacityProvider: 'q', base: 0, weight: 1 }],
  even,
  [],
];

export const clusterCases: fc.Arbitrary<ClusterCase> = fc
  .record({
    instances: fc.array(instanceCases, { minLength: 1, maxLength: 8, size: 'max' }),
    tasks: fc.array(taskCases, { minLength: 2, maxLength: 3 }),
    defaultStrategy: fc.constantFrom(...defaultStrategies),
  })
  .map(({ instances, ...rest }) => ({ ...rest, instances: instances.map(toBoth) }));

/** Whether it is known of each instance if it may take the tasks: the simulated ECS knows, and there is nothing to compare else. */
export const isClear = (cluster: ClusterCase, given: readonly Given[]): boolean =>
  given.every(({ ask }) =>
    cluster.instances.every(({ site }) => {
      const excluded = exclusionOf(ask, site);
      return excluded === undefined || !isNamedGap(excluded);
    }),
  );
