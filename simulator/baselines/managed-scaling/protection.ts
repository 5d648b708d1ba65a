import type { World } from '../../world/world.ts';
import { isBusy } from './busy.ts';
import { caller } from './rules.ts';
import type { Served } from './served.ts';

const mostAtOnce = 50; // Auto Scaling API, SetInstanceProtection

const protect = (world: World, group: string, ids: readonly string[], isProtected: boolean): void => {
  for (let from = 0; from < ids.length; from += mostAtOnce) {
    const InstanceIds = ids.slice(from, from + mostAtOnce);
    world.call(
      'autoscaling',
      'SetInstanceProtection',
      { AutoScalingGroupName: group, InstanceIds, ProtectedFromScaleIn: isProtected },
      caller,
    );
  }
};

/**
 * Managed termination protection: container instances with a task that is not a daemon's are protected from scale-in,
 * the others are not. Looks at those of the given ARNs, or at all. (ECS developer guide, managed termination protection.)
 */
export const settleProtection = (
  world: World,
  { cluster, group }: Served,
  arns: Iterable<string> = cluster.instances.keys(),
): void => {
  const ids: Record<'on' | 'off', string[]> = { on: [], off: [] };
  for (const arn of arns) {
    const instance = cluster.instances.get(arn);
    const member = group.instances.get(instance?.ec2InstanceId ?? '');
    if (instance === undefined || member?.state !== 'InService') continue;
    const busy = isBusy(instance);
    if (member.isProtected !== busy) ids[busy ? 'on' : 'off'].push(member.ec2.id);
  }
  protect(world, group.name, ids.on, true);
  protect(world, group.name, ids.off, false);
};
