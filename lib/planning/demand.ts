import { shapeKey } from '../placement/requirements.ts';
import { type Binding, bindingKey, bindingToProvider } from './binding.ts';
import { heldBack } from './demand/held-back.ts';
import { isUncertain, missingOf, replicaServices, startsAfterStop } from './demand/missing.ts';
import { demandOfRefused } from './demand/refused.ts';
import { type Demand, demandOfMissing, wantedOf } from './demand/wants.ts';
import { serviceOf } from './services.ts';
import { hasGap, type View } from './view.ts';

export { heldBackDetail, unstartedAfter } from './demand/held-back.ts';
export { type Demand, type Wanted, wantedOf } from './demand/wants.ts';

/** What services lack. */
const demandOfServices = (view: View): readonly Demand[] =>
  replicaServices(view)
    .flatMap((service) => {
      const demands = missingOf(view, service).flatMap((it) => demandOfMissing(view, service, it));
      if (isUncertain(view, service)) return demands.map((it) => ({ ...it, heldBack: true, isUncertain: true }));
      return startsAfterStop(view, service) ? demands.map((it) => ({ ...it, startsAfterStop: true })) : demands;
    })
    .map((it) => (it.startsAfterStop !== true && heldBack(view, it) ? { ...it, heldBack: true } : it));

/** Tasks ECS keeps in PROVISIONING until an instance of their provider has room. */
const demandOfWaiting = (view: View): readonly Demand[] => {
  const shapes = new Map<string, Demand>();
  for (const task of view.taskList.waiting) {
    const binding: Binding =
      task.capacityProviderName !== undefined
        ? bindingToProvider(view, task.capacityProviderName)
        : { kind: task.launchType === 'EC2' ? 'anywhere' : 'elsewhere' };
    const definition = view.observation.taskDefinitions[task.taskDefinitionArn];
    const service = serviceOf(view, task);
    const wants = definition === undefined ? undefined : wantedOf(definition, service, task);
    const source = task.group ?? 'standalone tasks';
    const sizes = wants === undefined ? '' : shapeKey(wants.requirements);
    const id = ['waiting', source, bindingKey(binding), task.taskDefinitionArn, sizes].join('|');
    shapes.set(id, { id, source, binding, wants, group: source, tasks: (shapes.get(id)?.tasks ?? 0) + 1 });
  }
  return [...shapes.values()];
};

/**
 * Tasks that Berth's own queue runs once there is room; those that waited too long are on their way out of it. Without a
 * provider they are run by launch type, on any instance.
 */
const demandOfQueue = (view: View): readonly Demand[] => {
  const limitMs = view.settings.taskQueue?.giveUpAfterMs ?? Number.POSITIVE_INFINITY;
  const demands = new Map<string, Demand>();
  for (const queued of view.asked.queued) {
    if (view.now - queued.queuedAt >= limitMs) continue;
    const { taskDefinitionArn: arn, capacityProvider } = queued;
    const binding: Binding =
      capacityProvider === undefined ? { kind: 'anywhere' } : bindingToProvider(view, capacityProvider);
    const definition = view.observation.taskDefinitions[arn];
    const group = queued.group ?? `family:${definition?.family ?? arn}`;
    const { placementConstraints: constraints = [], placementStrategy: strategy = [] } = queued;
    const placed = constraints.length + strategy.length === 0 ? [] : [JSON.stringify([constraints, strategy])];
    const id = ['queue', group, bindingKey(binding), arn, ...placed].join('|');
    const wants = definition && { ...wantedOf(definition, undefined, undefined), constraints, strategy };
    const tasks = (demands.get(id)?.tasks ?? 0) + queued.tasks;
    demands.set(id, { id, source: `queue ${group}`, binding, wants, group, tasks });
  }
  return [...demands.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
};

/**
 * Everything that should run on instances and has no place. While tasks were read in part, a service's shortage
 * is not certain and is left out, and a service that was not read has none; a waiting task that was seen is certain always.
 * Standalone tasks on leaving instances are no demand: nobody starts them again.
 */
export const demandOf = (view: View): readonly Demand[] => {
  const certain = !hasGap(view, 'tasks');
  return [
    ...(certain ? demandOfServices(view) : []),
    ...demandOfWaiting(view),
    ...demandOfQueue(view),
    ...demandOfRefused(view),
  ].filter((it) => it.tasks > 0 && it.binding.kind !== 'elsewhere');
};
