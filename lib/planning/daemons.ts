import type { Requirements } from '../model/task-definition.ts';
import { type Constraints, constraintsOf, verdictOn } from '../placement/constraints.ts';
import type { Facts } from '../placement/query/evaluate.ts';
import { requirementsOf } from '../placement/requirements.ts';
import type { View } from './view.ts';

/** A daemon service: one task on every instance it matches. */
export interface Daemon {
  readonly service: string;
  /** `service:NAME`. */
  readonly group: string;
  readonly requirements: Requirements;
  readonly constraints: Constraints;
}

const daemonsOf = (view: View): readonly Daemon[] =>
  view.observation.services
    .filter((it) => it.schedulingStrategy === 'DAEMON' && it.status === 'ACTIVE')
    .filter((it) => it.launchType === undefined || it.launchType === 'EC2')
    .flatMap((it) => {
      const definition = view.observation.taskDefinitions[it.taskDefinitionArn];
      if (definition === undefined) return [];
      const group = `service:${it.name}`;
      const constraints = constraintsOf(definition, group, it.placementConstraints);
      return [{ service: it.name, group, requirements: requirementsOf(definition), constraints }];
    });

const daemonsByView = new WeakMap<View, readonly Daemon[]>();

const allDaemons = (view: View): readonly Daemon[] => {
  const known = daemonsByView.get(view) ?? daemonsOf(view);
  daemonsByView.set(view, known);
  return known;
};

/**
 * The daemons an instance must have room for: all but those whose constraints refuse it. Where that is not certain, room
 * is overestimated as taken, never as free.
 */
export const daemonsFor = (view: View, facts: Facts): readonly Daemon[] =>
  allDaemons(view).filter((it) => verdictOn(it.constraints, facts).kind !== 'refused');
