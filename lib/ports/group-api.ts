import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { GroupSurroundings } from '../model/memory.ts';
import type { FailedActivity } from '../model/observation.ts';
import type { EpochMs } from '../model/time.ts';
import type { ItemOutcome, Reading } from './reading.ts';

/** Where an EC2 instance stands in Auto Scaling. */
export interface GroupMembership {
  readonly ec2InstanceId: string;
  readonly group: string;
}

/** What Berth reads from EC2 Auto Scaling. */
export interface GroupReader {
  /** The groups whose tag `berth:cluster` is one of `clusters`. */
  groupsOfClusters(clusters: readonly string[]): Promise<Reading<AutoScalingGroup>>;
  /** The named groups, read afresh; those without the tag are left out. */
  groupsByName(names: readonly string[]): Promise<Reading<AutoScalingGroup>>;
  /** The groups of EC2 instances; instances in no group are left out. */
  memberships(ec2InstanceIds: readonly string[]): Promise<Reading<GroupMembership>>;
  /**
   * Termination hooks, scaling policies of others and instance refreshes of the named groups. A group of which one of
   * the three could not be read has no entry but a gap.
   */
  surroundings(groups: readonly string[]): Promise<Reading<GroupSurroundings>>;
  /** Launches of the named groups that began at `since` or later and failed, newest first. */
  failedActivities(groups: readonly string[], since: EpochMs): Promise<Reading<FailedActivity>>;
}

export interface LaunchRequest {
  readonly group: string;
  /** 1 to 100. */
  readonly count: number;
  /** Must be named where the group has several. */
  readonly availabilityZone: string | undefined;
  /** Asked twice with the same one, Auto Scaling launches once and answers the same. */
  readonly clientToken: string;
}

export type LaunchOutcome =
  /** `missing` is what AWS said of those that did not come, where fewer came than were asked for. */
  | { readonly kind: 'launched'; readonly ec2InstanceIds: readonly string[]; readonly missing: string | undefined }
  /** None came, and none will for now; AWS says why: mostly that it has no capacity there. */
  | { readonly kind: 'noCapacity'; readonly cause: string }
  /** Nothing is wrong with the request, as far as AWS says: the same may succeed at once. */
  | { readonly kind: 'failed'; readonly detail: string };

/** What Berth writes to EC2 Auto Scaling. */
export interface GroupWriter {
  setDesiredCapacity(group: string, desiredCapacity: number): Promise<ItemOutcome>;
  /**
   * Lowers the desired capacity by as many, so that the group does not replace them, unless it is to be kept: then the
   * instances must be ones that do not count towards it. Outcomes are by EC2 instance id. The group is named because
   * TerminateInstanceInAutoScalingGroup takes several instances (up to 100) only together with it.
   */
  terminateInstances(
    group: string,
    ec2InstanceIds: readonly string[],
    desiredCapacity: 'lowered' | 'kept',
  ): Promise<readonly ItemOutcome[]>;
  /** With CONTINUE, by instance id. */
  completeLifecycleActions(
    group: string,
    lifecycleHookName: string,
    ec2InstanceIds: readonly string[],
  ): Promise<readonly ItemOutcome[]>;
  /** Starts the hook's timeout anew, by instance id. */
  recordHeartbeats(
    group: string,
    lifecycleHookName: string,
    ec2InstanceIds: readonly string[],
  ): Promise<readonly ItemOutcome[]>;
  /** Answers when EC2 has launched, or refused; the desired capacity grows by as many as came. */
  launchInstances(request: LaunchRequest): Promise<LaunchOutcome>;
}
