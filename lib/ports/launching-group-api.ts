import type { Reading } from './reading.ts';

/** An Auto Scaling group, opted in or not, by what it launches. */
export interface LaunchingGroup {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly availabilityZones: readonly string[];
  /** In order of preference, where its policy has one; empty where nothing says what it launches. */
  readonly instanceTypes: readonly string[];
  /** `mixed`: On-Demand and Spot Instances side by side. */
  readonly market: 'onDemand' | 'spot' | 'mixed';
  readonly hasWeights: boolean;
  readonly hasWarmPool: boolean;
  readonly ec2InstanceIds: readonly string[];
}

export interface LaunchingGroupReader {
  /** None for a name that there is no group of. */
  launchingGroups(names: readonly string[]): Promise<Reading<LaunchingGroup>>;
}
