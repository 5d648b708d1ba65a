import { launchOutcome, launchRefusal } from '../../../lib/aws/auto-scaling-group-writer.ts';
import { outcomeOf } from '../../../lib/aws/aws-error.ts';
import { inBatches } from '../../../lib/aws/reads.ts';
import { attempt, batchThenSingly, done, eachSingly } from '../../../lib/aws/writes.ts';
import type { GroupWriter } from '../../../lib/ports/group-api.ts';
import type { ItemOutcome } from '../../../lib/ports/reading.ts';
import type { JsonObject } from '../../world/api.ts';
import { objects, text, texts } from '../../world/json.ts';
import type { Requests } from './requests.ts';
import { throwingSdkErrors } from './writes.ts';

/** As the adapter has them (`lib/aws/auto-scaling-group-writer.ts`). */
const instancesPerTermination = 100;
const concurrentActions = 4;

/** EC2 Auto Scaling written to by the world's own calls, in the batches that the adapter makes. */
export const portsGroupWriter = (requests: Requests): GroupWriter => {
  const write = (operation: string, input: JsonObject): Promise<JsonObject> =>
    throwingSdkErrors(() => requests.write('autoscaling', operation, input));

  return {
    setDesiredCapacity: (group, desiredCapacity) =>
      attempt(group, `SetDesiredCapacity ${desiredCapacity}`, () =>
        write('SetDesiredCapacity', {
          AutoScalingGroupName: group,
          DesiredCapacity: desiredCapacity,
          HonorCooldown: false,
        }),
      ),

    async terminateInstances(group, ec2InstanceIds, desiredCapacity) {
      const ShouldDecrementDesiredCapacity = desiredCapacity === 'lowered';
      const operation = 'TerminateInstanceInAutoScalingGroup';
      const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
        const named = ids.length === 1 ? { InstanceId: ids[0] } : { AutoScalingGroupName: group, InstanceIds: ids };
        const input = { ...named, ShouldDecrementDesiredCapacity };
        await write(operation, input);
        return ids.map(done);
      };
      const outcomes: ItemOutcome[] = [];
      for (const batch of inBatches(ec2InstanceIds, instancesPerTermination)) {
        const failed = (id: string, error: unknown) => outcomeOf(id, `${operation} in ${group}`, error);
        outcomes.push(...(await batchThenSingly(batch, send, failed)));
      }
      return outcomes;
    },

    completeLifecycleActions: (group, lifecycleHookName, ec2InstanceIds) =>
      eachSingly(
        ec2InstanceIds,
        `CompleteLifecycleAction ${lifecycleHookName}`,
        (id) =>
          write('CompleteLifecycleAction', {
            AutoScalingGroupName: group,
            LifecycleHookName: lifecycleHookName,
            InstanceId: id,
            LifecycleActionResult: 'CONTINUE',
          }),
        concurrentActions,
      ),

    recordHeartbeats: (group, lifecycleHookName, ec2InstanceIds) =>
      eachSingly(
        ec2InstanceIds,
        `RecordLifecycleActionHeartbeat ${lifecycleHookName}`,
        (id) =>
          write('RecordLifecycleActionHeartbeat', {
            AutoScalingGroupName: group,
            LifecycleHookName: lifecycleHookName,
            InstanceId: id,
          }),
        concurrentActions,
      ),

    async launchInstances({ group, count, availabilityZone, clientToken }) {
      try {
        const answer = await write('LaunchInstances', {
          AutoScalingGroupName: group,
          RequestedCapacity: count,
          ClientToken: clientToken,
          ...(availabilityZone === undefined ? {} : { AvailabilityZones: [availabilityZone] }),
          RetryStrategy: 'none',
        });
        return launchOutcome(
          count,
          (objects(answer, 'Instances') ?? []).map((it) => ({ InstanceIds: texts(it, 'InstanceIds') })),
          (objects(answer, 'Errors') ?? []).map((it) => ({
            ErrorCode: text(it, 'ErrorCode'),
            ErrorMessage: text(it, 'ErrorMessage'),
          })),
        );
      } catch (error) {
        return launchRefusal(group, error);
      }
    },
  };
};
