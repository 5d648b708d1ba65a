import type { ServiceName } from '../api.ts';

/** A token bucket of an account in a region: so many calls at once, and so many a second for long. */
export interface BucketSize {
  readonly burst: number;
  readonly refillPerSecond: number;
}

interface Bucket extends BucketSize {
  readonly operations: readonly string[];
}

/**
 * Amazon ECS API reference, request throttling: all operations of a category share one bucket. Its table calls
 * UpdateContainerInstancesState by another ending, and does not place the task sets' operations: assumed with the
 * services'.
 */
const ecsBuckets: Readonly<Record<string, Bucket>> = {
  clusterModify: {
    burst: 20,
    refillPerSecond: 1,
    operations: [
      'CreateCluster',
      'DeleteCluster',
      'PutClusterCapacityProviders',
      'UpdateCluster',
      'UpdateClusterSettings',
    ],
  },
  clusterRead: { burst: 50, refillPerSecond: 20, operations: ['DescribeClusters', 'ListClusters'] },
  taskDefinitionModify: {
    burst: 20,
    refillPerSecond: 1,
    operations: ['DeregisterTaskDefinition', 'RegisterTaskDefinition'],
  },
  taskDefinitionRead: {
    burst: 50,
    refillPerSecond: 20,
    operations: ['DescribeTaskDefinition', 'ListTaskDefinitions', 'ListTaskDefinitionFamilies'],
  },
  taskDefinitionDelete: { burst: 5, refillPerSecond: 1, operations: ['DeleteTaskDefinitions'] },
  capacityProviderModify: {
    burst: 10,
    refillPerSecond: 1,
    operations: ['CreateCapacityProvider', 'DeleteCapacityProvider', 'UpdateCapacityProvider'],
  },
  capacityProviderRead: { burst: 50, refillPerSecond: 20, operations: ['DescribeCapacityProviders'] },
  tagModify: { burst: 20, refillPerSecond: 10, operations: ['TagResource', 'UntagResource'] },
  tagRead: { burst: 50, refillPerSecond: 20, operations: ['ListTagsForResource'] },
  settingModify: {
    burst: 10,
    refillPerSecond: 1,
    operations: ['DeleteAccountSetting', 'PutAccountSetting', 'PutAccountSettingDefault'],
  },
  settingRead: { burst: 50, refillPerSecond: 20, operations: ['ListAccountSettings'] },
  clusterResourceModify: {
    burst: 100,
    refillPerSecond: 40,
    operations: [
      'DeleteAttributes',
      'DeregisterContainerInstance',
      'ExecuteCommand',
      'PutAttributes',
      'RunTask',
      'StartTask',
      'StopTask',
      'UpdateContainerAgent',
      'UpdateContainerInstancesState',
    ],
  },
  clusterResourceRead: {
    burst: 100,
    refillPerSecond: 20,
    operations: [
      'DescribeContainerInstances',
      'DescribeTasks',
      'ListAttributes',
      'ListContainerInstances',
      'ListTasks',
    ],
  },
  serviceModify: {
    burst: 50,
    refillPerSecond: 5,
    operations: [
      'CreateService',
      'DeleteService',
      'UpdateService',
      'CreateTaskSet',
      'DeleteTaskSet',
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
    ],
  },
  serviceRead: {
    burst: 100,
    refillPerSecond: 20,
    operations: ['DescribeServices', 'ListServices', 'DescribeTaskSets'],
  },
  serviceDeployment: {
    burst: 50,
    refillPerSecond: 20,
    operations: ['DescribeServiceDeployments', 'ListServiceDeployments'],
  },
  serviceRevision: { burst: 50, refillPerSecond: 20, operations: ['DescribeServiceRevisions'] },
  taskProtection: { burst: 200, refillPerSecond: 80, operations: ['UpdateTaskProtection', 'GetTaskProtection'] },
  clusterServiceRead: { burst: 10, refillPerSecond: 1, operations: ['ListServicesByNamespace'] },
};

const ecsCategories: ReadonlyMap<string, string> = new Map(
  Object.entries(ecsBuckets).flatMap(([category, { operations }]) => operations.map((it) => [it, category] as const)),
);

/** All calls to Auto Scaling share one limit of the account, which AWS does not publish: the size is assumed. */
const autoScalingBucket: BucketSize = { burst: 100, refillPerSecond: 10 };

/** Amazon EC2 developer guide, request throttling: each operation has a bucket of its own. */
const ec2Read: BucketSize = { burst: 100, refillPerSecond: 20 };
const ec2Modify: BucketSize = { burst: 50, refillPerSecond: 5 };
/** Its uncategorised actions, as far as they are modelled. */
const ec2Own: Readonly<Record<string, BucketSize>> = {
  CreateLaunchTemplateVersion: { burst: 100, refillPerSecond: 5 },
  ModifyLaunchTemplate: { burst: 100, refillPerSecond: 5 },
  CreateTags: { burst: 100, refillPerSecond: 10 },
  TerminateInstances: { burst: 100, refillPerSecond: 5 },
  RunInstances: { burst: 5, refillPerSecond: 2 },
};

export interface NamedBucket {
  /** Calls of one name draw on one bucket. */
  readonly name: string;
  readonly size: BucketSize;
}

/** The bucket a call draws on; undefined where none is modelled, which nobody meets: SQS, EventBridge, CloudWatch, STS. */
export const bucketOf = (service: ServiceName, operation: string): NamedBucket | undefined => {
  if (service === 'autoscaling') return { name: 'autoscaling', size: autoScalingBucket };
  if (service === 'ec2') {
    const size = ec2Own[operation] ?? (operation.startsWith('Describe') ? ec2Read : ec2Modify);
    return { name: `ec2:${operation}`, size };
  }
  const category = service === 'ecs' ? ecsCategories.get(operation) : undefined;
  const size = category === undefined ? undefined : ecsBuckets[category];
  return category === undefined || size === undefined ? undefined : { name: `ecs:${category}`, size };
};
