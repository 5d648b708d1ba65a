import type { Api } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, requiredText, text, texts } from '../json.ts';
import { containerInstanceJson } from './container-instance-json.ts';
import type { ContainerInstances } from './container-instances.ts';
import { atMost, clusterOf, ecsPage, foundAndMissing, idOf, instanceOf, invalid } from './lookup.ts';
import { compileQuery } from './query-language.ts';
import type { Cluster, ContainerInstance, EcsState } from './state.ts';

const code = 'InvalidParameterException';

export const containerInstanceApi = (
  ground: Ground,
  state: EcsState,
  instances: ContainerInstances,
  endTasks: (instance: ContainerInstance, reason: string) => void,
): Api => {
  const named = (cluster: Cluster, names: readonly string[]) =>
    foundAndMissing(
      names,
      (name) => instanceOf(ground, cluster, name),
      (name) => ground.arn('ecs', `container-instance/${cluster.name}/${idOf(name)}`),
    );

  return {
    ListContainerInstances: (input) => {
      const cluster = clusterOf(state, input);
      const status = text(input, 'status');
      const filter = text(input, 'filter');
      const matches = filter === undefined || filter === '' ? () => true : compileQuery(filter);
      const arns = [...cluster.instances.values()]
        .filter((it) => (status === undefined || it.status === status) && matches(it))
        .map((it) => it.arn);
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
      return { containerInstances: found.map((it) => containerInstanceJson(it, epochSeconds, withTags)), failures };
    },
    UpdateContainerInstancesState: (input) => {
      const cluster = clusterOf(state, input);
      const names = texts(input, 'containerInstances') ?? [];
      atMost(names, 10, 'Container instances');
      const status = text(input, 'status');
      if (status !== 'ACTIVE' && status !== 'DRAINING')
        throw invalid(`Container instance status ${status ?? ''} is invalid.`);
      const { found, failures } = named(cluster, names);
      for (const it of found) instances.setStatus(it, status);
      return { containerInstances: found.map((it) => containerInstanceJson(it, epochSeconds)), failures };
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
