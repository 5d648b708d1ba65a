import type { Service } from '../model/service.ts';
import { taskGroupOf } from '../model/task.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import { type Mirror, tasksIn } from './mirror.ts';

/** What an event tells of, a read so shortly after may not show yet (ECS API reference, eventual consistency). */
const shownWithinMs = minuteMs;

/**
 * The names of the services that cannot be taken as they were read: those that an event told of since, and those whose
 * tasks are not as many as they were to be. Nothing tells of a desired count that somebody lowers but the tasks that end.
 */
export const doubtfulServices = (services: readonly Service[], mirror: Mirror, readAt: EpochMs): readonly string[] => {
  const told = [...mirror.toldServices].flatMap(([name, at]) => (at > readAt - shownWithinMs ? [name] : []));
  const tasks = Map.groupBy(tasksIn(mirror), (it) => it.group);
  const others = services.filter(
    (it) => it.schedulingStrategy === 'REPLICA' && (tasks.get(taskGroupOf(it.name))?.length ?? 0) !== it.desiredCount,
  );
  return [...new Set([...told, ...others.map((it) => it.name)])].sort();
};
