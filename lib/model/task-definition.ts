import type { Resources } from './resources.ts';

/** `awsvpc` gives each task a network interface of its own; static host ports exist in `bridge` and `host` only. */
export type NetworkMode = 'bridge' | 'host' | 'awsvpc' | 'none' | 'default';

/** A port of the instance that a task takes for itself; two tasks with the same one never share an instance. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/**
 * What one task takes from a container instance: its task-level CPU and memory where set, else the sum over its
 * containers (memoryReservation where set, else memory).
 */
export interface Requirements extends Resources {
  readonly hostPorts: readonly HostPort[];
  readonly gpus: number;
  /** 1 for awsvpc, else 0. */
  readonly networkInterfaces: number;
}

/** One revision. Revisions never change, so one that was read once may be kept for ever. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly networkMode: NetworkMode;
  readonly requirements: Requirements;
  /** Names of the attributes an instance must have (`requiresAttributes`). */
  readonly requiresAttributes: readonly string[];
  /** `memberOf` expressions of the task definition itself. */
  readonly memberOf: readonly string[];
  readonly cpuArchitecture: string | undefined;
  readonly operatingSystemFamily: string | undefined;
}
