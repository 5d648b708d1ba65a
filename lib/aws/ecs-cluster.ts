import type { CapacityProvider as CapacityProviderAnswer, Cluster as ClusterAnswer } from '@aws-sdk/client-ecs';
import type { CapacityProvider, Cluster } from '../model/capacity-provider.ts';
import type { ClusterStatistics } from '../ports/cluster-api.ts';
import { need } from './decoding.ts';
import { strategyFrom } from './ecs-service.ts';

export const clusterFrom = (it: ClusterAnswer): Cluster => {
  const defaultStrategy = strategyFrom(it.defaultCapacityProviderStrategy ?? []);
  return {
    name: need(it.clusterName, 'clusterName'),
    arn: need(it.clusterArn, 'clusterArn'),
    status: need(it.status, 'status'),
    capacityProviders: it.capacityProviders ?? [],
    ...(defaultStrategy.length === 0 ? {} : { defaultStrategy }),
  };
};

/** Every count of a cluster in one string; ECS does not promise an order of its statistics. */
export const statisticsFrom = (it: ClusterAnswer): ClusterStatistics => ({
  cluster: clusterFrom(it),
  fingerprint: [
    `instances=${it.registeredContainerInstancesCount ?? 0}`,
    `running=${it.runningTasksCount ?? 0}`,
    `pending=${it.pendingTasksCount ?? 0}`,
    `services=${it.activeServicesCount ?? 0}`,
    ...(it.statistics ?? []).map(({ name, value }) => `${name ?? ''}=${value ?? ''}`).sort(),
  ].join(' '),
});

/** A provider may carry its group's ARN or its bare name (ECS API reference, AutoScalingGroupProvider). */
const groupNameIn = (arnOrName: string): string => arnOrName.split(':autoScalingGroupName/').at(-1) ?? arnOrName;

export const capacityProviderFrom = (it: CapacityProviderAnswer): CapacityProvider => {
  const ofGroup = it.autoScalingGroupProvider;
  return {
    name: need(it.name, 'name'),
    autoScalingGroupName: ofGroup && groupNameIn(need(ofGroup.autoScalingGroupArn, 'autoScalingGroupArn')),
    // a provider made without saying so is ENABLED: only a plain DISABLED leaves the size of the group to Berth
    managedScaling: ofGroup !== undefined && ofGroup.managedScaling?.status !== 'DISABLED',
    managedTerminationProtection: ofGroup?.managedTerminationProtection === 'ENABLED',
    managedDraining: ofGroup?.managedDraining === 'ENABLED',
  };
};
