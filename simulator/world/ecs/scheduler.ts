import type { Ground } from '../ground.ts';
import type { Daemons } from './daemons.ts';
import { checkCircuitBreaker } from './deployment-failure.ts';
import { earliest } from './replicas.ts';
import type { Rollout } from './rollout.ts';
import type { ServiceEvents } from './service-events.ts';
import type { Signals } from './signals.ts';
import type { Starting } from './starting.ts';
import { type Cluster, type ContainerInstance, type Deployment, isStarting, isWanted, type Service } from './state.ts';
import type { Tasks } from './tasks.ts';
import type { ZoneRebalancer } from './zone-rebalancing.ts';

/** The service scheduler: looks at a service a moment after anything about it changed, and does what is allowed then. */
export interface Scheduler extends Signals {
  wake(service: Service, at: number): void;
}

export interface SchedulerParts {
  readonly ground: Ground;
  readonly tasks: Tasks;
  readonly starting: Starting;
  readonly rollout: Rollout;
  readonly daemons: Daemons;
  readonly zones: ZoneRebalancer;
  readonly events: ServiceEvents;
}

export const createScheduler = (parts: SchedulerParts): Scheduler => {
  const { ground, tasks, starting, rollout, daemons, zones, events } = parts;
  const { constants } = ground;
  const queueRetryAt = new Map<Cluster, number>();

  /** Tasks that keep failing before RUNNING are started ever more rarely. (ECS developer guide, service throttle logic.) */
  const throttle = (service: Service, deployment: Deployment): void => {
    const beyond = deployment.failedTasks - constants.startFailuresBeforeThrottle;
    if (beyond < 0 || deployment.failedTasks <= deployment.failuresThrottled) return;
    deployment.failuresThrottled = deployment.failedTasks;
    if (beyond === 0) events.startImpaired(service);
    const { low, high } = constants.startThrottleMs;
    deployment.throttledUntil = ground.now() + Math.min(high, low * 2 ** Math.min(beyond, 20));
  };

  const retire = (service: Service): void => {
    if (service.status !== 'DRAINING' || service.tasks.size > 0) return;
    service.status = 'INACTIVE';
    ground.afterMs(constants.inactiveServiceVisibleMs, () => {
      if (service.cluster.services.get(service.name) === service) service.cluster.services.delete(service.name);
    });
  };

  const look = (service: Service): void => {
    if (service.status === 'INACTIVE') return;
    checkCircuitBreaker(ground, events, service);
    for (const deployment of service.deployments) throttle(service, deployment);
    const isDaemon = service.schedulingStrategy === 'DAEMON';
    let again: number | undefined;
    if (isDaemon) daemons.advance(service);
    else again = rollout.advance(service);
    rollout.settle(service);
    retire(service);
    const next = isDaemon ? undefined : earliest(again, zones.advance(service));
    if (next !== undefined) wake(service, next);
  };

  const wake = (service: Service, at: number): void => {
    if (service.wakeAt !== undefined && service.wakeAt <= at) return;
    service.wakeAt = at;
    ground.afterMs(at - ground.now(), () => {
      if (service.wakeAt !== at) return; // an earlier look has taken its place
      service.wakeAt = undefined;
      look(service);
    });
  };

  const soon = (service: Service): void => {
    wake(service, ground.now() + ground.draw(constants.schedulerReactionMs));
  };

  const retryQueued = (cluster: Cluster): void => {
    if (cluster.queued.size === 0 || queueRetryAt.has(cluster)) return;
    const at = ground.now() + ground.draw(constants.placementRetryMs);
    queueRetryAt.set(cluster, at);
    ground.afterMs(at - ground.now(), () => {
      queueRetryAt.delete(cluster);
      starting.placeQueued(cluster.queued);
    });
  };

  /** Service tasks that have not started are stopped at once on a DRAINING instance. (ECS developer guide, draining.) */
  const stopPending = (instance: ContainerInstance): void => {
    for (const task of [...instance.tasks]) {
      if (task.want.kind !== 'REPLICA' || !isWanted(task) || !isStarting(task)) continue;
      tasks.stop(task, { code: 'ServiceSchedulerInitiated', reason: 'Container instance is draining' });
    }
  };

  return {
    wake,
    serviceTouched: soon,
    roomAppeared: (cluster) => {
      for (const service of cluster.starved) wake(service, ground.now() + ground.draw(constants.placementRetryMs));
      retryQueued(cluster);
    },
    instanceChanged: (instance) => {
      if (instance.status === 'DRAINING') stopPending(instance);
      zones.instancesChanged(instance.cluster);
      for (const service of instance.cluster.services.values()) {
        if (service.status === 'INACTIVE') continue;
        if (service.schedulingStrategy === 'DAEMON')
          look(service); // at once: daemons take their room before anything else may
        else if (zones.isUneven(service)) soon(service);
      }
      const touched = new Set([...instance.tasks].flatMap((it) => it.service ?? []));
      for (const service of touched) if (service.schedulingStrategy !== 'DAEMON') soon(service);
    },
  };
};
