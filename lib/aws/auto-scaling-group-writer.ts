import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { GroupWriter } from '../ports/group-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import { outcomeOf } from './aws-error.ts';
import { inBatches, settleAll } from './reads.ts';
import { batchThenSingly } from './writes.ts';

/** TerminateInstanceInAutoScalingGroup takes up to 100 `InstanceIds` (AWS API model). */
const instancesPerTermination = 100;

/** All Auto Scaling calls of an account share one unpublished limit. */
const concurrentActions = 4;

const done = (id: string): ItemOutcome => ({ id, result: 'done', detail: undefined });

export const autoScalingGroupWriter = (client: AutoScalingClient): GroupWriter => {
  /** Never throws: what AWS says becomes the outcome. */
  const attempt = async (id: string, doing: string, write: () => Promise<unknown>): Promise<ItemOutcome> => {
    try {
      await write();
      return done(id);
    } catch (error) {
      return outcomeOf(id, doing, error);
    }
  };

  return {
    setDesiredCapacity: (group, desiredCapacity) =>
      attempt(group, `SetDesiredCapacity ${desiredCapacity}`, () =>
        client.send(
          // a cooldown is for policies that guess; Berth has counted
          new SetDesiredCapacityCommand({
            AutoScalingGroupName: group,
            DesiredCapacity: desiredCapacity,
            HonorCooldown: false,
          }),
        ),
      ),

    async terminateInstances(group, ec2InstanceIds) {
      const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
        const named =
          ids.length === 1 ? { InstanceId: ids[0] } : { AutoScalingGroupName: group, InstanceIds: [...ids] };
        await client.send(
          new TerminateInstanceInAutoScalingGroupCommand({ ...named, ShouldDecrementDesiredCapacity: true }),
        );
        return ids.map(done);
      };
      const outcomes: ItemOutcome[] = [];
      // one batch after the other: a group takes one change at a time
      for (const batch of inBatches(ec2InstanceIds, instancesPerTermination)) {
        outcomes.push(
          ...(await batchThenSingly(batch, send, (id, error) =>
            outcomeOf(id, `TerminateInstanceInAutoScalingGroup in ${group}`, error),
          )),
        );
      }
      return outcomes;
    },

    async completeLifecycleActions(group, lifecycleHookName, ec2InstanceIds) {
      const complete = (id: string): Promise<ItemOutcome> =>
        attempt(id, `CompleteLifecycleAction ${lifecycleHookName}`, () =>
          client.send(
            new CompleteLifecycleActionCommand({
              AutoScalingGroupName: group,
              LifecycleHookName: lifecycleHookName,
              InstanceId: id,
              LifecycleActionResult: 'CONTINUE',
            }),
          ),
        );
      const settled = await settleAll(ec2InstanceIds, complete, concurrentActions);
      return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
    },
  };
};
