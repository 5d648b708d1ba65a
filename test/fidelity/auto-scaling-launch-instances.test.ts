import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects, texts } from '../../simulator/world/json.ts';
import {
  groupNamed,
  instancesOf,
  membersOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  type UnderTest,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { failuresOf, idsOf, withMixedGroup } from './auto-scaling-under-test.ts';

const launch = (it: UnderTest, more: JsonObject = {}, name = 'g'): JsonObject =>
  it.autoScaling('LaunchInstances', { AutoScalingGroupName: name, RequestedCapacity: 2, ClientToken: 't', ...more });

const launchedIds = (answer: JsonObject): readonly string[] =>
  (objects(answer, 'Instances') ?? []).flatMap((it) => texts(it, 'InstanceIds') ?? []);

const withoutCapacity = (it: UnderTest, instanceTypes: readonly string[] = []) =>
  it.world.setCapacityError({ instanceTypes, availabilityZones: [], market: undefined });

describe('LaunchInstances', () => {
  it('Auto Scaling API, LaunchInstances: answers the ids at once, and the desired capacity has grown', async () => {
    const under = worldUnderTest(1, { groupWriteVisibleAfterMs: { low: 0, high: 0 } });
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);

    const answer = launch(under);

    expect(answer).toMatchObject({
      AutoScalingGroupName: 'g',
      ClientToken: 't',
      Errors: [],
      Instances: [
        {
          InstanceType: 'm5.large',
          MarketType: 'on-demand',
          AvailabilityZone: 'eu-west-1a',
          SubnetId: 'subnet-00000001',
        },
      ],
    });
    expect(idsOf(under)).toEqual(expect.arrayContaining([...launchedIds(answer)]));
    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 3 });
    expect(membersOf(under).map((it) => it['LifecycleState'])).toEqual(['InService', 'Pending', 'Pending']);
    await under.pass(2 * minute);
    expect(membersOf(under)).toHaveLength(3);
    expect(instancesOf(under)).toHaveLength(3);
  });

  it('Auto Scaling API, LaunchInstances: answers the errors at once, and nothing has changed', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);
    withoutCapacity(under);

    const answer = launch(under);
    await under.pass(10 * minute);

    expect(answer).toMatchObject({
      Instances: [],
      Errors: [
        {
          InstanceType: 'm5.large',
          MarketType: 'on-demand',
          AvailabilityZone: 'eu-west-1a',
          ErrorCode: 'InsufficientInstanceCapacity',
          ErrorMessage: expect.stringContaining('sufficient m5.large capacity'),
        },
      ],
    });
    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 1 });
    expect(membersOf(under)).toHaveLength(1);
    expect(failuresOf(under)).toHaveLength(1);
  });

  it('Auto Scaling API, RetryStrategy: retry-with-group-configuration raises the desired capacity, and the group goes on trying', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 1 });
    await under.pass(2 * minute);
    const end = withoutCapacity(under);

    launch(under, { RetryStrategy: 'retry-with-group-configuration' });
    await under.pass(minute);
    const desired = groupNamed(under)['DesiredCapacity'];
    end();
    await under.pass(12 * minute);

    expect(desired).toBe(3);
    expect(membersOf(under)).toHaveLength(3);
  });

  it('Auto Scaling API, LaunchInstances: the same client token launches once; with other parameters it is refused', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });

    const [first, again] = [launch(under), launch(under)];
    const other = refusal(() => launch(under, { RequestedCapacity: 3 }));
    await under.pass(2 * minute);

    expect(again).toEqual(first);
    expect(membersOf(under)).toHaveLength(2);
    expect(other).toContain('IdempotentParameterMismatch');
  });

  it.each([
    [
      'at most 100 instances a call',
      { RequestedCapacity: 101, AvailabilityZones: ['eu-west-1a'] },
      'RequestedCapacity must be between 1 and 100',
    ],
    ['a zone or subnet for a group of several zones', {}, 'You must specify an Availability Zone or a subnet'],
    [
      'one zone a call',
      { AvailabilityZones: ['eu-west-1a', 'eu-west-1b'] },
      'You can specify one Availability Zone or one subnet',
    ],
    ['a zone of the group', { AvailabilityZones: ['eu-west-1c'] }, 'The Availability Zone eu-west-1c is not one of'],
    ['a subnet of the group', { SubnetIds: ['subnet-9'] }, 'The subnet subnet-9 is not one of'],
    [
      'a subnet in the zone',
      { AvailabilityZones: ['eu-west-1a'], SubnetIds: ['subnet-00000002'] },
      'The subnet subnet-00000002 is not in',
    ],
    [
      'no more than the maximum',
      { RequestedCapacity: 21, AvailabilityZones: ['eu-west-1a'] },
      'RequestedCapacity 21 would take the desired capacity above max value 20',
    ],
  ])('Auto Scaling API, LaunchInstances: asks for %s', (_, more, message) => {
    const under = worldUnderTest();
    withGroup(under, { size: 0, zones: ['eu-west-1a', 'eu-west-1b'] });

    expect(refusal(() => launch(under, more))).toContain(`ValidationError: ${message}`);
  });

  it('Auto Scaling API, LaunchInstances: takes the zone from the subnet', () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0, zones: ['eu-west-1a', 'eu-west-1b'] });

    expect(launch(under, { SubnetIds: ['subnet-00000002'] })).toMatchObject({
      Instances: [{ AvailabilityZone: 'eu-west-1b', SubnetId: 'subnet-00000002' }],
    });
  });

  it('Auto Scaling user guide, launch instances synchronously: supports a mixed policy only if it is all On-Demand or all Spot', () => {
    const answers = [0, 50, 100].map((OnDemandPercentageAboveBaseCapacity) => {
      const under = worldUnderTest();
      withMixedGroup(under, {
        types: ['m5.large', 'c5.large'],
        distribution: { OnDemandPercentageAboveBaseCapacity, SpotAllocationStrategy: 'capacity-optimized-prioritized' },
        more: { DesiredCapacity: 0 },
      });
      withoutCapacity(under, ['m5.large']);
      try {
        return launch(under, {}, 'm');
      } catch (error) {
        return String(error);
      }
    });
    const launched = (MarketType: string) => ({
      Instances: [{ InstanceType: 'c5.large', MarketType }],
      Errors: [{ InstanceType: 'm5.large', MarketType }],
    });

    expect(answers[0]).toMatchObject(launched('spot'));
    expect(answers[1]).toContain('LaunchInstances supports mixed instances policies only with completely');
    expect(answers[2]).toMatchObject(launched('on-demand'));
  });

  it('is the cause of what it launches', async () => {
    const under = worldUnderTest();
    withGroup(under, { size: 0 });

    launch(under, { RequestedCapacity: 1 });
    await under.pass(second);

    const launched = only(ofKind(under, 'instance').filter((it) => it.change === 'launched'));
    expect(launched.cause).toMatchObject({ kind: 'call', operation: 'LaunchInstances', caller: 'test' });
  });
});
