import { agentSettingsIn } from '../../../lib/aws/agent-settings.ts';
import { parseLaunchSource } from '../../../lib/aws/launch-source.ts';
import type { AutoScalingGroup } from '../../../lib/model/auto-scaling-group.ts';
import type { LearnedShape } from '../../../lib/model/memory.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import type { ShapeReader } from '../../../lib/ports/shape-api.ts';
import type { JsonObject } from '../../world/api.ts';
import { type InstanceType, instanceTypes } from '../../world/ec2/instance-types.ts';
import { text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { gap } from './readings.ts';
import type { Requests } from './requests.ts';

const cpuUnitsPerVCpu = 1024;
const memoryOverhead = 0.075; // as the adapter guesses it (`lib/aws/ec2-shape-reader.ts`)

const missing = (group: AutoScalingGroup, why: string): Reading<never> => ({
  items: [],
  gaps: [gap('groups', 'missing', `${group.name}: ${why}`)],
});

/** EC2 asked for what a new instance of a group would have: a few calls before its first instance was ever seen. */
export const portsShapeReader = (world: World, requests: Requests): ShapeReader => {
  const templateData = async (id: string, version: string): Promise<JsonObject> => {
    const operation = 'DescribeLaunchTemplateVersions';
    await requests.send({ service: 'ec2', operation, count: 1, atOnce: 1 });
    const named = id.startsWith('lt-') ? { LaunchTemplateId: id } : { LaunchTemplateName: id };
    return world.view.templates.resolve({ ...named, Version: version }).version.data;
  };

  const launchedBy = async (group: AutoScalingGroup, launchSource: string) => {
    const source = parseLaunchSource(launchSource);
    if (source?.kind !== 'launchTemplate') return { types: group.instanceTypes, agent: agentSettingsIn(undefined) };
    const data = await templateData(source.launchTemplateId, source.version);
    const type = text(data, 'InstanceType');
    const own = type === undefined ? [] : [type];
    const types = source.instanceTypes.length > 0 ? source.instanceTypes : own;
    return { types, agent: agentSettingsIn(text(data, 'UserData')) };
  };

  const least = (types: readonly InstanceType[], reservedMiB: number): LearnedShape['registered'] => ({
    cpuUnits: Math.min(...types.map((it) => it.vcpus * cpuUnitsPerVCpu)),
    memoryMiB: Math.min(...types.map((it) => Math.floor(it.memoryMiB * (1 - memoryOverhead)))) - reservedMiB,
  });

  return {
    async shapeOf(group) {
      const { launchSource } = group;
      if (launchSource === undefined) return missing(group, 'it has nothing to launch from');
      const { types: names, agent } = await launchedBy(group, launchSource);
      if (names.length === 0) return missing(group, `${launchSource} names no instance type`);
      await requests.send({ service: 'ec2', operation: 'DescribeInstanceTypes', count: 1, atOnce: 1 });
      const types = names.flatMap((it) => instanceTypes.get(it) ?? []);
      if (types.length < names.length) return missing(group, `EC2 does not know all of ${names.join(', ')}`);
      const registered = least(types, agent.reservedMemoryMiB);
      const { attributes } = agent;
      return {
        items: [{ launchSource, instanceType: names.join(','), registered, attributes, from: 'ec2' }],
        gaps: [],
      };
    },
  };
};
