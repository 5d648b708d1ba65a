import type { EpochMs } from './time.ts';

/** The life of a task, in order. */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'
  | 'DELETED';

export type LaunchType = 'EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES';

export interface Task {
  readonly arn: string;
  readonly taskDefinitionArn: string;
  /** `service:<name>` for a task of a service, `family:<name>` or what RunTask was given for a standalone one. */
  readonly group: string | undefined;
  /** The deployment id (or task set id) for a task of a service. */
  readonly startedBy: string | undefined;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containerInstanceArn: string | undefined;
  /** The one provider this task is bound to; undefined for a task started by launch type. */
  readonly capacityProviderName: string | undefined;
  readonly launchType: LaunchType;
  /** Task-level CPU units and memory as ECS reports them on the task, overrides included; undefined where not set. */
  readonly cpuUnits: number | undefined;
  readonly memoryMiB: number | undefined;
  /** When it entered PENDING (AWS API model), so a task that waits for room may have none. */
  readonly createdAt: EpochMs | undefined;
  /** A container health check of it has failed; what a load balancer's checks say, ECS does not tell of a task. */
  readonly isUnhealthy?: boolean | undefined;
  readonly version: number;
}

const servicePrefix = 'service:';

/** The group of the tasks of a service. */
export const taskGroupOf = (service: string): string => servicePrefix + service;

/** The service a task belongs to, or undefined for a standalone task. */
export const serviceNameOf = (task: Task): string | undefined =>
  task.group?.startsWith(servicePrefix) === true ? task.group.slice(servicePrefix.length) : undefined;

/**
 * Whether a task waits for room. A placed awsvpc task is in PROVISIONING too, while its interface is made, but it
 * already has a container instance (AWS task lifecycle documentation).
 */
export const isWaiting = (task: Task): boolean =>
  task.lastStatus === 'PROVISIONING' && task.containerInstanceArn === undefined && task.desiredStatus === 'RUNNING';
