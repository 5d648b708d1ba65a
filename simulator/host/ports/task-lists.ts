import type { Task } from '../../../lib/model/task.ts';
import type { Cluster } from '../../world/ecs/state.ts';
import type { World } from '../../world/world.ts';
import { ArnList } from './arn-list.ts';
import { isSettled, modelOfTask } from './model-of-tasks.ts';

/** The tasks of a cluster that are to run, kept up to date by what the world tells of them. */
export interface TaskList {
  /** Those with desired status RUNNING; the same list as before where none has changed. */
  readonly running: (now: number) => readonly Task[];
  /** The services of which a task has changed since this was last asked, by name. */
  readonly takeTouchedServices: () => ReadonlySet<string>;
}

/** One list a cluster. Each begins with a full count, and after that only looks at what has changed. */
export const followTasks = (world: World): ((cluster: Cluster) => TaskList) => {
  const changedTasks = new Map<string, Set<string>>();
  const touchedServices = new Map<string, Set<string>>();
  const lists = new Map<string, TaskList>();

  world.log.subscribe(
    (record) => {
      if (record.kind !== 'taskStatus') return;
      changedTasks.get(record.cluster)?.add(record.taskArn);
      if (record.service !== undefined) touchedServices.get(record.cluster)?.add(record.service);
    },
    ['taskStatus'],
  );

  const listOf = (cluster: Cluster): TaskList => {
    const changed = new Set<string>(cluster.tasks.keys());
    changedTasks.set(cluster.name, changed);
    let touched = new Set<string>(cluster.services.keys());
    touchedServices.set(cluster.name, touched);
    const tasks = new ArnList<Task>();
    const settle = (now: number): void => {
      for (const arn of changed) {
        const task = cluster.tasks.get(arn);
        const seen = task === undefined ? undefined : modelOfTask(task, now);
        if (seen?.desiredStatus === 'RUNNING') tasks.put(seen);
        else tasks.remove(arn);
        if (task === undefined || isSettled(task, now)) changed.delete(arn);
      }
    };
    return {
      running: (now) => {
        if (changed.size > 0) settle(now);
        return tasks.all;
      },
      takeTouchedServices: () => {
        const taken = touched;
        touched = new Set();
        touchedServices.set(cluster.name, touched);
        return taken;
      },
    };
  };

  return (cluster) => {
    const list = lists.get(cluster.arn) ?? listOf(cluster);
    lists.set(cluster.arn, list);
    return list;
  };
};
