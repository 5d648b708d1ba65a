import type { JsonObject, ServiceName } from './api.ts';

/** What made an instance come or go: an API call, or the group's own doing. */
export type Cause =
  | { readonly kind: 'call'; readonly callId: number; readonly operation: string; readonly caller: string }
  /** The group replaces an instance that went without decrement, was unhealthy or was interrupted. */
  | { readonly kind: 'replacement'; readonly of: string }
  | { readonly kind: 'fault'; readonly fault: 'spotInterruption' | 'killed' }
  /** A process of the group's own. */
  | {
      readonly kind: 'group';
      readonly process: 'zoneRebalance' | 'capacityRebalance' | 'instanceRefresh' | 'warmPool';
    };

/** How a task is wanted: by a replica or daemon service, or standalone (RunTask). */
export type WantKind = 'REPLICA' | 'DAEMON' | 'STANDALONE';

interface At {
  /** Virtual time, epoch milliseconds. */
  readonly at: number;
}

interface OfWant extends At {
  readonly wantId: string;
  readonly want: WantKind;
  readonly cluster: string;
  /** The service's name; undefined for standalone tasks. */
  readonly service: string | undefined;
  readonly taskDefinitionArn: string;
}

/** One API call, by whomever. */
interface ApiRecord extends At {
  readonly kind: 'api';
  readonly callId: number;
  readonly service: ServiceName;
  readonly operation: string;
  readonly caller: string;
  readonly input: JsonObject;
  /** The error code it was answered with. */
  readonly error: string | undefined;
}

/** The world first wants a task that its deployment's limits allow to start: waits are counted from here. */
export interface TaskWantedRecord extends OfWant {
  readonly kind: 'taskWanted';
}

/** The task got its container instance. */
export interface TaskPlacedRecord extends OfWant {
  readonly kind: 'taskPlaced';
  readonly taskArn: string;
  readonly containerInstanceArn: string;
  readonly ec2InstanceId: string;
}

/** A placed service task stopped before it was RUNNING while the service still wants one: the want waits again. */
interface TaskUnplacedRecord extends OfWant {
  readonly kind: 'taskUnplaced';
  readonly taskArn: string;
}

/** The want ended without a RUNNING task. */
export interface TaskWithdrawnRecord extends OfWant {
  readonly kind: 'taskWithdrawn';
  readonly reason: 'noLongerWanted' | 'noRoom' | 'stopped' | 'failed';
}

/** A task's lastStatus or desiredStatus changed. The want ends well with the first lastStatus RUNNING. */
export interface TaskStatusRecord extends OfWant {
  readonly kind: 'taskStatus';
  readonly taskArn: string;
  readonly containerInstanceArn: string | undefined;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
}

interface OfInstance extends At {
  readonly ec2InstanceId: string;
  readonly group: string | undefined;
}

/**
 * An EC2 instance's life in its group: `requested` (billing has not begun), `launched` (it has), `inService`,
 * `booted` (the agent starts), `warned` (EC2 takes it back in two minutes), `terminating` (chosen; lifecycle hooks may hold it). Those of a warm pool are `stopped`
 * meanwhile (billing pauses) and `restarted`.
 */
export interface InstanceRecord extends OfInstance {
  readonly kind: 'instance';
  readonly change:
    | 'requested'
    | 'launched'
    | 'inService'
    | 'booted'
    | 'stopped'
    | 'restarted'
    | 'warned'
    | 'terminating';
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly cause: Cause;
}

/** EC2 stops the instance. Live tasks: lastStatus PENDING to DEPROVISIONING and not of a daemon service. */
export interface InstanceTerminatedRecord extends OfInstance {
  readonly kind: 'instanceTerminated';
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly cause: Cause;
  readonly containerInstanceArn: string | undefined;
  readonly containerInstanceStatus: string | undefined;
  readonly liveTasks: number;
  readonly liveTaskArns: readonly string[];
}

/** A container instance registered, changed status, lost or found its agent, or was deregistered. */
export interface ContainerInstanceRecord extends At {
  readonly kind: 'containerInstance';
  readonly change: 'registered' | 'DRAINING' | 'ACTIVE' | 'disconnected' | 'connected' | 'deregistered';
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly ec2InstanceId: string;
  readonly caller: string | undefined;
}

interface GroupCapacityRecord extends At {
  readonly kind: 'groupCapacity';
  readonly group: string;
  readonly from: number;
  readonly to: number;
  readonly cause: Cause;
}

interface ServiceCountRecord extends At {
  readonly kind: 'serviceCount';
  readonly cluster: string;
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly caller: string;
}

/** An event as its source emits it; delivery comes later. */
interface EventRecord extends At {
  readonly kind: 'event';
  readonly event: JsonObject;
}

/** An event matched a rule whose target could not take it (no such function or queue). */
interface UndeliverableRecord extends At {
  readonly kind: 'undeliverable';
  readonly rule: string;
  readonly targetArn: string;
  readonly event: JsonObject;
}

export type WorldRecord =
  | ApiRecord
  | TaskWantedRecord
  | TaskPlacedRecord
  | TaskUnplacedRecord
  | TaskWithdrawnRecord
  | TaskStatusRecord
  | InstanceRecord
  | InstanceTerminatedRecord
  | ContainerInstanceRecord
  | GroupCapacityRecord
  | ServiceCountRecord
  | EventRecord
  | UndeliverableRecord;

type WorldListener = (record: WorldRecord) => void;

/** What happens in the world, as it happens. Nothing is kept: who needs the past keeps it. */
export interface WorldLog {
  /** Tells `listener` of every record from now on, of the named kinds only if given. Returns how to stop. */
  subscribe(listener: WorldListener, kinds?: readonly WorldRecord['kind'][]): () => void;
}

/** The writing side, for the world's own services. */
export interface WorldLogWriter extends WorldLog {
  write(record: WorldRecord): void;
  /** Whether anybody listens to this kind: what is costly to describe need not be described otherwise. */
  wants(kind: WorldRecord['kind']): boolean;
}

interface Subscription {
  readonly listener: WorldListener;
  readonly kinds: ReadonlySet<WorldRecord['kind']> | undefined;
}

export const createLog = (): WorldLogWriter => {
  let subscriptions: readonly Subscription[] = [];
  const hears = (it: Subscription, kind: WorldRecord['kind']): boolean => it.kinds?.has(kind) ?? true;
  return {
    subscribe: (listener, kinds) => {
      const mine: Subscription = { listener, kinds: kinds && new Set(kinds) };
      subscriptions = [...subscriptions, mine];
      return () => {
        subscriptions = subscriptions.filter((it) => it !== mine);
      };
    },
    write: (record) => {
      for (const it of subscriptions) if (hears(it, record.kind)) it.listener(record);
    },
    wants: (kind) => subscriptions.some((it) => hears(it, kind)),
  };
};
