import { AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { number, objects, type Page, pageOf, text } from '../json.ts';
import type {
  Cluster,
  ContainerInstance,
  EcsState,
  PlacementRule,
  Service,
  StrategyItem,
  Tags,
  Task,
  TaskDefinition,
} from './state.ts';

export const invalid = (message: string): AwsApiError => new AwsApiError('InvalidParameterException', message);

/** The last part of an ARN, old format or new, or the name itself. */
export const idOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

export const clusterOf = (state: EcsState, input: JsonObject): Cluster => {
  const cluster = state.clusters.get(idOf(text(input, 'cluster') ?? 'default'));
  if (cluster?.status !== 'ACTIVE') throw new AwsApiError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
};

export const serviceOf = (cluster: Cluster, reference: string): Service | undefined =>
  cluster.services.get(idOf(reference));

/** The service a write names; it must be ACTIVE. */
export const activeService = (cluster: Cluster, reference: string): Service => {
  const service = serviceOf(cluster, reference);
  if (service === undefined) throw new AwsApiError('ServiceNotFoundException', 'Service not found.');
  if (service.status !== 'ACTIVE') throw new AwsApiError('ServiceNotActiveException', 'Service was not ACTIVE.');
  return service;
};

export const taskOf = (ground: Ground, cluster: Cluster, reference: string): Task | undefined =>
  cluster.tasks.get(ground.arn('ecs', `task/${cluster.name}/${idOf(reference)}`));

export const instanceOf = (ground: Ground, cluster: Cluster, reference: string): ContainerInstance | undefined =>
  cluster.instances.get(ground.arn('ecs', `container-instance/${cluster.name}/${idOf(reference)}`));

/** By ARN, `family:revision`, or `family` for its newest ACTIVE revision. */
export const definitionOf = (state: EcsState, reference: string): TaskDefinition => {
  const name = idOf(reference);
  const [family = '', revision] = name.split(':');
  const revisions = state.families.get(family) ?? [];
  const found =
    revision === undefined
      ? revisions.findLast((it) => it.deregisteredAt === undefined)
      : revisions.find((it) => it.revision === Number(revision));
  if (found === undefined) throw new AwsApiError('ClientException', 'Unable to describe task definition.');
  return found;
};

/** A definition that new tasks may use. */
export const activeDefinition = (state: EcsState, reference: string): TaskDefinition => {
  const inactive = new AwsApiError('ClientException', 'TaskDefinition is inactive');
  let definition: TaskDefinition;
  try {
    definition = definitionOf(state, reference);
  } catch {
    throw new AwsApiError('ClientException', 'TaskDefinition not found.');
  }
  if (definition.deregisteredAt !== undefined) throw inactive;
  return definition;
};

export const ecsPage = <T>(all: readonly T[], input: JsonObject, defaultSize: number, maximum: number): Page<T> => {
  const size = number(input, 'maxResults') ?? defaultSize;
  if (size < 1 || size > maximum) throw invalid(`maxResults must be between 1 and ${maximum}.`);
  return pageOf(all, size, text(input, 'nextToken'), () => invalid('Invalid token.'));
};

/** What a batch found, and a failure for each name it did not. */
export const foundAndMissing = <T>(
  names: readonly string[],
  find: (name: string) => T | undefined,
  arnOf: (name: string) => string,
): { readonly found: readonly T[]; readonly failures: readonly JsonObject[] } => {
  const found: T[] = [];
  const failures: JsonObject[] = [];
  for (const name of names) {
    const item = find(name);
    if (item === undefined) failures.push({ arn: arnOf(name), reason: 'MISSING' });
    else found.push(item);
  }
  return { found, failures };
};

export const atMost = (names: readonly string[], maximum: number, what: string): void => {
  if (names.length > maximum) throw invalid(`${what} cannot contain more than ${maximum} items.`);
};

export const tagsOf = (input: JsonObject): Tags =>
  new Map((objects(input, 'tags') ?? []).map((it) => [text(it, 'key') ?? '', text(it, 'value') ?? '']));

export const rulesOf = (input: JsonObject, name: string): readonly PlacementRule[] | undefined =>
  objects(input, name)?.map((it) => ({
    type: text(it, 'type') ?? '',
    field: text(it, 'field'),
    expression: text(it, 'expression'),
  }));

/** One base at most, and of several providers one with a weight. (ECS API, CapacityProviderStrategyItem.) */
const checkStrategy = (items: readonly StrategyItem[]): void => {
  if (items.filter((it) => it.base > 0).length > 1) {
    throw invalid('Only one capacity provider in a capacity provider strategy can have a base.');
  }
  if (items.length > 1 && items.every((it) => it.weight === 0)) {
    throw invalid('At least one capacity provider in the strategy must have a weight greater than 0.');
  }
};

export const strategyOf = (
  state: EcsState,
  cluster: Cluster,
  input: JsonObject,
  name = 'capacityProviderStrategy',
): readonly StrategyItem[] | undefined => {
  const items = objects(input, name)?.map((it) => {
    const capacityProvider = text(it, 'capacityProvider') ?? '';
    if (!state.providers.has(capacityProvider) || !cluster.capacityProviders.includes(capacityProvider)) {
      throw invalid(`The specified capacity provider '${capacityProvider}' was not found.`);
    }
    return { capacityProvider, base: number(it, 'base') ?? 0, weight: number(it, 'weight') ?? 0 };
  });
  if (items !== undefined) checkStrategy(items);
  return items;
};

export const strategyJson = (strategy: readonly StrategyItem[]): readonly JsonObject[] =>
  strategy.map((it) => ({ capacityProvider: it.capacityProvider, weight: it.weight, base: it.base }));

/** A default strategy of one provider without a weight is taken, and then refuses every task (containers-roadmap issue 631). */
const noWeight =
  'There are no capacity providers with a weight value greater than zero defined in the default capacity provider strategy.';

/**
 * How tasks are launched: by the strategy asked for, on EC2 if that is asked for, else by the cluster's default strategy.
 * (ECS API, RunTask and CreateService.)
 */
export const launchOf = (
  state: EcsState,
  cluster: Cluster,
  input: JsonObject,
): { readonly launchType: string | undefined; readonly strategy: readonly StrategyItem[] } => {
  const launchType = text(input, 'launchType');
  const strategy = strategyOf(state, cluster, input);
  if (launchType !== undefined && strategy !== undefined && strategy.length > 0) {
    throw invalid(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (launchType !== undefined && launchType !== 'EC2') throw invalid(`Launch type ${launchType} is not modelled.`);
  if (strategy !== undefined && strategy.length > 0) return { launchType: undefined, strategy };
  if (launchType === undefined && cluster.defaultStrategy.length > 0) {
    if (cluster.defaultStrategy.every((it) => it.weight === 0)) throw invalid(noWeight);
    return { launchType: undefined, strategy: cluster.defaultStrategy };
  }
  return { launchType: 'EC2', strategy: [] };
};
