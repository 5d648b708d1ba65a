import type { Json, JsonObject } from '../api.ts';
import { epochSeconds, objects } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import { strategyJson } from './lookup.ts';
import { computedDesiredCount, desiredOf } from './rollout.ts';
import { type Deployment, isStarting, isWanted, type PlacementRule, type Service, type Task } from './state.ts';

interface Counts {
  readonly running: number;
  readonly pending: number;
}

const countsOf = (tasks: Iterable<Task>): Counts => {
  let [running, pending] = [0, 0];
  for (const it of tasks) {
    if (!isWanted(it)) continue;
    if (it.lastStatus === 'RUNNING') running++;
    else if (isStarting(it)) pending++;
  }
  return { running, pending };
};

/** An older rolling deployment wants no more than it still has. */
export const deploymentDesired = (it: Deployment): number => {
  const shrinks = it.retired || (it.service.deploymentStrategy === 'ROLLING' && it.status !== 'PRIMARY');
  return shrinks ? [...it.tasks].filter(isWanted).length : desiredOf(it.service);
};

const launchJson = (it: Deployment): JsonObject =>
  it.strategy.length > 0 ? { capacityProviderStrategy: strategyJson(it.strategy) } : { launchType: it.launchType };

const deploymentJson = (it: Deployment): JsonObject => {
  const { running, pending } = countsOf(it.tasks);
  return {
    id: it.id,
    status: it.status,
    taskDefinition: it.definition.arn,
    desiredCount: deploymentDesired(it),
    pendingCount: pending,
    runningCount: running,
    failedTasks: it.failedTasks,
    createdAt: epochSeconds(it.createdAt),
    updatedAt: epochSeconds(it.updatedAt),
    rolloutState: it.rolloutState,
    rolloutStateReason: it.rolloutStateReason,
    ...launchJson(it),
  };
};

export const taskSetJson = (it: Deployment): JsonObject => {
  const { running, pending } = countsOf(it.tasks);
  const desired = computedDesiredCount(it);
  return {
    id: it.id,
    taskSetArn: it.arn,
    serviceArn: it.service.arn,
    clusterArn: it.service.cluster.arn,
    startedBy: it.service.controller === 'CODE_DEPLOY' ? 'CODE_DEPLOY' : undefined,
    externalId: it.externalId,
    status: it.status,
    taskDefinition: it.definition.arn,
    computedDesiredCount: desired,
    pendingCount: pending,
    runningCount: running,
    createdAt: epochSeconds(it.createdAt),
    updatedAt: epochSeconds(it.updatedAt),
    loadBalancers: [],
    serviceRegistries: [],
    scale: { value: it.scalePercent, unit: 'PERCENT' },
    stabilityStatus: running === desired && pending === 0 ? 'STEADY_STATE' : 'STABILIZING',
    stabilityStatusAt: epochSeconds(it.updatedAt),
    tags: [],
    ...launchJson(it),
  };
};

const ruleJson = (rule: PlacementRule): JsonObject => ({
  type: rule.type,
  ...(rule.field === undefined ? {} : { field: rule.field }),
  ...(rule.expression === undefined ? {} : { expression: rule.expression }),
});

const deploymentConfiguration = (service: Service): JsonObject => ({
  deploymentCircuitBreaker: service.circuitBreaker.json,
  ...(service.controller === 'ECS' ? { strategy: service.deploymentStrategy } : {}),
  maximumPercent: service.maximumPercent,
  minimumHealthyPercent: service.minimumHealthyPercent,
  ...(service.deploymentStrategy === 'ROLLING' ? {} : { bakeTimeInMinutes: service.bakeMs / 60_000 }),
});

/** What a write to the service and its tasks change. */
export const serviceCountsJson = (service: Service): JsonObject => {
  const { running, pending } = countsOf(service.tasks);
  const [primary] = service.deployments;
  const asTaskSets = service.controller !== 'ECS';
  return {
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: running,
    pendingCount: pending,
    taskDefinition: primary?.definition.arn,
    ...(asTaskSets ? { taskSets: service.deployments.map(taskSetJson) } : {}),
    deployments: asTaskSets ? [] : service.deployments.map(deploymentJson),
  };
};

/** A service as DescribeServices answers it. */
export const serviceJson = (service: Service, withTags = false): JsonObject => {
  const [primary] = service.deployments;
  const json: Record<string, Json> = {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    loadBalancers: objects(service.json, 'loadBalancers') ?? [],
    serviceRegistries: objects(service.json, 'serviceRegistries') ?? [],
    ...serviceCountsJson(service),
    ...(primary === undefined ? { launchType: 'EC2' } : launchJson(primary)),
    deploymentConfiguration: deploymentConfiguration(service),
    events: service.events.slice(),
    createdAt: epochSeconds(service.createdAt),
    placementConstraints: service.placementConstraints.map(ruleJson),
    placementStrategy: service.placementStrategy.map(ruleJson),
    networkConfiguration: service.json['networkConfiguration'],
    healthCheckGracePeriodSeconds: service.json['healthCheckGracePeriodSeconds'],
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: { type: service.controller },
    tags: withTags ? tagsJson(service.tags) : [],
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
  };
  return json;
};
