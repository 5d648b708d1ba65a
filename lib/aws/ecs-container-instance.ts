import type { ContainerInstance as Answer, Resource } from '@aws-sdk/client-ecs';
import type { ContainerInstance, ContainerInstanceStatus } from '../model/container-instance.ts';
import type { Resources } from '../model/resources.ts';
import type { HostPort } from '../model/task-definition.ts';
import { malformed, need, needOneOf, needTime } from './decoding.ts';

const statuses: readonly ContainerInstanceStatus[] = [
  'REGISTERING',
  'REGISTRATION_FAILED',
  'ACTIVE',
  'DRAINING',
  'DEREGISTERING',
  'INACTIVE',
];

const named = (resources: readonly Resource[] | undefined, name: string): Resource | undefined =>
  resources?.find((it) => it.name === name);

/** ECS fills the members of all number types and says in `type` which one counts. */
const amountOf = (resource: Resource): number | undefined => {
  if (resource.type === 'DOUBLE') return resource.doubleValue;
  return resource.type === 'LONG' ? resource.longValue : resource.integerValue;
};

const amount = (resources: readonly Resource[] | undefined, name: string, list: string): number => {
  const value = amountOf(need(named(resources, name), `${name} in ${list}`));
  if (value === undefined || value < 0) malformed(`${name} in ${list} is ${value ?? 'absent'}`);
  return need(value, name);
};

const resourcesOf = (resources: readonly Resource[] | undefined, list: string): Resources => ({
  cpuUnits: amount(resources, 'CPU', list),
  memoryMiB: amount(resources, 'MEMORY', list),
});

const setOf = (resources: readonly Resource[] | undefined, name: string): readonly string[] =>
  named(resources, name)?.stringSetValue ?? [];

/** The one resource whose "remaining" is the opposite: `remainingResources` lists the ports that are in use. */
const portsInUse = (remaining: readonly Resource[] | undefined): readonly HostPort[] => [
  ...setOf(remaining, 'PORTS').map((it) => ({ protocol: 'tcp' as const, port: Number(it) })),
  ...setOf(remaining, 'PORTS_UDP').map((it) => ({ protocol: 'udp' as const, port: Number(it) })),
];

export const containerInstanceFrom = (it: Answer): ContainerInstance => ({
  arn: need(it.containerInstanceArn, 'containerInstanceArn'),
  ec2InstanceId: need(it.ec2InstanceId, 'ec2InstanceId'),
  status: needOneOf(statuses, it.status, 'status'),
  agentConnected: it.agentConnected ?? false,
  agentVersion: it.versionInfo?.agentVersion,
  registeredAt: needTime(it.registeredAt, 'registeredAt'),
  version: it.version ?? 0,
  registered: resourcesOf(it.registeredResources, 'registeredResources'),
  remaining: resourcesOf(it.remainingResources, 'remainingResources'),
  portsInUse: portsInUse(it.remainingResources),
  gpusRemaining: setOf(it.remainingResources, 'GPU').length,
  runningTasksCount: need(it.runningTasksCount, 'runningTasksCount'),
  pendingTasksCount: need(it.pendingTasksCount, 'pendingTasksCount'),
  capacityProviderName: it.capacityProviderName,
  attributes: Object.fromEntries((it.attributes ?? []).map(({ name, value }) => [need(name, 'name'), value ?? ''])),
});
