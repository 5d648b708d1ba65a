import type { Ground } from '../ground.ts';
import { satisfiesConstraints } from './placement.ts';
import { requestOf } from './requests.ts';
import { shortageOf } from './resources.ts';
import type { ServiceEvents } from './service-events.ts';
import {
  type ContainerInstance,
  type Deployment,
  isWanted,
  onDrainingInstance,
  type Service,
  type Task,
} from './state.ts';
import type { Tasks } from './tasks.ts';
import { type Wants, wisherOf } from './wants.ts';

/** DAEMON services: one task on each ACTIVE instance that answers to the constraints. */
export interface Daemons {
  advance(service: Service): void;
}

export interface DaemonParts {
  readonly ground: Ground;
  readonly tasks: Tasks;
  readonly wants: Wants;
  readonly events: ServiceEvents;
}

const taskOn = (service: Service, instance: ContainerInstance): Task | undefined => {
  for (const task of instance.tasks) if (task.service === service) return task;
  return undefined;
};

const hasOnlyDaemons = (instance: ContainerInstance): boolean =>
  [...instance.tasks].every((it) => it.want.kind === 'DAEMON');

export const createDaemons = ({ ground, tasks, wants, events }: DaemonParts): Daemons => {
  const stop = (chosen: readonly Task[], service: Service): void => {
    for (const task of chosen) {
      tasks.stop(task, {
        code: 'ServiceSchedulerInitiated',
        reason: `(service ${service.name}) stopped a daemon task`,
      });
    }
    events.stopped(service, chosen);
  };

  const startOn = (deployment: Deployment, instance: ContainerInstance): Task | undefined => {
    const { service, definition } = deployment;
    const want = service.daemonWants.get(instance.arn) ?? wants.ask('DAEMON', wisherOf(service, definition), undefined);
    service.daemonWants.set(instance.arn, want);
    if (!instance.agentConnected || shortageOf(instance.remaining, definition.need) !== undefined) return undefined;
    service.daemonWants.delete(instance.arn);
    const task = tasks.create({
      cluster: service.cluster,
      definition,
      need: definition.need,
      want,
      service,
      deployment,
      group: `service:${service.name}`,
      startedBy: deployment.id,
      launchType: deployment.launchType ?? 'EC2',
      overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
      tags: new Map(),
      constraints: [],
      strategy: [],
    });
    tasks.place(task, instance);
    return task;
  };

  const withdrawUnless = (service: Service, hosts: ReadonlySet<string>, deployment: Deployment): void => {
    for (const [arn, want] of [...service.daemonWants]) {
      if (hosts.has(arn)) continue;
      service.daemonWants.delete(arn);
      wants.withdraw(want, wisherOf(service, deployment.definition), 'noLongerWanted');
    }
  };

  /** Old tasks first stop, since maximumPercent is 100; at most so many at once as minimumHealthyPercent allows. */
  const stopOutdated = (service: Service, deployment: Deployment, hosts: number): void => {
    const live = [...service.tasks].filter(isWanted);
    const outdated = live.filter((it) => it.deployment !== deployment && !onDrainingInstance(it));
    const running = live.filter((it) => it.lastStatus === 'RUNNING').length;
    const minimum = Math.ceil((hosts * service.minimumHealthyPercent) / 100);
    stop(outdated.slice(0, Math.max(0, running - minimum)), service);
  };

  /** On a DRAINING instance daemons are stopped last. (ECS developer guide, container instance draining.) */
  const leaveDrained = (service: Service): void => {
    const leaving = [...service.tasks].filter((it) => {
      const { instance } = it;
      return isWanted(it) && instance !== undefined && instance.status === 'DRAINING' && hasOnlyDaemons(instance);
    });
    stop(leaving, service);
  };

  const isActive = (service: Service): boolean => service.status === 'ACTIVE';

  return {
    advance: (service) => {
      const [deployment] = service.deployments;
      if (deployment === undefined) return;
      const satisfies = satisfiesConstraints(requestOf(deployment, undefined));
      const hosts = isActive(service)
        ? [...service.cluster.instances.values()].filter((it) => it.status === 'ACTIVE' && satisfies(it))
        : [];
      const arns = new Set(hosts.map((it) => it.arn));
      service.desiredCount = hosts.length;
      stopOutdated(service, deployment, hosts.length);
      const misplaced = [...service.tasks].filter(
        (it) => isWanted(it) && !onDrainingInstance(it) && !arns.has(it.instance?.arn ?? ''),
      );
      stop(misplaced, service);
      leaveDrained(service);
      withdrawUnless(service, arns, deployment);
      const vacant = hosts.filter((it) => taskOn(service, it) === undefined);
      const started = vacant.map((it) => startOn(deployment, it)).filter((it) => it !== undefined);
      events.started(service, started);
      if (service.daemonWants.size === 0) service.cluster.starved.delete(service);
      else service.cluster.starved.add(service);
      if (started.length < vacant.length) events.cannotPlace(service, requestOf(deployment, undefined));
      if (ground.now() >= deployment.updatedAt) deployment.updatedAt = ground.now();
    },
  };
};
