import { describe, expect, it } from '@jest/globals';
import { withAutoScaling } from './auto-scaling-harness.ts';
import { type Answers, type JsonObject, Refusal, textOf } from './loopback-aws.ts';

const hook = (name: string, over: JsonObject = {}): JsonObject => ({
  LifecycleHookName: name,
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  HeartbeatTimeout: 300,
  GlobalTimeout: 30_000,
  ...over,
});

const around = (over: Answers = {}): Answers => ({
  DescribeLifecycleHooks: () => ({ LifecycleHooks: [] }),
  DescribePolicies: () => ({ ScalingPolicies: [] }),
  DescribeInstanceRefreshes: () => ({ InstanceRefreshes: [] }),
  ...over,
});

describe('autoScalingGroupReader: surroundings', () => {
  it('are the termination hooks of a group, its policies that are not of ECS, and whether it is refreshing', async () => {
    const { result, calls } = await withAutoScaling(
      around({
        DescribeLifecycleHooks: () => ({
          LifecycleHooks: [
            hook('other', { GlobalTimeout: undefined, HeartbeatTimeout: 7_200 }),
            hook('berth-drain'),
            hook('boot', { LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' }),
          ],
        }),
        DescribePolicies: (_, earlier) =>
          earlier === 0
            ? {
                ScalingPolicies: [
                  { PolicyName: 'ECSManagedAutoScalingPolicy-1', Enabled: true },
                  { PolicyName: 'off', Enabled: false },
                ],
                NextToken: 'more',
              }
            : { ScalingPolicies: [{ PolicyName: 'cpu-50', Enabled: true }] },
        DescribeInstanceRefreshes: () => ({ InstanceRefreshes: [{ Status: 'Baking' }, { Status: 'Successful' }] }),
      }),
      (reader) => reader.surroundings(['workers']),
    );

    expect(result).toEqual({
      items: [
        {
          group: 'workers',
          hooks: [
            { name: 'berth-drain', heartbeatTimeoutMs: 300_000, globalTimeoutMs: 30_000_000 },
            { name: 'other', heartbeatTimeoutMs: 7_200_000, globalTimeoutMs: 172_800_000 },
          ],
          scalingPolicies: ['cpu-50'],
          isRefreshing: true,
        },
      ],
      gaps: [],
    });
    expect(calls.map((it) => [it.operation, it.input['AutoScalingGroupName'], it.input['NextToken']])).toEqual([
      ['DescribeLifecycleHooks', 'workers', undefined],
      ['DescribePolicies', 'workers', undefined],
      ['DescribePolicies', 'workers', 'more'],
      ['DescribeInstanceRefreshes', 'workers', undefined],
    ]);
  });

  it.each(['Successful', 'Failed', 'Cancelled', 'RollbackFailed', 'RollbackSuccessful'])(
    'have no refresh under way once it is %s',
    async (Status) => {
      const { result } = await withAutoScaling(
        around({ DescribeInstanceRefreshes: () => ({ InstanceRefreshes: [{ Status }] }) }),
        (reader) => reader.surroundings(['workers']),
      );

      expect(result.items).toMatchObject([{ isRefreshing: false }]);
    },
  );

  it('of a group of which one read failed are a gap, and no half-truth', async () => {
    const { result } = await withAutoScaling(
      around({
        DescribePolicies: ({ AutoScalingGroupName }) => {
          if (AutoScalingGroupName === 'workers') throw new Refusal('Throttling', 'Rate exceeded');
          return { ScalingPolicies: [] };
        },
      }),
      (reader) => reader.surroundings(['workers', 'others']),
    );

    expect(result).toEqual({
      items: [{ group: 'others', hooks: [], scalingPolicies: [], isRefreshing: false }],
      gaps: [
        {
          subject: 'surroundings',
          cause: 'throttled',
          detail: 'DescribePolicies of workers: Throttling: Rate exceeded',
        },
      ],
    });
  });
});

const at = (ms: number): string => new Date(ms).toISOString();
const now = 1_700_000_000_000;

const activity = (id: string, startedAt: number, over: JsonObject = {}): JsonObject => ({
  ActivityId: id,
  AutoScalingGroupName: 'workers',
  Description: 'Launching a new EC2 instance.  Status Reason: We have none.',
  Cause: 'At … an instance was started in response to a difference between desired and actual capacity.',
  StartTime: at(startedAt),
  StatusCode: 'Failed',
  StatusMessage: 'We have none.',
  Details: '{"Subnet ID":"subnet-1","Availability Zone":"eu-west-1a"}',
  ...over,
});

describe('autoScalingGroupReader: failed activities', () => {
  it('are launches that failed since then, with what AWS said and where', async () => {
    const { result } = await withAutoScaling(
      {
        DescribeScalingActivities: () => ({
          Activities: [
            activity('1', now),
            activity('2', now, { StatusCode: 'Successful' }),
            activity('3', now, { Description: 'Terminating an EC2 instance: i-1' }),
            activity('4', now - 10, { StatusMessage: undefined, Details: 'not JSON' }),
            activity('5', now - 11),
          ],
        }),
      },
      (reader) => reader.failedActivities(['workers'], now - 10),
    );

    expect(result).toEqual({
      items: [
        {
          group: 'workers',
          activityId: '1',
          at: now,
          cause: 'We have none.',
          availabilityZone: 'eu-west-1a',
        },
        {
          group: 'workers',
          activityId: '4',
          at: now - 10,
          cause: 'Launching a new EC2 instance.  Status Reason: We have none.',
          availabilityZone: undefined,
        },
      ],
      gaps: [],
    });
  });

  it('are read page by page until they are too old', async () => {
    const { result, calls } = await withAutoScaling(
      {
        DescribeScalingActivities: (_, earlier) => ({
          Activities: [activity(`${earlier}`, now - earlier * 10)],
          NextToken: `page ${earlier + 1}`,
        }),
      },
      (reader) => reader.failedActivities(['workers'], now - 15),
    );

    expect(calls.map((it) => textOf(it.input['NextToken']))).toEqual(['', 'page 1', 'page 2']);
    expect(result.items.map((it) => it.activityId)).toEqual(['0', '1']);
  });

  it('that cannot be read are a gap', async () => {
    const { result } = await withAutoScaling(
      {
        DescribeScalingActivities: () => {
          throw new Refusal('AccessDenied', 'not authorized');
        },
      },
      (reader) => reader.failedActivities(['workers'], now),
    );

    expect(result).toMatchObject({ items: [], gaps: [{ subject: 'activities', cause: 'accessDenied' }] });
  });
});
