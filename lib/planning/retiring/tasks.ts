import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Task } from '../../model/task.ts';
import { isDaemonTask, type View } from '../view.ts';

/** What runs there besides daemons. */
export const workTasksOn = (view: View, it: ContainerInstance): readonly Task[] =>
  (view.tasksByInstance.get(it.arn) ?? []).filter((task) => !isDaemonTask(view, task));

/** Those of which nobody knows yet whether they are protected, by ARN. */
export const unknownProtections = (view: View, it: ContainerInstance): readonly string[] =>
  workTasksOn(view, it)
    .map((task) => task.arn)
    .filter((arn) => view.observation.taskProtection[arn] === undefined);
