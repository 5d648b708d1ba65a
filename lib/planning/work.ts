import type { ContainerInstance } from '../model/container-instance.ts';
import type { Task } from '../model/task.ts';
import { isDaemonTask, type View } from './view.ts';

/** Those of the tasks that are no daemon's: what an instance is there for. */
export const withoutDaemons = (view: View, tasks: readonly Task[]): readonly Task[] =>
  view.daemonGroups.size === 0 ? tasks : tasks.filter((it) => !isDaemonTask(view, it));

/** What runs on an instance besides daemons. */
export const workTasksOn = (view: View, it: ContainerInstance): readonly Task[] =>
  withoutDaemons(view, view.tasksByInstance.get(it.arn) ?? []);

/** How many tasks run there that are no daemon's. */
export const workOn = ({ taskList, daemonGroups }: View, it: ContainerInstance): number => {
  const on = taskList.byInstance.get(it.arn);
  if (on === undefined) return 0;
  let work = on.tasks.length;
  if (daemonGroups.size === 0) return work;
  for (let n = 0; n < on.groups.length; n++) {
    const name = on.groups[n]?.name;
    if (name !== undefined && daemonGroups.has(name)) work -= on.groupTasks[n] ?? 0;
  }
  return work;
};

/** Those of which nobody knows yet whether they are protected, by ARN. */
export const unknownProtections = (view: View, it: ContainerInstance): readonly string[] =>
  workTasksOn(view, it)
    .map((task) => task.arn)
    .filter((arn) => view.observation.taskProtection[arn] === undefined);

/** Task groups with work on an instance. */
export const taskGroupsOn = ({ taskList, daemonGroups }: View, containerInstanceArn: string): readonly string[] =>
  (taskList.byInstance.get(containerInstanceArn)?.groups ?? [])
    .flatMap(({ name }) => name ?? [])
    .filter((it) => !daemonGroups.has(it));
