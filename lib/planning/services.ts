import type { Service } from '../model/service.ts';
import { type Task, taskGroupOf } from '../model/task.ts';
import { oncePer } from './once.ts';
import type { View } from './view.ts';

/** By the group of their tasks. */
export const servicesByGroup = oncePer(
  (view: View): ReadonlyMap<string, Service> =>
    new Map(view.observation.services.map((it) => [taskGroupOf(it.name), it])),
);

/** The service that a task is of; undefined for a standalone one, and where the service was not read. */
export const serviceOf = (view: View, { group }: Task): Service | undefined =>
  group === undefined ? undefined : servicesByGroup(view).get(group);
