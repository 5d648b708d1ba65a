import type { Bounds } from '../constants.ts';
import type { Ground } from '../ground.ts';
import { number } from '../json.ts';
import { type NewTask, newTask } from './new-task.ts';
import { nearestRefusal } from './placement.ts';
import { requestOfTask } from './requests.ts';
import { giveBack, take } from './resources.ts';
import type { Signals } from './signals.ts';
import {
  type ContainerInstance,
  type EcsState,
  isWanted,
  type Task,
  type TaskBehaviour,
  type TaskStatus,
} from './state.ts';
import { createTaskChanges } from './task-changes.ts';

interface StopReason {
  readonly code: string;
  readonly reason: string;
}

/** Tasks and their life: PROVISIONING to RUNNING, and on to STOPPED. Where they go is decided elsewhere. */
export interface Tasks {
  create(parts: NewTask): Task;
  /** Lets the task wait in PROVISIONING until there is room for it. */
  queue(task: Task): void;
  /** Gives the task its container instance, which must have room, and lets it start. */
  place(task: Task, instance: ContainerInstance): void;
  stop(task: Task, why: StopReason): void;
  /** A health check of its containers fails from now on. */
  fail(task: Task): void;
  /** Its essential container exits by itself. */
  exit(task: Task, exitCode: number): void;
  /** Its instance is gone. */
  lose(task: Task, reason: string): void;
}

export interface TaskParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly signals: Signals;
  readonly instanceChanged: (instance: ContainerInstance) => void;
}

/** Why a task could still not be placed when its time in PROVISIONING was over. (ECS developer guide, API failure reasons.) */
const placementFailure = (task: Task): string => {
  const provider = task.want.capacityProvider;
  const mine = [...task.cluster.instances.values()].filter((it) => it.capacityProviderName === provider);
  if (mine.length === 0) return 'EMPTY CAPACITY PROVIDER';
  if (mine.every((it) => it.status !== 'ACTIVE')) return 'NO ACTIVE INSTANCES';
  return nearestRefusal(task.cluster.fleet, requestOfTask(task))?.reason ?? 'NO ACTIVE INSTANCES';
};

const even = 1_000_000;

