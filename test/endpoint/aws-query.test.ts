import {
  AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listen } from '../../simulator/endpoint/server.ts';
import { AwsApiError, type Json } from '../../simulator/world/api.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const now = (): number => Date.now();

/** Text that XML 1.0 can hold and the SDK reads: blank lines alone it takes for indentation. */
const xmlText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((it) => (it.trim() === '' ? it.replaceAll('\n', ' ') : it))
  .map((it) => it.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?'));

describe('awsQuery, spoken by the SDK', () => {
  it('types the input as the Auto Scaling model does', async () => {
    const world = fakeWorld({ autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [] }) } });
    await using endpoint = await listen({ world, now });
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    const input = {
      AutoScalingGroupNames: ['g1', 'g 2'],
      IncludeInstances: false,
      MaxRecords: 100,
      Filters: [
        { Name: 'tag:berth:cluster', Values: ['a', 'b&c=d'] },
        { Name: 'tag-key', Values: [] },
      ],
    };

    const answer = await autoScaling.send(new DescribeAutoScalingGroupsCommand(input));

    expect(world.calls).toEqual([
      { service: 'autoscaling', operation: 'DescribeAutoScalingGroups', input, caller: 'external' },
    ]);
    expect(answer.AutoScalingGroups).toEqual([]);
    expect(answer.NextToken).toBeUndefined();
  });

  it('keeps the order of more than nine list members', async () => {
    const world = fakeWorld({ autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [] }) } });
    await using endpoint = await listen({ world, now });
    const AutoScalingGroupNames = Array.from({ length: 25 }, (_, i) => `g${i}`);

    await new AutoScalingClient(sdkOptions(endpoint.url)).send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames }),
    );

    expect(world.calls[0]?.input).toEqual({ AutoScalingGroupNames });
  });

  it('answers an operation without output', async () => {
    const world = fakeWorld({ autoscaling: { SetDesiredCapacity: () => ({}) } });
    await using endpoint = await listen({ world, now });

    await new AutoScalingClient(sdkOptions(endpoint.url)).send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: 7, HonorCooldown: false }),
    );

    expect(world.calls[0]?.input).toEqual({ AutoScalingGroupName: 'g', DesiredCapacity: 7, HonorCooldown: false });
  });

  it('writes times as ISO 8601, lists, nested structures and absent members as the model does', async () => {
    const group = {
      AutoScalingGroupName: 'g',
      MinSize: 0,
      MaxSize: 10,
      DesiredCapacity: 2,
      DefaultCooldown: 300,
      AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
      HealthCheckType: 'EC2',
      Instances: [
        {
          InstanceId: 'i-1',
          AvailabilityZone: 'eu-west-1a',
          LifecycleState: 'InService',
          HealthStatus: 'Healthy',
          ProtectedFromScaleIn: false,
          LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' },
        },
      ],
      SuspendedProcesses: [],
      Tags: [{ Key: 'berth:cluster', Value: 'c', PropagateAtLaunch: true }],
    };
    const world = fakeWorld({
      autoscaling: {
        DescribeAutoScalingGroups: () => ({
          AutoScalingGroups: [{ ...group, CreatedTime: 1_795_400_000.123, Status: undefined, VPCZoneIdentifier: null }],
        }),
      },
    });
    await using endpoint = await listen({ world, now });

    const answer = await new AutoScalingClient(sdkOptions(endpoint.url)).send(new DescribeAutoScalingGroupsCommand({}));

    expect(answer.AutoScalingGroups).toEqual([{ ...group, CreatedTime: new Date(1_795_400_000_123) }]);
  });

  it.each([
    ['ScalingActivityInProgressFault', 'ScalingActivityInProgressFault', 400],
    ['ScalingActivityInProgress', 'ScalingActivityInProgressFault', 400],
    ['ResourceContentionFault', 'ResourceContentionFault', 500],
    ['ValidationError', 'ValidationError', 400],
    ['Throttling', 'Throttling', 400],
  ])('answers the refusal %s as AWS would', async (code, name, status) => {
    const world = fakeWorld({
      autoscaling: {
        TerminateInstanceInAutoScalingGroup: () => {
          throw new AwsApiError(code, `Not now: "a" < 'b' & c`);
        },
      },
    });
    await using endpoint = await listen({ world, now });

    const answer = new AutoScalingClient(sdkOptions(endpoint.url)).send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: 'i-1', ShouldDecrementDesiredCapacity: true }),
    );

    await expect(answer).rejects.toMatchObject({
      name,
      message: `Not now: "a" < 'b' & c`,
      $metadata: { httpStatusCode: status },
    });
  });

  it('brings any tag through, both ways', async () => {
    let stored: Json;
    const world = fakeWorld({
      autoscaling: {
        CreateOrUpdateTags: ({ Tags }) => {
          stored = Tags;
          return {};
        },
        DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [{ AutoScalingGroupName: 'g', Tags: stored }] }),
      },
    });
    await using endpoint = await listen({ world, now });
    const autoScaling = new AutoScalingClient(sdkOptions(endpoint.url));
    const tag = fc.record({ Key: xmlText, Value: xmlText, PropagateAtLaunch: fc.boolean() });

    await fc.assert(
      fc.asyncProperty(fc.array(tag, { maxLength: 12 }), async (Tags) => {
        await autoScaling.send(new CreateOrUpdateTagsCommand({ Tags }));
        const answer = await autoScaling.send(new DescribeAutoScalingGroupsCommand({}));

        expect(stored).toEqual(Tags);
        expect(answer.AutoScalingGroups?.[0]?.Tags).toEqual(Tags);
      }),
      { numRuns: 200 },
    );
  });
});
