/** What a task takes of a container instance. */
export interface Need {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpus: number;
  /** Every GPU of the instance: a container asks for `ALL`. */
  readonly allGpus?: boolean | undefined;
  readonly networkInterfaces: number;
  /** EBS volumes that are attached when it starts. */
  readonly ebsVolumes?: number | undefined;
  /** Of resources of other kinds, by name. */
  readonly custom?: Readonly<Record<string, number>> | undefined;
}

/** What a container instance has left; ports are those in use, GPUs those still free. */
export interface Pool {
  cpuUnits: number;
  memoryMiB: number;
  readonly tcpPortsInUse: Set<number>;
  readonly udpPortsInUse: Set<number>;
  readonly freeGpus: Set<string>;
  /** In all, free or not; undefined: as many as are free. */
  readonly gpus?: number | undefined;
  networkInterfaces: number;
  /** EBS volumes of tasks that may still be attached; undefined: without limit. */
  ebsVolumes?: number | undefined;
  /** Resources of other kinds, by name. */
  readonly custom?: Map<string, number> | undefined;
}
