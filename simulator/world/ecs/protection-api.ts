import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, number, texts } from '../json.ts';
import { atMost, clusterOf, idOf, invalid, taskOf } from './lookup.ts';
import type { Signals } from './signals.ts';
import { type Cluster, type EcsState, isWanted, type Task } from './state.ts';

const defaultMinutes = 120; // ECS API, UpdateTaskProtection: 1 to 2880, default 120

/** Task protection: only tasks of services can have it. */
export const protectionApi = (ground: Ground, state: EcsState, signals: Signals): Api => {
  const protectionJson = (task: Task): JsonObject => {
    const isProtected = (task.protectedUntil ?? 0) > ground.now();
    return {
      taskArn: task.arn,
      protectionEnabled: isProtected,
      ...(isProtected ? { expirationDate: epochSeconds(task.protectedUntil) } : {}),
    };
  };

  const split = (cluster: Cluster, names: readonly string[]) => {
    const found: Task[] = [];
    const failures: JsonObject[] = [];
    for (const name of names) {
      const task = taskOf(ground, cluster, name);
      const arn = ground.arn('ecs', `task/${cluster.name}/${idOf(name)}`);
      if (task === undefined) failures.push({ arn, reason: 'MISSING' });
      else if (task.service === undefined || !isWanted(task)) failures.push({ arn, reason: 'TASK_NOT_VALID' });
      else found.push(task);
    }
    return { found, failures };
  };

  return {
    GetTaskProtection: (input) => {
      const cluster = clusterOf(state, input);
      const all = [...cluster.tasks.values()].filter((it) => it.service !== undefined && isWanted(it));
      const names = texts(input, 'tasks') ?? all.map((it) => it.arn);
      atMost(names, 100, 'Tasks');
      const { found, failures } = split(cluster, names);
      return { protectedTasks: found.map(protectionJson), failures };
    },
    UpdateTaskProtection: (input) => {
      const cluster = clusterOf(state, input);
      const names = texts(input, 'tasks') ?? [];
      atMost(names, 10, 'Tasks');
      const minutes = number(input, 'expiresInMinutes') ?? defaultMinutes;
      if (minutes < 1 || minutes > 2_880) throw invalid('expiresInMinutes must be between 1 and 2880.');
      const { found, failures } = split(cluster, names);
      for (const task of found) {
        const enabled = flag(input, 'protectionEnabled') === true;
        task.protectedUntil = enabled ? ground.now() + minutes * 60_000 : undefined;
        const look = (): void => {
          if (task.service !== undefined) signals.serviceTouched(task.service);
        };
        if (enabled) ground.afterMs(minutes * 60_000, look);
        else look();
      }
      return { protectedTasks: found.map(protectionJson), failures };
    },
  };
};
