import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { launchingGroupReader } from '../../lib/aws/launching-group-reader.ts';
import { type Answers, type JsonObject, loopbackAws, Refusal } from './loopback-aws.ts';

const group = (over: JsonObject): JsonObject => ({
  AutoScalingGroupName: 'workers',
  MinSize: 1,
  MaxSize: 5,
  DesiredCapacity: 2,
  AvailabilityZones: ['eu-west-1a'],
  Instances: [],
  ...over,
});

const template = { LaunchTemplateId: 'lt-1', Version: '3' };

const policy = (distribution: JsonObject) => ({
  MixedInstancesPolicy: {
    LaunchTemplate: {
      LaunchTemplateSpecification: template,
      Overrides: [{ InstanceType: 'm6i.large' }, { InstanceType: 'm5.large' }],
    },
    InstancesDistribution: distribution,
  },
});

const spotTemplate = () => ({
  launchTemplateVersionSet: [
    { launchTemplateData: { instanceType: 'm5.large', instanceMarketOptions: { marketType: 'spot' } } },
  ],
});

const read = async (of: JsonObject, more: Answers = { DescribeLaunchTemplateVersions: spotTemplate }) => {
  await using aws = await loopbackAws({ DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [of] }), ...more });
  const [autoScaling, ec2] = [new AutoScalingClient(aws.config), new EC2Client(aws.config)];
  const reading = await launchingGroupReader(autoScaling, ec2).launchingGroups(['workers']);
  autoScaling.destroy();
  ec2.destroy();
  return reading;
};

describe('launchingGroupReader', () => {
  it('takes type and market from the launch template where no policy stands above it', async () => {
    const { items, gaps } = await read(group({ LaunchTemplate: template }));
    expect(gaps).toEqual([]);
    expect(items).toMatchObject([{ name: 'workers', instanceTypes: ['m5.large'], market: 'spot', maxSize: 5 }]);
  });

  it('keeps the order of a policy, and tells Spot from mixed', async () => {
    const marketOf = async (distribution: JsonObject) => {
      const { items } = await read(group(policy(distribution)));
      expect(items[0]?.instanceTypes).toEqual(['m6i.large', 'm5.large']);
      return items[0]?.market;
    };
    expect(await marketOf({})).toBe('onDemand');
    expect(await marketOf({ OnDemandPercentageAboveBaseCapacity: 0 })).toBe('spot');
    expect(await marketOf({ OnDemandPercentageAboveBaseCapacity: 0, OnDemandBaseCapacity: 2 })).toBe('mixed');
    expect(await marketOf({ OnDemandPercentageAboveBaseCapacity: 40 })).toBe('mixed');
  });

  it('goes by the instances there are where EC2 does not tell, with a gap', async () => {
    const instances = [{ InstanceId: 'i-1', InstanceType: 'c5.xlarge', AvailabilityZone: 'eu-west-1a' }];
    const { items, gaps } = await read(group({ LaunchTemplate: template, Instances: instances }), {
      DescribeLaunchTemplateVersions: () => {
        throw new Refusal('UnauthorizedOperation', 'You are not authorized');
      },
    });
    expect(items).toMatchObject([{ instanceTypes: ['c5.xlarge'], market: 'onDemand', ec2InstanceIds: ['i-1'] }]);
    expect(gaps).toMatchObject([{ subject: 'surroundings', cause: 'accessDenied' }]);
  });
});
