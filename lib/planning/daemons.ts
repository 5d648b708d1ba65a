import type { ContainerInstance } from '../model/container-instance.ts';
import { serviceNameOf } from '../model/task.ts';
import type { Requirements } from '../model/task-definition.ts';
import { requirementsOf } from '../placement/requirements.ts';
import type { View } from './view.ts';

interface Daemon {
  readonly service: string;
  readonly requirements: Requirements;
}

/**
 * The daemons every instance must have room for. Until placement constraints are understood here, each daemon service
 * is taken to match every instance: room may be overestimated as taken, never as free.
 */
export const daemonsOf = (view: View): readonly Daemon[] =>
  view.observation.services
    .filter((it) => it.schedulingStrategy === 'DAEMON' && it.status === 'ACTIVE')
    .flatMap((it) => {
      const definition = view.observation.taskDefinitions[it.taskDefinitionArn];
      return definition === undefined ? [] : [{ service: it.name, requirements: requirementsOf(definition) }];
    });

/** Daemons that have yet to start on an instance: ECS starts them before anything else. */
export const daemonsMissingOn = (view: View, it: ContainerInstance): readonly Requirements[] => {
  const there = new Set((view.tasksByInstance.get(it.arn) ?? []).map(serviceNameOf));
  return daemonsOf(view)
    .filter((daemon) => !there.has(daemon.service))
    .map((daemon) => daemon.requirements);
};
