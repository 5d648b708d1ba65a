import type { LaunchTarget, PlacementConstraint, PlacementStrategy } from './service.ts';
import { type WantedCount, wantedCountLastsMs } from './service-counts.ts';
import { type EpochMs, minuteMs } from './time.ts';

/** Room that a person asked for ahead of time: so many more tasks of a service or of a task definition, until then. */
export interface CapacityRequest {
  /** Of the person's own choice, or made by Berth; asking again under the same id replaces it. */
  readonly id: string;
  readonly tasks: number;
  readonly target:
    | { readonly kind: 'service'; readonly service: string }
    | {
        readonly kind: 'taskDefinition';
        readonly taskDefinitionArn: string;
        readonly capacityProvider: string | undefined;
      };
  readonly requestedAt: EpochMs;
  readonly until: EpochMs;
  /**
   * How many the service wanted, or were there of the task definition, when it was asked for: what came since counts
   * against the request. Undefined: nothing does.
   */
  readonly baseTasks?: number | undefined;
}

/** A task given to Berth's own queue, which runs it once there is room. */
export interface QueuedTask {
  /** The message id, 36 characters; RunTask's client tokens are made of it, so that it never runs twice. */
  readonly id: string;
  readonly taskDefinitionArn: string;
  readonly group: string | undefined;
  readonly capacityProvider: string | undefined;
  readonly tasks: number;
  readonly queuedAt: EpochMs;
  /** Besides those of its task definition. */
  readonly placementConstraints?: readonly PlacementConstraint[] | undefined;
  readonly placementStrategy?: readonly PlacementStrategy[] | undefined;
}

/** What the client tokens begin with by which Berth runs the tasks of its own queue. */
export const ownTokenPrefix = 'berth-';

/** What somebody else's RunTask call did not start for want of room. Whether they ever call again nobody knows. */
export interface RefusedRun {
  /** The call's client token, else the id of its event: told twice, it is one. */
  readonly id: string;
  /** As the call named it: family, family:revision or ARN. */
  readonly taskDefinition: string;
  readonly group: string | undefined;
  readonly target: LaunchTarget;
  readonly tasks: number;
  readonly placementConstraints?: readonly PlacementConstraint[] | undefined;
  readonly placementStrategy?: readonly PlacementStrategy[] | undefined;
  readonly at: EpochMs;
  /** From when on no room is made for it any more. */
  readonly until: EpochMs;
}

/** EC2 expects to interrupt this spot instance sooner than others (rebalance recommendation). */
export interface RebalanceNotice {
  readonly ec2InstanceId: string;
  readonly at: EpochMs;
}

/** A person's word to stop: everything, or only what takes instances away. */
export interface Pause {
  readonly what: 'all' | 'scaleIn';
  /** Undefined: until it is ended. */
  readonly until: EpochMs | undefined;
}

/** What people, EC2 and Berth's own queue asked of a cluster, kept in the store until it is served or over. */
export interface AskedFor {
  readonly capacity: readonly CapacityRequest[];
  readonly queued: readonly QueuedTask[];
  readonly refused: readonly RefusedRun[];
  readonly rebalance: readonly RebalanceNotice[];
  readonly pause: Pause | undefined;
  /** Counts that services should have, as the last minute check found; none where it does not look after any. */
  readonly counts?: readonly WantedCount[] | undefined;
}

export const nothingAsked: AskedFor = { capacity: [], queued: [], refused: [], rebalance: [], pause: undefined };

/** For so long a rebalance recommendation is news: EC2 sends it again while it holds, or interrupts. */
export const rebalanceNoticeLastsMs = 15 * minuteMs;

/** Less what is over: the store forgets it later, at its leisure. */
export const stillAsked = (
  { capacity, queued, refused, rebalance, pause, counts }: AskedFor,
  now: EpochMs,
): AskedFor => ({
  capacity: capacity.filter((it) => it.until > now),
  queued,
  refused: refused.filter((it) => it.until > now),
  rebalance: rebalance.filter((it) => it.at + rebalanceNoticeLastsMs > now),
  pause: pause === undefined || (pause.until !== undefined && pause.until <= now) ? undefined : pause,
  counts: counts?.filter((it) => it.at + wantedCountLastsMs > now),
});
