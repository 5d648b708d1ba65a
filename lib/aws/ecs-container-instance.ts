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

const amount = (resources: readonly Resource[] | undefined, name: string, list: string): number =>
  need(amountOf(need(named(resources, name), `${name} in ${list}`)), `amount of ${name} in ${list}`);

const resourcesOf = (resources: readonly Resource[] | undefined, list: string): Resources => ({
  cpuUnits: amount(resources, 'CPU', list),
  memoryMiB: amount(resources, 'MEMORY', list),
});

/** Less than nothing may remain, where an instance registered anew with less; nobody registers with less than nothing. */
const registeredOf = (resources: readonly Resource[] | undefined): Resources => {
  const registered = resourcesOf(resources, 'registeredResources');
  if (registered.cpuUnits < 0 || registered.memoryMiB < 0) malformed('registeredResources are negative');
  return registered;
};

const ofEcs: ReadonlySet<string | undefined> = new Set(['CPU', 'MEMORY', 'PORTS', 'PORTS_UDP', 'GPU']);

/** Resources of the user's own; of a set of strings the size counts. */
const customOf = (resources: readonly Resource[] | undefined): Readonly<Record<string, number>> =>
  Object.fromEntries(
    (resources ?? [])
      .filter((it) => !ofEcs.has(it.name))
      .map((it): readonly [string, number] => [
        need(it.name, 'name of a resource'),
        it.type === 'STRINGSET' ? (it.stringSetValue ?? []).length : (amountOf(it) ?? 0),
      ]),
  );

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
  registered: registeredOf(it.registeredResources),
  remaining: resourcesOf(it.remainingResources, 'remainingResources'),
  portsInUse: portsInUse(it.remainingResources),
  gpusRemaining: setOf(it.remainingResources, 'GPU').length,
  gpusRegistered: setOf(it.registeredResources, 'GPU').length,
  customRemaining: customOf(it.remainingResources),
  runningTasksCount: need(it.runningTasksCount, 'runningTasksCount'),
  pendingTasksCount: need(it.pendingTasksCount, 'pendingTasksCount'),
  capacityProviderName: it.capacityProviderName,
  attributes: Object.fromEntries((it.attributes ?? []).map(({ name, value }) => [need(name, 'name'), value ?? ''])),
});
