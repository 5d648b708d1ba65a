import {
  type AutoScalingClient,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

/** A group `workers` of m5.large on moto_server, made from a launch template, in so many of its subnets. */
export const motoWorkers = async (
  autoScaling: AutoScalingClient,
  ec2: EC2Client,
  subnets: number,
  over: Partial<CreateAutoScalingGroupCommandInput>,
): Promise<void> => {
  const { Images } = await ec2.send(new DescribeImagesCommand());
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'workers',
      LaunchTemplateData: { ImageId: Images?.[0]?.ImageId, InstanceType: 'm5.large' },
    }),
  );
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'workers',
      LaunchTemplate: { LaunchTemplateName: 'workers', Version: '1' },
      MinSize: 0,
      MaxSize: 5,
      VPCZoneIdentifier: Subnets.slice(0, subnets)
        .map((it) => it.SubnetId)
        .join(','),
      ...over,
    }),
  );
};
