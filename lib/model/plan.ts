import type { ClusterMemory, Drain, DrainCause } from './memory.ts';
import type { Gap } from './observation.ts';
import type { Obstacle } from './obstacle.ts';
import type { Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

/** One instance that a step names. */
export interface StepInstance {
  readonly ec2InstanceId: string;
  readonly containerInstanceArn: string;
  /**
   * The container instance's version in the observation; undefined where it is no longer registered, and where it goes
   * whatever it has come to hold.
   */
  readonly version: number | undefined;
  /** Tasks whose protection is read again before their instance is drained: one that is protected by then keeps it. */
  readonly taskArns?: readonly string[] | undefined;
}

/**
 * Sets a group's desired capacity in one call: upwards, to exactly what the demand needs; downwards only to take back
 * launches that AWS had no instances for, never below the group's members, every one of which is protected.
 */
export interface SetGroupDesiredCapacity {
  readonly kind: 'setGroupDesiredCapacity';
  readonly group: string;
  readonly from: number;
  readonly to: number;
  /** Sizes that Berth changed a moment ago, and that a read may still show instead of `from`. */
  readonly maySeem?: readonly number[] | undefined;
  readonly reason: string;
}

/** Sets the desired count of a service (UpdateService): upwards in the same plan as the instances that it takes. */
export interface SetServiceDesiredCount {
  readonly kind: 'setServiceDesiredCount';
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface DrainInstances {
  readonly kind: 'drainInstances';
  readonly group: string | undefined;
  readonly cause: DrainCause;
  readonly instances: readonly StepInstance[];
  readonly reason: string;
}

/** Tells hooks to wait longer (RecordLifecycleActionHeartbeat): tasks are still leaving. */
export interface RecordHeartbeats {
  readonly kind: 'recordHeartbeats';
  readonly group: string;
  readonly lifecycleHookName: string;
  readonly instances: readonly StepInstance[];
  readonly reason: string;
}

/** Stops what a drain is left with past its deadline, where the settings say so. */
export interface StopTasks {
  readonly kind: 'stopTasks';
  readonly taskArns: readonly string[];
  readonly reason: string;
}

/** Takes instances off ECS's books whose agent is lost: nothing they hold is known (DeregisterContainerInstance, forced). */
export interface DeregisterInstances {
  readonly kind: 'deregisterInstances';
  readonly instances: readonly StepInstance[];
  readonly reason: string;
}

/** Asks Auto Scaling for instances and learns at once which came, or why none did (LaunchInstances). */
export interface LaunchInstances {
  readonly kind: 'launchInstances';
  readonly group: string;
  /** The desired capacity it was planned from. */
  readonly from: number;
  readonly count: number;
  /** Sizes that Berth changed a moment ago, and that a read may still show instead of `from`. */
  readonly maySeem?: readonly number[] | undefined;
  /** One zone a call; undefined where the group has but one. */
  readonly availabilityZone: string | undefined;
  readonly clientToken: string;
  readonly reason: string;
}

/** DRAINING back to ACTIVE: demand came back, or work landed on the instance before it was closed. */
export interface RestoreInstances {
  readonly kind: 'restoreInstances';
  readonly instances: readonly StepInstance[];
  readonly reason: string;
}

/** Terminates proven-empty instances and lowers the group's desired capacity by as many. */
export interface TerminateInstances {
  readonly kind: 'terminateInstances';
  readonly group: string;
  readonly instances: readonly StepInstance[];
  readonly reason: string;
  /** For instances outside it (Terminating:Retained): the group stays as large as it is to be. */
  readonly keepsDesiredCapacity?: true | undefined;
}

/** Lets instances go that wait in Terminating:Wait for Berth's own hook. */
export interface CompleteLifecycleActions {
  readonly kind: 'completeLifecycleActions';
  readonly group: string;
  readonly lifecycleHookName: string;
  readonly instances: readonly StepInstance[];
  readonly reason: string;
}

export type Step =
  | SetGroupDesiredCapacity
  | SetServiceDesiredCount
  | DrainInstances
  | RestoreInstances
  | TerminateInstances
  | CompleteLifecycleActions
  | RecordHeartbeats
  | StopTasks
  | DeregisterInstances
  | LaunchInstances;

/** Why an instance stays. The first reason found is the one reported; `others` has the rest. */
export type KeepReason =
  | 'standaloneTask'
  | 'protectedTask'
  /** Whether a task is protected is not known yet. */
  | 'protectionUnknown'
  /** minimumHealthyPercent and maximumPercent, with their rounding, let ECS neither stop nor start one. */
  | 'serviceCannotMove'
  | 'runningDeployment'
  | 'lastCopyInZone'
  | 'instanceRefresh'
  | 'tooYoung'
  | 'recentlyMoved'
  /** A drain of it was given up not long ago. */
  | 'recentlyAbandoned'
  | 'tasksFitNowhere'
  | 'notWorthIt'
  | 'headroom'
  | 'recentPeak'
  | 'budget'
  | 'circuitBreaker'
  | 'paused'
  | 'consolidationOff'
  /** It may be emptied as far as the rules say; whether it is worth it is judged with the next look at the cluster. */
  | 'notLookedAt'
  | 'retiring'
  | 'tasksStillStopping'
  | 'notQuietLongEnough'
  | 'neededForWaitingTasks'
  | 'groupMinimum'
  | 'notOptedIn'
  | 'externalInstance'
  | 'managedInstance'
  | 'agentDisconnected'
  | 'standby'
  | 'notInGroup'
  | 'foreignDrain'
  | 'scaleInProtected'
  | 'managedScaling'
  | 'groupConflict'
  | 'partialView'
  | 'scalingOutGroup'
  | 'notActive'
  | 'notRegistered'
  | 'registeredTwice';

export interface KeepFinding {
  readonly reason: KeepReason;
  readonly detail: string;
  /** When it passes by itself, without an event; undefined where it does not, or nobody knows. */
  readonly until?: EpochMs | undefined;
}

export type InstanceVerdict =
  | (KeepFinding & { readonly kind: 'keep'; readonly others: readonly KeepFinding[] })
  | { readonly kind: 'drain'; readonly cause: DrainCause; readonly detail: string }
  | { readonly kind: 'draining'; readonly cause: DrainCause; readonly detail: string }
  | { readonly kind: 'terminate'; readonly cause: DrainCause; readonly detail: string }
  | { readonly kind: 'restore'; readonly detail: string };

export interface InstanceReport {
  readonly ec2InstanceId: string;
  readonly group: string | undefined;
  readonly verdict: InstanceVerdict;
}

/** What becomes of tasks that have no place now. */
export type UnplacedVerdict =
  /** `detail` where ECS could start them and does not. */
  | { readonly kind: 'fitsNow'; readonly instances: number; readonly detail?: string | undefined }
  /** There is room, unless ECS takes the worst of several equals. */
  | { readonly kind: 'mayFitNow'; readonly instances: number }
  | { readonly kind: 'waitsForLaunch'; readonly group: string; readonly instances: number }
  /** Tasks that are about to end leave them room sooner than an instance boots. */
  | { readonly kind: 'waitsForRoom'; readonly instances: number }
  | { readonly kind: 'launch'; readonly group: string; readonly instances: number }
  | { readonly kind: 'restore'; readonly instances: number }
  /** ECS itself waits before it starts them again: no instance would help. */
  | { readonly kind: 'heldBack'; readonly detail: string }
  | { readonly kind: 'unplaceable'; readonly reason: UnplaceableReason; readonly detail: string };

export type UnplaceableReason =
  | 'largerThanEveryInstance'
  /** No instance of a group it may run in answers to its constraints. */
  | 'excludedByConstraints'
  /** Whether one would cannot be told. */
  | 'unclearConstraints'
  | 'sharedGpus'
  | 'groupsAtMaximum'
  | 'noGroup'
  | 'boundToManagedGroup'
  | 'boundToUnknownProvider'
  | 'launchesDoNotRegister'
  /** AWS has none to give, and no other group may run it. */
  | 'capacityErrors'
  | 'launchBudget'
  | 'caps'
  | 'unknownInstanceShape'
  | 'groupConflict'
  | 'missingTaskDefinition'
  | 'partialView';

/** Tasks of one shape, source and binding that have no place, with what becomes of how many of them. */
export interface DemandReport {
  /** Of the demand that it is about. */
  readonly id?: string | undefined;
  readonly source: string;
  /** Room that is to be kept free: nothing waits for it. */
  readonly isReserve?: true;
  readonly capacityProvider: string | undefined;
  readonly requirements: Resources;
  readonly tasks: number;
  readonly verdicts: readonly { readonly tasks: number; readonly verdict: UnplacedVerdict }[];
  /** Why one more task of them does not fit on the instances there are, by cause; most instances first. */
  readonly obstacles: readonly ObstacleReport[];
}

export interface ObstacleReport {
  readonly obstacle: Obstacle;
  readonly instances: number;
  /** Of the resource that is lacking, the most that one of them has left. */
  readonly mostLeft: number | undefined;
}

export interface GroupReport {
  readonly group: string;
  readonly desiredCapacity: number;
  readonly planned: number;
  readonly minSize: number;
  readonly maxSize: number;
  /** Launches past their boot deadline. */
  readonly overdue: number;
  readonly note: string | undefined;
}

/** What should change and why; data only. */
export interface Plan {
  readonly cluster: string;
  readonly observedAt: EpochMs;
  readonly steps: readonly Step[];
  readonly groups: readonly GroupReport[];
  readonly instances: readonly InstanceReport[];
  readonly demand: readonly DemandReport[];
  readonly gaps: readonly Gap[];
  /** Settings that fit nothing seen, in sentences. */
  readonly notices: readonly string[];
  /** What the next decision must know. */
  readonly memory: ClusterMemory;
  /** Drains to be written before the steps are carried out. */
  readonly drains: readonly Drain[];
  /** Drains that are over. */
  readonly endedDrains: readonly Drain[];
  /**
   * What must be known before more can be decided: tasks whose protection to read (GetTaskProtection). Whoever plans
   * reads it and plans again.
   */
  readonly questions: readonly string[];
  /** When the cluster must be looked at again even if nothing happens. */
  readonly nextTimerAt: EpochMs | undefined;
}

export type StepResult = 'done' | 'dropped' | 'failed' | 'notInActMode';

/** What became of a step; `detail` says what was dropped or failed. */
export interface StepOutcome {
  readonly step: Step;
  readonly result: StepResult;
  readonly detail: string | undefined;
  /** Of a launch that AWS answered at once: how many did not come, and what it said of them. */
  readonly notLaunched?: { readonly instances: number; readonly cause: string } | undefined;
}
