import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  LaunchInstancesCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { GroupWriter, LaunchOutcome } from '../ports/group-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import { meaningOf, outcomeOf, told } from './aws-error.ts';
import { inBatches } from './reads.ts';
import { attempt, batchThenSingly, done, eachSingly } from './writes.ts';

/** TerminateInstanceInAutoScalingGroup takes up to 100 `InstanceIds` (AWS API model). */
const instancesPerTermination = 100;

/** All Auto Scaling calls of an account share one unpublished limit. */
const concurrentActions = 4;

/** What LaunchInstances answered, as far as it counts. */
interface Launched {
  readonly InstanceIds?: readonly string[] | undefined;
}
interface NotLaunched {
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}

/** What an answer means that was not a refusal: AWS lists what came, and an error for each type that did not. */
export const launchOutcome = (
  asked: number,
  instances: readonly Launched[],
  errors: readonly NotLaunched[],
): LaunchOutcome => {
  const ec2InstanceIds = instances.flatMap((it) => it.InstanceIds ?? []);
  const said = errors.map((it) => [it.ErrorCode, it.ErrorMessage].filter((part) => part !== undefined).join(': '));
  const cause = said.length > 0 ? said.join('; ') : 'AWS gives no reason';
  if (ec2InstanceIds.length === 0) return { kind: 'noCapacity', cause };
  return { kind: 'launched', ec2InstanceIds, missing: ec2InstanceIds.length < asked ? cause : undefined };
};

/** What is refused for what it asks will be refused again; a call that was throttled, or lost, may well succeed. */
export const launchRefusal = (group: string, error: unknown): LaunchOutcome => {
  const said = told(`LaunchInstances in ${group}`, error);
  return ['throttled', 'busy', 'failed'].includes(meaningOf(error))
    ? { kind: 'failed', detail: said }
    : { kind: 'noCapacity', cause: said };
};

export const autoScalingGroupWriter = (client: AutoScalingClient): GroupWriter => ({
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

  async terminateInstances(group, ec2InstanceIds, desiredCapacity) {
    const ShouldDecrementDesiredCapacity = desiredCapacity === 'lowered';
    const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
      const named = ids.length === 1 ? { InstanceId: ids[0] } : { AutoScalingGroupName: group, InstanceIds: [...ids] };
      await client.send(new TerminateInstanceInAutoScalingGroupCommand({ ...named, ShouldDecrementDesiredCapacity }));
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

  completeLifecycleActions: (group, lifecycleHookName, ec2InstanceIds) =>
    eachSingly(
      ec2InstanceIds,
      `CompleteLifecycleAction ${lifecycleHookName}`,
      (id) =>
        client.send(
          new CompleteLifecycleActionCommand({
            AutoScalingGroupName: group,
            LifecycleHookName: lifecycleHookName,
            InstanceId: id,
            LifecycleActionResult: 'CONTINUE',
          }),
        ),
      concurrentActions,
    ),

  recordHeartbeats: (group, lifecycleHookName, ec2InstanceIds) =>
    eachSingly(
      ec2InstanceIds,
      `RecordLifecycleActionHeartbeat ${lifecycleHookName}`,
      (id) =>
        client.send(
          new RecordLifecycleActionHeartbeatCommand({
            AutoScalingGroupName: group,
            LifecycleHookName: lifecycleHookName,
            InstanceId: id,
          }),
        ),
      concurrentActions,
    ),

  async launchInstances({ group, count, availabilityZone, clientToken }) {
    try {
      const { Instances = [], Errors = [] } = await client.send(
        new LaunchInstancesCommand({
          AutoScalingGroupName: group,
          RequestedCapacity: count,
          ClientToken: clientToken,
          ...(availabilityZone === undefined ? {} : { AvailabilityZones: [availabilityZone] }),
          RetryStrategy: 'none', // what did not come at once is Berth's to place elsewhere
        }),
      );
      return launchOutcome(count, Instances, Errors);
    } catch (error) {
      return launchRefusal(group, error);
    }
  },
});
