import type { CapacityRequest } from '../../model/asked-for.ts';
import type { Service } from '../../model/service.ts';
import { type Caps, settingsOf } from '../../model/settings.ts';
import type { Requirements } from '../../model/task-definition.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { isOfRequest } from '../../planning/reserves/capacity-runs.ts';
import { type LookDependencies, look } from '../reading/look.ts';
import type { CapacityRunDependencies } from './dependencies.ts';
import { RequestError, type RequestOf, timeFrom } from './request.ts';

/** Room costs money all the while: whoever needs it for longer wants headroom or a larger service. */
const longestMs = 7 * 24 * 60 * minuteMs;

const until = (text: string, now: EpochMs): EpochMs => {
  const at = timeFrom(text, now);
  if (at - now <= longestMs) return at;
  throw new RequestError(`until ${text} is more than 7 days ahead: for longer, write headroom in berth.yml`);
};

/** The requests of a cluster that are not over. */
const capacityOf = async (
  cluster: string,
  { store, clock }: CapacityRunDependencies,
): Promise<readonly CapacityRequest[]> => {
  const { asked } = await store.drainsAndAsked(cluster);
  return asked.capacity.filter((it) => it.until > clock.now());
};

/** What one task of a request takes, and how many there are of them now. */
interface Target {
  readonly target: CapacityRequest['target'];
  readonly requirements: Requirements;
  readonly baseTasks: number;
}

const definitionNamed = async (name: string, { read }: CapacityRunDependencies) => {
  const { items, gaps } = await read.cluster.taskDefinitionNow(name);
  const [found] = items;
  if (found !== undefined) return found;
  throw new RequestError(`task definition ${name} cannot be read: ${gaps[0]?.detail ?? 'ECS does not know it'}`);
};

const serviceNamed = (name: string, services: readonly Service[], problem: string | undefined): Service => {
  const found = services.find((it) => it.name === name && it.status === 'ACTIVE');
  if (found === undefined)
    throw new RequestError(
      problem === undefined
        ? `there is no active service ${name}; there are: ${services.map((it) => it.name).join(', ') || 'none'}`
        : `service ${name} cannot be read: ${problem}`,
    );
  if (found.schedulingStrategy === 'DAEMON')
    throw new RequestError(`service ${name} is a daemon: it runs on every instance, so there is no room to ask for`);
  return found;
};

/** The target that a request names. */
const targetOf = async (
  cluster: string,
  asked: RequestOf<'requestCapacity'>,
  deps: CapacityRunDependencies,
): Promise<Target> => {
  const { service, taskDefinition, capacityProvider } = asked;
  if ((service === undefined) === (taskDefinition === undefined))
    throw new RequestError('write either service or taskDefinition');
  if (service !== undefined && capacityProvider !== undefined)
    throw new RequestError('remove capacityProvider: a service has its own');
  const target: CapacityRequest['target'] =
    service === undefined
      ? { kind: 'taskDefinition', taskDefinitionArn: taskDefinition ?? '', capacityProvider }
      : { kind: 'service', service };
  return sizedTarget(cluster, target, deps);
};

const sizedTarget = async (
  cluster: string,
  target: CapacityRequest['target'],
  deps: CapacityRunDependencies,
): Promise<Target> => {
  if (target.kind === 'service') {
    const { items, gaps } = await deps.read.cluster.services(cluster);
    const service = serviceNamed(target.service, items, gaps[0]?.detail);
    const { definition } = await definitionNamed(service.taskDefinitionArn, deps);
    return { target, requirements: definition.requirements, baseTasks: service.desiredCount };
  }
  const [{ definition, isInactive }, tasks] = await Promise.all([
    definitionNamed(target.taskDefinitionArn, deps),
    deps.read.cluster.tasks(cluster),
  ]);
  const { arn, requirements } = definition;
  if (isInactive) throw new RequestError(`task definition ${target.taskDefinitionArn} was deregistered: name another`);
  const baseTasks = tasks.items.filter((it) => it.taskDefinitionArn === arn && it.desiredStatus === 'RUNNING').length;
  return { target: { ...target, taskDefinitionArn: arn }, requirements, baseTasks };
};

const cpuUnitsPerVcpu = 1_024;
const mibPerGib = 1_024;

const zeroCaps: readonly (keyof Caps)[] = ['instances', 'vcpus', 'memoryGiB', 'dollarsPerHour'];

