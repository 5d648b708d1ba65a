import type {
  Deployment,
  DeploymentKind,
  LaunchTarget,
  PlacementConstraint,
  PlacementStrategy,
  Service,
  TaskSet,
} from '../../../lib/model/service.ts';
import { secondMs } from '../../../lib/model/time.ts';
import type { JsonObject } from '../../world/api.ts';
import { computedDesiredCount } from '../../world/ecs/rollout.ts';
import { deploymentDesired } from '../../world/ecs/service-json.ts';
import {
  isStarting,
  isWanted,
  type PlacementRule,
  type Deployment as WorldDeployment,
  type Service as WorldService,
  type Task as WorldTask,
} from '../../world/ecs/state.ts';
import { seenBefore } from '../../world/ecs/visibility.ts';
import { number, objects, text, time } from '../../world/json.ts';

const countsOf = (tasks: Iterable<WorldTask>): Pick<Service, 'runningCount' | 'pendingCount'> => {
  let [runningCount, pendingCount] = [0, 0];
  for (const it of tasks) {
    if (!isWanted(it)) continue;
    if (it.lastStatus === 'RUNNING') runningCount++;
    else if (isStarting(it)) pendingCount++;
  }
  return { runningCount, pendingCount };
};

const launchTargetOf = (it: WorldDeployment | undefined): LaunchTarget => {
  const capacityProviderStrategy = it?.strategy ?? [];
  const byStrategy = capacityProviderStrategy.length > 0;
  return { launchType: byStrategy ? undefined : 'EC2', capacityProviderStrategy };
};

const kindsByStrategy: Readonly<Record<string, DeploymentKind>> = {
  BLUE_GREEN: 'blueGreen',
  LINEAR: 'linear',
  CANARY: 'canary',
};

const deploymentKindOf = ({ controller, deploymentStrategy }: WorldService): DeploymentKind => {
  if (controller === 'CODE_DEPLOY') return 'codeDeploy';
  return controller === 'EXTERNAL' ? 'external' : (kindsByStrategy[deploymentStrategy] ?? 'rolling');
};

const deploymentOf = (it: WorldDeployment): Deployment => ({
  ...launchTargetOf(it),
  ...countsOf(it.tasks),
  id: it.id,
  status: it.status === 'DRAINING' ? 'INACTIVE' : it.status,
  taskDefinitionArn: it.definition.arn,
  desiredCount: deploymentDesired(it),
  failedTasks: it.failedTasks,
  rolloutState: it.rolloutState,
  createdAt: it.createdAt,
});

const taskSetOf = (it: WorldDeployment): TaskSet => ({
  ...launchTargetOf(it),
  id: it.id,
  status: it.status,
  taskDefinitionArn: it.definition.arn,
  computedDesiredCount: computedDesiredCount(it),
});

const constraintOf = ({ type, expression = '' }: PlacementRule): PlacementConstraint =>
  type === 'memberOf' ? { type, expression } : { type: 'distinctInstance' };

const strategyTypes: Readonly<Record<string, PlacementStrategy['type']>> = { spread: 'spread', binpack: 'binpack' };

const strategyOf = ({ type, field }: PlacementRule): PlacementStrategy => ({
  type: strategyTypes[type] ?? 'random',
  field,
});

const graceMsOf = ({ json }: WorldService): number | undefined => {
  const seconds = number(json, 'healthCheckGracePeriodSeconds');
  return seconds === undefined ? undefined : seconds * secondMs;
};

const translate = (it: WorldService): Service => {
  const [primary] = it.deployments;
  const asTaskSets = it.controller !== 'ECS';
  return {
    ...launchTargetOf(primary),
    ...countsOf(it.tasks),
    arn: it.arn,
    name: it.name,
    status: it.status,
    schedulingStrategy: it.schedulingStrategy,
    deploymentKind: deploymentKindOf(it),
    taskDefinitionArn: primary?.definition.arn ?? '',
    desiredCount: it.desiredCount,
    minimumHealthyPercent: it.minimumHealthyPercent,
    maximumPercent: it.maximumPercent,
    deployments: asTaskSets ? [] : it.deployments.map(deploymentOf),
    taskSets: asTaskSets ? it.deployments.map(taskSetOf) : [],
    placementConstraints: it.placementConstraints.map(constraintOf),
    placementStrategy: it.placementStrategy.map(strategyOf),
    availabilityZoneRebalancing: it.availabilityZoneRebalancing === 'ENABLED',
    hasLoadBalancer: it.hasLoadBalancer,
    healthCheckGraceMs: graceMsOf(it),
    tags: {},
  };
};

/** What decides, tasks aside, how a service is answered. */
type Traits = Pick<WorldService, 'json' | 'deployments' | 'status' | 'desiredCount'>;
type Revision = Pick<WorldDeployment, 'status' | 'rolloutState' | 'failedTasks' | 'scalePercent' | 'retired'>;

