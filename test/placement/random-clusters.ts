/** Random clusters and tasks in both readings: as placement has them, and as the simulated ECS does. */
import fc from 'fast-check';
import type { PlacementConstraint, PlacementStrategy } from '../../lib/model/service.ts';
import { factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf } from '../../lib/placement/constraints.ts';
import { apartKey } from '../../lib/placement/requirements.ts';
import { roomOf } from '../../lib/placement/room.ts';
import type { Ask, Site } from '../../lib/placement/site.ts';
import { serviceDefault } from '../../lib/placement/strategies.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import type { PlacementRequest } from '../../simulator/world/ecs/placement.ts';
import { instance, taskDefinition } from '../support/builders.ts';

export interface Given {
  readonly ask: Ask;
  readonly request: PlacementRequest;
}

/** What is asked of an instance, by kind: each may be left out to see whether it makes a difference. */
export interface Wishes {
  readonly port: number | undefined;
  readonly udpPort: number | undefined;
  readonly gpus: number;
  readonly interfaces: number;
  readonly memberOf: string | undefined;
  readonly inDefinition: string | undefined;
  readonly requires: string | undefined;
  readonly isDistinct: boolean;
  readonly provider: string | undefined;
  readonly strategy: readonly PlacementStrategy[];
}

export interface TaskCase extends Wishes {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly count: number;
  readonly group: string;
}

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

const sometimes = <T>(values: readonly T[], none: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(none) }, { weight: 2, arbitrary: fc.constantFrom(...values) });

const taskCases: fc.Arbitrary<TaskCase> = fc.record({
  cpuUnits: fc.constantFrom(0, 128, 256, 512, 900),
  memoryMiB: fc.constantFrom(64, 128, 300, 512, 1024),
  count: fc.integer({ min: 1, max: 5 }),
  group: fc.constantFrom(...groups),
  port: sometimes<number | undefined>([80, 443], undefined),
  udpPort: sometimes<number | undefined>([53], undefined),
  gpus: sometimes([1, 2], 0),
  interfaces: sometimes([1], 0),
  memberOf: sometimes<string | undefined>(expressions, undefined),
  inDefinition: sometimes<string | undefined>(expressions.slice(0, 6), undefined),
  requires: sometimes<string | undefined>(['gpu-driver', 'stack'], undefined),
  isDistinct: fc.constantFrom(false, false, false, true),
  provider: sometimes<string | undefined>(['p', 'q'], undefined),
  strategy: fc.constantFrom(...strategies),
});

const toGiven = (it: TaskCase, n: number): Given => {
  const requirements = {
    cpuUnits: it.cpuUnits,
    memoryMiB: it.memoryMiB,
    hostPorts: [
      ...(it.port === undefined ? [] : [{ protocol: 'tcp', port: it.port } as const]),
      ...(it.udpPort === undefined ? [] : [{ protocol: 'udp', port: it.udpPort } as const]),
    ],
    gpus: it.gpus,
    networkInterfaces: it.interfaces,
  };
  const placed: readonly PlacementConstraint[] = [
    ...(it.memberOf === undefined ? [] : [{ type: 'memberOf', expression: it.memberOf } as const]),
    ...(it.isDistinct ? [{ type: 'distinctInstance' } as const] : []),
  ];
  const definition = {
    ...taskDefinition('it'),
    requirements,
    requiresAttributes: it.requires === undefined ? [] : [it.requires],
    memberOf: it.inDefinition === undefined ? [] : [it.inDefinition],
  };
  const constraints = constraintsOf(definition, it.group, placed);
  return {
    ask: {
      id: `ask-${n}`,
      count: it.count,
      group: it.group,
      requirements,
      constraints,
      strategy: it.strategy,
      capacityProvider: it.provider,
      apart: it.isDistinct ? it.group : undefined,
    },
    request: {
      need: {
        cpuUnits: it.cpuUnits,
        memoryMiB: it.memoryMiB,
        tcpPorts: it.port === undefined ? [] : [it.port],
        udpPorts: it.udpPort === undefined ? [] : [it.udpPort],
        gpus: it.gpus,
        networkInterfaces: it.interfaces,
      },
      group: it.group,
      requiredAttributes: definition.requiresAttributes,
      constraints: [
        ...definition.memberOf.map((expression) => ({ type: 'memberOf', field: undefined, expression })),
        ...placed.map((one) => ({
          type: one.type,
          field: undefined,
          expression: one.type === 'memberOf' ? one.expression : undefined,
        })),
      ],
      strategy: it.strategy.map((one) => ({ ...one, expression: undefined })),
      capacityProvider: it.provider,
    },
  };
};

const instanceCases = fc.record({
  cpuUnits: fc.constantFrom(-64, 256, 1024, 2048, 4096),
  memoryMiB: fc.constantFrom(0, 512, 1024, 2048, 4096),
  ports: fc.constantFrom([], [], [80], [80, 443]),
  udpPorts: fc.constantFrom([], [], [53]),
  gpus: fc.constantFrom(0, 1, 2),
  interfaces: fc.constantFrom(0, 1, 2),
  stack: fc.constantFrom(undefined, 'prod', 'prod', 'dev'),
  hasDriver: fc.boolean(),
  type: fc.constantFrom('m5.large', 'm5.large', 'c5.large'),
  zone: fc.constantFrom('eu-west-1a', 'eu-west-1b'),
  provider: fc.constantFrom('p', 'p', 'q', undefined),
  groups: fc.constantFrom<readonly (typeof groups)[number][]>([], [], ['service:api'], ['service:db', 'batch']),
});

type InstanceCase = typeof instanceCases extends fc.Arbitrary<infer T> ? T : never;

export interface Both {
  readonly site: Site;
  readonly place: Place;
}

const toBoth = (it: InstanceCase, n: number): Both => {
  const attributes = {
    'ecs.availability-zone': it.zone,
    'ecs.instance-type': it.type,
    ...(it.stack === undefined ? {} : { stack: it.stack }),
    ...(it.hasDriver ? { 'gpu-driver': '' } : {}),
  };
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
  return {
    site: {
      id: model.ec2InstanceId,
      room: roomOf(
        { cpuUnits: it.cpuUnits, memoryMiB: it.memoryMiB },
        { gpus: it.gpus, networkInterfaces: it.interfaces, claims: new Set(claims) },
      ),
      gpus: it.gpus,
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
        networkInterfaces: it.interfaces,
      },
      runningTasks: it.groups.length,
      tasksByGroup: new Map(tasksByGroup),
    },
  };
};

export interface ClusterCase {
  readonly instances: readonly Both[];
  readonly tasks: readonly TaskCase[];
}

export const givenOf = (tasks: readonly TaskCase[]): readonly Given[] => tasks.map(toGiven);

export const clusterCases: fc.Arbitrary<ClusterCase> = fc
  .record({
    instances: fc.array(instanceCases, { minLength: 1, maxLength: 8, size: 'max' }),
    tasks: fc.array(taskCases, { minLength: 1, maxLength: 3 }),
  })
  .map(({ instances, tasks }) => ({ instances: instances.map(toBoth), tasks }));