/** Why a cap of the cluster cannot be kept with so much room, whatever else there is in the cluster. */
const capProblem = (caps: Caps, tasks: number, { cpuUnits, memoryMiB }: Requirements): string | undefined => {
  const zero = zeroCaps.find((it) => caps[it] === 0);
  if (zero !== undefined) return `caps.${zero} of this cluster is 0: nothing may be launched`;
  const [vcpus, memoryGiB] = [(tasks * cpuUnits) / cpuUnitsPerVcpu, (tasks * memoryMiB) / mibPerGib];
  if (caps.vcpus !== undefined && vcpus > caps.vcpus)
    return `${tasks} tasks take ${vcpus} vCPU, and caps.vcpus of this cluster is ${caps.vcpus}`;
  if (caps.memoryGiB !== undefined && memoryGiB > caps.memoryGiB)
    return `${tasks} tasks take ${memoryGiB} GiB, and caps.memoryGiB of this cluster is ${caps.memoryGiB}`;
  return undefined;
};

/** The store as it would be with the request in it. */
const supposing = (request: CapacityRequest, { store }: CapacityRunDependencies): LookDependencies['store'] => ({
  recall: (cluster) => store.recall(cluster),
  drainsAndAsked: async (cluster) => {
    const known = await store.drainsAndAsked(cluster);
    const others = known.asked.capacity.filter((it) => it.id !== request.id);
    return { ...known, asked: { ...known.asked, capacity: [...others, request] } };
  },
});

/** How much of the room would not be made for the caps of the cluster, and which; undefined where they allow it. */
const overCaps = async (
  cluster: string,
  request: CapacityRequest,
  deps: CapacityRunDependencies,
): Promise<string | undefined> => {
  const { caps } = settingsOf(deps.settings, cluster);
  if (zeroCaps.every((it) => caps[it] === undefined)) return undefined;
  const { plan } = await look(cluster, { ...deps, store: supposing(request, deps) });
  const refused = plan.demand
    .filter((it) => it.id !== undefined && isOfRequest(it.id, request))
    .flatMap((it) => it.verdicts)
    .find(({ verdict }) => verdict.kind === 'unplaceable' && verdict.reason === 'caps');
  if (refused === undefined || refused.verdict.kind !== 'unplaceable') return undefined;
  return `${refused.tasks} of ${request.tasks} tasks would have no room: ${refused.verdict.detail}`;
};

/** An id made of what is asked for and when: two people who ask at once for the same get two requests. */
const idOf = (target: CapacityRequest['target'], now: EpochMs): string => {
  const name = target.kind === 'service' ? target.service : target.taskDefinitionArn.replace(/^.*\//, '');
  return `${name}-${new Date(now).toISOString()}`.slice(-100);
};

/**
 * Keeps a request for room, once it is known that it can be meant.
 * @throws RequestError
 */
export const requestCapacity = async (
  asked: RequestOf<'requestCapacity'>,
  deps: CapacityRunDependencies,
): Promise<CapacityRequest> => {
  const { cluster, tasks } = asked;
  const now = deps.clock.now();
  const end = until(asked.until, now);
  const { target, requirements, baseTasks } = await targetOf(cluster, asked, deps);
  const request = { id: asked.id ?? idOf(target, now), tasks, target, requestedAt: now, until: end, baseTasks };
  const problem =
    capProblem(settingsOf(deps.settings, cluster).caps, tasks, requirements) ??
    (await overCaps(cluster, request, deps));
  if (problem !== undefined) throw new RequestError(`${problem}: ask for less, or raise it in berth.yml`);
  await deps.store.putCapacity(cluster, request);
  return request;
};

const requestNamed = async (cluster: string, id: string, deps: CapacityRunDependencies): Promise<CapacityRequest> => {
  const open = await capacityOf(cluster, deps);
  const found = open.find((it) => it.id === id);
  if (found !== undefined) return found;
  throw new RequestError(
    `no open request of cluster ${cluster} has the id ${id}; open: ${open.map((it) => it.id).join(', ') || 'none'}`,
  );
};

/** @throws RequestError where there is no such request, or it may not last so long */
export const extendCapacity = async (
  { cluster, id, until: text }: RequestOf<'extendCapacity'>,
  deps: CapacityRunDependencies,
): Promise<CapacityRequest> => {
  const request = { ...(await requestNamed(cluster, id, deps)), until: until(text, deps.clock.now()) };
  await deps.store.putCapacity(cluster, request);
  return request;
};

/** @throws RequestError where there is no such request */
export const endCapacity = async (
  { cluster, id }: RequestOf<'endCapacity'>,
  deps: CapacityRunDependencies,
): Promise<CapacityRequest> => {
  const request = await requestNamed(cluster, id, deps);
  await deps.store.endCapacity(cluster, id);
  return request;
};
