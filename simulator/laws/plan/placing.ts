import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import { instanceTypeOf } from '../../../lib/model/container-instance.ts';
import type { Observation } from '../../../lib/model/observation.ts';
import type { Service } from '../../../lib/model/service.ts';
import { serviceNameOf, type Task } from '../../../lib/model/task.ts';
import type { Requirements, TaskDefinition } from '../../../lib/model/task-definition.ts';
import { instanceTypes } from '../../world/ec2/instance-types.ts';
import type { Place } from '../../world/ecs/fleet.ts';
import { type PlacementRequest, serviceDefault } from '../../world/ecs/placement.ts';
import type { PlacementRule, Pool } from '../../world/ecs/state.ts';
import { tasksWithTrunking } from '../../world/ecs/trunking.ts';

/** What a task takes, its own overrides before its definition; undefined where the definition was not read. */
export const needOf = (observation: Observation, task: Task): Requirements | undefined => {
  const definition = observation.taskDefinitions[task.taskDefinitionArn];
  if (definition === undefined) return undefined;
  const { requirements } = definition;
  return {
    ...requirements,
    cpuUnits: task.cpuUnits ?? requirements.cpuUnits,
    memoryMiB: task.memoryMiB ?? requirements.memoryMiB,
  };
};

/** Network interfaces beside the instance's own; unlimited where its type is not known. */
const interfacesOf = (it: ContainerInstance): number => {
  const name = instanceTypeOf(it) ?? '';
  const trunk = it.attributes['ecs.awsvpc-trunk-id'] === undefined ? undefined : tasksWithTrunking(name);
  const type = instanceTypes.get(name);
  return trunk ?? (type === undefined ? Number.POSITIVE_INFINITY : type.maxNetworkInterfaces - 1);
};

const portsOf = (it: ContainerInstance, protocol: 'tcp' | 'udp'): Set<number> =>
  new Set(it.portsInUse.filter((port) => port.protocol === protocol).map((port) => port.port));

const poolOf = (it: ContainerInstance, interfacesInUse: number): Pool => ({
  cpuUnits: it.remaining.cpuUnits,
  memoryMiB: it.remaining.memoryMiB,
  tcpPortsInUse: portsOf(it, 'tcp'),
  udpPortsInUse: portsOf(it, 'udp'),
  freeGpus: new Set(Array.from({ length: it.gpusRemaining }, (_, n) => `gpu-${n}`)),
  gpus: it.gpusRegistered,
  networkInterfaces: interfacesOf(it) - interfacesInUse,
  custom: new Map(Object.entries(it.customRemaining ?? {})),
});

/** The container instances of an observation, as the world's placement sees instances. */
export const placesOf = (observation: Observation): readonly Place[] => {
  const interfaces = new Map<string, number>();
  const groups = new Map<string, Map<string, number>>();
  for (const task of observation.tasks) {
    const on = task.containerInstanceArn;
    if (on === undefined) continue;
    interfaces.set(on, (interfaces.get(on) ?? 0) + (needOf(observation, task)?.networkInterfaces ?? 0));
    if (task.group === undefined || task.desiredStatus !== 'RUNNING') continue;
    const counts = groups.get(on) ?? new Map<string, number>();
    groups.set(on, counts.set(task.group, (counts.get(task.group) ?? 0) + 1));
  }
  return observation.containerInstances.map((it) => ({
    arn: it.arn,
    ec2InstanceId: it.ec2InstanceId,
    status: it.status,
    agentConnected: it.agentConnected,
    agentVersion: it.agentVersion ?? '',
    registeredAt: it.registeredAt,
    capacityProviderName: it.capacityProviderName,
    attributes: new Map(Object.entries(it.attributes)),
    remaining: poolOf(it, interfaces.get(it.arn) ?? 0),
    runningTasks: it.runningTasksCount,
    tasksByGroup: groups.get(it.arn) ?? new Map<string, number>(),
  }));
};

const memberOf = (expression: string): PlacementRule => ({ type: 'memberOf', field: undefined, expression });

/** What a task of a service, or a standalone one, asks of its instance; the latter's own constraints are not to be seen. */
const requestOf = (
  definition: TaskDefinition,
  need: Requirements,
  group: string,
  service: Service | undefined,
  capacityProvider: string | undefined,
): PlacementRequest => {
  const ports = (protocol: 'tcp' | 'udp'): readonly number[] =>
    need.hostPorts.filter((it) => it.protocol === protocol).map((it) => it.port);
  const constraints = (service?.placementConstraints ?? []).map(
    (it): PlacementRule =>
      it.type === 'memberOf' ? memberOf(it.expression) : { type: it.type, field: undefined, expression: undefined },
  );
  const strategy = (service?.placementStrategy ?? []).map(
    ({ type, field }): PlacementRule => ({ type, field, expression: undefined }),
  );
  return {
    need: {
      cpuUnits: need.cpuUnits,
      memoryMiB: need.memoryMiB,
      tcpPorts: ports('tcp'),
      udpPorts: ports('udp'),
      gpus: need.gpus,
      allGpus: need.allGpus,
      networkInterfaces: need.networkInterfaces,
      custom: need.custom,
    },
    group,
    requiredAttributes: definition.requiresAttributes,
    constraints: [...definition.memberOf.map(memberOf), ...constraints],
    strategy: service !== undefined && strategy.length === 0 ? serviceDefault : strategy,
    capacityProvider,
  };
};

/** Identical tasks share one request, which makes their placement fast. */
export const requestsFor = (observation: Observation): ((task: Task) => PlacementRequest | undefined) => {
  const services = new Map(observation.services.map((it) => [it.name, it]));
  const known = new Map<string, PlacementRequest>();
  return (task) => {
    const definition = observation.taskDefinitions[task.taskDefinitionArn];
    const need = needOf(observation, task);
    if (definition === undefined || need === undefined) return undefined;
    const group = task.group ?? `family:${definition.family}`;
    const { taskDefinitionArn, capacityProviderName } = task;
    const key = [taskDefinitionArn, group, capacityProviderName, need.cpuUnits, need.memoryMiB].join(' ');
    const before = known.get(key);
    if (before !== undefined) return before;
    const service = services.get(serviceNameOf(task) ?? '');
    const request = requestOf(definition, need, group, service, capacityProviderName);
    known.set(key, request);
    return request;
  };
};
