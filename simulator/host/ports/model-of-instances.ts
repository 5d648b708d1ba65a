import type { Resource } from '@aws-sdk/client-ecs';
import { containerInstanceFrom } from '../../../lib/aws/ecs-container-instance.ts';
import type { ContainerInstance } from '../../../lib/model/container-instance.ts';
import type { HostPort } from '../../../lib/model/task-definition.ts';
import type { JsonObject } from '../../world/api.ts';
import { attributesJson } from '../../world/ecs/container-instance-json.ts';
import type { ContainerInstance as WorldInstance } from '../../world/ecs/state.ts';
import { seenBefore } from '../../world/ecs/visibility.ts';
import { flag, number, objects, text, texts } from '../../world/json.ts';

const portsInUse = ({ remaining }: WorldInstance): readonly HostPort[] => [
  ...Array.from(remaining.tcpPortsInUse, (port) => ({ protocol: 'tcp' as const, port })),
  ...Array.from(remaining.udpPortsInUse, (port) => ({ protocol: 'udp' as const, port })),
];

const attributes = new WeakMap<object, ContainerInstance['attributes']>();

/** Attributes change seldom: they are read once from each list of them. */
const attributesOf = (it: WorldInstance): ContainerInstance['attributes'] => {
  const list = attributesJson(it);
  const before = attributes.get(list);
  if (before !== undefined) return before;
  const all = Object.fromEntries(Array.from(it.attributes, ([name, value]) => [name, value ?? '']));
  attributes.set(list, all);
  return all;
};

/** What is left of resources of the user's own. */
const customOf = ({ remaining }: WorldInstance): Readonly<Record<string, number>> =>
  Object.fromEntries(remaining.custom ?? []);

const translate = (it: WorldInstance): ContainerInstance => ({
  arn: it.arn,
  ec2InstanceId: it.ec2InstanceId,
  status: it.status,
  agentConnected: it.agentConnected,
  agentVersion: it.agentVersion,
  registeredAt: it.registeredAt,
  version: it.version,
  registered: { cpuUnits: it.registered.cpuUnits, memoryMiB: it.registered.memoryMiB },
  remaining: { cpuUnits: it.remaining.cpuUnits, memoryMiB: it.remaining.memoryMiB },
  portsInUse: portsInUse(it),
  gpusRemaining: it.remaining.freeGpus.size,
  gpusRegistered: it.registered.freeGpus.size,
  customRemaining: customOf(it),
  runningTasksCount: it.runningTasks,
  pendingTasksCount: it.pendingTasks,
  capacityProviderName: it.capacityProviderName,
  attributes: attributesOf(it),
});

const known = new WeakMap<WorldInstance, ContainerInstance>();

/** A task that starts to run moves from one count to the other without raising the instance's version. */
const isUpToDate = (before: ContainerInstance, it: WorldInstance): boolean =>
  before.version === it.version &&
  before.runningTasksCount === it.runningTasks &&
  before.pendingTasksCount === it.pendingTasks &&
  before.capacityProviderName === it.capacityProviderName;

/** What a resource list of an answer says. */
const resourcesFrom = (json: JsonObject, list: string): Resource[] =>
  (objects(json, list) ?? []).map((it) => ({
    name: text(it, 'name'),
    type: text(it, 'type'),
    integerValue: number(it, 'integerValue'),
    longValue: number(it, 'longValue'),
    doubleValue: number(it, 'doubleValue'),
    stringSetValue: [...(texts(it, 'stringSetValue') ?? [])],
  }));

/** An instance as it was before a write that reads do not show yet. */
const fromBefore = (it: WorldInstance, json: JsonObject): ContainerInstance => ({
  ...containerInstanceFrom({
    containerInstanceArn: it.arn,
    ec2InstanceId: it.ec2InstanceId,
    status: text(json, 'status'),
    agentConnected: flag(json, 'agentConnected'),
    registeredAt: new Date(it.registeredAt),
    version: number(json, 'version'),
    registeredResources: resourcesFrom(json, 'registeredResources'),
    remainingResources: resourcesFrom(json, 'remainingResources'),
    runningTasksCount: number(json, 'runningTasksCount'),
    pendingTasksCount: number(json, 'pendingTasksCount'),
    capacityProviderName: text(json, 'capacityProviderName'),
  }),
  agentVersion: it.agentVersion,
  attributes: attributesOf(it),
});

/** A container instance as the adapter would decode what a read shows now; the same object as before where that is. */
export const modelOfInstance = (it: WorldInstance, now: number): ContainerInstance => {
  const earlier = seenBefore(it, now);
  if (earlier !== undefined) return fromBefore(it, earlier);
  const before = known.get(it);
  if (before !== undefined && isUpToDate(before, it)) return before;
  const instance = translate(it);
  known.set(it, instance);
  return instance;
};
