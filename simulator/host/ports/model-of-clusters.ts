import { statisticsFrom } from '../../../lib/aws/ecs-cluster.ts';
import type { CapacityProvider, Cluster } from '../../../lib/model/capacity-provider.ts';
import type { ClusterStatistics } from '../../../lib/ports/cluster-api.ts';
import type { JsonObject } from '../../world/api.ts';
import type { Cluster as WorldCluster, CapacityProvider as WorldProvider } from '../../world/ecs/state.ts';
import { number, objects, text, texts } from '../../world/json.ts';

export const modelOfCluster = (it: WorldCluster): Cluster => ({
  name: it.name,
  arn: it.arn,
  status: it.status,
  capacityProviders: it.capacityProviders,
  ...(it.defaultStrategy.length === 0 ? {} : { defaultStrategy: it.defaultStrategy }),
});

/** From an answer of DescribeClusters: its counts are counted afresh each time, so there is nothing to keep. */
export const statisticsFromJson = (json: JsonObject): ClusterStatistics =>
  statisticsFrom({
    clusterName: text(json, 'clusterName'),
    clusterArn: text(json, 'clusterArn'),
    status: text(json, 'status'),
    capacityProviders: [...(texts(json, 'capacityProviders') ?? [])],
    registeredContainerInstancesCount: number(json, 'registeredContainerInstancesCount'),
    runningTasksCount: number(json, 'runningTasksCount'),
    pendingTasksCount: number(json, 'pendingTasksCount'),
    activeServicesCount: number(json, 'activeServicesCount'),
    statistics: (objects(json, 'statistics') ?? []).map((it) => ({ name: text(it, 'name'), value: text(it, 'value') })),
  });

export const modelOfProvider = (it: WorldProvider): CapacityProvider => ({
  name: it.name,
  autoScalingGroupName: it.autoScalingGroupArn.split(':autoScalingGroupName/').at(-1),
  managedScaling: text(it.managedScaling, 'status') !== 'DISABLED',
  managedTerminationProtection: it.managedTerminationProtection === 'ENABLED',
  managedDraining: it.managedDraining === 'ENABLED',
});
