import type { JsonObject } from '../api.ts';
import { flag, number, objects, text, texts } from '../json.ts';
import type { Need, Pool } from './state.ts';

const sum = (items: readonly JsonObject[], of: (item: JsonObject) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

const hostPorts = (containers: readonly JsonObject[], networkMode: string, protocol: string): number[] => {
  if (networkMode === 'awsvpc' || networkMode === 'none') return [];
  return containers
    .flatMap((it) => objects(it, 'portMappings') ?? [])
    .filter((it) => (text(it, 'protocol') ?? 'tcp') === protocol)
    .map(
      (it) =>
        (networkMode === 'host' ? (number(it, 'hostPort') ?? number(it, 'containerPort')) : number(it, 'hostPort')) ??
        0,
    )
    .filter((port) => port !== 0); // bridge without a host port takes an ephemeral one, which never conflicts
};

const isGpu = (it: JsonObject): boolean => text(it, 'type') === 'GPU';

/** A number of GPUs, or `ALL` of the instance. (ECS API, ResourceRequirement.) */
const gpusOf = (asked: readonly JsonObject[]): Pick<Need, 'gpus' | 'allGpus'> => {
  const gpus = asked.filter(isGpu);
  const hasAll = gpus.some((it) => text(it, 'value') === 'ALL');
  const counted = sum(gpus, (it) => (text(it, 'value') === 'ALL' ? 0 : (number(it, 'value') ?? 0)));
  return hasAll ? { gpus: Math.max(1, counted), allGpus: true } : { gpus: counted };
};

/** So many of a kind, or the one that is named. */
const customOf = (asked: readonly JsonObject[]): Pick<Need, 'custom'> => {
  const custom: Record<string, number> = {};
  for (const it of asked.filter((one) => !isGpu(one))) {
    const [type = '', value = ''] = [text(it, 'type'), text(it, 'value')];
    custom[type] = (custom[type] ?? 0) + (/^[1-9]\d*$/.test(value) ? Number(value) : 1);
  }
  return Object.keys(custom).length === 0 ? {} : { custom };
};

/** A volume that is configured at launch is an EBS volume. (ECS developer guide, Amazon EBS volumes.) */
const ebsVolumesOf = (definition: JsonObject): Pick<Need, 'ebsVolumes'> => {
  const volumes = (objects(definition, 'volumes') ?? []).filter((it) => flag(it, 'configuredAtLaunch') === true);
  return volumes.length === 0 ? {} : { ebsVolumes: volumes.length };
};

/**
 * What a task reserves: its own cpu and memory where set, else the sum over its containers, a container's
 * memoryReservation before its memory. (ECS API, TaskDefinition and ContainerDefinition.)
 */
export const needOf = (definition: JsonObject, networkMode: string): Need => {
  const containers = objects(definition, 'containerDefinitions') ?? [];
  const asked = containers.flatMap((it) => objects(it, 'resourceRequirements') ?? []);
  return {
    cpuUnits: number(definition, 'cpu') ?? sum(containers, (it) => number(it, 'cpu') ?? 0),
    memoryMiB:
      number(definition, 'memory') ??
      sum(containers, (it) => number(it, 'memoryReservation') ?? number(it, 'memory') ?? 0),
    tcpPorts: hostPorts(containers, networkMode, 'tcp'),
    udpPorts: hostPorts(containers, networkMode, 'udp'),
    ...gpusOf(asked),
    networkInterfaces: networkMode === 'awsvpc' ? 1 : 0,
    ...ebsVolumesOf(definition),
    ...customOf(asked),
  };
};

/** A task's need under RunTask's overrides; those of containers count only where the task itself sets no size. */
export const overriddenNeed = (definition: JsonObject, need: Need, overrides: JsonObject): Need => {
  const byName = new Map((objects(overrides, 'containerOverrides') ?? []).map((it) => [text(it, 'name'), it]));
  const sizes = new Set(['cpu', 'memory', 'memoryReservation']);
  const containers = (objects(definition, 'containerDefinitions') ?? []).map((it) => {
    const own = Object.entries(byName.get(text(it, 'name')) ?? {});
    return { ...it, ...Object.fromEntries(own.filter(([name]) => sizes.has(name))) };
  });
  const sized = needOf({ ...definition, containerDefinitions: containers }, 'none');
  return {
    ...need,
    cpuUnits: number(overrides, 'cpu') ?? sized.cpuUnits,
    memoryMiB: number(overrides, 'memory') ?? sized.memoryMiB,
  };
};

export type Shortage = `RESOURCE:${string}`;

const areTaken = (inUse: ReadonlySet<number>, ports: readonly number[]): boolean =>
  ports.length > 0 && ports.some((port) => inUse.has(port));

/** `ALL` finds every GPU of an instance that has any free. */
const lacksGpus = ({ freeGpus, gpus = freeGpus.size }: Readonly<Pool>, need: Need): boolean =>
  need.gpus > freeGpus.size || (need.allGpus === true && freeGpus.size < gpus);

/**
 * The first resource that does not suffice, or undefined when the task fits. That ECS counts the EBS volumes of an instance
 * is assumed; past EC2's limit none can be attached, and the task would not start.
 */
export const shortageOf = (pool: Readonly<Pool>, need: Need): Shortage | undefined => {
  if (need.cpuUnits > pool.cpuUnits) return 'RESOURCE:CPU';
  if (need.memoryMiB > pool.memoryMiB) return 'RESOURCE:MEMORY';
  if (areTaken(pool.tcpPortsInUse, need.tcpPorts) || areTaken(pool.udpPortsInUse, need.udpPorts))
    return 'RESOURCE:PORTS';
  if (lacksGpus(pool, need)) return 'RESOURCE:GPU';
  if (need.networkInterfaces > pool.networkInterfaces) return 'RESOURCE:ENI';
  if ((need.ebsVolumes ?? 0) > (pool.ebsVolumes ?? Number.POSITIVE_INFINITY)) return 'RESOURCE:EBS';
  if (need.custom === undefined) return undefined;
  const short = Object.entries(need.custom).find(([name, amount]) => amount > (pool.custom?.get(name) ?? 0));
  return short === undefined ? undefined : `RESOURCE:${short[0]}`;
};

/** Adds to what is left of the volumes and the resources of other kinds; takes from it where `by` is -1. */
const shiftOthers = (pool: Pool, { ebsVolumes = 0, custom }: Need, by: 1 | -1): void => {
  if (pool.ebsVolumes !== undefined) pool.ebsVolumes += by * ebsVolumes;
  if (custom === undefined) return;
  for (const [name, amount] of Object.entries(custom))
    pool.custom?.set(name, (pool.custom.get(name) ?? 0) + by * amount);
};

/** Takes what the task needs; returns the GPUs it got. */
export const take = (pool: Pool, need: Need): readonly string[] => {
  pool.cpuUnits -= need.cpuUnits;
  pool.memoryMiB -= need.memoryMiB;
  pool.networkInterfaces -= need.networkInterfaces;
  for (const port of need.tcpPorts) pool.tcpPortsInUse.add(port);
  for (const port of need.udpPorts) pool.udpPortsInUse.add(port);
  shiftOthers(pool, need, -1);
  const gpuIds = need.gpus === 0 ? [] : [...pool.freeGpus].slice(0, need.allGpus === true ? undefined : need.gpus);
  for (const gpu of gpuIds) pool.freeGpus.delete(gpu);
  return gpuIds;
};

export const giveBack = (pool: Pool, need: Need, gpuIds: readonly string[]): void => {
  pool.cpuUnits += need.cpuUnits;
  pool.memoryMiB += need.memoryMiB;
  pool.networkInterfaces += need.networkInterfaces;
  for (const port of need.tcpPorts) pool.tcpPortsInUse.delete(port);
  for (const port of need.udpPorts) pool.udpPortsInUse.delete(port);
  for (const gpu of gpuIds) pool.freeGpus.add(gpu);
  shiftOthers(pool, need, 1);
};

/** How much a resource of the user's own comes to; of a set of strings the size counts. */
export const amountOf = (resource: JsonObject): number =>
  texts(resource, 'stringSetValue')?.length ?? number(resource, 'integerValue') ?? 0;

export const copyPool = (pool: Readonly<Pool>): Pool => ({
  cpuUnits: pool.cpuUnits,
  memoryMiB: pool.memoryMiB,
  tcpPortsInUse: new Set(pool.tcpPortsInUse),
  udpPortsInUse: new Set(pool.udpPortsInUse),
  freeGpus: new Set(pool.freeGpus),
  gpus: pool.gpus,
  networkInterfaces: pool.networkInterfaces,
  ebsVolumes: pool.ebsVolumes,
  custom: new Map(pool.custom),
});
