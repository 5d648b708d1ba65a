import type { Past, Shape } from '../../lib/flows/reading/capture.ts';
import type { PlacementConstraint, Service } from '../../lib/model/service.ts';
import { durationText } from '../../simulator/workloads/file/duration.ts';
import { type Span, type Step, stepsOf } from './counts.ts';
import type { Names } from './names.ts';
import { type SizeDocument, sizeOf } from './sizes.ts';

interface StrategyDocument {
  readonly type: string;
  readonly field?: string;
}

export interface ServiceDocument extends SizeDocument {
  readonly schedulingStrategy?: 'DAEMON';
  readonly hostPorts: readonly number[] | undefined;
  readonly demand?:
    | { readonly count: number }
    | { readonly steps: readonly { readonly at: string; readonly value: number }[] };
  readonly groups: readonly string[] | undefined;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly loadBalancer?: true;
  readonly placementConstraints: readonly { readonly type: string; readonly expression?: string }[] | undefined;
  readonly placementStrategy: readonly StrategyDocument[] | undefined;
  readonly availabilityZoneRebalancing?: true;
}

export interface RecordedService {
  readonly name: string;
  readonly document: ServiceDocument | undefined;
  /** Tasks when the recording begins. */
  readonly countAtStart: number;
  readonly hasPast: boolean;
  readonly notes: readonly string[];
}

export interface ServiceGround {
  readonly shape: Shape;
  readonly past: Past | undefined;
  readonly span: Span | undefined;
  readonly names: Names;
  /** Names of groups that are in the recording, by those of capacity providers. */
  readonly groupsOfProviders: ReadonlyMap<string, string>;
}

const mostTasks = 5_000; // of a service in a scenario

const isElsewhere = (it: Service, { groupsOfProviders }: ServiceGround): boolean => {
  const { launchType, capacityProviderStrategy: strategy } = it;
  if (strategy.length > 0) return !strategy.some((one) => groupsOfProviders.has(one.capacityProvider));
  return launchType !== undefined && launchType !== 'EC2';
};

const groupsOf = ({ capacityProviderStrategy }: Service, { groupsOfProviders }: ServiceGround): readonly string[] =>
  [...new Set(capacityProviderStrategy.flatMap((it) => groupsOfProviders.get(it.capacityProvider) ?? []))].sort();

/** A scenario gives each group of a service the same weight and no base. */
const isUneven = ({ capacityProviderStrategy }: Service, { groupsOfProviders }: ServiceGround): boolean => {
  const its = capacityProviderStrategy.filter((it) => groupsOfProviders.has(it.capacityProvider));
  return its.length > 1 && (its.some((it) => it.base > 0) || new Set(its.map((it) => it.weight)).size > 1);
};

interface Translated<T> {
  readonly kept: readonly T[];
  readonly lost: number;
}

const translated = <I, T>(items: readonly I[], translate: (it: I) => T | undefined): Translated<T> => {
  const kept = items.flatMap((it) => translate(it) ?? []);
  return { kept, lost: items.length - kept.length };
};

const constraintOf =
  (names: Names) =>
  (it: PlacementConstraint): { readonly type: string; readonly expression?: string } | undefined => {
    if (it.type === 'distinctInstance') return { type: it.type };
    const expression = names.expression(it.expression);
    return expression === undefined ? undefined : { type: it.type, expression };
  };

/** Of a definition's own and the service's; the world knows those of services. */
const constraintsOf = (service: Service, { shape, names }: ServiceGround) => {
  const own = shape.taskDefinitions[service.taskDefinitionArn]?.memberOf ?? [];
  const all: readonly PlacementConstraint[] = [
    ...service.placementConstraints,
    ...own.map((expression) => ({ type: 'memberOf' as const, expression })),
  ];
  return translated(all, constraintOf(names));
};

