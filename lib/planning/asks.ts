import { withTask } from '../placement/attributes.ts';
import { type Constraints, constraintsOf, verdictOn } from '../placement/constraints.ts';
import type { Ask, Site } from '../placement/site.ts';
import type { Binding } from './binding.ts';
import type { Demand } from './demand.ts';

/** Whether a task of the group keeps others of it away, on any of the sites where it may be itself. */
const wantsToBeAlone = (constraints: Constraints, group: string, sites: readonly Site[]): boolean => {
  if (!constraints.dependsOnTasks) return false;
  const free = sites.find((it) => verdictOn(constraints, it.facts).kind === 'allowed');
  return free !== undefined && verdictOn(constraints, withTask(free.facts, group)).kind !== 'allowed';
};

const providerOf = (binding: Binding): string | undefined => (binding.kind === 'provider' ? binding.name : undefined);

/** A demand as placement sees it; undefined where its task definition could not be read. `sites` are any it may use. */
export const askOf = (demand: Demand, sites: readonly Site[]): Ask | undefined => {
  const { id, group, binding, tasks, wants } = demand;
  if (wants === undefined) return undefined;
  const constraints = constraintsOf(wants.definition, group, wants.constraints);
  return {
    id,
    group,
    count: tasks,
    requirements: wants.requirements,
    constraints,
    strategy: wants.strategy,
    capacityProvider: providerOf(binding),
    apart: wantsToBeAlone(constraints, group, sites) ? group : undefined,
  };
};
