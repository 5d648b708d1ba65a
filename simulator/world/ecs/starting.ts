import type { Ground } from '../ground.ts';
import { type PlacementRequest, type Search, searchFor } from './placement.ts';
import { requestOf, requestOfTask } from './requests.ts';
import type { ServiceEvents } from './service-events.ts';
import type { ContainerInstance, Deployment, EcsState, Service, Task, Want } from './state.ts';
import type { Tasks } from './tasks.ts';

/** Turns wants into tasks, as far as room, quota and the throttle for failing starts allow. */
export interface Starting {
  /** Returns when to look again, if waiting for more than room. */
  start(deployment: Deployment): number | undefined;
  /** Starts a wanted task at a place found already. */
  startAt(deployment: Deployment, want: Want, place: ContainerInstance): Task;
  /** Tries again to place the tasks that wait in PROVISIONING. */
  placeQueued(tasks: Iterable<Task>): void;
}

/** Tasks that ask for exactly the same place have the same key. */
const sameness = (task: Task): string =>
  task.deployment === undefined
    ? `${task.definition.arn}|${task.group}|${task.want.capacityProvider ?? ''}|${JSON.stringify([task.need, task.constraints, task.strategy])}`
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

  const startAt = (deployment: Deployment, want: Want, place: ContainerInstance): Task => {
    const task = newTask(deployment, want);
    tasks.place(task, place);
    return task;
  };

  /** The task of a want, or undefined where it has to wait unplaced. */
  const startOne = (deployment: Deployment, want: Want, search: Search<ContainerInstance>): Task | undefined => {
    const { cluster } = deployment.service;
    const place = search.next(ground.luck);
    if (place !== undefined) return startAt(deployment, want, place);
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
    const waiting: Want[] = [];
    const searches = new Map<string | undefined, Search<ContainerInstance>>();
    const full = new Set<string | undefined>(); // providers known to have no room
    let failed: PlacementRequest | undefined;
    let again: number | undefined;
    for (const want of deployment.wants.splice(0)) {
      const provider = want.capacityProvider;
      again ??= full.has(provider) ? undefined : pausedUntil(deployment);
      if (again !== undefined || full.has(provider)) {
        waiting.push(want);
        continue;
      }
      const search =
        searches.get(provider) ?? searchFor(deployment.service.cluster.fleet, requestOf(deployment, provider));
      searches.set(provider, search);
      const task = startOne(deployment, want, search);
      if (task !== undefined) {
        started.push(task);
        continue;
      }
      full.add(provider);
      failed = requestOf(deployment, provider);
      waiting.push(want);
    }
    deployment.wants.push(...waiting);
    report(deployment.service, started, failed);
    return again;
  };

  return {
    start,
    startAt,
    placeQueued: (queued) => {
      const full = new Set<string>();
      const searches = new Map<string, Search<ContainerInstance>>();
      for (const task of [...queued]) {
        const key = sameness(task);
        if (full.has(key)) continue;
        const search = searches.get(key) ?? searchFor(task.cluster.fleet, requestOfTask(task));
        searches.set(key, search);
        const place = search.next(ground.luck);
        if (place === undefined) full.add(key);
        else tasks.place(task, place);
      }
    },
  };
};
