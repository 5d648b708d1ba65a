import { outcomeOf } from '../../../lib/aws/aws-error.ts';
import { drainTag } from '../../../lib/aws/ecs-cluster-writer.ts';
import { runTaskInput, runTaskOutcome, runTaskRefusal } from '../../../lib/aws/ecs-run-task.ts';
import { inBatches, settleAll } from '../../../lib/aws/reads.ts';
import { batchThenSingly, eachSingly } from '../../../lib/aws/writes.ts';
import type { ClusterWriter } from '../../../lib/ports/cluster-api.ts';
import type { ItemOutcome } from '../../../lib/ports/reading.ts';
import type { JsonObject } from '../../world/api.ts';
import { objects, text } from '../../world/json.ts';
import type { Requests } from './requests.ts';
import { throwingSdkErrors } from './writes.ts';

const instancesPerCall = 10;

/** ECS written to by the world's own calls, in the batches that the adapter makes. */
export const portsClusterWriter = (requests: Requests): ClusterWriter => {
  const write = (operation: string, input: JsonObject): Promise<JsonObject> =>
    throwingSdkErrors(() => requests.write('ecs', operation, input));

  return {
    async setContainerInstancesState(cluster, arns, status) {
      const send = async (batch: readonly string[]): Promise<readonly ItemOutcome[]> => {
        const answer = await write('UpdateContainerInstancesState', { cluster, containerInstances: batch, status });
        const gone = new Set((objects(answer, 'failures') ?? []).map((it) => text(it, 'arn')));
        return batch.map((id) => ({
          id,
          result: gone.has(id) ? 'gone' : 'done',
          detail: gone.has(id) ? 'MISSING' : undefined,
        }));
      };
      const settled = await settleAll(inBatches(arns, instancesPerCall), (batch) =>
        batchThenSingly(batch, send, (arn, error) => outcomeOf(arn, `UpdateContainerInstancesState ${status}`, error)),
      );
      return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
    },

    stopTasks: (cluster, taskArns, reason) =>
      eachSingly(taskArns, 'StopTask', (task) => write('StopTask', { cluster, task, reason })),

    deregisterInstances: (cluster, arns) =>
      eachSingly(arns, 'DeregisterContainerInstance', (containerInstance) =>
        write('DeregisterContainerInstance', { cluster, containerInstance, force: true }),
      ),

    markInstances: (_, arns, mark) =>
      mark === undefined
        ? eachSingly(arns, 'UntagResource', (resourceArn) =>
            write('UntagResource', { resourceArn, tagKeys: [drainTag] }),
          )
        : eachSingly(arns, 'TagResource', (resourceArn) =>
            write('TagResource', { resourceArn, tags: [{ key: drainTag, value: mark }] }),
          ),

    async setServiceDesiredCount(cluster, service, desiredCount) {
      try {
        await write('UpdateService', { cluster, service, desiredCount });
        return { id: service, result: 'done', detail: undefined };
      } catch (error) {
        return outcomeOf(service, 'UpdateService', error);
      }
    },

    async runTask(cluster, request) {
      const checked = runTaskInput(cluster, request);
      if (!checked.ok) return { kind: 'rejected', detail: checked.problem };
      try {
        const answer = await write('RunTask', JSON.parse(JSON.stringify(checked.input)) as JsonObject);
        const arns = (objects(answer, 'tasks') ?? []).flatMap((it) => text(it, 'taskArn') ?? []);
        const failures = (objects(answer, 'failures') ?? []).map((it) => ({ reason: text(it, 'reason') }));
        return runTaskOutcome(request.count, arns, failures);
      } catch (error) {
        return runTaskRefusal(error);
      }
    },
  };
};
