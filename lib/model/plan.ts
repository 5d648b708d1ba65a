import type { ClusterMemory, Drain, DrainCause } from './memory.ts';
import type { Gap } from './observation.ts';
import type { Obstacle } from './obstacle.ts';
import type { Resources } from './resources.ts';
import type { EpochMs } from './time.ts';

/** One instance that a step names. */
export interface StepInstance {
  readonly ec2InstanceId: string;
  readonly containerInstanceArn: string;
  /** The container instance's version in the observation; undefined where it is no longer registered. */
  readonly version: number | undefined;
}

/** Sets a group's desired capacity upwards, in one call, to exactly what the demand needs. */
export interface SetGroupDesiredCapacity {
  readonly kind: 'setGroupDesiredCapacity';
  readonly group: string;
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
  | DrainInstances
  | RestoreInstances
  | TerminateInstances
  | CompleteLifecycleActions;

/** Why an instance stays. The first reason found is the one reported. */
export type KeepReason =
  | 'runsTasks'
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

export type InstanceVerdict =
  | { readonly kind: 'keep'; readonly reason: KeepReason; readonly detail: string }
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
  | { readonly kind: 'fitsNow'; readonly instances: number }
  /** There is room, unless ECS takes the worst of several equals. */
  | { readonly kind: 'mayFitNow'; readonly instances: number }
  | { readonly kind: 'waitsForLaunch'; readonly group: string; readonly instances: number }
  | { readonly kind: 'launch'; readonly group: string; readonly instances: number }
  | { readonly kind: 'restore'; readonly instances: number }
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
  | 'unknownInstanceShape'
  | 'groupConflict'
  | 'missingTaskDefinition'
  | 'partialView';

/** Tasks of one shape, source and binding that have no place, with what becomes of how many of them. */
export interface DemandReport {
  readonly source: string;
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
  /** When the cluster must be looked at again even if nothing happens. */
  readonly nextTimerAt: EpochMs | undefined;
}

export type StepResult = 'done' | 'dropped' | 'failed' | 'notInActMode';

/** What became of a step; `detail` says what was dropped or failed. */
export interface StepOutcome {
  readonly step: Step;
  readonly result: StepResult;
  readonly detail: string | undefined;
}
