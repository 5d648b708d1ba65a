import type { Service } from '../model/service.ts';
import { serviceNameOf, type Task } from '../model/task.ts';
import type { Ask, Site } from '../placement/site.ts';
import { askOf } from './asks.ts';
import { bindingToProvider } from './binding.ts';
import { type Demand, type Wanted, wantedOf } from './demand.ts';
import type { View } from './view.ts';

const servicesByName = new WeakMap<View, ReadonlyMap<string, Service>>();

/** The service that a task is of; undefined for a standalone one, and where the service was not read. */
export const serviceOf = (view: View, task: Task): Service | undefined => {
  const known = servicesByName.get(view) ?? new Map(view.observation.services.map((it) => [it.name, it]));
  servicesByName.set(view, known);
  return known.get(serviceNameOf(task) ?? '');
};

/** The zone that a task must be given a place in again; undefined where any will do. */
export type ZoneFor = (task: Task) => string | undefined;

const anyZone: ZoneFor = () => undefined;

/** Equal for tasks that ECS would place alike. */
const keyOf = (task: Task, zone: string | undefined): string =>
  [task.group, task.taskDefinitionArn, task.capacityProviderName, task.cpuUnits, task.memoryMiB, zone].join('|');

const within = (wanted: Wanted, zone: string | undefined): Wanted =>
  zone === undefined
    ? wanted
    : {
        ...wanted,
        constraints: [
          ...wanted.constraints,
          { type: 'memberOf', expression: `attribute:ecs.availability-zone == ${zone}` },
        ],
      };

const demandFor = (view: View, task: Task, tasks: number, zone: string | undefined): Demand => {
  const definition = view.observation.taskDefinitions[task.taskDefinitionArn];
  return {
    id: `moving|${keyOf(task, zone)}`,
    source: task.group ?? 'standalone tasks',
    binding:
      task.capacityProviderName === undefined
        ? { kind: 'anywhere' }
        : bindingToProvider(view, task.capacityProviderName),
    tasks,
    group: task.group ?? '',
    wants: definition === undefined ? undefined : within(wantedOf(definition, serviceOf(view, task), task), zone),
  };
};

/** What ECS is asked for when so many tasks like this one move; undefined where their size is not known. */
export const askToMove = (
  view: View,
  task: Task,
  tasks: number,
  sites: readonly Site[],
  zone?: string,
): Ask | undefined => askOf(demandFor(view, task, tasks, zone), sites);

/**
 * What ECS is asked for when these tasks leave where they are: the same tasks again, under their service's constraints
 * and strategy. Undefined where the size of one of them is not known. `sites` are those they may go to.
 */
export const asksToMove = (
  view: View,
  tasks: readonly Task[],
  sites: readonly Site[],
  zoneFor: ZoneFor = anyZone,
): readonly Ask[] | undefined => {
  const asks: Ask[] = [];
  for (const [, alike] of Map.groupBy(tasks, (it) => keyOf(it, zoneFor(it)))) {
    const [first] = alike;
    const ask = first === undefined ? undefined : askToMove(view, first, alike.length, sites, zoneFor(first));
    if (ask === undefined) return undefined;
    asks.push(ask);
  }
  return asks;
};
