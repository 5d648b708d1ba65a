import type { PlacementConstraint, PlacementStrategy, Service } from '../../model/service.ts';
import { type Task, taskGroupOf } from '../../model/task.ts';
import type { Requirements, TaskDefinition } from '../../model/task-definition.ts';
import { requirementsOf } from '../../placement/requirements.ts';
import { serviceDefault } from '../../placement/strategies.ts';
import { type Binding, type Bound, bindingKey, splitByTarget } from '../binding.ts';
import type { View } from '../view.ts';
import type { Missing } from './missing.ts';

/** Tasks that should run and have no place: one entry a source, shape and binding. */
export interface Demand {
  /** Of its own among all demand and reserves, and the same from one decision to the next. */
  readonly id: string;
  /** `service api`, `queue family:job`, or the group of waiting standalone tasks. */
  readonly source: string;
  readonly binding: Binding;
  readonly tasks: number;
  /** `service:NAME` or the group RunTask was given. */
  readonly group: string;
  /** Undefined where the task definition could not be read. */
  readonly wants: Wanted | undefined;
  /** The deployment or task set of a service that lacks them; undefined for tasks that no service starts. */
  readonly deployment?: string | undefined;
  /** They had room long enough and ECS started none: nothing is launched, and no instance kept, for them. */
  readonly heldBack?: boolean | undefined;
  /** ECS starts them only once those that leave have stopped: that they are not started says nothing. */
  readonly startsAfterStop?: boolean | undefined;
  /** Nobody runs them but who asked for them once, if they ask again: room is all that can be made. */
  readonly runsOnlyIfAskedAgain?: boolean | undefined;
  /** They are held back until another look shows whether they are wanted. */
  readonly isUncertain?: boolean | undefined;
}

/** What the tasks ask of an instance. */
export interface Wanted {
  readonly definition: TaskDefinition;
  readonly requirements: Requirements;
  readonly constraints: readonly PlacementConstraint[];
  readonly strategy: readonly PlacementStrategy[];
}

/** What RunTask was given besides the task definition is not to be read from a task: neither constraints nor strategy. */
export const wantedOf = (definition: TaskDefinition, service: Service | undefined, task: Task | undefined): Wanted => {
  const strategy = service?.placementStrategy ?? [];
  return {
    definition,
    requirements: requirementsOf(definition, task),
    constraints: service?.placementConstraints ?? [],
    strategy: service !== undefined && strategy.length === 0 ? serviceDefault : strategy,
  };
};

/** Some of the tasks of a service, all bound alike. */
export const demandOfService = (
  view: View,
  service: Service,
  taskDefinitionArn: string,
  bound: Bound & { readonly id: string },
): Demand => {
  const definition = view.observation.taskDefinitions[taskDefinitionArn];
  return {
    id: `${bound.id}|${bindingKey(bound.binding)}`,
    source: `service ${service.name}`,
    binding: bound.binding,
    tasks: bound.tasks,
    group: taskGroupOf(service.name),
    wants: definition === undefined ? undefined : wantedOf(definition, service, undefined),
  };
};

/** How ECS would start so many tasks beyond those that are missing: what exists and what is missing come first. */
export const splitBeyond = (
  view: View,
  { target, staying, tasks: missing }: Pick<Missing, 'target' | 'staying' | 'tasks'>,
  beyond: number,
): readonly Bound[] => {
  const before = splitByTarget(view, missing, target, staying);
  return splitByTarget(view, missing + beyond, target, staying).map(({ binding, tasks }) => ({
    binding,
    tasks: tasks - (before.find((it) => bindingKey(it.binding) === bindingKey(binding))?.tasks ?? 0),
  }));
};

/** The missing tasks of a deployment or task set, one entry a provider that ECS would start them by. */
export const demandOfMissing = (view: View, service: Service, missing: Missing): readonly Demand[] =>
  splitBeyond(view, { ...missing, tasks: 0 }, missing.tasks).map((bound) => ({
    ...demandOfService(view, service, missing.taskDefinitionArn, {
      ...bound,
      id: `${service.arn}|${missing.startedBy}`,
    }),
    deployment: missing.startedBy,
  }));
