import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, requiredText, text, texts } from '../json.ts';
import { atMost, clusterOf, ecsPage, foundAndMissing, idOf, instanceOf, invalid, serviceOf, taskOf } from './lookup.ts';
import type { Cluster, EcsState, Task } from './state.ts';
import { taskJson } from './task-json.ts';
import type { Tasks } from './tasks.ts';
import { seenBefore, type Visibility } from './visibility.ts';

/** The smallest index that holds the tasks asked for: the service's, the instance's, else the cluster's. */
const scopeOf = (ground: Ground, cluster: Cluster, input: JsonObject, wantsStopped: boolean): Iterable<Task> => {
  const containerInstance = text(input, 'containerInstance');
  const serviceName = text(input, 'serviceName');
  if (containerInstance !== undefined) {
    const instance = instanceOf(ground, cluster, containerInstance);
    if (instance === undefined) throw invalid('Container instance not found.');
    return wantsStopped ? instance.knownTasks : instance.tasks;
  }
  if (serviceName === undefined) return cluster.tasks.values();
  const service = serviceOf(cluster, serviceName);
  if (service === undefined) throw new AwsApiError('ServiceNotFoundException', 'Service not found.');
  return wantsStopped ? [...cluster.tasks.values()].filter((it) => it.service === service) : service.tasks;
};

const matches = (task: Task, input: JsonObject): boolean => {
  const family = text(input, 'family');
  const startedBy = text(input, 'startedBy');
  const launchType = text(input, 'launchType');
  const serviceName = text(input, 'serviceName');
  return (
    (family === undefined || task.definition.family === family) &&
    (startedBy === undefined || task.startedBy === startedBy) &&
    (launchType === undefined || (task.launchType ?? 'EC2') === launchType) &&
    (serviceName === undefined || task.service?.name === idOf(serviceName))
  );
};

export const taskApi = (ground: Ground, state: EcsState, tasks: Tasks, visibility: Visibility): Api => {
  const desiredSeen = (task: Task): string | undefined => {
    if (ground.now() < task.visibleAt) return undefined;
    const before = seenBefore(task, ground.now());
    return before === undefined ? task.desiredStatus : text(before, 'desiredStatus');
  };

  const seen = (task: Task, withTags: boolean): JsonObject => {
    const before = seenBefore(task, ground.now());
    if (before === undefined) return taskJson(task, epochSeconds, withTags);
    return withTags ? before : { ...before, tags: [] };
  };

  const visible = (cluster: Cluster, name: string): Task | undefined => {
    const task = taskOf(ground, cluster, name);
    return task === undefined || ground.now() < task.visibleAt ? undefined : task;
  };

  return {
    ListTasks: (input) => {
      const cluster = clusterOf(state, input);
      const desiredStatus = text(input, 'desiredStatus') ?? 'RUNNING';
      const scope = scopeOf(ground, cluster, input, desiredStatus === 'STOPPED');
      const arns: string[] = [];
      for (const it of scope) if (desiredSeen(it) === desiredStatus && matches(it, input)) arns.push(it.arn);
      const { items, nextToken } = ecsPage(arns, input, 100, 100);
      return { taskArns: items, nextToken };
    },
    DescribeTasks: (input) => {
      const cluster = clusterOf(state, input);
      const names = texts(input, 'tasks') ?? [];
      if (names.length === 0) throw invalid('Tasks cannot be empty.');
      atMost(names, 100, 'Tasks');
      const { found, failures } = foundAndMissing(
        names,
        (name) => visible(cluster, name),
        (name) => ground.arn('ecs', `task/${cluster.name}/${idOf(name)}`),
      );
      const withTags = texts(input, 'include')?.includes('TAGS') === true;
      return { tasks: found.map((it) => seen(it, withTags)), failures };
    },
    StopTask: (input) => {
      const cluster = clusterOf(state, input);
      const task = taskOf(ground, cluster, requiredText(input, 'task', 'InvalidParameterException'));
      if (task === undefined) throw invalid('The referenced task was not found.');
      if (task.desiredStatus === 'RUNNING') visibility.hide(task, () => taskJson(task, epochSeconds, true));
      tasks.stop(task, { code: 'UserInitiated', reason: text(input, 'reason') ?? 'Task stopped by user' });
      return { task: taskJson(task, epochSeconds) };
    },
  };
};
