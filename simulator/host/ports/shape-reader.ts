import { parseLaunchSource } from '../../../lib/aws/launch-source.ts';
import type { AutoScalingGroup } from '../../../lib/model/auto-scaling-group.ts';
import type { LearnedShape } from '../../../lib/model/memory.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import type { ShapeReader } from '../../../lib/ports/shape-api.ts';
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
  const templateType = async (id: string, version: string): Promise<string | undefined> => {
    const operation = 'DescribeLaunchTemplateVersions';
    await requests.send({ service: 'ec2', operation, count: 1, atOnce: 1 });
    const named = id.startsWith('lt-') ? { LaunchTemplateId: id } : { LaunchTemplateName: id };
    return text(world.view.templates.resolve({ ...named, Version: version }).version.data, 'InstanceType');
  };

  const typesOf = async (group: AutoScalingGroup, launchSource: string): Promise<readonly string[]> => {
    const source = parseLaunchSource(launchSource);
    if (source?.kind !== 'launchTemplate') return group.instanceTypes;
    if (source.instanceTypes.length > 0) return source.instanceTypes;
    const type = await templateType(source.launchTemplateId, source.version);
    return type === undefined ? [] : [type];
  };

  const least = (types: readonly InstanceType[]): LearnedShape['registered'] => ({
    cpuUnits: Math.min(...types.map((it) => it.vcpus * cpuUnitsPerVCpu)),
    memoryMiB: Math.min(...types.map((it) => Math.floor(it.memoryMiB * (1 - memoryOverhead)))),
  });

  return {
    async shapeOf(group) {
      const { launchSource } = group;
      if (launchSource === undefined) return missing(group, 'it has nothing to launch from');
      const names = await typesOf(group, launchSource);
      if (names.length === 0) return missing(group, `${launchSource} names no instance type`);
      await requests.send({ service: 'ec2', operation: 'DescribeInstanceTypes', count: 1, atOnce: 1 });
      const types = names.flatMap((it) => instanceTypes.get(it) ?? []);
      if (types.length < names.length) return missing(group, `EC2 does not know all of ${names.join(', ')}`);
      return {
        items: [{ launchSource, instanceType: names.join(','), registered: least(types), from: 'ec2' }],
        gaps: [],
      };
    },
  };
};
