/** What a task takes of a container instance. */
export interface Need {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpus: number;
  readonly networkInterfaces: number;
}

/** What a container instance has left; ports are those in use, GPUs those still free. */
export interface Pool {
  cpuUnits: number;
  memoryMiB: number;
  readonly tcpPortsInUse: Set<number>;
  readonly udpPortsInUse: Set<number>;
  readonly freeGpus: Set<string>;
  networkInterfaces: number;
}
