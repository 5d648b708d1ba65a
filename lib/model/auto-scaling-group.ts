/** Lifecycle states of an instance in a group; `Warmed:*` belong to a warm pool. */
export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'Quarantined'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminating:Retained'
  | 'Terminated'
  | 'Detaching'
  | 'Detached'
  | 'EnteringStandby'
  | 'Standby'
  | 'ReplacingRootVolume'
  | 'ReplacingRootVolume:Wait'
  | 'ReplacingRootVolume:Proceed'
  | 'RootVolumeReplaced'
  | `Warmed:${string}`;

export interface GroupInstance {
  readonly ec2InstanceId: string;
  readonly instanceType: string | undefined;
  readonly availabilityZone: string;
  readonly lifecycleState: LifecycleState;
  readonly healthStatus: string;
  readonly protectedFromScaleIn: boolean;
  /** `id:version` of the launch template it was launched from; undefined where Auto Scaling does not say. */
  readonly launchTemplate: string | undefined;
}

/** Why Berth refuses to size a group, although its tag opts it in. */
export type GroupConflict =
  | 'weightedCapacity'
  | 'capacityUnits'
  | 'operator'
  | 'launchSuspended'
  | 'terminateSuspended'
  | 'beingDeleted';

export interface AutoScalingGroup {
  readonly name: string;
  readonly arn: string;
  /** The cluster its tag `berth:cluster` names. */
  readonly cluster: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly availabilityZones: readonly string[];
  readonly instanceTypes: readonly string[];
  /** Identifies what a new instance would be launched from; learned shapes are kept under it. */
  readonly launchSource: string | undefined;
  /** `id:version` of the launch template; undefined for `$Latest`, `$Default` and launch configurations. */
  readonly launchTemplate: string | undefined;
  readonly newInstancesProtectedFromScaleIn: boolean;
  readonly suspendedProcesses: readonly string[];
  readonly conflicts: readonly GroupConflict[];
  readonly instances: readonly GroupInstance[];
}

const launching: readonly string[] = ['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService'];

/** Whether an instance counts towards its group's desired capacity: Standby, detached, warmed and leaving ones do not. */
export const countsTowardsDesired = (it: GroupInstance): boolean => launching.includes(it.lifecycleState);

export const isTerminating = (it: GroupInstance): boolean => it.lifecycleState.startsWith('Terminating');
