import type { JsonObject } from '../api.ts';
import { number, objects, text } from '../json.ts';
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

const gpusOf = (containers: readonly JsonObject[]): number =>
  sum(containers, (it) =>
    sum(objects(it, 'resourceRequirements') ?? [], (r) => (text(r, 'type') === 'GPU' ? (number(r, 'value') ?? 0) : 0)),
  );

/**
 * What a task reserves: its own cpu and memory where set, else the sum over its containers, a container's
 * memoryReservation before its memory. (ECS API, TaskDefinition and ContainerDefinition.)
 */
export const needOf = (definition: JsonObject, networkMode: string): Need => {
  const containers = objects(definition, 'containerDefinitions') ?? [];
  return {
    cpuUnits: number(definition, 'cpu') ?? sum(containers, (it) => number(it, 'cpu') ?? 0),
    memoryMiB:
      number(definition, 'memory') ??
      sum(containers, (it) => number(it, 'memoryReservation') ?? number(it, 'memory') ?? 0),
    tcpPorts: hostPorts(containers, networkMode, 'tcp'),
    udpPorts: hostPorts(containers, networkMode, 'udp'),
    gpus: gpusOf(containers),
    networkInterfaces: networkMode === 'awsvpc' ? 1 : 0,
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

export type Shortage = 'RESOURCE:CPU' | 'RESOURCE:MEMORY' | 'RESOURCE:PORTS' | 'RESOURCE:GPU' | 'RESOURCE:ENI';

const areTaken = (inUse: ReadonlySet<number>, ports: readonly number[]): boolean =>
  ports.length > 0 && ports.some((port) => inUse.has(port));

/** The first resource that does not suffice, or undefined when the task fits. */
export const shortageOf = (pool: Readonly<Pool>, need: Need): Shortage | undefined => {
  if (need.cpuUnits > pool.cpuUnits) return 'RESOURCE:CPU';
  if (need.memoryMiB > pool.memoryMiB) return 'RESOURCE:MEMORY';
  if (areTaken(pool.tcpPortsInUse, need.tcpPorts) || areTaken(pool.udpPortsInUse, need.udpPorts))
    return 'RESOURCE:PORTS';
  if (need.gpus > pool.freeGpus.size) return 'RESOURCE:GPU';
  return need.networkInterfaces > pool.networkInterfaces ? 'RESOURCE:ENI' : undefined;
};

/** Takes what the task needs; returns the GPUs it got. */
export const take = (pool: Pool, need: Need): readonly string[] => {
  pool.cpuUnits -= need.cpuUnits;
  pool.memoryMiB -= need.memoryMiB;
  pool.networkInterfaces -= need.networkInterfaces;
  for (const port of need.tcpPorts) pool.tcpPortsInUse.add(port);
  for (const port of need.udpPorts) pool.udpPortsInUse.add(port);
  const gpuIds = need.gpus === 0 ? [] : [...pool.freeGpus].slice(0, need.gpus);
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
};

export const copyPool = (pool: Readonly<Pool>): Pool => ({
  cpuUnits: pool.cpuUnits,
  memoryMiB: pool.memoryMiB,
  tcpPortsInUse: new Set(pool.tcpPortsInUse),
  udpPortsInUse: new Set(pool.udpPortsInUse),
  freeGpus: new Set(pool.freeGpus),
  networkInterfaces: pool.networkInterfaces,
});
