import type { AutoScalingGroup as Answer, Instance } from '@aws-sdk/client-auto-scaling';
import type { AutoScalingGroup, GroupConflict, GroupInstance, LifecycleState } from '../model/auto-scaling-group.ts';
import { clusterTag } from '../model/group-contract.ts';
import { malformed, need } from './decoding.ts';
import { instanceTypesOf, launchSourceOf, launchTemplateOf } from './launch-source.ts';

const lifecycleStates: readonly LifecycleState[] = [
  'Pending',
  'Pending:Wait',
  'Pending:Proceed',
  'Quarantined',
  'InService',
  'Terminating',
  'Terminating:Wait',
  'Terminating:Proceed',
  'Terminating:Retained',
  'Terminated',
  'Detaching',
  'Detached',
  'EnteringStandby',
  'Standby',
  'ReplacingRootVolume',
  'ReplacingRootVolume:Wait',
  'ReplacingRootVolume:Proceed',
  'RootVolumeReplaced',
];

const isWarmed = (state: string): state is `Warmed:${string}` => state.startsWith('Warmed:');

const lifecycleStateFrom = (state: string): LifecycleState => {
  if (isWarmed(state)) return state;
  return lifecycleStates.find((it) => it === state) ?? malformed(`LifecycleState is ${state}`);
};

const instanceFrom = (it: Instance): GroupInstance => ({
  ec2InstanceId: need(it.InstanceId, 'InstanceId'),
  instanceType: it.InstanceType,
  availabilityZone: need(it.AvailabilityZone, 'AvailabilityZone'),
  lifecycleState: lifecycleStateFrom(need(it.LifecycleState, 'LifecycleState')),
  healthStatus: it.HealthStatus ?? 'Unknown',
  protectedFromScaleIn: it.ProtectedFromScaleIn ?? false,
  launchTemplate: launchTemplateOf(it.LaunchTemplate),
});

const hasWeights = (it: Answer): boolean =>
  it.MixedInstancesPolicy?.LaunchTemplate?.Overrides?.some((one) => one.WeightedCapacity !== undefined) === true ||
  it.Instances?.some((one) => one.WeightedCapacity !== undefined) === true;

const conflictsOf = (it: Answer, suspended: readonly string[]): readonly GroupConflict[] => {
  const found: readonly (readonly [GroupConflict, boolean])[] = [
    ['weightedCapacity', hasWeights(it)],
    ['capacityUnits', ['vcpu', 'memory-mib'].includes(it.DesiredCapacityType ?? 'units')],
    ['operator', it.Operator?.Principal !== undefined],
    ['launchSuspended', suspended.includes('Launch')],
    ['terminateSuspended', suspended.includes('Terminate')],
    ['beingDeleted', it.Status !== undefined], // set only while DeleteAutoScalingGroup is in progress (AWS API model)
  ];
  return found.filter(([, holds]) => holds).map(([conflict]) => conflict);
};

/** The cluster a group is opted in to, or undefined without the tag. */
export const clusterOf = (it: Answer): string | undefined => it.Tags?.find((tag) => tag.Key === clusterTag)?.Value;

/** Of a group that is opted in, or is not. */
export const groupWithoutCluster = (it: Answer): Omit<AutoScalingGroup, 'cluster'> => {
  const suspendedProcesses = (it.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []);
  return {
    name: need(it.AutoScalingGroupName, 'AutoScalingGroupName'),
    arn: need(it.AutoScalingGroupARN, 'AutoScalingGroupARN'),
    minSize: need(it.MinSize, 'MinSize'),
    maxSize: need(it.MaxSize, 'MaxSize'),
    desiredCapacity: need(it.DesiredCapacity, 'DesiredCapacity'),
    availabilityZones: it.AvailabilityZones ?? [],
    instanceTypes: instanceTypesOf(it),
    launchSource: launchSourceOf(it),
    launchTemplate: launchTemplateOf(
      it.LaunchTemplate ?? it.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification,
    ),
    newInstancesProtectedFromScaleIn: it.NewInstancesProtectedFromScaleIn ?? false,
    suspendedProcesses,
    conflicts: conflictsOf(it, suspendedProcesses),
    instances: (it.Instances ?? []).map(instanceFrom),
  };
};

export const groupFrom = (it: Answer): AutoScalingGroup => ({
  ...groupWithoutCluster(it),
  cluster: need(clusterOf(it), `tag ${clusterTag}`),
});
