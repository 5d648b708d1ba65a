import type { Ground } from '../ground.ts';
import { earliest, healthyAt, type Replicas } from './replicas.ts';
import type { ServiceEvents } from './service-events.ts';
import { type Deployment, isWanted, onDrainingInstance, type Service, type Task } from './state.ts';

/** How a service's deployments give way to each other, by its deployment strategy. */
export interface Rollout {
  /** Returns when to look again, if time alone will help. */
  advance(service: Service): number | undefined;
  /** Notes what has completed, and whether the service is steady. */
  settle(service: Service): void;
}

const running = (tasks: Iterable<Task>): number => {
  let count = 0;
  for (const it of tasks) if (it.lastStatus === 'RUNNING' && isWanted(it)) count++;
  return count;
};

const isGone = (deployment: Deployment): boolean =>
  deployment.wants.length === 0 && ![...deployment.tasks].some(isWanted);

export const desiredOf = (service: Service): number => (service.status === 'ACTIVE' ? service.desiredCount : 0);

/** A task set's computed desired count. (ECS API, TaskSet: rounded up.) */
export const computedDesiredCount = (taskSet: Deployment): number =>
  Math.ceil((desiredOf(taskSet.service) * taskSet.scalePercent) / 100);

export interface RolloutParts {
  readonly ground: Ground;
  readonly replicas: Replicas;
  readonly events: ServiceEvents;
  /** Tasks beyond the desired count for the moment. */
  readonly extraOf: (service: Service) => number;
}

export const createRollout = ({ ground, replicas, events, extraOf }: RolloutParts): Rollout => {
  /** The minimum rounds up, the maximum down. (ECS API, DeploymentConfiguration.) */
  const limits = (service: Service, desired: number) => ({
    desired,
    minimumHealthy: Math.ceil((desired * service.minimumHealthyPercent) / 100),
    maximum: Math.floor((desired * service.maximumPercent) / 100),
  });

  const rolling = (service: Service): number | undefined => {
    const [primary, ...older] = service.deployments;
    if (primary === undefined) return undefined;
    for (const it of older) replicas.withdrawAll(it);
    if (primary.rolloutState === 'FAILED' && service.status === 'ACTIVE') {
      replicas.withdrawAll(primary); // a deployment that failed starts no more
      return undefined;
    }
    const desired = desiredOf(service);
    const goal = { deployment: primary, members: service.tasks, ...limits(service, desired) };
    return replicas.advance({ ...goal, desired: desired + extraOf(service) });
  };

  /** One set by itself, whatever the others do: task sets, and the blue and green of a blue/green deployment. */
  const alone = (deployment: Deployment, desired: number): number | undefined =>
    replicas.advance({ deployment, members: deployment.tasks, ...limits(deployment.service, desired) });

  const isHealthy = (task: Task): boolean =>
    isWanted(task) && (healthyAt(task, ground.constants.healthyAfterMs) ?? Number.POSITIVE_INFINITY) <= ground.now();

  /** When green is fully healthy traffic shifts and the bake time runs; then blue is retired. */
  const bake = (service: Service, green: Deployment, blues: readonly Deployment[]): number | undefined => {
    if (blues.length === 0) return undefined;
    if (green.bakedAt === undefined) {
      if ([...green.tasks].filter(isHealthy).length < desiredOf(service)) {
        const next = [...green.tasks].map((it) => healthyAt(it, ground.constants.healthyAfterMs));
        return earliest(...next.filter((at) => at !== undefined && at > ground.now()));
      }
      green.bakedAt = ground.now() + service.bakeMs;
    }
    if (ground.now() < green.bakedAt) return green.bakedAt;
    for (const it of blues) it.retired = true;
    return undefined;
  };

  const blueGreen = (service: Service): number | undefined => {
    const [green, ...blues] = service.deployments;
    if (green === undefined) return undefined;
    const baked = bake(service, green, blues);
    const again = service.deployments.map((it) => alone(it, it.retired ? 0 : desiredOf(service)));
    return earliest(baked, ...again);
  };

  const complete = (deployment: Deployment): void => {
    deployment.rolloutState = 'COMPLETED';
    deployment.service.lastCompleted = deployment;
    deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
    deployment.updatedAt = ground.now();
    events.say(deployment.service, `(deployment ${deployment.id}) deployment completed.`);
    events.deployment(deployment, 'SERVICE_DEPLOYMENT_COMPLETED', deployment.rolloutStateReason);
  };

  const isAtRest = (service: Service): boolean => {
    if (service.daemonWants.size > 0) return false;
    for (const it of service.tasks) if (isWanted(it) && (it.unhealthy || onDrainingInstance(it))) return false;
    const expected = (it: Deployment): number => (it.arn === undefined ? desiredOf(service) : computedDesiredCount(it));
    return service.deployments.every((it) => it.wants.length === 0 && running(it.tasks) === expected(it));
  };

  const dropOld = (service: Service): void => {
    if (service.controller !== 'ECS' || service.deployments.length <= 1) return;
    const [primary, ...older] = service.deployments;
    service.deployments = [...(primary === undefined ? [] : [primary]), ...older.filter((it) => !isGone(it))];
  };

  return {
    advance: (service) => {
      if (service.controller !== 'ECS') {
        return earliest(...service.deployments.map((it) => alone(it, computedDesiredCount(it))));
      }
      return service.deploymentStrategy === 'ROLLING' ? rolling(service) : blueGreen(service);
    },
    settle: (service) => {
      dropOld(service);
      const steady =
        service.deployments.length > 0 &&
        service.deployments.length <= (service.controller === 'ECS' ? 1 : 100) &&
        isAtRest(service);
      const [primary] = service.deployments;
      if (steady && primary?.rolloutState === 'IN_PROGRESS' && primary.arn === undefined) complete(primary);
      if (steady && !service.steady && service.status === 'ACTIVE') events.steady(service);
      service.steady = steady;
    },
  };
};
