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
  /** GPUs it has for itself. */
  readonly gpus: number;
  /** It takes every GPU of its instance (a container asks for `ALL`). */
  readonly allGpus?: boolean | undefined;
  /** It shares GPUs with other tasks: how many may, ECS does not tell, so it is never counted on to fit. */
  readonly sharesGpus?: boolean | undefined;
  /** 1 for awsvpc, else 0. */
  readonly networkInterfaces: number;
  /** Of resources of other kinds, by name. */
  readonly custom?: Readonly<Record<string, number>> | undefined;
  /** Amazon EBS volumes attached when it starts, one at most. */
  readonly ebsVolumes?: 0 | 1 | undefined;
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
  /** The longest `stopTimeout` of its containers; undefined where none is set: the agent's default of 30 s. */
  readonly stopTimeoutMs?: number | undefined;
}
