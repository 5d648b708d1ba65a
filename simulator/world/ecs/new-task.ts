import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import type { Cluster, Deployment, Need, PlacementRule, Service, Tags, Task, TaskDefinition, Want } from './state.ts';

export interface NewTask {
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly need: Need;
  readonly want: Want;
  readonly service: Service | undefined;
  readonly deployment: Deployment | undefined;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly launchType: string | undefined;
  readonly overrides: JsonObject;
  readonly tags: Tags;
  readonly constraints: readonly PlacementRule[];
  readonly strategy: readonly PlacementRule[];
}

/** A task as it begins: PROVISIONING, and nowhere yet. */
export const newTask = (ground: Ground, parts: NewTask): Task => {
  const id = ground.hex(32);
  return {
    ...parts,
    arn: ground.arn('ecs', `task/${parts.cluster.name}/${id}`),
    id,
    createdAt: ground.now(),
    instance: undefined,
    gpuIds: [],
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 0,
    pullStartedAt: undefined,
    startedAt: undefined,
    stoppingAt: undefined,
    stoppedAt: undefined,
    stopCode: undefined,
    stoppedReason: undefined,
    exitCode: undefined,
    protectedUntil: undefined,
    unhealthy: false,
    visibleAt: ground.now(),
    before: undefined,
  };
};
