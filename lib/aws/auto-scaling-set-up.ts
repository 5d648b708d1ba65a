import {
  type AutoScalingGroup as Answer,
  type AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DeleteLifecycleHookCommand,
  DeleteTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  type LifecycleHook as HookAnswer,
  PutLifecycleHookCommand,
  ResumeProcessesCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { recordTag } from '../model/group-contract.ts';
import type { GroupSetUp, LifecycleHook } from '../model/group-set-up.ts';
import type { DoctorReader } from '../ports/doctor-api.ts';
import type { GroupSetUpReader, GroupSetUpWriter } from '../ports/group-set-up-api.ts';
import type { ItemOutcome } from '../ports/reading.ts';
import { clusterOf, groupWithoutCluster } from './auto-scaling-group.ts';
import { policiesSizing } from './auto-scaling-surroundings.ts';
import { outcomeOf } from './aws-error.ts';
import { decodeEach, need } from './decoding.ts';
import { inBatches, readPages } from './reads.ts';
import { attempt, batchThenSingly, done } from './writes.ts';

/** SetInstanceProtection takes up to 50 ids (EC2 Auto Scaling API reference). */
const instancesPerProtection = 50;

const resource = { ResourceType: 'auto-scaling-group' };

const hookFrom = (it: HookAnswer): LifecycleHook => ({
  name: need(it.LifecycleHookName, 'LifecycleHookName'),
  transition: need(it.LifecycleTransition, 'LifecycleTransition'),
  heartbeatSeconds: need(it.HeartbeatTimeout, 'HeartbeatTimeout'),
  defaultResult: need(it.DefaultResult, 'DefaultResult'),
});

/** Without a distribution all of them are On-Demand Instances (EC2 Auto Scaling API reference, InstancesDistribution). */
const hasSpot = ({ MixedInstancesPolicy }: Answer): boolean =>
  (MixedInstancesPolicy?.InstancesDistribution?.OnDemandPercentageAboveBaseCapacity ?? 100) < 100;

const setUpFrom = (it: Answer, hooks: readonly LifecycleHook[], scalingPolicies: readonly string[]): GroupSetUp => ({
  ...groupWithoutCluster(it),
  tags: Object.fromEntries((it.Tags ?? []).map(({ Key, Value }) => [need(Key, 'Key'), Value ?? ''])),
  hooks: hooks.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  scalingPolicies,
  hasSpot: hasSpot(it),
  hasWarmPool: it.WarmPoolConfiguration !== undefined,
});

export const groupSetUpReader = (client: AutoScalingClient): GroupSetUpReader => ({
  async setUp(group) {
    // The hooks first: a group that shows no record of an attach had none when they were read either.
    const hooks = await readPages('surroundings', `DescribeLifecycleHooks of ${group}`, async () => {
      const answer = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }));
      return { items: answer.LifecycleHooks, next: undefined };
    });
    if (hooks.gaps.some((it) => it.cause === 'notFound')) return { items: [], gaps: [] };
    if (hooks.gaps.length > 0) return { items: [], gaps: hooks.gaps };
    const policies = await policiesSizing(client, group);
    if (policies.gaps.length > 0) return { items: [], gaps: policies.gaps };
    const groups = await readPages('groups', `DescribeAutoScalingGroups of ${group}`, async (NextToken) => {
      const page = await client.send(
        new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group], NextToken }),
      );
      return { items: page.AutoScalingGroups, next: page.NextToken };
    });
    const reading = decodeEach(
      'groups',
      groups.items,
      (it) => it.AutoScalingGroupName,
      (it) => setUpFrom(it, hooks.items.map(hookFrom), policies.items),
    );
    return { items: reading.items, gaps: [...groups.gaps, ...reading.gaps] };
  },
});

/** Auto Scaling refuses a batch for one instance that is "not in InService or EnteringStandby or Standby". */
const isLeaving = ({ result, detail }: ItemOutcome): boolean =>
  result === 'failed' && /is not in InService/i.test(detail ?? '');

export const groupSetUpWriter = (client: AutoScalingClient): GroupSetUpWriter => ({
  putTags: (group, tags) =>
    attempt(group, 'CreateOrUpdateTags', () =>
      client.send(
        new CreateOrUpdateTagsCommand({
          Tags: Object.entries(tags).map(([Key, Value]) => ({
            ...resource,
            ResourceId: group,
            Key,
            Value,
            PropagateAtLaunch: false,
          })),
        }),
      ),
    ),
  deleteTags: (group, keys) =>
    attempt(group, 'DeleteTags', () =>
      client.send(new DeleteTagsCommand({ Tags: keys.map((Key) => ({ ...resource, ResourceId: group, Key })) })),
    ),
  putHook: (group, hook) =>
    attempt(group, `PutLifecycleHook ${hook.name}`, () =>
      client.send(
        new PutLifecycleHookCommand({
          AutoScalingGroupName: group,
          LifecycleHookName: hook.name,
          LifecycleTransition: hook.transition,
          HeartbeatTimeout: hook.heartbeatSeconds,
          DefaultResult: hook.defaultResult,
        }),
      ),
    ),
  deleteHook: (group, name) =>
    attempt(group, `DeleteLifecycleHook ${name}`, () =>
      client.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName: group, LifecycleHookName: name })),
    ),
  suspendProcess: (group, process) =>
    attempt(group, `SuspendProcesses ${process}`, () =>
      client.send(new SuspendProcessesCommand({ AutoScalingGroupName: group, ScalingProcesses: [process] })),
    ),
  resumeProcess: (group, process) =>
    attempt(group, `ResumeProcesses ${process}`, () =>
      client.send(new ResumeProcessesCommand({ AutoScalingGroupName: group, ScalingProcesses: [process] })),
    ),
  protectNewInstances: (group, isProtected) =>
    attempt(group, 'UpdateAutoScalingGroup', () =>
      client.send(
        new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName: group,
          NewInstancesProtectedFromScaleIn: isProtected,
        }),
      ),
    ),
  async protectInstances(group, ec2InstanceIds, isProtected) {
    const send = async (ids: readonly string[]): Promise<readonly ItemOutcome[]> => {
      await client.send(
        new SetInstanceProtectionCommand({
          AutoScalingGroupName: group,
          InstanceIds: [...ids],
          ProtectedFromScaleIn: isProtected,
        }),
      );
      return ids.map(done);
    };
    const outcomes: ItemOutcome[] = [];
    for (const batch of inBatches(ec2InstanceIds, instancesPerProtection)) {
      const ofBatch = await batchThenSingly(batch, send, (id, error) =>
        outcomeOf(id, `SetInstanceProtection in ${group}`, error),
      );
      outcomes.push(...ofBatch.map((it): ItemOutcome => (isLeaving(it) ? { ...it, result: 'gone' } : it)));
    }
    return outcomes;
  },
});

/** Groups with the record of an attach, and the cluster that their tag names. */
export const attachedGroups =
  (client: AutoScalingClient): DoctorReader['attachedGroups'] =>
  async () => {
    const answers = await readPages(
      'groups',
      'DescribeAutoScalingGroups with a record of an attach',
      async (NextToken) => {
        const page = await client.send(
          new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag-key', Values: [recordTag] }], NextToken }),
        );
        return { items: page.AutoScalingGroups, next: page.NextToken };
      },
    );
    const reading = decodeEach(
      'groups',
      answers.items,
      (it) => it.AutoScalingGroupName,
      (it) => ({ name: need(it.AutoScalingGroupName, 'AutoScalingGroupName'), cluster: clusterOf(it) }),
    );
    return { items: reading.items, gaps: [...answers.gaps, ...reading.gaps] };
  };
