import { describe, expect, it } from '@jest/globals';
import { numbered } from './answers.ts';
import { withAutoScaling } from './auto-scaling-harness.ts';
import { Refusal } from './loopback-aws.ts';

describe('autoScalingGroupWriter', () => {
  it('sets a desired capacity without waiting for a cooldown', async () => {
    const { result, calls } = await withAutoScaling({ SetDesiredCapacity: () => ({}) }, (_, writer) =>
      writer.setDesiredCapacity('workers', 4),
    );

    expect(calls[0]?.input).toMatchObject({
      AutoScalingGroupName: 'workers',
      DesiredCapacity: '4',
      HonorCooldown: 'false',
    });
    expect(result).toEqual({ id: 'workers', result: 'done', detail: undefined });
  });

  it.each<[string, string, string]>([
    ['ScalingActivityInProgress', 'A scaling activity is in progress', 'busy'],
    ['ResourceContention', 'You already have a pending update', 'busy'],
    ['Throttling', 'Rate exceeded', 'busy'],
    ['ValidationError', 'New SetDesiredCapacity value 40 is above max value 10 for the AutoScalingGroup.', 'failed'],
    ['ValidationError', 'AutoScalingGroup name not found - AutoScalingGroup workers not found', 'gone'],
    ['AccessDenied', 'User: x is not authorized to perform: autoscaling:SetDesiredCapacity', 'failed'],
  ])('understands %s (%s) as %s', async (code, message, expected) => {
    const { result } = await withAutoScaling(
      {
        SetDesiredCapacity: () => {
          throw new Refusal(code, message);
        },
      },
      (_, writer) => writer.setDesiredCapacity('workers', 40),
    );

    expect(result).toMatchObject({ id: 'workers', result: expected });
    expect(result.detail).toContain(message);
  });

  it('terminates a hundred instances a call, one batch after the other, and lowers the desired capacity', async () => {
    const ids = numbered(101, (n) => `i-${n}`);

    const { result, calls } = await withAutoScaling({ TerminateInstanceInAutoScalingGroup: () => ({}) }, (_, writer) =>
      writer.terminateInstances('workers', ids),
    );

    expect(calls).toHaveLength(2);
    expect(calls[0]?.input).toMatchObject({
      AutoScalingGroupName: 'workers',
      'InstanceIds.member.100': 'i-99',
      ShouldDecrementDesiredCapacity: 'true',
    });
    expect(calls[1]?.input).toMatchObject({ InstanceId: 'i-100', ShouldDecrementDesiredCapacity: 'true' });
    expect(result).toEqual(ids.map((id) => ({ id, result: 'done', detail: undefined })));
  });

  it('terminates each alone where one of a batch is gone', async () => {
    const { result } = await withAutoScaling(
      {
        TerminateInstanceInAutoScalingGroup: (input) => {
          if (input['InstanceIds.member.1'] !== undefined || input['InstanceId'] === 'i-1')
            throw new Refusal(
              'ValidationError',
              'Instance Id not found - No managed instance found for instance ID: i-1',
            );
          return {};
        },
      },
      (_, writer) => writer.terminateInstances('workers', ['i-0', 'i-1', 'i-2']),
    );

    expect(result.map((it) => it.result)).toEqual(['done', 'gone', 'done']);
  });

  it('does not try a busy group once for each instance', async () => {
    const { result, calls } = await withAutoScaling(
      {
        TerminateInstanceInAutoScalingGroup: () => {
          throw new Refusal('ScalingActivityInProgress', 'later');
        },
      },
      (_, writer) => writer.terminateInstances('workers', ['i-0', 'i-1']),
    );

    expect(calls).toHaveLength(1);
    expect(result.map((it) => it.result)).toEqual(['busy', 'busy']);
  });

  it('does not take a lifecycle hook that is not there for an action that is over', async () => {
    const { result } = await withAutoScaling(
      {
        CompleteLifecycleAction: () => {
          throw new Refusal('ValidationError', 'Lifecycle Hook not found: berth-drain');
        },
      },
      (_, writer) => writer.completeLifecycleActions('workers', 'berth-drain', ['i-0']),
    );

    expect(result).toMatchObject([{ id: 'i-0', result: 'failed' }]);
  });

  it('completes lifecycle actions by instance, and takes one that no longer waits as gone', async () => {
    const { result, calls } = await withAutoScaling(
      {
        CompleteLifecycleAction: (input) => {
          if (input['InstanceId'] === 'i-1')
            throw new Refusal('ValidationError', 'No active Lifecycle Action found with instance ID i-1');
          return {};
        },
      },
      (_, writer) => writer.completeLifecycleActions('workers', 'berth-drain', ['i-0', 'i-1']),
    );

    expect(calls[0]?.input).toMatchObject({
      AutoScalingGroupName: 'workers',
      LifecycleHookName: 'berth-drain',
      LifecycleActionResult: 'CONTINUE',
      InstanceId: 'i-0',
    });
    expect(result.map((it) => it.result)).toEqual(['done', 'gone']);
  });
});