const revisionOf = ({ status, rolloutState, failedTasks, scalePercent, retired }: WorldDeployment): Revision => ({
  status,
  rolloutState,
  failedTasks,
  scalePercent,
  retired,
});

interface Known {
  readonly service: Service;
  readonly traits: Traits;
  readonly revisions: readonly Revision[];
}

const isSameRevision = (a: Revision, b: Revision): boolean =>
  a.status === b.status &&
  a.rolloutState === b.rolloutState &&
  a.failedTasks === b.failedTasks &&
  a.scalePercent === b.scalePercent &&
  a.retired === b.retired;

/** A request replaces `json`, a deployment `deployments`; what becomes of a deployment stands in itself. */
const isUpToDate = ({ traits, revisions }: Known, it: WorldService): boolean => {
  if (traits.json !== it.json || traits.deployments !== it.deployments) return false;
  if (traits.status !== it.status || traits.desiredCount !== it.desiredCount) return false;
  for (const [n, revision] of revisions.entries()) {
    const now = it.deployments[n];
    if (now === undefined || !isSameRevision(revision, now)) return false;
  }
  return true;
};

const known = new WeakMap<WorldService, Known>();

const asIs = (it: WorldService, tasksChanged: boolean): Service => {
  const before = known.get(it);
  if (!tasksChanged && before !== undefined && isUpToDate(before, it)) return before.service;
  const service = translate(it);
  const { json, deployments, status, desiredCount } = it;
  known.set(it, {
    service,
    traits: { json, deployments, status, desiredCount },
    revisions: deployments.map(revisionOf),
  });
  return service;
};

const statusFrom = <T extends string>(statuses: readonly T[], json: JsonObject, otherwise: T): T =>
  statuses.find((it) => it === text(json, 'status')) ?? otherwise;

/** A revision of the service as it was. What it is made of has not changed since. */
const revisionFrom = (service: WorldService, json: JsonObject) => {
  const id = text(json, 'id') ?? '';
  const strategy = objects(json, 'capacityProviderStrategy') ?? [];
  return {
    launchType: strategy.length > 0 ? undefined : ('EC2' as const),
    capacityProviderStrategy: service.deployments.find((it) => it.id === id)?.strategy ?? [],
    id,
    taskDefinitionArn: text(json, 'taskDefinition') ?? '',
  };
};

const deploymentFrom = (service: WorldService, json: JsonObject): Deployment => ({
  ...revisionFrom(service, json),
  status: statusFrom(['PRIMARY', 'ACTIVE', 'INACTIVE'], json, 'INACTIVE'),
  desiredCount: number(json, 'desiredCount') ?? 0,
  runningCount: number(json, 'runningCount') ?? 0,
  pendingCount: number(json, 'pendingCount') ?? 0,
  failedTasks: number(json, 'failedTasks') ?? 0,
  rolloutState: text(json, 'rolloutState') === 'IN_PROGRESS' ? 'IN_PROGRESS' : 'COMPLETED',
  createdAt: time(json, 'createdAt') ?? 0,
});

const taskSetFrom = (service: WorldService, json: JsonObject): TaskSet => ({
  ...revisionFrom(service, json),
  status: statusFrom(['PRIMARY', 'ACTIVE', 'DRAINING'], json, 'DRAINING'),
  computedDesiredCount: number(json, 'computedDesiredCount') ?? 0,
});

/** A service with its counts as they were before a write that reads do not show yet. */
const withBefore = (it: WorldService, service: Service, json: JsonObject): Service => ({
  ...service,
  status: statusFrom(['ACTIVE', 'DRAINING', 'INACTIVE'], json, service.status),
  desiredCount: number(json, 'desiredCount') ?? 0,
  runningCount: number(json, 'runningCount') ?? 0,
  pendingCount: number(json, 'pendingCount') ?? 0,
  taskDefinitionArn: text(json, 'taskDefinition') ?? '',
  deployments: (objects(json, 'deployments') ?? []).map((one) => deploymentFrom(it, one)),
  taskSets: (objects(json, 'taskSets') ?? []).map((one) => taskSetFrom(it, one)),
});

/**
 * A service as the adapter would decode what a read shows now; the same object as before where neither it has changed
 * nor, as the caller knows, any of its tasks.
 */
export const modelOfService = (it: WorldService, tasksChanged: boolean, now: number): Service => {
  const service = asIs(it, tasksChanged);
  const before = seenBefore(it, now);
  return before === undefined ? service : withBefore(it, service, before);
};

/** A service as it is answered to who asks for its tags too. */
export const withTagsOf = (it: WorldService, service: Service): Service =>
  it.tags.size === 0 ? service : { ...service, tags: Object.fromEntries(it.tags) };
