import { describe, expect, it } from '@jest/globals';
import {
  countBy,
  detailsOf,
  groupNamed,
  membersOf,
  minute,
  ofKind,
  only,
  refusal,
  second,
  withGroup,
  worldUnderTest,
} from '../world/world-under-test.ts';
import { activitiesOf, failuresOf, setDesired, withMixedGroup } from './auto-scaling-under-test.ts';

const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const everywhere = { instanceTypes: [], availabilityZones: [], market: undefined };

describe('a launch for which EC2 has no capacity', () => {
  it('Auto Scaling user guide, troubleshooting capacity limits: fails an activity with its message and leaves the desired capacity', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError(everywhere);

    withGroup(under, { size: 2 });
    await under.pass(10 * second);

    expect(groupNamed(under)).toMatchObject({ DesiredCapacity: 2, Instances: [] });
    expect(only(activitiesOf(under))).toMatchObject({
      StatusCode: 'Failed',
      Description: 'Launching a new EC2 instance',
      StatusMessage:
        'We currently do not have sufficient m5.large capacity in the Availability Zone you requested (eu-west-1a). Our system will be working on provisioning additional capacity. You can currently get m5.large capacity by not specifying an Availability Zone in your request. Launching EC2 instance failed.',
      Details: '{"Subnet ID":"subnet-00000001","Availability Zone":"eu-west-1a"}',
    });
  });

  it('Auto Scaling user guide, event reference: says EC2 Instance Launch Unsuccessful', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError({ ...everywhere, instanceTypes: ['m5.large'] });

    withGroup(under, { size: 1 });
    await under.pass(10 * second);

    expect(only(detailsOf(under, 'EC2 Instance Launch Unsuccessful'))).toMatchObject({
      StatusCode: 'Failed',
      AutoScalingGroupName: 'g',
      EC2InstanceId: '',
      Details: { 'Availability Zone': 'eu-west-1a', 'Subnet ID': 'subnet-00000001' },
      StatusMessage: expect.stringContaining('We currently do not have sufficient m5.large capacity'),
      ActivityId: only(activitiesOf(under))['ActivityId'],
    });
    expect(detailsOf(under, 'EC2 Instance Launch Successful')).toEqual([]);
  });

  it('Auto Scaling user guide, instance distribution: is tried in the other zones until one succeeds', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError({ ...everywhere, availabilityZones: zones.slice(0, 2) });

    withGroup(under, { size: 4, zones });
    await under.pass(2 * minute);

    expect(countBy(membersOf(under), 'AvailabilityZone')).toEqual({ 'eu-west-1c': 4 });
    expect(failuresOf(under).some((it) => it.includes('(eu-west-1a)'))).toBe(true);
    expect(failuresOf(under).some((it) => it.includes('(eu-west-1b)'))).toBe(true);
  });

  it('Auto Scaling API, AvailabilityZoneDistribution: with balanced-only goes on trying in the zone that is due', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError({ ...everywhere, availabilityZones: ['eu-west-1a'] });

    withGroup(under, {
      size: 4,
      zones: zones.slice(0, 2),
      more: { AvailabilityZoneDistribution: { CapacityDistributionStrategy: 'balanced-only' } },
    });
    await under.pass(10 * minute);

    expect(countBy(membersOf(under), 'AvailabilityZone')).toEqual({ 'eu-west-1b': expect.any(Number) });
    expect(membersOf(under).length).toBeLessThanOrEqual(2);
  });

  it('Auto Scaling user guide, suspended processes: goes on trying, ever more rarely, and succeeds once there is capacity', async () => {
    const under = worldUnderTest();
    const end = under.world.setCapacityError(everywhere);

    withGroup(under, { size: 3 });
    await under.pass(60 * minute);
    const tries = failuresOf(under).length;
    end();
    await under.pass(12 * minute);

    expect(tries).toBeGreaterThanOrEqual(6);
    expect(tries).toBeLessThanOrEqual(12); // 30 s, doubling up to 10 min
    expect(countBy(membersOf(under), 'LifecycleState')).toEqual({ InService: 3 });
  });

  it('gives up when the desired capacity is taken back', async () => {
    const under = worldUnderTest();
    const end = under.world.setCapacityError(everywhere);
    withGroup(under, { size: 3 });
    await under.pass(minute);

    setDesired(under, 0);
    end();
    await under.pass(20 * minute);

    expect(ofKind(under, 'instance').filter((record) => record.change === 'launched')).toEqual([]);
  });

  it('EC2 API, InstanceMarketOptions: a lack of Spot does not touch On-Demand groups, nor the other way round', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError({ ...everywhere, market: 'spot' });
    withGroup(under, { size: 1 });
    under.call('ec2', 'CreateLaunchTemplate', {
      LaunchTemplateName: 'spot',
      LaunchTemplateData: { InstanceType: 'm5.large', InstanceMarketOptions: { MarketType: 'spot' } },
    });
    under.autoScaling('CreateAutoScalingGroup', {
      AutoScalingGroupName: 's',
      MinSize: 0,
      MaxSize: 5,
      DesiredCapacity: 1,
      LaunchTemplate: { LaunchTemplateName: 'spot', Version: '$Latest' },
      AvailabilityZones: ['eu-west-1a'],
    });
    await under.pass(2 * minute);

    expect(membersOf(under)).toHaveLength(1);
    expect(membersOf(under, 's')).toEqual([]);
    expect(failuresOf(under, 's')[0]).toBe(
      'Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that matches your request. Launching EC2 instance failed.',
    );
  });
});

