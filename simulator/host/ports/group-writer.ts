import { outcomeOf } from '../../../lib/aws/aws-error.ts';
import { inBatches, settleAll } from '../../../lib/aws/reads.ts';
import { batchThenSingly } from '../../../lib/aws/writes.ts';
import type { GroupWriter } from '../../../lib/ports/group-api.ts';
import type { ItemOutcome } from '../../../lib/ports/reading.ts';
import type { JsonObject } from '../../world/api.ts';
import type { Requests } from './requests.ts';
import { refusedItem, throwingSdkErrors } from './writes.ts';

/** As the adapter has them (`lib/aws/auto-scaling-group-writer.ts`). */
const instancesPerTermination = 100;
const concurrentActions = 4;

const done = (id: string): ItemOutcome => ({ id, result: 'done', detail: undefined });

/** EC2 Auto Scaling written to by the world's own calls, in the batches that the adapter makes. */
export const portsGroupWriter = (requests: Requests): GroupWriter => {
  const attempt = async (id: string, doing: string, operation: string, input: JsonObject): Promise<ItemOutcome> => {
    try {
      await requests.write('autoscaling', operation, input);
      return done(id);
    } catch (error) {
      return refusedItem(id, doing, error);
    }
  };

  return {
    setDesiredCapacity: (group, desiredCapacity) =>
      attempt(group, `SetDesiredCapacity ${desiredCapacity}`, 'SetDesiredCapacity', {
        AutoScalingGroupName: group,
        DesiredCapacity: desiredCapacity,
        HonorCooldown: false,
      }),

    async terminateInstances(group, ec2InstanceIds) {
      const operation = 'TerminateInstanceInAutoScalingGroup';
      const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
        const named = ids.length === 1 ? { InstanceId: ids[0] } : { AutoScalingGroupName: group, InstanceIds: ids };
        const input = { ...named, ShouldDecrementDesiredCapacity: true };
        await throwingSdkErrors(() => requests.write('autoscaling', operation, input));
        return ids.map(done);
      };
      const outcomes: ItemOutcome[] = [];
      for (const batch of inBatches(ec2InstanceIds, instancesPerTermination)) {
        const failed = (id: string, error: unknown) => outcomeOf(id, `${operation} in ${group}`, error);
        outcomes.push(...(await batchThenSingly(batch, send, failed)));
      }
      return outcomes;
    },

    async completeLifecycleActions(group, lifecycleHookName, ec2InstanceIds) {
      const complete = (id: string): Promise<ItemOutcome> =>
        attempt(id, `CompleteLifecycleAction ${lifecycleHookName}`, 'CompleteLifecycleAction', {
          AutoScalingGroupName: group,
          LifecycleHookName: lifecycleHookName,
          InstanceId: id,
          LifecycleActionResult: 'CONTINUE',
        });
      const settled = await settleAll(ec2InstanceIds, complete, concurrentActions);
      return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
    },
  };
};
