import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { ec2ShapeReader } from '../../lib/aws/ec2-shape-reader.ts';
import type { AutoScalingGroup } from '../../lib/model/auto-scaling-group.ts';
import { type Answers, type JsonObject, loopbackAws, Refusal, textOf } from './loopback-aws.ts';

const types: Readonly<Record<string, JsonObject>> = {
  'm5.large': { instanceType: 'm5.large', vCpuInfo: { defaultVCpus: 2 }, memoryInfo: { sizeInMiB: 8192 } },
  'c5.xlarge': { instanceType: 'c5.xlarge', vCpuInfo: { defaultVCpus: 4 }, memoryInfo: { sizeInMiB: 8000 } },
};

/** The names of a filter's values, which EC2 numbers from 1. */
const asked = (input: JsonObject): readonly string[] =>
  Object.entries(input).flatMap(([key, value]) => (key.startsWith('Filter.1.Value.') ? [textOf(value)] : []));

const ec2: Answers = {
  DescribeLaunchTemplateVersions: () => ({
    launchTemplateVersionSet: [{ launchTemplateData: { instanceType: 'm5.large', userData: 'c2VjcmV0' } }],
  }),
  DescribeInstanceTypes: (input) => ({ instanceTypeSet: asked(input).flatMap((it) => types[it] ?? []) }),
};

const group = (launchSource: string | undefined, instanceTypes: readonly string[] = []): AutoScalingGroup => ({
  name: 'workers',
  arn: 'arn:g',
  cluster: 'prod',
  minSize: 0,
  maxSize: 5,
  desiredCapacity: 0,
  availabilityZones: [],
  instanceTypes,
  launchSource,
  launchTemplate: undefined,
  newInstancesProtectedFromScaleIn: true,
  suspendedProcesses: [],
  conflicts: [],
  instances: [],
});

const shapeOf = async (of: AutoScalingGroup, answers: Answers = ec2) => {
  await using aws = await loopbackAws(answers);
  const client = new EC2Client(aws.config);
  const result = await ec2ShapeReader(client).shapeOf(of);
  client.destroy();
  return { result, calls: aws.calls };
};

describe('ec2ShapeReader', () => {
  it('reads the type of a launch template, and keeps back what the kernel takes of its memory', async () => {
    const { result, calls } = await shapeOf(group('lt-1:3:'));

    expect(calls[0]?.input).toMatchObject({ LaunchTemplateId: 'lt-1', 'LaunchTemplateVersion.1': '3' });
    expect(result).toEqual({
      items: [
        {
          launchSource: 'lt-1:3:',
          instanceType: 'm5.large',
          registered: { cpuUnits: 2048, memoryMiB: 7577 }, // floor(8192 × 0.925)
          attributes: {},
          from: 'ec2',
        },
      ],
      gaps: [],
    });
  });

  it('takes the least of each dimension where a group has several types', async () => {
    const { result, calls } = await shapeOf(group('lt-1:$Latest:c5.xlarge,m5.large'));

    expect(calls.map((it) => it.operation)).toEqual(['DescribeLaunchTemplateVersions', 'DescribeInstanceTypes']);
    expect(result).toMatchObject({
      items: [{ instanceType: 'c5.xlarge,m5.large', registered: { cpuUnits: 2048, memoryMiB: 7400 } }],
    });
  });

  it('keeps back what the agent is told to, and takes the attributes that it is given', async () => {
    const script = `echo 'ECS_INSTANCE_ATTRIBUTES={"tier":"general"}'\necho ECS_RESERVED_MEMORY=300`;
    const userData = Buffer.from(script).toString('base64');
    const { result } = await shapeOf(group('lt-1:3:c5.xlarge'), {
      ...ec2,
      DescribeLaunchTemplateVersions: () => ({
        launchTemplateVersionSet: [{ launchTemplateData: { instanceType: 'm5.large', userData } }],
      }),
    });

    expect(result).toMatchObject({
      items: [
        {
          instanceType: 'c5.xlarge',
          registered: { cpuUnits: 4096, memoryMiB: 7100 }, // floor(8000 × 0.925) − 300
          attributes: { tier: 'general' },
        },
      ],
    });
  });

  it.each<[string, string]>([
    ['InvalidLaunchTemplateId.NotFound', 'The specified launch template, with template ID lt-1, does not exist.'],
    ['InvalidLaunchTemplateId.VersionNotFound', 'Could not find the specified version 7 for the launch template'],
  ])('has a gap where the launch template is gone: %s', async (code, text) => {
    const { result } = await shapeOf(group('lt-1:7:'), {
      DescribeLaunchTemplateVersions: () => {
        throw new Refusal(code, text);
      },
    });

    expect(result).toMatchObject({ items: [], gaps: [{ detail: `instance types of workers: ${code}: ${text}` }] });
  });

  it('takes the types seen on its instances where a group has a launch configuration', async () => {
    const { result } = await shapeOf(group('launch configuration old', ['m5.large']));

    expect(result).toMatchObject({ items: [{ launchSource: 'launch configuration old', instanceType: 'm5.large' }] });
  });

  it.each<[string, AutoScalingGroup, Answers, string]>([
    ['nothing to launch from', group(undefined), ec2, 'neither launch template nor launch configuration'],
    ['a launch configuration and no instance', group('launch configuration old'), ec2, 'names no instance type'],
    ['a type unknown to EC2', group('lt-1:1:m5.large,x9.huge'), ec2, 'EC2 does not know all of m5.large, x9.huge'],
    [
      'a template that asks for attributes instead of a type',
      group('lt-1:1:'),
      { ...ec2, DescribeLaunchTemplateVersions: () => ({ launchTemplateVersionSet: [{ launchTemplateData: {} }] }) },
      'names no instance type',
    ],
  ])('has a gap, with a remedy, for %s', async (_, of, answers, why) => {
    const { result } = await shapeOf(of, answers);

    expect(result).toMatchObject({ items: [], gaps: [{ subject: 'groups', cause: 'missing' }] });
    expect(result.gaps[0]?.detail).toContain(why);
    expect(result.gaps[0]?.detail).toContain('say in the settings what one registers');
  });

  it('has a gap where EC2 refuses', async () => {
    const { result } = await shapeOf(group('lt-1:1:'), {
      DescribeLaunchTemplateVersions: () => {
        throw new Refusal('UnauthorizedOperation', 'You are not authorized');
      },
    });

    expect(result).toEqual({
      items: [],
      gaps: [
        {
          subject: 'groups',
          cause: 'accessDenied',
          detail: 'instance types of workers: UnauthorizedOperation: You are not authorized',
        },
      ],
    });
  });
});