const strategyOf = ({ placementStrategy }: Service, { names }: ServiceGround) =>
  translated(placementStrategy, ({ type, field }): StrategyDocument | undefined => {
    if (field === undefined || type === 'random') return { type };
    const its = names.expression(type === 'binpack' ? field.toLowerCase() : field);
    return its === undefined ? undefined : { type, field: its };
  });

const capped = (count: number): number => Math.min(mostTasks, count);

const demandOf = (steps: readonly Step[] | undefined, now: number): NonNullable<ServiceDocument['demand']> => {
  if (steps === undefined || steps.length <= 1) return { count: capped(steps?.[0]?.count ?? now) };
  return {
    steps: steps.map(({ atMs, count }) => ({ at: atMs === 0 ? '0s' : durationText(atMs), value: capped(count) })),
  };
};

/** What is empty is not written. */
const unlessEmpty = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items);

const slow: readonly string[] = ['blueGreen', 'linear', 'canary', 'codeDeploy', 'external'];

/** Ports as TCP, whatever they are: what counts is that two tasks with one never share an instance. */
const portsOf = (it: Shape['taskDefinitions'][string]): readonly number[] =>
  it.networkMode === 'awsvpc'
    ? []
    : [...new Set(it.requirements.hostPorts.map(({ port }) => port))].sort((a, b) => a - b);

export const serviceOf = (service: Service, ground: ServiceGround): RecordedService => {
  const { shape, past, span, names } = ground;
  const name = names.service(service.name);
  const definition = shape.taskDefinitions[service.taskDefinitionArn];
  const leftOut = (why: string): RecordedService => ({
    name,
    document: undefined,
    countAtStart: 0,
    hasPast: false,
    notes: [`service ${name} is left out: ${why}`],
  });
  if (service.status !== 'ACTIVE') return leftOut('it is being deleted');
  if (isElsewhere(service, ground)) return leftOut('its tasks do not run on instances of these groups');
  if (definition === undefined) return leftOut('its task definition could not be read');
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const samples = past?.running.get(service.name);
  const steps = samples !== undefined && span !== undefined ? stepsOf(samples, span) : undefined;
  const constraints = constraintsOf(service, ground);
  const strategy = strategyOf(service, ground);
  const { minimumHealthyPercent, maximumPercent } = service;
  const wasIdle = past !== undefined && steps === undefined && service.runningCount === 0;
  const now = wasIdle ? 0 : service.desiredCount;
  return {
    name,
    document: {
      ...(isDaemon ? { schedulingStrategy: 'DAEMON' } : {}),
      ...sizeOf(definition, { cpuUnits: undefined, memoryMiB: undefined }),
      hostPorts: unlessEmpty(portsOf(definition)),
      ...(isDaemon ? {} : { demand: demandOf(steps, now) }),
      groups: isDaemon ? undefined : unlessEmpty(groupsOf(service, ground)),
      minimumHealthyPercent: Math.min(100, minimumHealthyPercent),
      maximumPercent: Math.min(200, Math.max(100, maximumPercent)),
      ...(service.hasLoadBalancer === true ? { loadBalancer: true } : {}),
      placementConstraints: unlessEmpty(constraints.kept),
      placementStrategy: isDaemon ? undefined : unlessEmpty(strategy.kept),
      ...(service.availabilityZoneRebalancing && !isDaemon ? { availabilityZoneRebalancing: true } : {}),
    },
    countAtStart: isDaemon ? 0 : capped(steps?.[0]?.count ?? now),
    hasPast: steps !== undefined,
    notes: [
      ...(constraints.lost + strategy.lost > 0
        ? [`service ${name} has placement rules that would give names away; they are left out`]
        : []),
      ...(slow.includes(service.deploymentKind)
        ? [`service ${name} is deployed otherwise than rolling; here it is`]
        : []),
      ...(isUneven(service, ground)
        ? [`service ${name} is divided among its capacity providers by base and weight; here evenly`]
        : []),
      ...(maximumPercent > 200
        ? [`service ${name} may have ${maximumPercent} % while it is deployed; here 200 %`]
        : []),
    ],
  };
};
