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

interface LaunchAnswer {
  readonly Instances?: readonly Launched[] | undefined;
  readonly Errors?: readonly NotLaunched[] | undefined;
}

/** What an answer means that was not a refusal: AWS lists what came, and an error for each type that did not. */
const launchOutcome = (
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
const launchRefusal = (group: string, error: unknown): LaunchOutcome => {
  const said = told(`LaunchInstances in ${group}`, error);
  return ['throttled', 'busy', 'failed'].includes(meaningOf(error))
    ? { kind: 'failed', detail: said }
    : { kind: 'noCapacity', cause: said };
};

/** An action on one instance that waits for a lifecycle hook. */
type HookInput = {
  readonly AutoScalingGroupName: string;
  readonly LifecycleHookName: string;
  readonly InstanceId: string;
};

/** The calls that change a group, by whatever way they are made. */
export interface GroupCalls {
  setDesiredCapacity(input: {
    readonly AutoScalingGroupName: string;
    readonly DesiredCapacity: number;
    readonly HonorCooldown: boolean;
  }): Promise<unknown>;
  terminate(
    input: { readonly ShouldDecrementDesiredCapacity: boolean } & (
      | { readonly InstanceId: string }
      | { readonly AutoScalingGroupName: string; InstanceIds: string[] }
    ),
  ): Promise<unknown>;
  completeLifecycleAction(input: HookInput & { readonly LifecycleActionResult: string }): Promise<unknown>;
  recordHeartbeat(input: HookInput): Promise<unknown>;
  launchInstances(input: {
    readonly AutoScalingGroupName: string;
    readonly RequestedCapacity: number;
    readonly ClientToken: string;
    AvailabilityZones?: string[];
    readonly RetryStrategy: 'none';
  }): Promise<LaunchAnswer>;
}

/** In batches and one after the other as Auto Scaling wants it, with what each answer means. */
export const groupWriterOver = (calls: GroupCalls): GroupWriter => ({
  setDesiredCapacity: (group, desiredCapacity) =>
    attempt(group, `SetDesiredCapacity ${desiredCapacity}`, () =>
      // a cooldown is for policies that guess; Berth has counted
      calls.setDesiredCapacity({
        AutoScalingGroupName: group,
        DesiredCapacity: desiredCapacity,
        HonorCooldown: false,
      }),
    ),

  async terminateInstances(group, ec2InstanceIds, desiredCapacity) {
    const ShouldDecrementDesiredCapacity = desiredCapacity === 'lowered';
    const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
      const [only, ...more] = ids;
      const named =
        only !== undefined && more.length === 0
          ? { InstanceId: only }
          : { AutoScalingGroupName: group, InstanceIds: [...ids] };
      await calls.terminate({ ...named, ShouldDecrementDesiredCapacity });
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

  completeLifecycleActions: (AutoScalingGroupName, LifecycleHookName, ec2InstanceIds) =>
    eachSingly(
      ec2InstanceIds,
      `CompleteLifecycleAction ${LifecycleHookName}`,
      (InstanceId) =>
        calls.completeLifecycleAction({
          AutoScalingGroupName,
          LifecycleHookName,
          InstanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      concurrentActions,
    ),

  recordHeartbeats: (AutoScalingGroupName, LifecycleHookName, ec2InstanceIds) =>
    eachSingly(
      ec2InstanceIds,
      `RecordLifecycleActionHeartbeat ${LifecycleHookName}`,
      (InstanceId) => calls.recordHeartbeat({ AutoScalingGroupName, LifecycleHookName, InstanceId }),
      concurrentActions,
    ),

  async launchInstances({ group, count, availabilityZone, clientToken }) {
    try {
      const { Instances = [], Errors = [] } = await calls.launchInstances({
        AutoScalingGroupName: group,
        RequestedCapacity: count,
        ClientToken: clientToken,
        ...(availabilityZone === undefined ? {} : { AvailabilityZones: [availabilityZone] }),
        RetryStrategy: 'none', // what did not come at once is Berth's to place elsewhere
      });
      return launchOutcome(count, Instances, Errors);
    } catch (error) {
      return launchRefusal(group, error);
    }
  },
});

export const autoScalingGroupWriter = (client: AutoScalingClient): GroupWriter =>
  groupWriterOver({
    setDesiredCapacity: (it) => client.send(new SetDesiredCapacityCommand(it)),
    terminate: (it) => client.send(new TerminateInstanceInAutoScalingGroupCommand(it)),
    completeLifecycleAction: (it) => client.send(new CompleteLifecycleActionCommand(it)),
    recordHeartbeat: (it) => client.send(new RecordLifecycleActionHeartbeatCommand(it)),
    launchInstances: (it) => client.send(new LaunchInstancesCommand(it)),
  });
