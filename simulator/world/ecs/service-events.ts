import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { isoTime } from '../json.ts';
import { type PlacementRequest, refusals } from './placement.ts';
import type { Deployment, Service, Task } from './state.ts';

/** What a service says of itself: its list of messages, and its events. */
export interface ServiceEvents {
  say(service: Service, message: string): void;
  started(service: Service, tasks: readonly Task[]): void;
  stopped(service: Service, tasks: readonly Task[]): void;
  steady(service: Service): void;
  cannotPlace(service: Service, request: PlacementRequest): void;
  startImpaired(service: Service): void;
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
    service.events.push({ id: ground.uuid(), at: ground.now(), message: `(service ${service.name}) ${message}` });
    if (service.events.length > constants.serviceEventsKept) service.events.shift();
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

  const cannotPlace = (service: Service, request: PlacementRequest): void => {
    const refused = refusals(request);
    const [nearest] = refused;
    const reason = nearest?.reason ?? noInstances;
    const why =
      nearest === undefined
        ? `Reason: ${noInstances}`
        : `The closest matching (container-instance ${nearest.instance.id}) ${wording[reason] ?? `encountered error "${reason}"`}.`;
    // The nearest instance may differ at each look; the trouble is the same while its reason is.
    if (isRepeated(service, reason)) return;
    service.lastFailure = { message: reason, at: ground.now() };
    say(service, `was unable to place a task because no container instance met all of its requirements. ${why}`);
    const provider = request.capacityProvider;
    act(service, 'ERROR', 'SERVICE_TASK_PLACEMENT_FAILURE', {
      ...(provider === undefined
        ? { containerInstanceArns: refused.slice(0, 10).map((it) => it.instance.arn) }
        : { capacityProviderArns: [ground.arn('ecs', `capacity-provider/${provider}`)] }),
      reason,
    });
  };

  return {
    say,
    cannotPlace,
    started: (service, tasks) => {
      if (tasks.length > 0) say(service, `has started ${tasks.length} tasks: ${taskList(tasks)}.`);
    },
    stopped: (service, tasks) => {
      if (tasks.length > 0) say(service, `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`);
    },
    steady: (service) => {
      say(service, 'has reached a steady state.');
      act(service, 'INFO', 'SERVICE_STEADY_STATE');
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
          eventType: 'INFO',
          eventName,
          deploymentId: deployment.id,
          updatedAt: isoTime(ground.now()),
          reason,
        }),
      });
    },
  };
};
