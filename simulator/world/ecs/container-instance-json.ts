import type { Json, JsonObject } from '../api.ts';
import { text, texts, type WriteTime } from '../json.ts';
import type { ContainerInstance, Pool, Tags } from './state.ts';

export const tagsJson = (tags: Tags): readonly JsonObject[] => [...tags].map(([key, value]) => ({ key, value }));

const portSet = (ports: ReadonlySet<number>): readonly string[] => [...ports].map(String);

const integer = (name: string, value: number): JsonObject => ({
  name,
  type: 'INTEGER',
  doubleValue: 0,
  longValue: 0,
  integerValue: value,
});

const stringSet = (name: string, values: readonly string[]): JsonObject => ({
  name,
  type: 'STRINGSET',
  doubleValue: 0,
  longValue: 0,
  integerValue: 0,
  stringSetValue: values,
});

/** CPU and MEMORY are what is left, PORTS what is in use, GPU what is free: ECS's own mixture of senses. */
const poolJson = (pool: Readonly<Pool>, hasGpus: boolean): readonly JsonObject[] => [
  integer('CPU', pool.cpuUnits),
  integer('MEMORY', pool.memoryMiB),
  stringSet('PORTS', portSet(pool.tcpPortsInUse)),
  stringSet('PORTS_UDP', portSet(pool.udpPortsInUse)),
  ...(hasGpus ? [stringSet('GPU', [...pool.freeGpus])] : []),
];

/** What is left of the resources of the user's own: fewer, or fewer of a set. */
const customJson = ({ customResources, remaining }: ContainerInstance): readonly JsonObject[] =>
  customResources.map((it) => {
    const left = remaining.custom?.get(text(it, 'name') ?? '') ?? 0;
    const set = texts(it, 'stringSetValue');
    return { ...it, ...(set === undefined ? { integerValue: left } : { stringSetValue: set.slice(0, left) }) };
  });

const attributeLists = new WeakMap<ContainerInstance, readonly JsonObject[]>();

/** The same list as before until an attribute changes. */
export const attributesJson = (it: ContainerInstance): readonly JsonObject[] => {
  const known = attributeLists.get(it);
  if (known !== undefined) return known;
  const list = [...it.attributes].map(([name, value]) => (value === undefined ? { name } : { name, value }));
  attributeLists.set(it, list);
  return list;
};

/** Its attributes changed. */
export const forgetAttributes = (it: ContainerInstance): void => {
  attributeLists.delete(it);
};

/** A container instance as DescribeContainerInstances answers it, or as events carry it: only the times differ. */
export const containerInstanceJson = (it: ContainerInstance, writeTime: WriteTime, withTags = false): JsonObject => {
  const hasGpus = it.registered.freeGpus.size > 0;
  const json: Record<string, Json> = {
    containerInstanceArn: it.arn,
    ec2InstanceId: it.ec2InstanceId,
    capacityProviderName: it.capacityProviderName,
    version: it.version,
    versionInfo: { agentVersion: it.agentVersion, agentHash: '00000000', dockerVersion: 'DockerVersion: 25.0.8' },
    remainingResources: [...poolJson(it.remaining, hasGpus), ...customJson(it)],
    registeredResources: [...poolJson(it.registered, hasGpus), ...it.customResources],
    status: it.status,
    agentConnected: it.agentConnected,
    runningTasksCount: it.runningTasks,
    pendingTasksCount: it.pendingTasks,
    attributes: attributesJson(it),
    registeredAt: writeTime(it.registeredAt),
    attachments: [],
    tags: withTags ? tagsJson(it.tags) : [],
  };
  return json;
};
