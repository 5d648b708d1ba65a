import type { Kernel } from '../kernel/virtual-clock.ts';
import type { GroupInstance } from '../world/auto-scaling/state.ts';
import type { ContainerInstance } from '../world/ecs/state.ts';
import type { WantKind } from '../world/log.ts';
import type { World } from '../world/world.ts';
import { unlessThrottled } from './throttled.ts';

/** As long as AWS's sample waits. (AWS compute blog, automating container instance draining.) */
const heartbeatMs = 900_000;

const drainHook = {
  LifecycleHookName: 'drain-lambda',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  HeartbeatTimeout: heartbeatMs / 1_000,
  DefaultResult: 'CONTINUE',
} as const;

/** From the group choosing an instance to the function having set it DRAINING: the event, a cold start, two calls. Assumed. */
const reactionMs = 3_000;
const pollMs = 60_000;

export interface DrainLambdaParts {
  readonly world: World;
  readonly clock: Kernel;
  readonly cluster: string;
  readonly groups: readonly string[];
  readonly caller: string;
}

/**
 * The function that many clusters have on their groups' termination hook: it sets the instance to DRAINING, looks once a
 * minute whether tasks are left on it other than daemons', and lets it go when there are none. After 15 minutes it goes
 * with what services still run there, for which there has been no room elsewhere; were it to wait on, the reservation
 * would count its room and never call for more. For standalone tasks, unlike AWS's sample, heartbeats hold it. Returns
 * how to end it.
 */
export const attachDrainLambda = ({ world, clock, cluster, groups, caller }: DrainLambdaParts): (() => void) => {
  let isOver = false;

  const memberOf = (group: string, id: string): GroupInstance | undefined => {
    const it = world.view.groups.get(group)?.instances.get(id);
    return it?.actions.has(drainHook.LifecycleHookName) === true ? it : undefined;
  };
  const registered = (id: string): ContainerInstance | undefined => {
    for (const it of world.view.ecs.clusters.get(cluster)?.instances.values() ?? []) {
      if (it.ec2InstanceId === id) return it;
    }
    return undefined;
  };
  const holds = (it: ContainerInstance, kind: WantKind): boolean => {
    for (const task of it.tasks) if (task.want.kind === kind) return true;
    return false;
  };

  /** Whether it is done with: let go, or no longer held. */
  const tend = (group: string, id: string): boolean => {
    if (memberOf(group, id) === undefined) return true;
    const action = { AutoScalingGroupName: group, LifecycleHookName: drainHook.LifecycleHookName, InstanceId: id };
    const instance = registered(id);
    if (instance?.status === 'ACTIVE') {
      const change = { cluster, containerInstances: [instance.arn], status: 'DRAINING' };
      world.call('ecs', 'UpdateContainerInstancesState', change, caller);
    }
    if (instance === undefined || (!holds(instance, 'STANDALONE') && !holds(instance, 'REPLICA'))) {
      const done = { ...action, LifecycleActionResult: 'CONTINUE' };
      world.call('autoscaling', 'CompleteLifecycleAction', done, caller);
      return true;
    }
    if (holds(instance, 'STANDALONE')) world.call('autoscaling', 'RecordLifecycleActionHeartbeat', action, caller);
    return false;
  };

  const poll = (group: string, id: string): void => {
    if (isOver) return;
    if (unlessThrottled(() => tend(group, id)) === true) return;
    clock.at(clock.now() + pollMs, () => {
      poll(group, id);
    });
  };

  clock.at(clock.now(), () => {
    for (const group of groups) {
      world.call('autoscaling', 'PutLifecycleHook', { AutoScalingGroupName: group, ...drainHook }, caller);
    }
  });
  const unsubscribe = world.log.subscribe(
    (record) => {
      if (record.kind !== 'instance' || record.change !== 'terminating') return;
      const { group, ec2InstanceId } = record;
      if (group === undefined || !groups.includes(group)) return;
      clock.at(clock.now() + reactionMs, () => {
        poll(group, ec2InstanceId);
      });
    },
    ['instance'],
  );
  return () => {
    isOver = true;
    unsubscribe();
  };
};
