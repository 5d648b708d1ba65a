import {
  type AutoScalingClient,
  DescribeInstanceRefreshesCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  type InstanceRefresh,
  type LifecycleHook,
  type ScalingPolicy,
} from '@aws-sdk/client-auto-scaling';
import type { GroupSurroundings, TerminationHook } from '../model/memory.ts';
import { secondMs } from '../model/time.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { Reading } from '../ports/reading.ts';
import { decodeEach, need } from './decoding.ts';
import { readBatches, readPages } from './reads.ts';

const subject = 'surroundings';

/** The most that DescribePolicies and DescribeInstanceRefreshes give at once (AWS API model); hooks have no pages. */
const perPage = 100;

const terminating = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** ECS scales by policies of its own where a capacity provider has managed scaling on; who sizes such a group is known. */
const ofEcs = 'ECSManagedAutoScalingPolicy-';

/** Those states of an instance refresh in which it replaces instances, or still may (AWS API model). */
const underWay: readonly (string | undefined)[] = [
  'Pending',
  'InProgress',
  'Baking',
  'Cancelling',
  'RollbackInProgress',
];

/** Heartbeats hold an instance for 48 hours or 100 heartbeat timeouts, whichever is less (AWS API model). */
const longestHoldSeconds = 48 * 3_600;
const longestHoldInTimeouts = 100;

const hookFrom = (it: LifecycleHook): TerminationHook => {
  const timeout = need(it.HeartbeatTimeout, 'HeartbeatTimeout');
  const global = it.GlobalTimeout ?? Math.min(longestHoldSeconds, longestHoldInTimeouts * timeout);
  return {
    name: need(it.LifecycleHookName, 'LifecycleHookName'),
    heartbeatTimeoutMs: timeout * secondMs,
    globalTimeoutMs: global * secondMs,
  };
};

/** Names of the policies that size a group, besides ECS's own. */
const namesOf = (policies: readonly Pick<ScalingPolicy, 'PolicyName' | 'Enabled'>[]): readonly string[] =>
  policies
    .filter((it) => it.Enabled !== false)
    .flatMap((it) => it.PolicyName ?? [])
    .filter((it) => !it.startsWith(ofEcs))
    .sort();

/** What was answered of one group, decoded; both faces of AWS end here. */
export const surroundingsFrom = (
  group: string,
  hooks: readonly LifecycleHook[],
  policies: readonly Pick<ScalingPolicy, 'PolicyName' | 'Enabled'>[],
  refreshes: readonly Pick<InstanceRefresh, 'Status'>[],
): Reading<GroupSurroundings> => {
  const decoded = decodeEach(
    subject,
    hooks.filter((it) => it.LifecycleTransition === terminating),
    (it) => `${group} ${it.LifecycleHookName ?? ''}`,
    hookFrom,
  );
  if (decoded.gaps.length > 0) return { items: [], gaps: decoded.gaps };
  return {
    items: [
      {
        group,
        hooks: decoded.items.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        scalingPolicies: namesOf(policies),
        isRefreshing: refreshes.some((it) => underWay.includes(it.Status)),
      },
    ],
    gaps: [],
  };
};

const policiesOf = (client: AutoScalingClient, group: string): Promise<Reading<ScalingPolicy>> =>
  readPages(subject, `DescribePolicies of ${group}`, async (NextToken) => {
    const page = await client.send(
      new DescribePoliciesCommand({ AutoScalingGroupName: group, MaxRecords: perPage, NextToken }),
    );
    return { items: page.ScalingPolicies, next: page.NextToken };
  });

/** Names of the policies that size a group, besides ECS's own. */
export const policiesSizing = async (client: AutoScalingClient, group: string): Promise<Reading<string>> => {
  const { items, gaps } = await policiesOf(client, group);
  return { items: namesOf(items), gaps };
};

export const autoScalingSurroundings = (client: AutoScalingClient): Pick<GroupReader, 'surroundings'> => {
  const hooksOf = (group: string): Promise<Reading<LifecycleHook>> =>
    readPages(subject, `DescribeLifecycleHooks of ${group}`, async () => {
      const answer = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }));
      return { items: answer.LifecycleHooks, next: undefined };
    });

  const refreshesOf = (group: string): Promise<Reading<InstanceRefresh>> =>
    readPages(subject, `DescribeInstanceRefreshes of ${group}`, async (NextToken) => {
      const page = await client.send(
        new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group, MaxRecords: perPage, NextToken }),
      );
      return { items: page.InstanceRefreshes, next: page.NextToken };
    });

  const ofGroup = async (group: string): Promise<Reading<GroupSurroundings>> => {
    // One after the other: all calls to Auto Scaling of an account share one unpublished limit.
    const hooks = await hooksOf(group);
    if (hooks.gaps.length > 0) return { items: [], gaps: hooks.gaps };
    const policies = await policiesOf(client, group);
    if (policies.gaps.length > 0) return { items: [], gaps: policies.gaps };
    const refreshes = await refreshesOf(group);
    if (refreshes.gaps.length > 0) return { items: [], gaps: refreshes.gaps };
    return surroundingsFrom(group, hooks.items, policies.items, refreshes.items);
  };

  return { surroundings: (groups) => readBatches(subject, 'surroundings of groups', groups, ofGroup) };
};
