import { describe, expect, it } from '@jest/globals';
import { group, numbered } from './answers.ts';
import { withAutoScaling } from './auto-scaling-harness.ts';
import { type Answers, type JsonObject, Refusal } from './loopback-aws.ts';

const groupsAre = (...groups: readonly JsonObject[]): Answers => ({
  DescribeAutoScalingGroups: () => ({ AutoScalingGroups: groups }),
});

describe('autoScalingGroupReader', () => {
  it('finds the groups of clusters by their tag', async () => {
    const { result, calls } = await withAutoScaling(groupsAre(group('workers')), (reader) =>
      reader.groupsOfClusters(['prod', 'test']),
    );

    expect(calls[0]?.input).toMatchObject({
      MaxRecords: '100',
      'Filters.member.1.Name': 'tag:berth:cluster',
      'Filters.member.1.Values.member.1': 'prod',
      'Filters.member.1.Values.member.2': 'test',
    });
    expect(result).toEqual({
      items: [
        {
          name: 'workers',
          arn: 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:u:autoScalingGroupName/workers',
          cluster: 'prod',
          minSize: 0,
          maxSize: 10,
          desiredCapacity: 1,
          availabilityZones: ['eu-west-1a', 'eu-west-1b'],
          instanceTypes: ['m5.large'],
          launchSource: 'lt-1:3:',
          launchTemplate: 'lt-1:3',
          newInstancesProtectedFromScaleIn: true,
          suspendedProcesses: [],
          conflicts: [],
          instances: [
            {
              ec2InstanceId: 'i-1',
              instanceType: 'm5.large',
              availabilityZone: 'eu-west-1a',
              lifecycleState: 'InService',
              healthStatus: 'Healthy',
              protectedFromScaleIn: true,
              launchTemplate: undefined,
            },
          ],
        },
      ],
      gaps: [],
    });
  });

  it('reads every page, and keeps those before one that fails', async () => {
    const { result } = await withAutoScaling(
      {
        DescribeAutoScalingGroups: (_, earlier) => {
          if (earlier === 2) throw new Refusal('Throttling', 'Rate exceeded');
          return { AutoScalingGroups: [group(`g${earlier}`)], NextToken: 'more' };
        },
      },
      (reader) => reader.groupsOfClusters(['prod']),
    );

    expect(result).toMatchObject({
      items: [{ name: 'g0' }, { name: 'g1' }],
      gaps: [{ subject: 'groups', cause: 'throttled', detail: 'DescribeAutoScalingGroups: Throttling: Rate exceeded' }],
    });
  });

  it('leaves out groups of other clusters and groups without the tag', async () => {
    const { result } = await withAutoScaling(
      groupsAre(
        group('other', { Tags: [{ Key: 'berth:cluster', Value: 'other' }] }),
        group('untagged', { Tags: [] }),
        group('workers'),
      ),
      async (reader) => [await reader.groupsOfClusters(['prod']), await reader.groupsByName(['other', 'untagged'])],
    );

    expect(result).toMatchObject([
      { items: [{ name: 'workers' }], gaps: [] },
      { items: [{ name: 'other' }, { name: 'workers' }], gaps: [] },
    ]);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'suspended processes',
      { SuspendedProcesses: [{ ProcessName: 'Launch' }, { ProcessName: 'Terminate' }] },
      ['launchSuspended', 'terminateSuspended'],
    ],
    ['a harmless suspended process', { SuspendedProcesses: [{ ProcessName: 'AZRebalance' }] }, []],
    ['capacity in vCPUs', { DesiredCapacityType: 'vcpu' }, ['capacityUnits']],
    ['capacity in instances', { DesiredCapacityType: 'units' }, []],
    ['an operator', { Operator: { Principal: 'ecs.amazonaws.com' } }, ['operator']],
    ['its deletion', { Status: 'Delete in progress' }, ['beingDeleted']],
    [
      'weights',
      {
        LaunchTemplate: undefined,
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateId: 'lt-2', Version: '$Latest' },
            Overrides: [{ InstanceType: 'm5.large', WeightedCapacity: '2' }],
          },
        },
      },
      ['weightedCapacity'],
    ],
  ])('names what forbids sizing a group: %s', async (_, over, conflicts) => {
    const { result } = await withAutoScaling(groupsAre(group('workers', over)), (reader) =>
      reader.groupsByName(['workers']),
    );

    expect(result).toMatchObject({ items: [{ conflicts }], gaps: [] });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'the types of a mixed policy',
      {
        LaunchTemplate: undefined,
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateId: 'lt-2', Version: '4' },
            Overrides: [{ InstanceType: 'm5.large' }, { InstanceType: 'c5.large' }],
          },
        },
      },
      { launchSource: 'lt-2:4:c5.large,m5.large', instanceTypes: ['c5.large', 'm5.large'] },
    ],
    [
      'a launch configuration',
      { LaunchTemplate: undefined, LaunchConfigurationName: 'old one' },
      { launchSource: 'launch configuration old one', instanceTypes: ['m5.large'] },
    ],
    ['neither', { LaunchTemplate: undefined, Instances: [] }, { launchSource: undefined, instanceTypes: [] }],
  ])('says what a group launches from: %s', async (_, over, expected) => {
    const { result } = await withAutoScaling(groupsAre(group('workers', over)), (reader) =>
      reader.groupsByName(['workers']),
    );

    expect(result).toMatchObject({ items: [expected], gaps: [] });
  });

  it('knows the states of a warm pool, and has a gap for a group in a state it does not know', async () => {
    const inState = (LifecycleState: string): JsonObject => ({
      Instances: [{ InstanceId: 'i-1', AvailabilityZone: 'a', LifecycleState, HealthStatus: 'Healthy' }],
    });
    const { result } = await withAutoScaling(
      groupsAre(group('warm', inState('Warmed:Stopped')), group('odd', inState('Dreaming'))),
      (reader) => reader.groupsByName(['warm', 'odd']),
    );

    expect(result).toMatchObject({
      items: [{ name: 'warm', instances: [{ lifecycleState: 'Warmed:Stopped' }] }],
      gaps: [{ subject: 'groups', cause: 'malformed', detail: 'odd: LifecycleState is Dreaming' }],
    });
  });

  it('finds the groups of instances, fifty a call', async () => {
    const { result, calls } = await withAutoScaling(
      {
        DescribeAutoScalingInstances: (input) => ({
          AutoScalingInstances: [
            { InstanceId: input['InstanceIds.member.1'], AutoScalingGroupName: 'workers', LifecycleState: 'InService' },
          ],
        }),
      },
      (reader) => reader.memberships(numbered(60, (n) => `i-${n}`)),
    );

    expect(calls).toHaveLength(2);
    expect(result).toEqual({
      items: [
        { ec2InstanceId: 'i-0', group: 'workers' },
        { ec2InstanceId: 'i-50', group: 'workers' },
      ],
      gaps: [],
    });
  });
});
