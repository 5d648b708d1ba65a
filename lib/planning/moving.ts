import type { Task } from '../model/task.ts';
import type { Ask, Site } from '../placement/site.ts';
import { askOf } from './asks.ts';
import { bindingToProvider } from './binding.ts';
import { type Demand, type Wanted, wantedOf } from './demand.ts';
import { oncePer } from './once.ts';
import { serviceOf } from './services.ts';
import type { View } from './view.ts';

/** The zone that a task must be given a place in again; undefined where any will do. */
export type ZoneFor = (task: Task) => string | undefined;

const anyZone: ZoneFor = () => undefined;

interface Known<T> {
  readonly task: Task;
  readonly zone: string | undefined;
  readonly value: T;
}

const isLike = <T>({ task: one, zone }: Known<T>, other: Task, otherZone: string | undefined): boolean =>
  zone === otherZone &&
  one.capacityProviderName === other.capacityProviderName &&
  one.cpuUnits === other.cpuUnits &&
  one.memoryMiB === other.memoryMiB;

/**
 * What is made of the first of some tasks that ECS would place alike holds for all of them. A task is looked up by its
 * two long words, without making a third of them.
 */
export const oncePerLike = <T>(make: (task: Task, zone: string | undefined) => T): typeof make => {
  const groups = new Map<string, Map<string, Known<T>[]>>();
  return (task, zone) => {
    const { group = '', taskDefinitionArn: arn } = task;
    const definitions = groups.get(group) ?? new Map<string, Known<T>[]>();
    groups.set(group, definitions);
    const its = definitions.get(arn) ?? [];
    definitions.set(arn, its);
    const known = its.find((it) => isLike(it, task, zone));
    if (known !== undefined) return known.value;
    const value = make(task, zone);
    its.push({ task, zone, value });
    return value;
  };
};

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

/** Equal for tasks that ECS would place alike. */
const idOf = ({ group, taskDefinitionArn, capacityProviderName, cpuUnits, memoryMiB }: Task, zone?: string): string =>
  ['moving', group, taskDefinitionArn, capacityProviderName, cpuUnits, memoryMiB, zone].join('|');

const demandFor = (view: View, id: string, task: Task, tasks: number, zone: string | undefined): Demand => {
  const definition = view.observation.taskDefinitions[task.taskDefinitionArn];
  return {
    id,
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

/** Those that are the same wherever the tasks may go: what they ask does not depend on other tasks. */
const knownAsks = oncePer<View, Map<string, Ask>>(() => new Map());

/** What ECS is asked for when so many tasks like this one move; undefined where their size is not known. */
export const askToMove = (
  view: View,
  task: Task,
  tasks: number,
  sites: readonly Site[],
  zone?: string,
): Ask | undefined => {
  const id = idOf(task, zone);
  const asks = knownAsks(view);
  const known = asks.get(id);
  if (known !== undefined) return { ...known, count: tasks };
  const ask = askOf(demandFor(view, id, task, tasks, zone), sites);
  if (ask?.constraints.dependsOnTasks === false) asks.set(id, ask);
  return ask;
};

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
  const all: { readonly task: Task; readonly zone: string | undefined; tasks: number }[] = [];
  const countOf = oncePerLike((task, zone) => {
    const count = { task, zone, tasks: 0 };
    all.push(count);
    return count;
  });
  for (const task of tasks) countOf(task, zoneFor(task)).tasks++;
  const asks = all.flatMap((it) => askToMove(view, it.task, it.tasks, sites, it.zone) ?? []);
  return asks.length === all.length ? asks : undefined;
};
