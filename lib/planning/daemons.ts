import type { Service } from '../model/service.ts';
import { taskGroupOf } from '../model/task.ts';
import type { Requirements, TaskDefinition } from '../model/task-definition.ts';
import { type Constraints, constraintsOf, verdictOn } from '../placement/constraints.ts';
import type { Facts } from '../placement/query/evaluate.ts';
import { requirementsOf } from '../placement/requirements.ts';
import { oncePer } from './once.ts';
import type { View } from './view.ts';

/** A daemon service: one task on every instance it matches. */
export interface Daemon {
  readonly service: string;
  /** `service:NAME`. */
  readonly group: string;
  readonly requirements: Requirements;
  readonly constraints: Constraints;
}

/** One that is made of the same is the same, in one plan and the next. */
const daemonOf = (service: Service, definition: TaskDefinition): Daemon => {
  const known = knownDaemons.get(definition);
  const { name, placementConstraints: constraints } = service;
  const isSame = known?.daemon.service === name && JSON.stringify(known.constraints) === JSON.stringify(constraints);
  if (isSame) return known.daemon;
  const group = taskGroupOf(name);
  const daemon = {
    service: name,
    group,
    requirements: requirementsOf(definition),
    constraints: constraintsOf(definition, group, constraints),
  };
  knownDaemons.set(definition, { daemon, constraints });
  return daemon;
};

interface KnownDaemon {
  readonly daemon: Daemon;
  readonly constraints: Service['placementConstraints'];
}

const knownDaemons = new WeakMap<TaskDefinition, KnownDaemon>();

/** The daemon services that run on instances. */
export const daemonsOf = oncePer((view: View): readonly Daemon[] =>
  view.observation.services
    .filter((it) => it.schedulingStrategy === 'DAEMON' && it.status === 'ACTIVE')
    .filter((it) => it.launchType === undefined || it.launchType === 'EC2')
    .flatMap((it) => {
      const definition = view.observation.taskDefinitions[it.taskDefinitionArn];
      return definition === undefined ? [] : [daemonOf(it, definition)];
    }),
);

/**
 * Those an instance must have room for: all but those whose constraints refuse it. Where that is not certain, room is
 * overestimated as taken, never as free.
 */
export const daemonsFor = (daemons: readonly Daemon[], facts: Facts): readonly Daemon[] =>
  daemons.filter((it) => verdictOn(it.constraints, facts).kind !== 'refused');
