import type { Ground } from '../ground.ts';
import { isoTime } from '../json.ts';
import { type ContainerInstance, isStarting, isWanted, type Task } from './state.ts';
import { taskJson } from './task-json.ts';

/** How changes of tasks are counted, numbered and told. */
export interface TaskChanges {
  /** Every change of a task goes through here: counts, version, log, event. */
  readonly change: (task: Task, mutate: () => void) => void;
  /** The task has got its instance: counted there from now on. */
  readonly placed: (task: Task, instance: ContainerInstance) => void;
  /** A task that ends before it ran leaves its want: to its service, which will start another or withdraw it. */
  readonly returnWant: (task: Task, failed: boolean) => void;
}

/** Which of an instance's counts a task is in. DescribeContainerInstances counts neither once it is to stop. */
const countedAs = (task: Task): 'running' | 'pending' | 'none' => {
  if (!isWanted(task) || task.instance === undefined) return 'none';
  if (task.lastStatus === 'RUNNING') return 'running';
  return isStarting(task) ? 'pending' : 'none';
};

const shift = (instance: ContainerInstance, count: 'running' | 'pending' | 'none', by: 1 | -1): void => {
  if (count === 'running') instance.runningTasks += by;
  if (count === 'pending') instance.pendingTasks += by;
};

export const createTaskChanges = (ground: Ground): TaskChanges => {
  const { log } = ground;

  const ofWant = (task: Task) => ({
    at: ground.now(),
    wantId: task.want.id,
    want: task.want.kind,
    cluster: task.cluster.name,
    service: task.service?.name,
    taskDefinitionArn: task.definition.arn,
    taskArn: task.arn,
  });

  const change = (task: Task, mutate: () => void): void => {
    const before = countedAs(task);
    const wantedBefore = isWanted(task);
    mutate();
    if (task.instance !== undefined) {
      shift(task.instance, before, -1);
      shift(task.instance, countedAs(task), 1);
      if (wantedBefore && !isWanted(task)) task.cluster.fleet.shift(task.instance, task.group, -1);
    }
    task.version++;
    if (log.wants('taskStatus')) {
      log.write({
        ...ofWant(task),
        kind: 'taskStatus',
        containerInstanceArn: task.instance?.arn,
        lastStatus: task.lastStatus,
        desiredStatus: task.desiredStatus,
        stopCode: task.stopCode,
        stoppedReason: task.stoppedReason,
      });
    }
    ground.emit({
      source: 'aws.ecs',
      detailType: 'ECS Task State Change',
      resources: [task.arn],
      detail: () => ({ ...taskJson(task, isoTime), updatedAt: isoTime(ground.now()) }),
    });
  };

  const placed = (task: Task, instance: ContainerInstance): void => {
    task.cluster.fleet.shift(instance, task.group, 1);
    shift(instance, 'pending', 1);
    const { arn, ec2InstanceId } = instance;
    log.write({ ...ofWant(task), kind: 'taskPlaced', containerInstanceArn: arn, ec2InstanceId });
  };

  const returnWant = (task: Task, failed: boolean): void => {
    if (task.startedAt !== undefined) return;
    if (task.deployment === undefined) {
      log.write({ ...ofWant(task), kind: 'taskWithdrawn', reason: failed ? 'failed' : 'stopped' });
      return;
    }
    if (task.instance !== undefined) log.write({ ...ofWant(task), kind: 'taskUnplaced' });
    if (task.want.kind === 'REPLICA') task.deployment.wants.unshift(task.want);
    else if (task.instance !== undefined) task.service?.daemonWants.set(task.instance.arn, task.want);
  };

  return { change, placed, returnWant };
};
