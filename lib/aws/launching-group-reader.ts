import {
  type AutoScalingGroup as Answer,
  type AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { LaunchingGroup, LaunchingGroupReader } from '../ports/launching-group-api.ts';
import type { Reading } from '../ports/reading.ts';
import { gapOf } from './aws-error.ts';
import { decodeEach, need } from './decoding.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

/** Limit of one call (AWS API model of EC2 Auto Scaling). */
const groupsPerPage = 100;

/** What a launch template says by itself; a policy stands above it. */
interface Template {
  readonly instanceType: string | undefined;
  readonly isSpot: boolean;
}

const templateOf = async (client: EC2Client, it: Answer): Promise<Template | undefined> => {
  const template = it.LaunchTemplate ?? it.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (template === undefined) return undefined;
  const { LaunchTemplateVersions } = await client.send(
    new DescribeLaunchTemplateVersionsCommand({
      ...(template.LaunchTemplateId === undefined
        ? { LaunchTemplateName: template.LaunchTemplateName }
        : { LaunchTemplateId: template.LaunchTemplateId }),
      Versions: [template.Version ?? '$Default'],
    }),
  );
  const data = LaunchTemplateVersions?.[0]?.LaunchTemplateData;
  return { instanceType: data?.InstanceType, isSpot: data?.InstanceMarketOptions?.MarketType === 'spot' };
};

const typesOf = (it: Answer, template: Template | undefined): readonly string[] => {
  const named = (it.MixedInstancesPolicy?.LaunchTemplate?.Overrides ?? []).flatMap((one) => one.InstanceType ?? []);
  if (named.length > 0) return [...new Set(named)];
  if (template?.instanceType !== undefined) return [template.instanceType];
  return [...new Set((it.Instances ?? []).flatMap(({ InstanceType }) => InstanceType ?? []))].sort();
};

/** A policy without a distribution is On-Demand (EC2 Auto Scaling API reference, InstancesDistribution). */
const marketOf = (it: Answer, template: Template | undefined): LaunchingGroup['market'] => {
  if (it.MixedInstancesPolicy === undefined) return template?.isSpot === true ? 'spot' : 'onDemand';
  const { OnDemandBaseCapacity = 0, OnDemandPercentageAboveBaseCapacity = 100 } =
    it.MixedInstancesPolicy.InstancesDistribution ?? {};
  if (OnDemandPercentageAboveBaseCapacity === 100) return 'onDemand';
  return OnDemandPercentageAboveBaseCapacity === 0 && OnDemandBaseCapacity === 0 ? 'spot' : 'mixed';
};

const groupFrom = (it: Answer, template: Template | undefined): LaunchingGroup => ({
  name: need(it.AutoScalingGroupName, 'AutoScalingGroupName'),
  minSize: need(it.MinSize, 'MinSize'),
  maxSize: need(it.MaxSize, 'MaxSize'),
  desiredCapacity: need(it.DesiredCapacity, 'DesiredCapacity'),
  availabilityZones: it.AvailabilityZones ?? [],
  instanceTypes: typesOf(it, template),
  market: marketOf(it, template),
  hasWeights:
    it.MixedInstancesPolicy?.LaunchTemplate?.Overrides?.some((one) => one.WeightedCapacity !== undefined) === true,
  hasWarmPool: it.WarmPoolConfiguration !== undefined,
  ec2InstanceIds: (it.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []),
});

export const launchingGroupReader = (autoScaling: AutoScalingClient, ec2: EC2Client): LaunchingGroupReader => {
  /** Where EC2 does not tell of the template, the instances there are must do. */
  const withTemplate = async (it: Answer): Promise<Reading<LaunchingGroup>> => {
    const name = it.AutoScalingGroupName;
    const decoded = (template: Template | undefined): Reading<LaunchingGroup> =>
      decodeEach(
        'groups',
        [it],
        () => name,
        (answer) => groupFrom(answer, template),
      );
    try {
      return decoded(await templateOf(ec2, it));
    } catch (error) {
      const { items, gaps } = decoded(undefined);
      return { items, gaps: [...gaps, gapOf('surroundings', `launch template of ${name ?? ''}`, error)] };
    }
  };

  return {
    launchingGroups: async (names) => {
      const answers = await readBatches(
        'groups',
        'DescribeAutoScalingGroups',
        inBatches(names, groupsPerPage),
        (batch) =>
          readPages('groups', 'DescribeAutoScalingGroups', async (NextToken) => {
            const page = await autoScaling.send(
              new DescribeAutoScalingGroupsCommand({
                AutoScalingGroupNames: [...batch],
                MaxRecords: groupsPerPage,
                NextToken,
              }),
            );
            return { items: page.AutoScalingGroups, next: page.NextToken };
          }),
      );
      const groups = await readBatches('groups', 'DescribeLaunchTemplateVersions', answers.items, withTemplate);
      return { items: groups.items, gaps: [...answers.gaps, ...groups.gaps] };
    },
  };
};
