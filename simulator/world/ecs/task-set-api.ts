import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { flag, number, object, requiredText, texts } from '../json.ts';
import { newTaskSet } from './deployments.ts';
import { activeDefinition, activeService, clusterOf, idOf, invalid, launchOf } from './lookup.ts';
import { taskSetJson } from './service-json.ts';
import type { Signals } from './signals.ts';
import { type Deployment, type EcsState, isWanted, type Service } from './state.ts';

const code = 'InvalidParameterException';

/** Task ids of a set are `ecs-svc/N`, so only what follows the last slash tells them apart in an ARN too. */
const taskSetOf = (service: Service, reference: string): Deployment => {
  const found = service.deployments.find((it) => idOf(it.id) === idOf(reference));
  if (found === undefined) throw new AwsApiError('TaskSetNotFoundException', 'The specified task set was not found.');
  return found;
};

/** Task sets: how EXTERNAL and CODE_DEPLOY controllers deploy. */
export const taskSetApi = (ground: Ground, state: EcsState, signals: Signals): Api => {
  const serviceIn = (input: JsonObject): Service => {
    const service = activeService(clusterOf(state, input), requiredText(input, 'service', code));
    if (service.controller === 'ECS') throw invalid('Task sets need a CODE_DEPLOY or EXTERNAL deployment controller.');
    return service;
  };

  const remove = (service: Service, taskSet: Deployment, force: boolean): void => {
    if (!force && [...taskSet.tasks].some(isWanted))
      throw invalid('The task set cannot be deleted while it is scaled above 0.');
    taskSet.status = 'DRAINING';
    taskSet.scalePercent = 0;
    signals.serviceTouched(service);
  };

  return {
    CreateTaskSet: (input) => {
      const service = serviceIn(input);
      const definition = activeDefinition(state, requiredText(input, 'taskDefinition', code));
      const taskSet = newTaskSet(ground, service, definition, launchOf(state, service.cluster, input), input);
      service.deployments = [taskSet, ...service.deployments];
      signals.serviceTouched(service);
      return { taskSet: taskSetJson(taskSet) };
    },
    UpdateTaskSet: (input) => {
      const service = serviceIn(input);
      const taskSet = taskSetOf(service, requiredText(input, 'taskSet', code));
      taskSet.scalePercent = number(object(input, 'scale') ?? {}, 'value') ?? taskSet.scalePercent;
      taskSet.updatedAt = ground.now();
      signals.serviceTouched(service);
      return { taskSet: taskSetJson(taskSet) };
    },
    DeleteTaskSet: (input) => {
      const service = serviceIn(input);
      const taskSet = taskSetOf(service, requiredText(input, 'taskSet', code));
      remove(service, taskSet, flag(input, 'force') === true);
      return { taskSet: taskSetJson(taskSet) };
    },
    DescribeTaskSets: (input) => {
      const service = serviceIn(input);
      const names = texts(input, 'taskSets');
      const found = names === undefined ? service.deployments : names.map((name) => taskSetOf(service, name));
      return { taskSets: found.map(taskSetJson), failures: [] };
    },
    UpdateServicePrimaryTaskSet: (input) => {
      const service = serviceIn(input);
      const primary = taskSetOf(service, requiredText(input, 'primaryTaskSet', code));
      for (const it of service.deployments) it.status = it === primary ? 'PRIMARY' : 'ACTIVE';
      return { taskSet: taskSetJson(primary) };
    },
  };
};
