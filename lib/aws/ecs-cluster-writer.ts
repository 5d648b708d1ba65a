import {
  DeregisterContainerInstanceCommand,
  type ECSClient,
  type Failure,
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { ClusterWriter } from '../ports/cluster-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import { outcomeOf } from './aws-error.ts';
import { runTask } from './ecs-run-task.ts';
import { inBatches, settleAll } from './reads.ts';
import { batchThenSingly, eachSingly } from './writes.ts';

/** UpdateContainerInstancesState takes up to 10 container instances (AWS API model). */
const instancesPerCall = 10;

/** On a container instance: why Berth is taking it out of service. For people; Berth never reads it. */
export const drainTag = 'berth:drain';

/** The reasons by which ECS says that a container instance is no longer there to be changed. */
const goneReasons: readonly string[] = ['MISSING', 'INACTIVE'];

const outcomeFor = (arn: string, failures: readonly Failure[] | undefined): ItemOutcome => {
  const failure = failures?.find((it) => it.arn === arn);
  if (failure === undefined) return { id: arn, result: 'done', detail: undefined };
  const { reason = 'no reason given', detail } = failure;
  return {
    id: arn,
    result: goneReasons.includes(reason) ? 'gone' : 'failed',
    detail: detail === undefined ? reason : `${reason}: ${detail}`,
  };
};

export const ecsClusterWriter = (client: ECSClient): ClusterWriter => ({
  async setContainerInstancesState(cluster, arns, status) {
    const send = async (batch: readonly string[]): Promise<readonly ItemOutcome[]> => {
      const { failures } = await client.send(
        new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [...batch], status }),
      );
      return batch.map((arn) => outcomeFor(arn, failures));
    };
    const batches = inBatches(arns, instancesPerCall);
    const settled = await settleAll(batches, (batch) =>
      batchThenSingly(batch, send, (arn, error) => outcomeOf(arn, `UpdateContainerInstancesState ${status}`, error)),
    );
    return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
  },

  stopTasks: (cluster, taskArns, reason) =>
    eachSingly(taskArns, 'StopTask', (task) => client.send(new StopTaskCommand({ cluster, task, reason }))),

  deregisterInstances: (cluster, arns) =>
    eachSingly(arns, 'DeregisterContainerInstance', (containerInstance) =>
      client.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true })),
    ),

  markInstances: (_, arns, mark) =>
    mark === undefined
      ? eachSingly(arns, 'UntagResource', (resourceArn) =>
          client.send(new UntagResourceCommand({ resourceArn, tagKeys: [drainTag] })),
        )
      : eachSingly(arns, 'TagResource', (resourceArn) =>
          client.send(new TagResourceCommand({ resourceArn, tags: [{ key: drainTag, value: mark }] })),
        ),

  runTask: (cluster, request) => runTask(client, cluster, request),

  async setServiceDesiredCount(cluster, service, desiredCount) {
    try {
      await client.send(new UpdateServiceCommand({ cluster, service, desiredCount }));
      return { id: service, result: 'done', detail: undefined };
    } catch (error) {
      return outcomeOf(service, 'UpdateService', error);
    }
  },
});