export const createTasks = ({ ground, state, signals, instanceChanged }: TaskParts): Tasks => {
  const { constants } = ground;
  const behaviourOf = (task: Task): TaskBehaviour => state.behaviours.get(task.definition.family) ?? {};
  const { change, placed, returnWant } = createTaskChanges(ground);

  const become = (task: Task, status: TaskStatus): void => {
    change(task, () => {
      task.lastStatus = status;
    });
  };

  /** Goes on after a delay unless the task has gone another way; unheard while the agent is disconnected. */
  const then = (task: Task, delay: Bounds, go: () => void): void => {
    const { lastStatus, desiredStatus } = task;
    const heard = (): void => {
      if (task.lastStatus !== lastStatus || task.desiredStatus !== desiredStatus) return;
      if (task.instance?.agentConnected === false) task.instance.onReconnect.push(heard);
      else go();
    };
    ground.after(delay, heard);
  };

  const run = (task: Task): void => {
    change(task, () => {
      task.lastStatus = 'RUNNING';
      task.startedAt = ground.now();
    });
    if (task.deployment !== undefined) {
      task.deployment.failedTasks = 0;
      task.deployment.failuresThrottled = 0;
    }
    if (task.service !== undefined) signals.serviceTouched(task.service);
  };

  const activate = (task: Task): void => {
    change(task, () => {
      task.lastStatus = 'ACTIVATING';
      task.pullStartedAt = ground.now();
    });
    then(task, behaviourOf(task).activatingMs ?? constants.taskActivatingMs, () => {
      if (failsToStart(task)) exit(task, 1);
      else run(task);
    });
  };

  const failsToStart = (task: Task): boolean => {
    const share = behaviourOf(task).failingStarts ?? 0;
    return share > 0 && ground.draw({ low: 0, high: even - 1 }) < share * even;
  };

  const pend = (task: Task): void => {
    become(task, 'PENDING');
    then(task, constants.taskPendingMs, () => {
      activate(task);
    });
  };

  const place = (task: Task, instance: ContainerInstance): void => {
    task.instance = instance;
    task.gpuIds = take(instance.remaining, task.need);
    instance.tasks.add(task);
    instance.knownTasks.add(task);
    task.cluster.queued.delete(task);
    placed(task, instance);
    if (task.need.networkInterfaces > 0) {
      become(task, 'PROVISIONING');
      then(task, constants.networkInterfaceAttachMs, () => {
        pend(task);
      });
    } else {
      pend(task);
    }
    instanceChanged(instance);
  };

  const forgetLater = (task: Task): void => {
    ground.afterMs(constants.stoppedTaskVisibleMs, () => {
      task.cluster.tasks.delete(task.arn);
      task.instance?.knownTasks.delete(task);
    });
  };

  const finish = (task: Task): void => {
    change(task, () => {
      task.lastStatus = 'STOPPED';
      task.desiredStatus = 'STOPPED';
      task.stoppedAt = ground.now();
    });
    const { instance, service, deployment } = task;
    service?.tasks.delete(task);
    deployment?.tasks.delete(task);
    task.cluster.queued.delete(task);
    forgetLater(task);
    if (instance !== undefined) {
      instance.tasks.delete(task);
      giveBack(instance.remaining, task.need, task.gpuIds);
      instanceChanged(instance);
      if (instance.status === 'DRAINING' || task.want.kind === 'DAEMON') signals.instanceChanged(instance);
      signals.roomAppeared(task.cluster);
    }
    if (service !== undefined) signals.serviceTouched(service);
  };

  const deprovision = (task: Task): void => {
    become(task, 'DEPROVISIONING');
    const withInterface = task.need.networkInterfaces > 0;
    then(task, withInterface ? constants.networkInterfaceDetachMs : constants.taskDeprovisioningMs, () => {
      finish(task);
    });
  };

  const stoppingTime = (task: Task): Bounds => {
    const own = behaviourOf(task).stoppingMs;
    if (own !== undefined) return own;
    const timeouts = task.definition.containers.flatMap((it) => number(it, 'stopTimeout') ?? []);
    const { low, high } = constants.taskStoppingMs;
    return timeouts.length === 0
      ? { low, high }
      : { low: Math.min(low, ...timeouts.map((s) => s * 1_000)), high: Math.max(...timeouts) * 1_000 };
  };

  const terminate = (task: Task): void => {
    become(task, 'STOPPING');
    then(task, stoppingTime(task), () => {
      deprovision(task);
    });
  };

  const deactivate = (task: Task): void => {
    const delayMs = task.service?.hasLoadBalancer === true ? constants.deregistrationDelayMs : 0;
    become(task, 'DEACTIVATING');
    if (delayMs === 0) {
      terminate(task);
    } else {
      then(task, { low: delayMs, high: delayMs }, () => {
        terminate(task);
      });
    }
  };

  const condemn = (task: Task, why: StopReason): void => {
    change(task, () => {
      task.desiredStatus = 'STOPPED';
      task.stoppingAt = ground.now();
      task.stopCode = why.code;
      task.stoppedReason = why.reason;
    });
    if (task.service !== undefined) signals.serviceTouched(task.service);
  };

  /** Ended before RUNNING by no wish of anybody's. */
  const countFailure = (task: Task): void => {
    if (task.deployment !== undefined && task.startedAt === undefined) task.deployment.failedTasks++;
  };

  const exit = (task: Task, exitCode: number): void => {
    if (!isWanted(task) || task.instance === undefined) return;
    task.exitCode = exitCode;
    const started = task.startedAt !== undefined;
    countFailure(task);
    condemn(task, {
      code: started ? 'EssentialContainerExited' : 'TaskFailedToStart',
      reason: started ? 'Essential container in task exited' : 'Task failed to start',
    });
    returnWant(task, true);
    deprovision(task);
  };

  /** No room was found for it in time. */
  const giveUp = (task: Task): void => {
    if (!task.cluster.queued.has(task)) return;
    countFailure(task);
    condemn(task, { code: 'TaskFailedToStart', reason: placementFailure(task) });
    returnWant(task, true);
    finish(task);
  };

  return {
    place,
    exit,
    queue: (task) => {
      task.cluster.queued.add(task);
      become(task, 'PROVISIONING');
      ground.after(constants.provisioningTimeoutMs, () => {
        giveUp(task);
      });
    },
    fail: (task) => {
      if (task.unhealthy || !isWanted(task) || task.lastStatus !== 'RUNNING') return;
      change(task, () => {
        task.unhealthy = true;
      });
      if (task.service !== undefined) signals.serviceTouched(task.service);
    },
    create: (parts) => {
      const task = newTask(ground, parts);
      task.cluster.tasks.set(task.arn, task);
      task.service?.tasks.add(task);
      task.deployment?.tasks.add(task);
      return task;
    },
    stop: (task, why) => {
      if (!isWanted(task) || task.lastStatus === 'STOPPED') return;
      const wasRunning = task.lastStatus === 'RUNNING';
      condemn(task, why);
      returnWant(task, false);
      if (task.instance === undefined) finish(task);
      else if (wasRunning) deactivate(task);
      else deprovision(task);
    },
    lose: (task, reason) => {
      if (task.lastStatus === 'STOPPED') return;
      const wanted = isWanted(task);
      task.stoppedReason ??= reason;
      task.stopCode ??= 'TerminationNotice';
      if (wanted) returnWant(task, true);
      finish(task);
    },
  };
};
