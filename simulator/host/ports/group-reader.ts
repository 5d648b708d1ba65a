import type { AutoScalingGroup } from '../../../lib/model/auto-scaling-group.ts';
import type { GroupReader } from '../../../lib/ports/group-api.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import { type Group, type GroupInstance, seenAt } from '../../world/auto-scaling/state.ts';
import type { World } from '../../world/world.ts';
import { portsSurroundings } from './group-surroundings.ts';
import { clusterOfGroup, modelOfGroup } from './model-of-groups.ts';
import { callsFor, concurrentCalls, pagesFor, readingWithout } from './readings.ts';
import type { Requests } from './requests.ts';

/** What the adapter asks for in one call (`lib/aws/auto-scaling-group-reader.ts`). */
const groupsPerPage = 100;
const instancesPerCall = 50;

/** EC2 Auto Scaling read from the world's own objects. */
export const portsGroupReader = (world: World, requests: Requests): GroupReader => {
  const { groups, templates } = world.view;

  const describe = async (found: () => readonly Group[]): Promise<Reading<AutoScalingGroup>> => {
    const operation = 'DescribeAutoScalingGroups';
    const count = pagesFor(found().length, groupsPerPage);
    const refused = await requests.send({ service: 'autoscaling', operation, count, atOnce: 1 });
    const optedIn = found().filter((it) => clusterOfGroup(it) !== undefined);
    const items = optedIn.map((it) => modelOfGroup(it, templates, requests.now()));
    return readingWithout('groups', items, refused, { operation, perCall: groupsPerPage });
  };

  const isSeen = (member: GroupInstance | undefined): boolean =>
    member !== undefined && seenAt(requests.now(), member.state, member.seenState) !== undefined;

  return {
    ...portsSurroundings(world, requests),
    groupsOfClusters: (clusters) =>
      describe(() => Array.from(groups.values()).filter((it) => clusters.includes(clusterOfGroup(it) ?? ''))),
    groupsByName: async (names) =>
      names.length === 0 ? { items: [], gaps: [] } : describe(() => names.flatMap((name) => groups.get(name) ?? [])),
    memberships: async (ec2InstanceIds) => {
      const operation = 'DescribeAutoScalingInstances';
      const count = callsFor(ec2InstanceIds.length, instancesPerCall);
      const refused = await requests.send({ service: 'autoscaling', operation, count, atOnce: concurrentCalls });
      const items = Array.from(groups.values()).flatMap((group) =>
        ec2InstanceIds
          .filter((id) => isSeen(group.instances.get(id)))
          .map((ec2InstanceId) => ({ ec2InstanceId, group: group.name })),
      );
      return readingWithout('groups', items, refused, { operation, perCall: instancesPerCall });
    },
  };
};
