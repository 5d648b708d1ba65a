import { outcomeOf } from '../../../lib/aws/aws-error.ts';
import { inBatches, settleAll } from '../../../lib/aws/reads.ts';
import { batchThenSingly } from '../../../lib/aws/writes.ts';
import type { ClusterWriter } from '../../../lib/ports/cluster-api.ts';
import type { ItemOutcome } from '../../../lib/ports/reading.ts';
import { objects, text } from '../../world/json.ts';
import type { Requests } from './requests.ts';
import { throwingSdkErrors } from './writes.ts';

const instancesPerCall = 10;

/** ECS written to by the world's own calls, in the batches that the adapter makes. */
export const portsClusterWriter = (requests: Requests): ClusterWriter => ({
  async setContainerInstancesState(cluster, arns, status) {
    const send = async (batch: readonly string[]): Promise<readonly ItemOutcome[]> => {
      const input = { cluster, containerInstances: batch, status };
      const answer = await throwingSdkErrors(() => requests.write('ecs', 'UpdateContainerInstancesState', input));
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
});
