import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, requiredText, text, texts } from '../json.ts';
import { containerInstanceJson } from './container-instance-json.ts';
import type { ContainerInstances } from './container-instances.ts';
import { atMost, clusterOf, ecsPage, foundAndMissing, idOf, instanceOf, invalid } from './lookup.ts';
import { compileQuery } from './query-language.ts';
import type { Cluster, ContainerInstance, EcsState } from './state.ts';
import { seenBefore, type Visibility } from './visibility.ts';

const code = 'InvalidParameterException';

export interface ContainerInstanceApiParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly instances: ContainerInstances;
  readonly visibility: Visibility;
  readonly endTasks: (instance: ContainerInstance, reason: string) => void;
}

const present = (it: ContainerInstance): JsonObject => containerInstanceJson(it, epochSeconds, true);

export const containerInstanceApi = (parts: ContainerInstanceApiParts): Api => {
  const { ground, state, instances, visibility, endTasks } = parts;

  const named = (cluster: Cluster, names: readonly string[]) =>
    foundAndMissing(
      names,
      (name) => instanceOf(ground, cluster, name),
      (name) => ground.arn('ecs', `container-instance/${cluster.name}/${idOf(name)}`),
    );

  const statusSeen = (it: ContainerInstance): string => {
    const before = seenBefore(it, ground.now());
    return before === undefined ? it.status : (text(before, 'status') ?? it.status);
  };

  const seen = (it: ContainerInstance, withTags: boolean): JsonObject => {
    const before = seenBefore(it, ground.now());
    if (before === undefined) return containerInstanceJson(it, epochSeconds, withTags);
    return withTags ? before : { ...before, tags: [] };
  };

  return {
    ListContainerInstances: (input) => {
      const cluster = clusterOf(state, input);
      const status = text(input, 'status');
      const filter = text(input, 'filter');
      const matches = filter === undefined || filter === '' ? () => true : compileQuery(filter);
      const arns: string[] = [];
      for (const it of cluster.instances.values()) {
        if ((status === undefined || statusSeen(it) === status) && matches(it)) arns.push(it.arn);
      }
      const { items, nextToken } = ecsPage(arns, input, 100, 100);
      return { containerInstanceArns: items, nextToken };
    },
    DescribeContainerInstances: (input) => {
      const cluster = clusterOf(state, input);
      const names = texts(input, 'containerInstances') ?? [];
      if (names.length === 0) throw invalid('Container instance cannot be empty.');
      atMost(names, 100, 'Container instances');
      const { found, failures } = named(cluster, names);
      const withTags = texts(input, 'include')?.includes('TAGS') === true;
      return { containerInstances: found.map((it) => seen(it, withTags)), failures };
    },
    UpdateContainerInstancesState: (input) => {
      const cluster = clusterOf(state, input);
      const names = texts(input, 'containerInstances') ?? [];
      atMost(names, 10, 'Container instances');
      const status = text(input, 'status');
      if (status !== 'ACTIVE' && status !== 'DRAINING')
        throw invalid(`Container instance status ${status ?? ''} is invalid.`);
      const { found, failures } = named(cluster, names);
      // Draining is for ACTIVE instances only (ECS API, UpdateContainerInstancesState).
      const settled = found.filter((it) => it.status === 'ACTIVE' || it.status === 'DRAINING');
      const early = found.filter((it) => !settled.includes(it));
      for (const it of settled) {
        if (it.status === status) continue;
        visibility.hide(it, () => present(it));
        instances.setStatus(it, status);
      }
      return {
        containerInstances: settled.map((it) => containerInstanceJson(it, epochSeconds)),
        failures: [...failures, ...early.map((it) => ({ arn: it.arn, reason: 'INACTIVE' }))],
      };
    },
    DeregisterContainerInstance: (input) => {
      const cluster = clusterOf(state, input);
      const instance = instanceOf(ground, cluster, requiredText(input, 'containerInstance', code));
      if (instance === undefined) throw invalid('Referenced container instance was not found.');
      if (instance.tasks.size > 0 && flag(input, 'force') !== true)
        throw invalid('Found running tasks on the instance.');
      endTasks(instance, 'Container instance deregistered');
      instances.remove(instance);
      return { containerInstance: containerInstanceJson(instance, epochSeconds) };
    },
  };
};
