import type { Task as Answer } from '@aws-sdk/client-ecs';
import type { LaunchType, Task, TaskStatus } from '../model/task.ts';
import { need, needOneOf, numberIn } from './decoding.ts';

const taskStatuses: readonly TaskStatus[] = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
  'DELETED',
];

const launchTypes: readonly LaunchType[] = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'];

export const launchTypeFrom = (value: string | undefined): LaunchType | undefined =>
  value === undefined ? undefined : needOneOf(launchTypes, value, 'launchType');

/** Nothing of its containers or overrides is kept but CPU and memory: their environments may hold secrets. */
export const taskFrom = (it: Answer): Task => ({
  arn: need(it.taskArn, 'taskArn'),
  taskDefinitionArn: need(it.taskDefinitionArn, 'taskDefinitionArn'),
  group: it.group,
  startedBy: it.startedBy,
  lastStatus: needOneOf(taskStatuses, it.lastStatus, 'lastStatus'),
  desiredStatus: needOneOf(['RUNNING', 'STOPPED'], it.desiredStatus, 'desiredStatus'),
  containerInstanceArn: it.containerInstanceArn,
  capacityProviderName: it.capacityProviderName,
  launchType: launchTypeFrom(it.launchType) ?? 'EC2',
  cpuUnits: numberIn(it.overrides?.cpu ?? it.cpu, 'cpu'),
  memoryMiB: numberIn(it.overrides?.memory ?? it.memory, 'memory'),
  createdAt: it.createdAt?.getTime(),
  version: it.version ?? 0,
});
