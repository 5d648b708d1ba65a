import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, isoTime } from '../json.ts';
import type { Tally } from './fleet.ts';
import { nearestRefusal, type PlacementRequest, refusals } from './placement.ts';
import type { Deployment, Service, Task } from './state.ts';

/** What a service says of itself: its list of messages, and its events. */
export interface ServiceEvents {
  say(service: Service, message: string): void;
  started(service: Service, tasks: readonly Task[]): void;
  stopped(service: Service, tasks: readonly Task[]): void;
  steady(service: Service): void;
  cannotPlace(service: Service, request: PlacementRequest): void;
  startImpaired(service: Service): void;
  /** Zone rebalancing began or ended with so many tasks in each zone. */
  rebalancing(
    service: Service,
    eventName: 'SERVICE_REBALANCING_STARTED' | 'SERVICE_REBALANCING_COMPLETED',
    byZone: ReadonlyMap<string, Tally>,
  ): void;
  /** The emptier zone has no room for a task. */
  cannotRebalance(service: Service, request: PlacementRequest): void;
  deployment(deployment: Deployment, eventName: string, reason: string): void;
}

const wording: Readonly<Record<string, string>> = {
  'RESOURCE:CPU': 'has insufficient CPU units available',
  'RESOURCE:MEMORY': 'has insufficient memory available',
  'RESOURCE:PORTS': 'is already using a port required by your task',
  'RESOURCE:GPU': 'has insufficient GPU resource available',
  'RESOURCE:ENI': 'encountered error "RESOURCE:ENI"',
  AGENT: 'encountered error "AGENT"',
  ATTRIBUTE: 'is missing an attribute required by your task',
};

const noInstances = 'No Container Instances were found in your cluster.';

const taskList = (tasks: readonly Task[]): string => tasks.map((it) => `(task ${it.id})`).join(' ');

export const createServiceEvents = (ground: Ground): ServiceEvents => {
  const { constants } = ground;

  const say = (service: Service, message: string): void => {
    service.events.unshift({
      id: ground.uuid(),
      createdAt: epochSeconds(ground.now()),
      message: `(service ${service.name}) ${message}`,
    });
    if (service.events.length > constants.serviceEventsKept) service.events.pop();
  };

  const act = (service: Service, eventType: string, eventName: string, more: JsonObject = {}): void => {
    ground.emit({
      source: 'aws.ecs',
      detailType: 'ECS Service Action',
      resources: [service.arn],
      detail: () => ({
        eventType,
        eventName,
        clusterArn: service.cluster.arn,
        createdAt: isoTime(ground.now()),
        ...more,
      }),
    });
  };

  /** A message is not said again while the trouble lasts, unless six hours have passed. */
  const isRepeated = (service: Service, message: string): boolean =>
    service.lastFailure?.message === message &&
    ground.now() - service.lastFailure.at < constants.placementFailureRepeatMs;

  const placementFailure = (service: Service, request: PlacementRequest, reason: string): void => {
    const provider = request.capacityProvider;
    act(service, 'ERROR', 'SERVICE_TASK_PLACEMENT_FAILURE', {
      ...(provider === undefined
        ? {
            containerInstanceArns: refusals(service.cluster.fleet, request)
              .slice(0, 10)
              .map((it) => it.instance.arn),
          }
        : { capacityProviderArns: [ground.arn('ecs', `capacity-provider/${provider}`)] }),
      reason,
    });
  };

  const cannotRebalance = (service: Service, request: PlacementRequest): void => {
    const { rebalancing } = service;
    if (rebalancing.toldAt !== undefined && ground.now() - rebalancing.toldAt < constants.placementFailureRepeatMs)
      return;
    rebalancing.toldAt = ground.now();
    say(
      service,
      'is unable to place a task in Availability Zone because no container instance met all of its requirements.',
    );
    placementFailure(service, request, nearestRefusal(service.cluster.fleet, request)?.reason ?? noInstances);
  };

  const cannotPlace = (service: Service, request: PlacementRequest): void => {
    const { fleet } = service.cluster;
    const nearest = nearestRefusal(fleet, request);
    const reason = nearest?.reason ?? noInstances;
    const why =
      nearest === undefined
        ? `Reason: ${noInstances}`
        : `The closest matching (container-instance ${nearest.instance.id}) ${wording[reason] ?? `encountered error "${reason}"`}.`;
    // The nearest instance may differ at each look; the trouble is the same while its reason is.
    if (isRepeated(service, reason)) return;
    service.lastFailure = { message: reason, at: ground.now() };
    say(service, `was unable to place a task because no container instance met all of its requirements. ${why}`);
    placementFailure(service, request, reason);
  };

  return {
    say,
    cannotPlace,
    cannotRebalance,
    rebalancing: (service, eventName, byZone) => {
      const zones = [...byZone].map(([zone, { count }]) => `${count} tasks in ${zone}`).sort();
      const begins = eventName === 'SERVICE_REBALANCING_STARTED';
      if (!begins) service.rebalancing.toldAt = undefined;
      const spread = `is ${begins ? 'not ' : ''}AZ balanced with ${zones.join(', ')}.`;
      say(service, begins ? `${spread} AZ Rebalancing in progress.` : spread);
      act(service, 'INFO', eventName);
    },
    started: (service, tasks) => {
      if (tasks.length > 0) say(service, `has started ${tasks.length} tasks: ${taskList(tasks)}.`);
    },
    stopped: (service, tasks) => {
      if (tasks.length > 0) say(service, `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`);
    },
    steady: (service) => {
      say(service, 'has reached a steady state.');
      if (service.controller === 'ECS') act(service, 'INFO', 'SERVICE_STEADY_STATE');
      for (const it of service.controller === 'ECS' ? [] : service.deployments) {
        act(service, 'INFO', 'TASKSET_STEADY_STATE', { taskSetArns: [it.arn] });
      }
    },
    startImpaired: (service) => {
      say(service, 'is unable to consistently start tasks successfully.');
      act(service, 'WARN', 'SERVICE_TASK_START_IMPAIRED');
    },
    deployment: (deployment, eventName, reason) => {
      ground.emit({
        source: 'aws.ecs',
        detailType: 'ECS Deployment State Change',
        resources: [deployment.service.arn],
        detail: () => ({
          eventType: eventName === 'SERVICE_DEPLOYMENT_FAILED' ? 'ERROR' : 'INFO',
          eventName,
          deploymentId: deployment.id,
          updatedAt: isoTime(ground.now()),
          reason,
        }),
      });
    },
  };
};