describe('a group of several instance types', () => {
  it('Auto Scaling API, InstancesDistribution, prioritized: launches the first override, and the next where EC2 has no capacity', async () => {
    const under = worldUnderTest();
    const end = under.world.setCapacityError({ ...everywhere, instanceTypes: ['m6i.large'] });
    withMixedGroup(under, { types: ['m6i.large', 'm5.large', 'c5.large'], more: { DesiredCapacity: 3 } });
    await under.pass(2 * minute);
    const short = countBy(membersOf(under, 'm'), 'InstanceType');
    end();
    setDesired(under, 5, 'm');
    await under.pass(2 * minute);

    expect(short).toEqual({ 'm5.large': 3 });
    expect(countBy(membersOf(under, 'm'), 'InstanceType')).toEqual({ 'm5.large': 3, 'm6i.large': 2 });
    expect(failuresOf(under, 'm')).toEqual([]); // one type of several refused is no failure
  });

  it('Auto Scaling API, InstancesDistribution, lowest-price: launches the cheapest On-Demand type', async () => {
    const under = worldUnderTest();
    withMixedGroup(under, {
      types: ['m5.xlarge', 'm5.large', 'm5.2xlarge'],
      distribution: { OnDemandAllocationStrategy: 'lowest-price' },
      more: { DesiredCapacity: 3 },
    });
    await under.pass(2 * minute);

    expect(countBy(membersOf(under, 'm'), 'InstanceType')).toEqual({ 'm5.large': 3 });
  });

  it.each([
    ['capacity-optimized', ['c5.large', 'm5.large', 'm5.xlarge', 'r5.large']],
    ['price-capacity-optimized', ['c5.large', 'm5.large']],
    ['lowest-price', ['c5.large', 'm5.large']],
    ['capacity-optimized-prioritized', ['m5.xlarge']],
  ])('Auto Scaling user guide, allocation strategies: %s launches Spot types %j', async (strategy, types) => {
    const under = worldUnderTest();
    withMixedGroup(under, {
      types: ['m5.xlarge', 'm5.large', 'c5.large', 'r5.large'],
      distribution: { OnDemandPercentageAboveBaseCapacity: 0, SpotAllocationStrategy: strategy },
      more: { DesiredCapacity: 20 },
    });
    await under.pass(2 * minute);

    expect(Object.keys(countBy(membersOf(under, 'm'), 'InstanceType')).sort()).toEqual(types);
  });

  it('Auto Scaling API, InstancesDistribution: keeps the On-Demand base and the percentage above it', async () => {
    const under = worldUnderTest();
    withMixedGroup(under, {
      types: ['m5.large'],
      distribution: { OnDemandBaseCapacity: 2, OnDemandPercentageAboveBaseCapacity: 25 },
      more: { DesiredCapacity: 10 },
    });
    await under.pass(2 * minute);

    expect(under.world.view.groups.get('m')?.tally).toMatchObject({ total: 10, spot: 6 }); // 2 + 25 % of 8 On-Demand
  });

  it('Auto Scaling API, InstancesDistribution: launches its On-Demand share while there is no Spot capacity', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError({ ...everywhere, market: 'spot' });
    withMixedGroup(under, {
      types: ['m5.large'],
      distribution: { OnDemandPercentageAboveBaseCapacity: 50 },
      more: { DesiredCapacity: 8 },
    });
    await under.pass(5 * minute);

    expect(under.world.view.groups.get('m')?.tally).toMatchObject({ total: 4, spot: 0 });
  });

  it('Auto Scaling user guide, troubleshooting capacity limits: names the code where no override has capacity', async () => {
    const under = worldUnderTest();
    under.world.setCapacityError(everywhere);
    withMixedGroup(under, { types: ['m5.large', 'c5.large'], more: { DesiredCapacity: 1 } });
    await under.pass(10 * second);

    expect(failuresOf(under, 'm')[0]).toMatch(
      /^Could not launch On-Demand Instances\. InsufficientInstanceCapacity - We currently do not have sufficient m5\.large capacity/,
    );
  });

  it('Auto Scaling user guide, instance distribution: balances its zones at launch', async () => {
    const under = worldUnderTest();
    withMixedGroup(under, {
      types: ['m5.large', 'c5.large'],
      more: { DesiredCapacity: 9, AvailabilityZones: zones },
    });
    await under.pass(2 * minute);

    expect(Object.values(countBy(membersOf(under, 'm'), 'AvailabilityZone'))).toEqual([3, 3, 3]);
  });

  it.each([
    ['WeightedCapacity', { Overrides: [{ InstanceType: 'm5.large', WeightedCapacity: '2' }] }, {}],
    ['InstanceRequirements', { Overrides: [{ InstanceRequirements: { VCpuCount: { Min: 2 } } }] }, {}],
    ['DesiredCapacityType vcpu', {}, { DesiredCapacityType: 'vcpu' }],
    ['MaxInstanceLifetime', {}, { MaxInstanceLifetime: 86_400 }],
  ])('says that %s is not modelled', (what, launchTemplate, more) => {
    const under = worldUnderTest();
    const specification = { LaunchTemplateSpecification: { LaunchTemplateName: 'm-template' } };
    const MixedInstancesPolicy = { LaunchTemplate: { ...specification, ...launchTemplate } };

    const answer = refusal(() => {
      withMixedGroup(under, { types: [], more: { ...more, MixedInstancesPolicy } });
    });

    expect(answer).toBe(`ValidationError: ${what} is not modelled.`);
  });
});
