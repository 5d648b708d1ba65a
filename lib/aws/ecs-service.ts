import type {
  CapacityProviderStrategyItem,
  PlacementConstraint as ConstraintAnswer,
  Deployment as DeploymentAnswer,
  Service as ServiceAnswer,
  PlacementStrategy as StrategyAnswer,
  TaskSet as TaskSetAnswer,
} from '@aws-sdk/client-ecs';
import type {
  Deployment,
  DeploymentKind,
  LaunchTarget,
  PlacementConstraint,
  PlacementStrategy,
  Service,
  StrategyItem,
  TaskSet,
} from '../model/service.ts';
import { secondMs } from '../model/time.ts';
import { malformed, need, needOneOf, needTime } from './decoding.ts';
import { launchTypeFrom } from './ecs-task.ts';

const kindsByStrategy: Readonly<Record<string, DeploymentKind>> = {
  ROLLING: 'rolling',
  BLUE_GREEN: 'blueGreen',
  LINEAR: 'linear',
  CANARY: 'canary',
};

const deploymentKindOf = (it: ServiceAnswer): DeploymentKind => {
  if (it.deploymentController?.type === 'CODE_DEPLOY') return 'codeDeploy';
  if (it.deploymentController?.type === 'EXTERNAL') return 'external';
  const strategy = it.deploymentConfiguration?.strategy ?? 'ROLLING';
  return kindsByStrategy[strategy] ?? malformed(`deployment strategy is ${strategy}`);
};

/** An item without base or weight has 0 of it (ECS API, CapacityProviderStrategyItem). */
export const strategyFrom = (items: readonly CapacityProviderStrategyItem[]): readonly StrategyItem[] =>
  items.map((it) => ({
    capacityProvider: need(it.capacityProvider, 'capacityProvider'),
    base: it.base ?? 0,
    weight: it.weight ?? 0,
  }));

const launchTargetOf = (it: {
  readonly launchType?: string | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
}): LaunchTarget => ({
  launchType: launchTypeFrom(it.launchType),
  capacityProviderStrategy: strategyFrom(it.capacityProviderStrategy ?? []),
});

const deploymentFrom = (it: DeploymentAnswer): Deployment => ({
  ...launchTargetOf(it),
  id: need(it.id, 'deployment id'),
  status: needOneOf(['PRIMARY', 'ACTIVE', 'INACTIVE'], it.status, 'deployment status'),
  taskDefinitionArn: need(it.taskDefinition, "deployment's taskDefinition"),
  desiredCount: it.desiredCount ?? 0,
  runningCount: it.runningCount ?? 0,
  pendingCount: it.pendingCount ?? 0,
  failedTasks: it.failedTasks ?? 0,
  rolloutState: it.rolloutState,
  createdAt: needTime(it.createdAt, "deployment's createdAt"),
});

const taskSetFrom = (it: TaskSetAnswer): TaskSet => ({
  ...launchTargetOf(it),
  id: need(it.id, 'task set id'),
  status: needOneOf(['PRIMARY', 'ACTIVE', 'DRAINING'], it.status, 'task set status'),
  taskDefinitionArn: need(it.taskDefinition, "task set's taskDefinition"),
  computedDesiredCount: it.computedDesiredCount ?? 0,
  createdAt: it.createdAt?.getTime(),
});

const placementConstraintFrom = (it: {
  readonly type?: ConstraintAnswer['type'] | undefined;
  readonly expression?: string | undefined;
}): PlacementConstraint => {
  const type = needOneOf(['distinctInstance', 'memberOf'], it.type, 'placement constraint');
  return type === 'memberOf' ? { type, expression: need(it.expression, 'expression of memberOf') } : { type };
};

const placementStrategyFrom = (it: StrategyAnswer): PlacementStrategy => ({
  type: needOneOf(['random', 'spread', 'binpack'], it.type, 'placement strategy'),
  field: it.field,
});

/** A service of an external controller has no task definition of its own: it is its primary task set's, if it has one. */
const taskDefinitionOf = (it: ServiceAnswer): string => {
  const own = it.taskDefinition ?? it.taskSets?.find((set) => set.status === 'PRIMARY')?.taskDefinition;
  return it.deploymentController?.type === 'EXTERNAL' ? (own ?? '') : need(own, 'taskDefinition');
};

/** ECS's own defaults, for answers without them (ECS API reference, DeploymentConfiguration). */
const percentDefaults = { REPLICA: { minimum: 100, maximum: 200 }, DAEMON: { minimum: 0, maximum: 100 } } as const;

export const serviceFrom = (it: ServiceAnswer): Service => {
  const schedulingStrategy = needOneOf(['REPLICA', 'DAEMON'], it.schedulingStrategy ?? 'REPLICA', 'schedulingStrategy');
  const defaults = percentDefaults[schedulingStrategy];
  return {
    ...launchTargetOf(it),
    arn: need(it.serviceArn, 'serviceArn'),
    name: need(it.serviceName, 'serviceName'),
    status: needOneOf(['ACTIVE', 'DRAINING', 'INACTIVE'], it.status, 'status'),
    schedulingStrategy,
    deploymentKind: deploymentKindOf(it),
    taskDefinitionArn: taskDefinitionOf(it),
    desiredCount: need(it.desiredCount, 'desiredCount'),
    runningCount: need(it.runningCount, 'runningCount'),
    pendingCount: need(it.pendingCount, 'pendingCount'),
    minimumHealthyPercent: it.deploymentConfiguration?.minimumHealthyPercent ?? defaults.minimum,
    maximumPercent: it.deploymentConfiguration?.maximumPercent ?? defaults.maximum,
    deployments: (it.deployments ?? []).map(deploymentFrom),
    taskSets: (it.taskSets ?? []).map(taskSetFrom),
    placementConstraints: (it.placementConstraints ?? []).map(placementConstraintFrom),
    placementStrategy: (it.placementStrategy ?? []).map(placementStrategyFrom),
    availabilityZoneRebalancing: it.availabilityZoneRebalancing === 'ENABLED',
    tags: it.tags && Object.fromEntries(it.tags.map(({ key = '', value = '' }) => [key, value])),
    hasLoadBalancer: [it, ...(it.taskSets ?? [])].some((one) => (one.loadBalancers ?? []).length > 0),
    healthCheckGraceMs:
      it.healthCheckGracePeriodSeconds === undefined ? undefined : it.healthCheckGracePeriodSeconds * secondMs,
  };
};
