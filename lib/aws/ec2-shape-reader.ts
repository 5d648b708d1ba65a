import {
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type InstanceTypeInfo,
} from '@aws-sdk/client-ec2';
import type { AutoScalingGroup } from '../model/auto-scaling-group.ts';
import type { LearnedShape } from '../model/memory.ts';
import type { Gap } from '../model/observation.ts';
import type { Resources } from '../model/resources.ts';
import type { Reading } from '../ports/reading.ts';
import type { ShapeReader } from '../ports/shape-api.ts';
import { type AgentSettings, agentSettingsIn } from './agent-settings.ts';
import { gapOf } from './aws-error.ts';
import { need } from './decoding.ts';
import { type LaunchSource, parseLaunchSource } from './launch-source.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

/** Half of the 200 values that a filter of EC2 may have. */
const typesPerCall = 100;

const cpuUnitsPerVCpu = 1024;

/**
 * The part of an instance's memory that its kernel and firmware keep, so that ECS does not register it: Karpenter's
 * default for the same guess (`vmMemoryOverheadPercent` 0.075). A guess below the truth launches one instance too many
 * at most; one above it would launch instances that the task then does not fit on.
 */
const memoryOverhead = 0.075;

const registeredBy = (it: InstanceTypeInfo): Resources => ({
  cpuUnits: need(it.VCpuInfo?.DefaultVCpus, 'DefaultVCpus') * cpuUnitsPerVCpu,
  memoryMiB: Math.floor(need(it.MemoryInfo?.SizeInMiB, 'SizeInMiB') * (1 - memoryOverhead)),
});

const missing = (group: AutoScalingGroup, why: string): Reading<never> => {
  const detail = `${group.name}: ${why}; until its first instance registers, say in the settings what one registers`;
  const gap: Gap = { subject: 'groups', cause: 'missing', detail };
  return { items: [], gaps: [gap] };
};

/** What a group of several types is sure to have: the least of each, since Auto Scaling may launch any of them. */
const least = (shapes: readonly Resources[]): Resources => ({
  cpuUnits: Math.min(...shapes.map((it) => it.cpuUnits)),
  memoryMiB: Math.min(...shapes.map((it) => it.memoryMiB)),
});

/** What is launched of a group, and what its agents are told. */
interface Launched {
  readonly types: readonly string[];
  readonly agent: AgentSettings;
}

export const ec2ShapeReader = (client: EC2Client): ShapeReader => {
  const templateOf = async (source: LaunchSource & { kind: 'launchTemplate' }) => {
    const byId = source.launchTemplateId.startsWith('lt-');
    const { LaunchTemplateVersions } = await client.send(
      new DescribeLaunchTemplateVersionsCommand({
        ...(byId ? { LaunchTemplateId: source.launchTemplateId } : { LaunchTemplateName: source.launchTemplateId }),
        Versions: [source.version],
      }),
    );
    return LaunchTemplateVersions?.[0]?.LaunchTemplateData;
  };

  /** A launch configuration is not EC2's to describe: the types seen on the group's instances must do. */
  const launchedBy = async (group: AutoScalingGroup, source: LaunchSource | undefined): Promise<Launched> => {
    if (source?.kind !== 'launchTemplate') return { types: group.instanceTypes, agent: agentSettingsIn(undefined) };
    const template = await templateOf(source);
    const own = template?.InstanceType === undefined ? [] : [template.InstanceType];
    const types = source.instanceTypes.length > 0 ? source.instanceTypes : own;
    return { types, agent: agentSettingsIn(template?.UserData) };
  };

  const describeTypes = (types: readonly string[]): Promise<Reading<InstanceTypeInfo>> =>
    readBatches('groups', 'DescribeInstanceTypes', inBatches(types, typesPerCall), (batch) =>
      readPages('groups', 'DescribeInstanceTypes', async (NextToken) => {
        // a filter takes any string, while the SDK's own list of types is only as new as the SDK
        const Filters = [{ Name: 'instance-type', Values: [...batch] }];
        const page = await client.send(new DescribeInstanceTypesCommand({ Filters, NextToken }));
        return { items: page.InstanceTypes, next: page.NextToken };
      }),
    );

  const shapeFrom = async (group: AutoScalingGroup, launchSource: string): Promise<Reading<LearnedShape>> => {
    const { types, agent } = await launchedBy(group, parseLaunchSource(launchSource));
    if (types.length === 0) return missing(group, `${launchSource} names no instance type`);
    const { items, gaps } = await describeTypes(types);
    if (gaps.length > 0) return { items: [], gaps };
    const described = items.filter((it) => it.InstanceType !== undefined && types.includes(it.InstanceType));
    if (described.length < types.length) return missing(group, `EC2 does not know all of ${types.join(', ')}`);
    const { cpuUnits, memoryMiB } = least(described.map(registeredBy));
    const registered = { cpuUnits, memoryMiB: Math.max(0, memoryMiB - agent.reservedMemoryMiB) };
    const { attributes } = agent;
    return { items: [{ launchSource, instanceType: types.join(','), registered, attributes, from: 'ec2' }], gaps: [] };
  };

  return {
    async shapeOf(group) {
      if (group.launchSource === undefined)
        return missing(group, 'it has neither launch template nor launch configuration');
      try {
        return await shapeFrom(group, group.launchSource);
      } catch (error) {
        return { items: [], gaps: [gapOf('groups', `instance types of ${group.name}`, error)] };
      }
    },
  };
};
