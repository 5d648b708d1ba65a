import type { Ground } from '../ground.ts';
import { findPlace, type PlacementRequest, serviceDefault } from './placement.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Deployment, EcsState, Service, Task, Want } from './state.ts';
import type { Tasks } from './tasks.ts';

/** Turns wants into tasks, as far as room, quota and the throttle for failing starts allow. */
export interface Starting {
  /** Returns when to look again, if waiting for more than room. */
  start(deployment: Deployment): number | undefined;
  /** Tries again to place the tasks that wait in PROVISIONING. */
  placeQueued(tasks: Iterable<Task>): void;
}

export const requestOf = (deployment: Deployment, capacityProvider: string | undefined): PlacementRequest => {
  const { service, definition } = deployment;
  return {
    cluster: service.cluster,
    definition,
    need: definition.need,
    group: `service:${service.name}`,
    constraints: service.placementConstraints,
    strategy: service.placementStrategy.length > 0 ? service.placementStrategy : serviceDefault,
    capacityProvider,
  };
};

const standaloneRequest = (task: Task): PlacementRequest => ({
  cluster: task.cluster,
  definition: task.definition,
  need: task.need,
  group: task.group,
  constraints: task.constraints,
  strategy: task.strategy,
  capacityProvider: task.want.capacityProvider,
});

/** Tasks that ask for exactly the same place have the same key. */
const sameness = (task: Task): string =>
  task.deployment === undefined
    ? `${task.definition.arn}|${task.group}|${task.want.capacityProvider ?? ''}|${JSON.stringify([task.need, task.constraints])}`
    : `${task.deployment.id}|${task.want.capacityProvider ?? ''}`;

/** Whether tasks bound to this provider queue in PROVISIONING when there is no room. (ECS developer guide, cluster auto scaling.) */
export const queuesTasks = (state: EcsState, provider: string | undefined): boolean =>
  provider !== undefined && state.providers.get(provider)?.managedScaling['status'] === 'ENABLED';

export interface StartingParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly tasks: Tasks;
  readonly events: ServiceEvents;
}

export const createStarting = ({ ground, state, tasks, events }: StartingParts): Starting => {
  const { constants } = ground;

  const newTask = (deployment: Deployment, want: Want): Task => {
    const { service, definition } = deployment;
    service.launchesInWindow++;
    return tasks.create({
      cluster: service.cluster,
      definition,
      need: definition.need,
      want,
      service,
      deployment,
      group: `service:${service.name}`,
      startedBy: deployment.id,
      launchType: want.capacityProvider === undefined ? deployment.launchType : undefined,
      overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
      tags: new Map(),
      constraints: [],
      strategy: [],
    });
  };

  /** The task of a want, or undefined where it has to wait unplaced. */
  const startOne = (deployment: Deployment, want: Want): Task | undefined => {
    const { cluster } = deployment.service;
    const place = findPlace(requestOf(deployment, want.capacityProvider), ground.luck);
    if (place !== undefined) {
      const task = newTask(deployment, want);
      tasks.place(task, place);
      return task;
    }
    const mayQueue = cluster.queued.size < constants.provisioningTasksPerCluster;
    if (!queuesTasks(state, want.capacityProvider) || !mayQueue) return undefined;
    const task = newTask(deployment, want);
    tasks.queue(task);
    return task;
  };

  /** When the service may launch again, or undefined when it may now. */
  const pausedUntil = (deployment: Deployment): number | undefined => {
    const { service } = deployment;
    const now = ground.now();
    if (deployment.throttledUntil > now) return deployment.throttledUntil;
    if (now - service.launchWindowStart >= 60_000) {
      service.launchWindowStart = now;
      service.launchesInWindow = 0;
    }
    const used = service.launchesInWindow >= constants.serviceTaskLaunchesPerMinute;
    return used ? service.launchWindowStart + 60_000 : undefined;
  };

  const report = (service: Service, started: readonly Task[], failed: PlacementRequest | undefined): void => {
    events.started(service, started);
    if (started.some((it) => it.instance !== undefined)) service.lastFailure = undefined;
    if (failed !== undefined) {
      service.cluster.starved.add(service);
      events.cannotPlace(service, failed);
    } else if (service.deployments.every((it) => it.wants.length === 0)) {
      service.cluster.starved.delete(service);
      service.lastFailure = undefined;
    }
  };

  const start = (deployment: Deployment): number | undefined => {
    const started: Task[] = [];
    const full = new Set<string | undefined>(); // providers known to have no room
    let failed: PlacementRequest | undefined;
    let again: number | undefined;
    for (const want of [...deployment.wants]) {
      if (full.has(want.capacityProvider)) continue;
      again = pausedUntil(deployment);
      if (again !== undefined) break;
      const task = startOne(deployment, want);
      if (task === undefined) {
        full.add(want.capacityProvider);
        failed = requestOf(deployment, want.capacityProvider);
        continue;
      }
      started.push(task);
      deployment.wants.splice(deployment.wants.indexOf(want), 1);
    }
    report(deployment.service, started, failed);
    return again;
  };

  return {
    start,
    placeQueued: (queued) => {
      const full = new Set<string>();
      for (const task of [...queued]) {
        const key = sameness(task);
        if (full.has(key)) continue;
        const request =
          task.deployment === undefined
            ? standaloneRequest(task)
            : requestOf(task.deployment, task.want.capacityProvider);
        const place = findPlace(request, ground.luck);
        if (place === undefined) full.add(key);
        else tasks.place(task, place);
      }
    },
  };
};
