import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { flag, number, object, requiredText, text, texts } from '../json.ts';
import { noCircuitBreaker } from './circuit-breaker.ts';
import { configure, deploy, newDeployment, newTaskSet } from './deployments.ts';
import {
  activeDefinition,
  activeService,
  atMost,
  clusterOf,
  ecsPage,
  foundAndMissing,
  idOf,
  invalid,
  launchOf,
  serviceOf,
  strategyOf,
  tagsOf,
} from './lookup.ts';
import { compileQuery } from './query-language.ts';
import type { ServiceEvents } from './service-events.ts';
import { serviceCountsJson, serviceJson } from './service-json.ts';
import type { Signals } from './signals.ts';
import type { Cluster, EcsState, Service } from './state.ts';
import { seenBefore, type Visibility } from './visibility.ts';

export interface ServiceApiParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly signals: Signals;
  readonly events: ServiceEvents;
  readonly visibility: Visibility;
}

const code = 'InvalidParameterException';

const controllerOf = (input: JsonObject): Service['controller'] => {
  const type = text(object(input, 'deploymentController') ?? {}, 'type') ?? 'ECS';
  if (type !== 'ECS' && type !== 'CODE_DEPLOY' && type !== 'EXTERNAL')
    throw invalid(`Deployment controller ${type} is invalid.`);
  return type;
};

/** Replicas default to 100 and 200 %, daemons to 0 and 100 %. (ECS API, DeploymentConfiguration.) */
const newService = (ground: Ground, cluster: Cluster, name: string, input: JsonObject): Service => {
  const isDaemon = text(input, 'schedulingStrategy') === 'DAEMON';
  const service: Service = {
    cluster,
    name,
    arn: ground.arn('ecs', `service/${cluster.name}/${name}`),
    createdAt: ground.now(),
    schedulingStrategy: isDaemon ? 'DAEMON' : 'REPLICA',
    controller: controllerOf(input),
    tags: tagsOf(input),
    status: 'ACTIVE',
    desiredCount: isDaemon ? 0 : (number(input, 'desiredCount') ?? 1),
    json: {},
    deploymentStrategy: 'ROLLING',
    minimumHealthyPercent: isDaemon ? 0 : 100,
    maximumPercent: isDaemon ? 100 : 200,
    bakeMs: 0,
    circuitBreaker: noCircuitBreaker,
    hasLoadBalancer: false,
    availabilityZoneRebalancing: 'ENABLED',
    rebalancing: { checkAt: undefined, extra: undefined, underWay: false, toldAt: undefined },
    placementConstraints: [],
    placementStrategy: [],
    deployments: [],
    lastCompleted: undefined,
    tasks: new Set(),
    events: [],
    steady: false,
    lastFailure: undefined,
    wakeAt: undefined,
    daemonWants: new Map(),
    launchWindowStart: 0,
    launchesInWindow: 0,
    before: undefined,
  };
  configure(service, input, ground.constants.circuitBreakerFailures);
  for (const it of service.placementConstraints) if (it.type === 'memberOf') compileQuery(it.expression ?? '');
  return service;
};

