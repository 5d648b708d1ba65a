import type {
  TaskDefinition as Answer,
  ContainerDefinition,
  PortMapping,
  ResourceRequirement,
  Volume,
} from '@aws-sdk/client-ecs';
import type { HostPort, NetworkMode, Requirements, TaskDefinition } from '../model/task-definition.ts';
import { secondMs } from '../model/time.ts';
import { malformed, need, needOneOf, numberIn } from './decoding.ts';

const networkModes: readonly NetworkMode[] = ['bridge', 'host', 'awsvpc', 'none', 'default'];

/** A container that reserves nothing of either counts as nothing; `memoryReservation` binds where both are set. */
const sumOver = (containers: readonly ContainerDefinition[], of: (it: ContainerDefinition) => number | undefined) =>
  containers.reduce((sum, it) => sum + (of(it) ?? 0), 0);

/** In host mode the container's port is the instance's; else an absent or zero host port means any free one. */
const hostPortOf = (it: PortMapping, mode: NetworkMode): number =>
  (it.hostPort === undefined || it.hostPort === 0) && mode === 'host' ? (it.containerPort ?? 0) : (it.hostPort ?? 0);

/**
 * The ports a task takes from its instance. Ranges (`containerPortRange`) are left out: in bridge mode the agent finds
 * them ports from the ephemeral range, and with awsvpc they are ports of the task's own interface (ECS API reference).
 */
const hostPortsOf = (containers: readonly ContainerDefinition[], mode: NetworkMode): readonly HostPort[] => {
  if (mode === 'awsvpc' || mode === 'none') return [];
  return containers
    .flatMap((it) => it.portMappings ?? [])
    .map((it) => ({
      protocol: it.protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      port: hostPortOf(it, mode),
    }))
    .filter((it) => it.port !== 0);
};

const countIn = (value: string | undefined): number => (/^\d+$/.test(value ?? '') ? Number(value) : 0);

type Gpus = Pick<Requirements, 'gpus' | 'allGpus' | 'sharesGpus'>;

/** GPUs that containers take for themselves, by number or `ALL`, or share (ECS API, ResourceRequirement). */
const gpusOf = (asked: readonly ResourceRequirement[]): Gpus => {
  const gpus = asked.filter((it) => it.type === 'GPU');
  if (gpus.length === 0) return { gpus: 0 };
  const counted = gpus.reduce((sum, it) => sum + countIn(it.value), 0);
  return {
    gpus: Math.max(1, counted),
    ...(gpus.some((it) => it.value === 'ALL') ? { allGpus: true } : {}),
    ...(gpus.some((it) => it.sharingStrategy !== undefined) ? { sharesGpus: true } : {}),
  };
};

/** Resources of other kinds: so many, or one that is named. */
const customOf = (asked: readonly ResourceRequirement[]): Pick<Requirements, 'custom'> => {
  const custom: Record<string, number> = {};
  for (const { type, value } of asked)
    if (type !== undefined && type !== 'GPU') custom[type] = (custom[type] ?? 0) + Math.max(1, countIn(value));
  return Object.keys(custom).length === 0 ? {} : { custom };
};

/** Of the volumes only one configured at launch is an EBS volume, and a task has one at most (ECS API, Volume). */
const ebsVolumesOf = (volumes: readonly Volume[]): Pick<Requirements, 'ebsVolumes'> =>
  volumes.some((it) => it.configuredAtLaunch === true) ? { ebsVolumes: 1 } : {};

const requirementsOf = (it: Answer, mode: NetworkMode): Requirements => {
  const containers = it.containerDefinitions ?? malformed('no containerDefinitions');
  const asked = containers.flatMap((one) => one.resourceRequirements ?? []);
  return {
    cpuUnits: numberIn(it.cpu, 'cpu') ?? sumOver(containers, (one) => one.cpu),
    memoryMiB: numberIn(it.memory, 'memory') ?? sumOver(containers, (one) => one.memoryReservation ?? one.memory),
    hostPorts: hostPortsOf(containers, mode),
    ...gpusOf(asked),
    networkInterfaces: mode === 'awsvpc' ? 1 : 0,
    ...customOf(asked),
    ...ebsVolumesOf(it.volumes ?? []),
  };
};

/** What the agent gives a container without a `stopTimeout` (ECS developer guide, ECS_CONTAINER_STOP_TIMEOUT). */
const agentStopTimeoutSeconds = 30;

/** A task has stopped when the last of its containers has; ECS counts in seconds. */
export const stopTimeoutMsOf = (containers: readonly Pick<ContainerDefinition, 'stopTimeout'>[]): number | undefined =>
  containers.every((it) => it.stopTimeout === undefined)
    ? undefined
    : Math.max(...containers.map((it) => it.stopTimeout ?? agentStopTimeoutSeconds)) * secondMs;

/** Keeps what placing and stopping need and nothing else: the environments of containers may hold secrets. */
export const taskDefinitionFrom = (it: Answer): TaskDefinition => {
  const networkMode = needOneOf(networkModes, it.networkMode ?? 'default', 'networkMode');
  return {
    arn: need(it.taskDefinitionArn, 'taskDefinitionArn'),
    family: need(it.family, 'family'),
    networkMode,
    requirements: requirementsOf(it, networkMode),
    requiresAttributes: (it.requiresAttributes ?? []).map((one) => need(one.name, 'name of a required attribute')),
    memberOf: (it.placementConstraints ?? []).map((one) => need(one.expression, 'expression of memberOf')),
    cpuArchitecture: it.runtimePlatform?.cpuArchitecture,
    operatingSystemFamily: it.runtimePlatform?.operatingSystemFamily,
    stopTimeoutMs: stopTimeoutMsOf(it.containerDefinitions ?? []),
  };
};
