import type { GroupInstance } from '../../world/auto-scaling/state.ts';
import type { ContainerInstance } from '../../world/ecs/state.ts';
import type { World } from '../../world/world.ts';
import { caller, drainingHook, heartbeatEveryMs } from './rules.ts';
import type { Served } from './served.ts';

const hookName = drainingHook.LifecycleHookName;

/** Puts the hook on a group that lacks it. */
export const ensureHook = (world: World, { group }: Served): void => {
  if (group.hooks.has(hookName)) return;
  world.call('autoscaling', 'PutLifecycleHook', { AutoScalingGroupName: group.name, ...drainingHook }, caller);
};

const registered = ({ cluster }: Served, ec2InstanceId: string): ContainerInstance | undefined => {
  for (const it of cluster.instances.values()) if (it.ec2InstanceId === ec2InstanceId) return it;
  return undefined;
};

const answer = (world: World, { group }: Served, it: GroupInstance, operation: string, more = {}): void => {
  const action = { AutoScalingGroupName: group.name, LifecycleHookName: hookName, InstanceId: it.ec2.id };
  world.call('autoscaling', operation, { ...action, ...more }, caller);
};

/**
 * Managed instance draining: what the group is terminating is set to DRAINING, and let go once nothing is left on it,
 * daemons stopping last; heartbeats hold it until then, for 48 hours at most. (ECS developer guide, managed instance
 * draining.)
 */
export const settleDraining = (world: World, served: Served, now: number): void => {
  for (const it of served.group.instances.values()) {
    const action = it.actions.get(hookName);
    if (action === undefined) continue;
    const instance = registered(served, it.ec2.id);
    if (instance?.status === 'ACTIVE') {
      const containerInstances = [instance.arn];
      const change = { cluster: served.cluster.name, containerInstances, status: 'DRAINING' };
      world.call('ecs', 'UpdateContainerInstancesState', change, caller);
    }
    if (instance === undefined || instance.tasks.size === 0) {
      answer(world, served, it, 'CompleteLifecycleAction', { LifecycleActionResult: 'CONTINUE' });
    } else if (action.deadline - now < heartbeatEveryMs && action.deadline < action.expiresAt) {
      answer(world, served, it, 'RecordLifecycleActionHeartbeat');
    }
  }
};
