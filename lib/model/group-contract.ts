import type { AutoScalingGroup, GroupInstance } from './auto-scaling-group.ts';

/** The tag by which a group is opted in; its value names the cluster. */
export const clusterTag = 'berth:cluster';

/** The tag that tells how a group was before it was attached. */
export const recordTag = 'berth:attached';

/** What a group lacks to be sized and drained without surprises. */
export type ContractLack =
  | { readonly kind: 'newInstancesUnprotected' }
  | { readonly kind: 'instancesUnprotected'; readonly ec2InstanceIds: readonly string[] }
  /** It may replace instances to balance its zones; protected ones it leaves alone. */
  | { readonly kind: 'azRebalance'; readonly isHarmless: boolean }
  | { readonly kind: 'weightedCapacity' }
  | { readonly kind: 'capacityUnits' }
  | { readonly kind: 'otherPolicies'; readonly names: readonly string[] }
  | { readonly kind: 'noTerminationHook'; readonly name: string };

/** As much of a group as its contract is about. */
export type ContractGroup = Pick<
  AutoScalingGroup,
  'newInstancesProtectedFromScaleIn' | 'availabilityZones' | 'suspendedProcesses' | 'conflicts'
> & {
  readonly instances: readonly Pick<GroupInstance, 'ec2InstanceId' | 'lifecycleState' | 'protectedFromScaleIn'>[];
};

/** What stands around it; undefined where that is not known. */
export interface ContractSurroundings {
  readonly terminationHooks: readonly string[];
  /** Of others, and enabled. */
  readonly scalingPolicies: readonly string[];
}

/** What the group lacks, in the order in which it is told. */
export const contractLacks = (
  group: ContractGroup,
  surroundings: ContractSurroundings | undefined,
  lifecycleHookName: string,
): readonly ContractLack[] => {
  const unprotected = group.instances
    .filter((it) => it.lifecycleState === 'InService' && !it.protectedFromScaleIn)
    .map((it) => it.ec2InstanceId)
    .sort();
  const isBalanced = group.availabilityZones.length > 1 && !group.suspendedProcesses.includes('AZRebalance');
  const lacks: readonly (ContractLack | false)[] = [
    !group.newInstancesProtectedFromScaleIn && { kind: 'newInstancesUnprotected' },
    unprotected.length > 0 && { kind: 'instancesUnprotected', ec2InstanceIds: unprotected },
    isBalanced && { kind: 'azRebalance', isHarmless: unprotected.length === 0 },
    group.conflicts.includes('weightedCapacity') && { kind: 'weightedCapacity' },
    group.conflicts.includes('capacityUnits') && { kind: 'capacityUnits' },
    surroundings !== undefined &&
      surroundings.scalingPolicies.length > 0 && {
        kind: 'otherPolicies',
        names: surroundings.scalingPolicies.toSorted(),
      },
    surroundings !== undefined &&
      !surroundings.terminationHooks.includes(lifecycleHookName) && {
        kind: 'noTerminationHook',
        name: lifecycleHookName,
      },
  ];
  return lacks.filter((it) => it !== false);
};

/** What the user has to do about it. */
export const remedyOf = (lack: ContractLack, cluster: string, group: string): string => {
  switch (lack.kind) {
    case 'weightedCapacity':
      return 'take the weights out of its mixed instances policy: one instance is to count one';
    case 'capacityUnits':
      return 'count its capacity in instances (DesiredCapacityType units)';
    case 'otherPolicies':
      return 'delete or disable the policy: two cannot size one group';
    default:
      return `npx berth attach --cluster ${cluster} --group ${group}`;
  }
};

/** What it means, said of the group. */
export const lackText = (lack: ContractLack): string => {
  switch (lack.kind) {
    case 'newInstancesUnprotected':
      return 'new instances are not protected from scale-in: the group may pick a busy one when its size is lowered';
    case 'instancesUnprotected':
      return `${lack.ec2InstanceIds.length} of its instances ${lack.ec2InstanceIds.length === 1 ? 'is' : 'are'} not protected from scale-in`;
    case 'azRebalance':
      return 'AZRebalance is not suspended: the group may replace busy instances to balance its zones';
    case 'weightedCapacity':
      return 'its instance types have weights: its size is no count of instances';
    case 'capacityUnits':
      return 'its size is counted in vCPUs or memory, not in instances';
    case 'otherPolicies':
      return `another scaling policy also sizes it: ${lack.names.join(', ')}`;
    case 'noTerminationHook':
      return `it has no termination hook ${lack.name}: instances that AWS or people end are not drained first`;
  }
};
