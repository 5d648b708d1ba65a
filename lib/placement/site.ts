import type { PlacementStrategy } from '../model/service.ts';
import type { Constraints } from './constraints.ts';
import type { Facts } from './query/evaluate.ts';
import type { Wants } from './requirements.ts';
import type { Room } from './room.ts';

/** A place for tasks: a container instance, or what one is expected to be that has yet to come. */
export interface Site {
  readonly id: string;
  readonly room: Room;
  /** GPUs in all, free or not. */
  readonly gpus: number;
  readonly facts: Facts;
  readonly capacityProvider: string | undefined;
  /** Tasks whose desired status is RUNNING, by group. */
  readonly tasksByGroup: ReadonlyMap<string, number>;
}

/** Identical tasks of one group that want a place, and all that ECS goes by when it looks for one. */
export interface Ask extends Wants {
  readonly id: string;
  readonly count: number;
  /** `service:NAME` or what RunTask was given: what spreading and `distinctInstance` count by. */
  readonly group: string;
  readonly constraints: Constraints;
  readonly strategy: readonly PlacementStrategy[];
  /** The one provider whose instances it may use; undefined where it may use any. */
  readonly capacityProvider: string | undefined;
}
