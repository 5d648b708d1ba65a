import type { ECSClient } from '@aws-sdk/client-ecs';
import type { ClusterReader } from '../ports/cluster-api.ts';
import type { TaskReader } from '../ports/mirror-store.ts';
import { ecsClusterReads } from './ecs-cluster-reads.ts';
import { ecsContainerInstanceReads } from './ecs-container-instance-reads.ts';
import { ecsServiceReads } from './ecs-service-reads.ts';
import { ecsTaskProtectionReads } from './ecs-task-protection-reads.ts';
import { ecsTaskReads } from './ecs-task-reads.ts';
import { taskDefinitionCache } from './task-definition-cache.ts';

/**
 * Reads ECS in few calls: one listing for the whole cluster and full batches. 100 instances with 200 tasks and 20
 * services take nine. Task definitions are kept as long as the reader is.
 */
export const ecsClusterReader = (client: ECSClient): ClusterReader & TaskReader => ({
  ...ecsClusterReads(client),
  ...ecsContainerInstanceReads(client),
  ...ecsTaskReads(client),
  ...ecsTaskProtectionReads(client),
  ...ecsServiceReads(client),
  ...taskDefinitionCache(client),
});
