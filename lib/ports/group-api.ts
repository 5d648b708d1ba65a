import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
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
}

/** What Berth writes to EC2 Auto Scaling. */
export interface GroupWriter {
  setDesiredCapacity(group: string, desiredCapacity: number): Promise<ItemOutcome>;
  /**
   * With decrement, so that the group does not replace them. Outcomes are by EC2 instance id. The group is named
   * because TerminateInstanceInAutoScalingGroup takes several instances (up to 100) only together with it.
   */
  terminateInstances(group: string, ec2InstanceIds: readonly string[]): Promise<readonly ItemOutcome[]>;
  /** With CONTINUE, by instance id. */
  completeLifecycleActions(
    group: string,
    lifecycleHookName: string,
    ec2InstanceIds: readonly string[],
  ): Promise<readonly ItemOutcome[]>;
}
