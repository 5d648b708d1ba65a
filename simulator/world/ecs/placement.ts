import { compileQuery, type Predicate } from './query-language.ts';
import { shortageOf } from './resources.ts';
import type { Cluster, ContainerInstance, Need, PlacementRule, TaskDefinition } from './state.ts';

export interface PlacementRequest {
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly need: Need;
  readonly group: string;
  readonly constraints: readonly PlacementRule[];
  readonly strategy: readonly PlacementRule[];
  /** The only provider it may run on, where it is bound to one. */
  readonly capacityProvider: string | undefined;
}

/** Why an instance is no place for the task. */
export interface Refusal {
  readonly instance: ContainerInstance;
  readonly reason: string;
}

/** What a service without a strategy gets: Availability Zones evenly, then the instance with fewest of its tasks. (ECS API, UpdateService.) */
export const serviceDefault: readonly PlacementRule[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone', expression: undefined },
  { type: 'spread', field: 'instanceId', expression: undefined },
];

const predicatesOf = (request: PlacementRequest): readonly Predicate[] => [
  ...request.definition.constraints.map(compileQuery),
  ...request.constraints.flatMap((it) => (it.type === 'memberOf' ? [compileQuery(it.expression ?? '')] : [])),
];

const isDistinct = (request: PlacementRequest): boolean =>
  request.constraints.some((it) => it.type === 'distinctInstance');

/** Whether the instance answers to constraints, resources aside; daemons are wanted on every such instance. */
export const satisfiesConstraints = (request: PlacementRequest): Predicate => {
  const predicates = predicatesOf(request);
  const { capacityProvider } = request;
  const { requiredAttributes } = request.definition;
  return (instance) =>
    (capacityProvider === undefined || instance.capacityProviderName === capacityProvider) &&
    requiredAttributes.every((name) => instance.attributes.has(name)) &&
    predicates.every((predicate) => predicate(instance));
};

/** The instances that could take the task now. */
const candidatesOf = (request: PlacementRequest): ContainerInstance[] => {
  const { cluster, need, group } = request;
  const satisfies = satisfiesConstraints(request);
  const distinct = isDistinct(request);
  const found: ContainerInstance[] = [];
  for (const it of cluster.instances.values()) {
    if (it.status !== 'ACTIVE' || !it.agentConnected) continue;
    if (shortageOf(it.remaining, need) !== undefined) continue;
    if (distinct && it.tasksByGroup.has(group)) continue;
    if (satisfies(it)) found.push(it);
  }
  return found;
};

const keepLowest = (candidates: ContainerInstance[], score: (it: ContainerInstance) => number): ContainerInstance[] => {
  let best = Number.POSITIVE_INFINITY;
  let kept: ContainerInstance[] = [];
  for (const it of candidates) {
    const value = score(it);
    if (value > best) continue;
    if (value < best) {
      best = value;
      kept = [];
    }
    kept.push(it);
  }
  return kept;
};

/** How many tasks of the group run on instances sharing each value of an attribute. */
export const countByAttribute = (cluster: Cluster, group: string, attribute: string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const it of cluster.instances.values()) {
    const count = it.tasksByGroup.get(group);
    if (count === undefined) continue;
    const value = it.attributes.get(attribute) ?? '';
    counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
};

const spread = (candidates: ContainerInstance[], request: PlacementRequest, field: string): ContainerInstance[] => {
  if (!field.startsWith('attribute:')) return keepLowest(candidates, (it) => it.tasksByGroup.get(request.group) ?? 0);
  const attribute = field.slice('attribute:'.length);
  const counts = countByAttribute(request.cluster, request.group, attribute);
  return keepLowest(candidates, (it) => counts.get(it.attributes.get(attribute) ?? '') ?? 0);
};

const narrow = (
  candidates: ContainerInstance[],
  rule: PlacementRule,
  request: PlacementRequest,
): ContainerInstance[] => {
  if (rule.type === 'spread') return spread(candidates, request, rule.field ?? 'instanceId');
  if (rule.type !== 'binpack') return candidates;
  return rule.field?.toLowerCase() === 'memory'
    ? keepLowest(candidates, (it) => it.remaining.memoryMiB)
    : keepLowest(candidates, (it) => it.remaining.cpuUnits);
};

/**
 * The container instance ECS would choose: what fits, then the constraints, then the strategies in the order listed;
 * what is still equal is decided by luck, for ECS does not say how it breaks ties. (ECS developer guide, task placement.)
 */
export const findPlace = (request: PlacementRequest, luck: () => number): ContainerInstance | undefined => {
  let candidates = candidatesOf(request);
  for (const rule of request.strategy) {
    if (candidates.length <= 1) break;
    candidates = narrow(candidates, rule, request);
  }
  return candidates.length <= 1 ? candidates[0] : candidates[Math.floor(luck() * candidates.length)];
};

const refusalOf = (it: ContainerInstance, request: PlacementRequest, satisfies: Predicate): string => {
  if (!satisfies(it)) return 'ATTRIBUTE';
  if (it.status !== 'ACTIVE') return 'INACTIVE';
  if (!it.agentConnected) return 'AGENT';
  return shortageOf(it.remaining, request.need) ?? 'DISTINCT_INSTANCE';
};

/** Why no instance would do, the nearest to fitting first. */
export const refusals = (request: PlacementRequest): readonly Refusal[] => {
  const satisfies = satisfiesConstraints(request);
  return [...request.cluster.instances.values()]
    .map((instance) => ({ instance, reason: refusalOf(instance, request, satisfies) }))
    .sort((a, b) => Number(b.reason.startsWith('RESOURCE')) - Number(a.reason.startsWith('RESOURCE')));
};
