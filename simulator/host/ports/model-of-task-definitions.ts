import { stopTimeoutMsOf } from '../../../lib/aws/ecs-task-definition.ts';
import type { NetworkMode, TaskDefinition } from '../../../lib/model/task-definition.ts';
import type { TaskDefinition as WorldDefinition } from '../../world/ecs/state.ts';
import { number, object, text } from '../../world/json.ts';

const networkModes: Readonly<Record<string, NetworkMode>> = {
  bridge: 'bridge',
  host: 'host',
  awsvpc: 'awsvpc',
  none: 'none',
};

const translate = (it: WorldDefinition): TaskDefinition => {
  const platform = object(it.json, 'runtimePlatform') ?? {};
  return {
    arn: it.arn,
    family: it.family,
    networkMode: networkModes[it.networkMode] ?? 'default',
    requirements: {
      cpuUnits: it.need.cpuUnits,
      memoryMiB: it.need.memoryMiB,
      hostPorts: [
        ...it.need.tcpPorts.map((port) => ({ protocol: 'tcp' as const, port })),
        ...it.need.udpPorts.map((port) => ({ protocol: 'udp' as const, port })),
      ],
      gpus: it.need.gpus,
      ...(it.need.allGpus === true ? { allGpus: true } : {}),
      networkInterfaces: it.need.networkInterfaces,
      ...(it.need.custom === undefined ? {} : { custom: it.need.custom }),
      ...(it.need.ebsVolumes === undefined ? {} : { ebsVolumes: 1 as const }),
    },
    requiresAttributes: it.requiredAttributes,
    memberOf: it.constraints,
    cpuArchitecture: text(platform, 'cpuArchitecture'),
    operatingSystemFamily: text(platform, 'operatingSystemFamily'),
    stopTimeoutMs: stopTimeoutMsOf(it.containers.map((one) => ({ stopTimeout: number(one, 'stopTimeout') }))),
  };
};

const known = new WeakMap<WorldDefinition, TaskDefinition>();

/** By ARN, `family:revision`, or `family` for its newest that is not deregistered (ECS API, DescribeTaskDefinition). */
export const definitionNamed = (
  definitions: ReadonlyMap<string, WorldDefinition>,
  name: string,
): WorldDefinition | undefined => {
  const byArn = definitions.get(name);
  if (byArn !== undefined || name.includes('/')) return byArn;
  const [family, revision] = name.split(':');
  const revisions = [...definitions.values()].filter((it) => it.family === family);
  return revision === undefined
    ? revisions.findLast((it) => it.deregisteredAt === undefined)
    : revisions.find((it) => String(it.revision) === revision);
};

/** A revision never changes. */
export const modelOfTaskDefinition = (it: WorldDefinition): TaskDefinition => {
  const definition = known.get(it) ?? translate(it);
  known.set(it, definition);
  return definition;
};
