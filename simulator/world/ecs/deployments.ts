import type { JsonObject } from '../api.ts';
import type { WorldConstants } from '../constants.ts';
import type { Ground } from '../ground.ts';
import { number, object, objects, text } from '../json.ts';
import { circuitBreakerOf } from './circuit-breaker.ts';
import { invalid, rulesOf } from './lookup.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Deployment, Service, StrategyItem, TaskDefinition } from './state.ts';

export interface Launch {
  readonly launchType: string | undefined;
  readonly strategy: readonly StrategyItem[];
}

/** A service's deployments carry ids like `ecs-svc/1234567890123456789`. */
const deploymentId = (ground: Ground): string =>
  `ecs-svc/${(BigInt(`0x${ground.hex(16)}`) % 10n ** 19n).toString().padStart(19, '1')}`;

const blank = (ground: Ground) => ({
  createdAt: ground.now(),
  updatedAt: ground.now(),
  rolloutState: 'IN_PROGRESS' as const,
  retired: false,
  bakedAt: undefined,
  failedTasks: 0,
  failuresThrottled: 0,
  throttledUntil: 0,
  isRollback: false,
});

export const newDeployment = (
  ground: Ground,
  service: Service,
  definition: TaskDefinition,
  launch: Launch,
): Deployment => {
  const id = deploymentId(ground);
  return {
    ...blank(ground),
    ...launch,
    id,
    arn: undefined,
    externalId: undefined,
    service,
    definition,
    status: 'PRIMARY',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    scalePercent: 100,
    wants: [],
    tasks: new Set(),
  };
};

export const newTaskSet = (
  ground: Ground,
  service: Service,
  definition: TaskDefinition,
  launch: Launch,
  input: JsonObject,
): Deployment => {
  const id = deploymentId(ground);
  return {
    ...newDeployment(ground, service, definition, launch),
    id,
    arn: ground.arn('ecs', `task-set/${service.cluster.name}/${service.name}/${id}`),
    externalId: text(input, 'externalId'),
    status: 'ACTIVE',
    scalePercent: number(object(input, 'scale') ?? {}, 'value') ?? 100,
  };
};

/** Puts a new deployment first; those before it turn ACTIVE, and an unfinished green one is given up. */
export const deploy = (ground: Ground, events: ServiceEvents, deployment: Deployment): void => {
  const { service } = deployment;
  for (const it of service.deployments) {
    it.status = 'ACTIVE';
    if (service.deploymentStrategy !== 'ROLLING' && it.rolloutState === 'IN_PROGRESS') it.retired = true;
    it.updatedAt = ground.now();
  }
  service.deployments = [deployment, ...service.deployments];
  service.steady = false;
  events.deployment(deployment, 'SERVICE_DEPLOYMENT_IN_PROGRESS', deployment.rolloutStateReason);
};

/** Minutes that pass between green being healthy and blue going: traffic shifting in steps, then the bake time. */
const bakeMinutes = (configuration: JsonObject): number => {
  const linear = object(configuration, 'linearConfiguration');
  const canary = object(configuration, 'canaryConfiguration');
  const steps = linear === undefined ? 0 : Math.ceil(100 / (number(linear, 'stepPercent') ?? 10));
  return (
    (number(configuration, 'bakeTimeInMinutes') ?? 0) +
    steps * (number(linear ?? {}, 'stepBakeTimeInMinutes') ?? 6) +
    (canary === undefined ? 0 : (number(canary, 'canaryBakeTimeInMinutes') ?? 10))
  );
};

/**
 * Why ECS would not rebalance the service's Availability Zones, if it would not: only replica services that spread over
 * zones first and may run more tasks than desired are balanced. (ECS developer guide, service rebalancing.)
 */
const rebalancingObstacle = (service: Service): string | undefined => {
  const [first] = service.placementStrategy;
  if (service.schedulingStrategy === 'DAEMON') return 'daemon services';
  if (service.maximumPercent <= 100) return 'a maximumPercent of 100 or less';
  if (service.controller !== 'ECS') return 'CODE_DEPLOY and EXTERNAL deployment controllers';
  const spreadsZones = first?.type === 'spread' && first.field === 'attribute:ecs.availability-zone';
  return first === undefined || spreadsZones ? undefined : 'a first placement strategy other than zone spread';
};

/** Unsaid, a new service that can have it has it, and an old one keeps what it has. (ECS API, CreateService.) */
const rebalancingAsked = (service: Service, input: JsonObject): Service['availabilityZoneRebalancing'] => {
  const asked = text(input, 'availabilityZoneRebalancing');
  const obstacle = rebalancingObstacle(service);
  if (asked === 'ENABLED' && obstacle !== undefined) {
    throw invalid(`Availability Zone rebalancing does not support ${obstacle}.`);
  }
  if (obstacle !== undefined || asked === 'DISABLED') return 'DISABLED';
  return asked === 'ENABLED' ? 'ENABLED' : service.availabilityZoneRebalancing;
};

/** Takes over what a create or update request says of deployments and placement. */
export const configure = (
  service: Service,
  input: JsonObject,
  bounds: WorldConstants['circuitBreakerFailures'],
): void => {
  const configuration = object(input, 'deploymentConfiguration') ?? {};
  service.json = { ...service.json, ...input };
  service.deploymentStrategy = text(configuration, 'strategy') ?? service.deploymentStrategy;
  // CODE_DEPLOY and EXTERNAL keep the defaults on EC2. (ECS API, DeploymentConfiguration.)
  if (service.controller === 'ECS') {
    service.minimumHealthyPercent = number(configuration, 'minimumHealthyPercent') ?? service.minimumHealthyPercent;
    service.maximumPercent = number(configuration, 'maximumPercent') ?? service.maximumPercent;
  }
  const breaker = object(configuration, 'deploymentCircuitBreaker');
  if (breaker !== undefined) service.circuitBreaker = circuitBreakerOf(breaker, bounds);
  if (object(input, 'deploymentConfiguration') !== undefined) service.bakeMs = bakeMinutes(configuration) * 60_000;
  service.hasLoadBalancer = (objects(service.json, 'loadBalancers') ?? []).length > 0;
  service.placementConstraints = rulesOf(input, 'placementConstraints') ?? service.placementConstraints;
  service.placementStrategy = rulesOf(input, 'placementStrategy') ?? service.placementStrategy;
  service.availabilityZoneRebalancing = rebalancingAsked(service, input);
};
