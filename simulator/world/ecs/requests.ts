import { type PlacementRequest, serviceDefault } from './placement.ts';
import type { Deployment, PlacementRule, Task, TaskDefinition } from './state.ts';

/** The placement constraints a task definition itself carries. */
export const definitionRules = (definition: TaskDefinition): readonly PlacementRule[] =>
  definition.constraints.map((expression) => ({ type: 'memberOf', field: undefined, expression }));

/** What each task of a deployment asks for. */
export const requestOf = (deployment: Deployment, capacityProvider: string | undefined): PlacementRequest => {
  const { service, definition } = deployment;
  return {
    need: definition.need,
    group: `service:${service.name}`,
    requiredAttributes: definition.requiredAttributes,
    platform: definition.platform,
    constraints: [...definitionRules(definition), ...service.placementConstraints],
    strategy: service.placementStrategy.length > 0 ? service.placementStrategy : serviceDefault,
    capacityProvider,
  };
};

/** What one task asks for, a service's or a standalone one. */
export const requestOfTask = (task: Task): PlacementRequest =>
  task.deployment === undefined
    ? {
        need: task.need,
        group: task.group,
        requiredAttributes: task.definition.requiredAttributes,
        platform: task.definition.platform,
        constraints: [...definitionRules(task.definition), ...task.constraints],
        strategy: task.strategy,
        capacityProvider: task.want.capacityProvider,
      }
    : requestOf(task.deployment, task.want.capacityProvider);
