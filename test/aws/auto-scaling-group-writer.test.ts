import { describe, expect, it } from '@jest/globals';
import type { LaunchOutcome } from '../../lib/ports/group-api.ts';
import { numbered } from './answers.ts';
import { withAutoScaling } from './auto-scaling-harness.ts';
import { type JsonObject, Refusal } from './loopback-aws.ts';

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
      writer.terminateInstances('workers', ids, 'lowered'),
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
      (_, writer) => writer.terminateInstances('workers', ['i-0', 'i-1', 'i-2'], 'lowered'),
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
      (_, writer) => writer.terminateInstances('workers', ['i-0', 'i-1'], 'lowered'),
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

  it('leaves the desired capacity as it is for instances that do not count towards it', async () => {
    const { calls } = await withAutoScaling({ TerminateInstanceInAutoScalingGroup: () => ({}) }, (_, writer) =>
      writer.terminateInstances('workers', ['i-0'], 'kept'),
    );

    expect(calls[0]?.input).toMatchObject({ InstanceId: 'i-0', ShouldDecrementDesiredCapacity: 'false' });
  });

  it('lets hooks wait longer, by instance', async () => {
    const { result, calls } = await withAutoScaling(
      {
        RecordLifecycleActionHeartbeat: (input) => {
          if (input['InstanceId'] === 'i-1')
            throw new Refusal('ValidationError', 'No active Lifecycle Action found with instance ID i-1');
          return {};
        },
      },
      (_, writer) => writer.recordHeartbeats('workers', 'berth-drain', ['i-0', 'i-1']),
    );

    expect(calls[0]?.input).toMatchObject({
      AutoScalingGroupName: 'workers',
      LifecycleHookName: 'berth-drain',
      InstanceId: 'i-0',
    });
    expect(result.map((it) => it.result)).toEqual(['done', 'gone']);
  });

  const launch = { group: 'workers', count: 3, availabilityZone: 'eu-west-1a', clientToken: 'token-1' };
  const noCapacity = {
    ErrorCode: 'InsufficientInstanceCapacity',
    ErrorMessage: 'We currently do not have sufficient m5.large capacity.',
  };
  const said = 'InsufficientInstanceCapacity: We currently do not have sufficient m5.large capacity.';

  it('launches in one zone, and tells at once which instances came', async () => {
    const { result, calls } = await withAutoScaling(
      {
        LaunchInstances: () => ({
          Instances: [
            { InstanceType: 'm5.large', InstanceIds: ['i-1', 'i-2'] },
            { InstanceType: 'm5a.large', InstanceIds: ['i-3'] },
          ],
        }),
      },
      (_, writer) => writer.launchInstances(launch),
    );

    expect(calls[0]?.input).toMatchObject({
      AutoScalingGroupName: 'workers',
      RequestedCapacity: '3',
      ClientToken: 'token-1',
      'AvailabilityZones.member.1': 'eu-west-1a',
      RetryStrategy: 'none',
    });
    expect(result).toEqual({ kind: 'launched', ec2InstanceIds: ['i-1', 'i-2', 'i-3'], missing: undefined });
  });

  it('names no zone for a group that has one', async () => {
    const { calls } = await withAutoScaling({ LaunchInstances: () => ({}) }, (_, writer) =>
      writer.launchInstances({ ...launch, availabilityZone: undefined }),
    );

    expect(Object.keys(calls[0]?.input ?? {}).filter((it) => it.startsWith('AvailabilityZones'))).toEqual([]);
  });

  it.each<[string, JsonObject, LaunchOutcome]>([
    ['none came', { Errors: [noCapacity] }, { kind: 'noCapacity', cause: said }],
    ['none came for no reason given', {}, { kind: 'noCapacity', cause: 'AWS gives no reason' }],
    [
      'some came',
      { Instances: [{ InstanceIds: ['i-1'] }], Errors: [noCapacity] },
      { kind: 'launched', ec2InstanceIds: ['i-1'], missing: said },
    ],
  ])('passes on what AWS says where %s', async (_, answer, expected) => {
    const { result } = await withAutoScaling({ LaunchInstances: () => answer }, (_reader, writer) =>
      writer.launchInstances(launch),
    );

    expect(result).toEqual(expected);
  });

  it.each<readonly [string, string, string, LaunchOutcome]>([
    [
      'what will be refused again for a lack of capacity: other groups may serve',
      'AccessDenied',
      'not authorized to perform: ec2:CreateFleet',
      {
        kind: 'noCapacity',
        cause: 'LaunchInstances in workers: AccessDenied: not authorized to perform: ec2:CreateFleet',
      },
    ],
    [
      'a throttled call for nothing',
      'Throttling',
      'Rate exceeded',
      { kind: 'failed', detail: 'LaunchInstances in workers: Throttling: Rate exceeded' },
    ],
  ])('takes %s', async (_, name, message, outcome) => {
    const { result } = await withAutoScaling(
      {
        LaunchInstances: () => {
          throw new Refusal(name, message);
        },
      },
      (__, writer) => writer.launchInstances(launch),
    );

    expect(result).toEqual(outcome);
  });
});