export const serviceApi = ({ ground, state, signals, events, visibility }: ServiceApiParts): Api => {
  const logCount = (service: Service, from: number, to: number): void => {
    if (from === to) return;
    ground.log.write({
      kind: 'serviceCount',
      at: ground.now(),
      cluster: service.cluster.name,
      service: service.name,
      from,
      to,
      caller: ground.caller() ?? 'world',
    });
  };

  const firstDeployment = (service: Service, input: JsonObject): void => {
    if (service.controller === 'EXTERNAL') return; // its task sets bring their definitions
    const definition = activeDefinition(state, requiredText(input, 'taskDefinition', code));
    const launch = launchOf(state, service.cluster, input);
    if (service.controller === 'ECS') {
      deploy(ground, events, newDeployment(ground, service, definition, launch));
      return;
    }
    const taskSet = newTaskSet(ground, service, definition, launch, {});
    taskSet.status = 'PRIMARY';
    service.deployments = [taskSet];
  };

  const create = (input: JsonObject): Service => {
    const cluster = clusterOf(state, input);
    const name = requiredText(input, 'serviceName', code);
    if (cluster.services.get(name)?.status === 'ACTIVE') throw invalid('Creation of service was not idempotent.');
    const service = newService(ground, cluster, name, input);
    firstDeployment(service, input);
    cluster.services.set(name, service);
    logCount(service, 0, service.desiredCount);
    signals.serviceTouched(service);
    return service;
  };

  /** Another definition or strategy, or a forced deployment, makes a new deployment; a count alone does not. */
  const redeploy = (service: Service, input: JsonObject): void => {
    const [primary] = service.deployments;
    const asked = text(input, 'taskDefinition');
    const strategy = strategyOf(state, service.cluster, input);
    const forced = flag(input, 'forceNewDeployment') === true;
    if (asked === undefined && strategy === undefined && !forced) return;
    if (service.controller !== 'ECS' || primary === undefined) {
      throw invalid(
        'Unable to update task definition on services with a CODE_DEPLOY or EXTERNAL deployment controller.',
      );
    }
    const definition = asked === undefined ? primary.definition : activeDefinition(state, asked);
    const launch = strategy === undefined ? primary : { launchType: undefined, strategy };
    const { launchType } = launch;
    if (definition === primary.definition && strategy === undefined && !forced) return;
    deploy(ground, events, newDeployment(ground, service, definition, { launchType, strategy: launch.strategy }));
  };

  const update = (input: JsonObject): Service => {
    const service = activeService(clusterOf(state, input), requiredText(input, 'service', code));
    const desiredCount = number(input, 'desiredCount');
    if (desiredCount !== undefined && desiredCount < 0) throw invalid('desiredCount cannot be negative.');
    visibility.hide(service, () => serviceCountsJson(service));
    redeploy(service, input);
    configure(service, input, ground.constants.circuitBreakerFailures);
    if (desiredCount !== undefined && service.schedulingStrategy === 'REPLICA') {
      logCount(service, service.desiredCount, desiredCount);
      if (desiredCount !== service.desiredCount) service.steady = false;
      service.desiredCount = desiredCount;
      for (const it of service.deployments) it.updatedAt = ground.now();
    }
    signals.serviceTouched(service);
    return service;
  };

  const remove = (input: JsonObject): Service => {
    const service = activeService(clusterOf(state, input), requiredText(input, 'service', code));
    const scaled = service.schedulingStrategy === 'REPLICA' && service.desiredCount > 0;
    if (scaled && flag(input, 'force') !== true) {
      throw invalid('The service cannot be stopped while it is scaled above 0.');
    }
    visibility.hide(service, () => serviceCountsJson(service));
    service.status = 'DRAINING';
    logCount(service, service.desiredCount, 0);
    service.desiredCount = 0;
    signals.serviceTouched(service);
    return service;
  };

  const describe = (input: JsonObject): JsonObject => {
    const cluster = clusterOf(state, input);
    const names = texts(input, 'services') ?? [];
    if (names.length === 0) throw invalid('Services cannot be empty.');
    atMost(names, 10, 'Services');
    const { found, failures } = foundAndMissing(
      names,
      (name) => serviceOf(cluster, name),
      (name) => ground.arn('ecs', `service/${cluster.name}/${idOf(name)}`),
    );
    const withTags = texts(input, 'include')?.includes('TAGS') === true;
    const seen = (it: Service): JsonObject => ({ ...serviceJson(it, withTags), ...seenBefore(it, ground.now()) });
    return { services: found.map(seen), failures };
  };

  const list = (input: JsonObject): JsonObject => {
    const cluster = clusterOf(state, input);
    const scheduling = text(input, 'schedulingStrategy');
    const launchType = text(input, 'launchType');
    const arns = [...cluster.services.values()]
      .filter((it) => it.status !== 'INACTIVE')
      .filter((it) => scheduling === undefined || it.schedulingStrategy === scheduling)
      .filter((it) => launchType === undefined || it.deployments[0]?.launchType === launchType)
      .map((it) => it.arn);
    const { items, nextToken } = ecsPage(arns, input, 10, 100);
    return { serviceArns: items, nextToken };
  };

  return {
    CreateService: (input) => ({ service: serviceJson(create(input), true) }),
    UpdateService: (input) => ({ service: serviceJson(update(input)) }),
    DeleteService: (input) => ({ service: serviceJson(remove(input)) }),
    DescribeServices: describe,
    ListServices: list,
  };
};
