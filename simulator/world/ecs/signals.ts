import type { Cluster, ContainerInstance, Service } from './state.ts';

/** What the parts of ECS tell its schedulers. */
export interface Signals {
  /** Something of this service changed: its scheduler should look soon. */
  serviceTouched(service: Service): void;
  /** What waits for room in this cluster may fit now. */
  roomAppeared(cluster: Cluster): void;
  /** A container instance came, went, changed status or lost a task: daemons go first. */
  instanceChanged(instance: ContainerInstance): void;
}
