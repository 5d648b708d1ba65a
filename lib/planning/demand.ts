import type { LaunchTarget, PlacementConstraint, PlacementStrategy, Service } from '../model/service.ts';
import { isWaiting, serviceNameOf, type Task, taskGroupOf } from '../model/task.ts';
import type { Requirements, TaskDefinition } from '../model/task-definition.ts';
import { requirementsOf, shapeKey } from '../placement/requirements.ts';
import { serviceDefault } from '../placement/strategies.ts';
import { type Binding, bindingToProvider, splitByTarget } from './binding.ts';
import { hasGap, type View } from './view.ts';

/** Tasks that should run and have no place: one entry a source, shape and binding. */
export interface Demand {
  readonly id: string;
  /** `service api`, or the group of waiting standalone tasks. */
  readonly source: string;
  readonly binding: Binding;
  readonly tasks: number;
  /** `service:NAME` or the group RunTask was given. */
  readonly group: string;
  /** Undefined where the task definition could not be read. */
  readonly wants: Wanted | undefined;
}

/** What the tasks ask of an instance. */
export interface Wanted {
  readonly definition: TaskDefinition;
  readonly requirements: Requirements;
  readonly constraints: readonly PlacementConstraint[];
  readonly strategy: readonly PlacementStrategy[];
}

/** What one deployment or task set still has to start. */
interface Missing {
  readonly target: LaunchTarget;
  readonly taskDefinitionArn: string;
  readonly startedBy: string;
  readonly tasks: number;
}

/**
 * What a service could start now and has not. Tasks on draining instances do not count as existing: their
 * replacements need a place, and the room they free is of no use.
 */
const missingOf = (view: View, service: Service): readonly Missing[] => {
  const existing = (view.tasksByGroup.get(taskGroupOf(service.name)) ?? []).filter(
    (it) => it.desiredStatus === 'RUNNING' && !isOnDraining(view, it),
  );
  switch (service.deploymentKind) {
    case 'rolling':
      return missingOfRolling(service, existing);
    case 'blueGreen':
    case 'linear':
    case 'canary':
      return missingOfEachRevision(service, existing);
    case 'codeDeploy':
    case 'external':
      return missingOfTaskSets(service, existing);
  }
};

const isOnDraining = (view: View, task: Task): boolean =>
  task.containerInstanceArn !== undefined && view.leavingArns.has(task.containerInstanceArn);

/** Never a sum over deployments: the old one shrinks as the new one grows, under maximumPercent rounded down. */
const missingOfRolling = (service: Service, existing: readonly Task[]): readonly Missing[] => {
  const primary = service.deployments.find((it) => it.status === 'PRIMARY');
  if (primary === undefined) return [];
  const ofPrimary = existing.filter((it) => it.startedBy === primary.id).length;
  const ceiling = Math.floor((service.desiredCount * service.maximumPercent) / 100);
  const tasks = Math.max(0, Math.min(service.desiredCount - ofPrimary, ceiling - existing.length));
  return [{ target: primary, taskDefinitionArn: primary.taskDefinitionArn, startedBy: primary.id, tasks }];
};

/** Green grows to its full count beside blue whatever maximumPercent says, and may be held there for days. */
const missingOfEachRevision = (service: Service, existing: readonly Task[]): readonly Missing[] =>
  service.deployments
    .filter((it) => it.status !== 'INACTIVE')
    .map((it) => ({
      target: it,
      taskDefinitionArn: it.taskDefinitionArn,
      startedBy: it.id,
      tasks: Math.max(0, it.desiredCount - existing.filter((task) => task.startedBy === it.id).length),
    }));

/** For CODE_DEPLOY and EXTERNAL the task sets alone say how many should run. */
const missingOfTaskSets = (service: Service, existing: readonly Task[]): readonly Missing[] =>
  service.taskSets
    .filter((it) => it.status !== 'DRAINING')
    .map((it) => ({
      target: it,
      taskDefinitionArn: it.taskDefinitionArn,
      startedBy: it.id,
      tasks: Math.max(0, it.computedDesiredCount - existing.filter((task) => task.startedBy === it.id).length),
    }));

const countByProvider = (tasks: readonly Task[], startedBy: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const task of tasks)
    if (task.startedBy === startedBy && task.capacityProviderName !== undefined)
      counts.set(task.capacityProviderName, (counts.get(task.capacityProviderName) ?? 0) + 1);
  return counts;
};

const demandOfService = (view: View, service: Service): readonly Demand[] =>
  missingOf(view, service).flatMap((missing) => {
    const existing = countByProvider(view.tasksByGroup.get(taskGroupOf(service.name)) ?? [], missing.startedBy);
    const definition = view.observation.taskDefinitions[missing.taskDefinitionArn];
    return splitByTarget(view, missing.tasks, missing.target, existing).map(({ binding, tasks }) => ({
      id: [service.arn, missing.startedBy, bindingKey(binding)].join('|'),
      source: `service ${service.name}`,
      binding,
      tasks,
      group: `service:${service.name}`,
      wants: definition === undefined ? undefined : wantedOf(definition, service, undefined),
    }));
  });

/** What RunTask was given besides the task definition is not to be read from a task: neither constraints nor strategy. */
const wantedOf = (definition: TaskDefinition, service: Service | undefined, task: Task | undefined): Wanted => {
  const strategy = service?.placementStrategy ?? [];
  return {
    definition,
    requirements: requirementsOf(definition, task),
    constraints: service?.placementConstraints ?? [],
    strategy: service !== undefined && strategy.length === 0 ? serviceDefault : strategy,
  };
};

const bindingKey = (binding: Binding): string => (binding.kind === 'provider' ? binding.name : binding.kind);

/** Tasks ECS keeps in PROVISIONING until an instance of their provider has room. */
const demandOfWaiting = (view: View): readonly Demand[] => {
  const shapes = new Map<string, Demand>();
  const serviceByName = new Map(view.observation.services.map((it) => [it.name, it]));
  for (const task of view.observation.tasks.filter(isWaiting)) {
    const binding: Binding =
      task.capacityProviderName !== undefined
        ? bindingToProvider(view, task.capacityProviderName)
        : { kind: task.launchType === 'EC2' ? 'anywhere' : 'elsewhere' };
    const definition = view.observation.taskDefinitions[task.taskDefinitionArn];
    const service = serviceByName.get(serviceNameOf(task) ?? '');
    const wants = definition === undefined ? undefined : wantedOf(definition, service, task);
    const source = task.group ?? 'standalone tasks';
    const sizes = wants === undefined ? '' : shapeKey(wants.requirements);
    const id = ['waiting', source, bindingKey(binding), task.taskDefinitionArn, sizes].join('|');
    shapes.set(id, { id, source, binding, wants, group: source, tasks: (shapes.get(id)?.tasks ?? 0) + 1 });
  }
  return [...shapes.values()];
};

/**
 * Everything that should run on instances and has no place. While tasks were read in part, a service's shortage
 * is not certain and is left out, and a service that was not read has none; a waiting task that was seen is certain always.
 */
export const demandOf = (view: View): readonly Demand[] => {
  const certain = !hasGap(view, 'tasks');
  const services = view.observation.services.filter(
    (it) => it.schedulingStrategy === 'REPLICA' && it.status === 'ACTIVE',
  );
  return [...(certain ? services.flatMap((it) => demandOfService(view, it)) : []), ...demandOfWaiting(view)].filter(
    (it) => it.tasks > 0 && it.binding.kind !== 'elsewhere',
  );
};
