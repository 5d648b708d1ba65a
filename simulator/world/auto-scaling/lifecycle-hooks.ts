import type { Ground } from '../ground.ts';
import type { Group, GroupInstance, LifecycleAction, LifecycleHook } from './state.ts';

/** How holding an instance ended: all hooks said CONTINUE, or one said (or timed out to) ABANDON. */
type HookOutcome = 'CONTINUE' | 'ABANDON';

export interface LifecycleHooks {
  /** Holds the instance for the group's hooks of this transition; false where there are none. */
  hold(group: Group, it: GroupInstance, transition: string, done: (outcome: HookOutcome) => void): boolean;
  complete(it: GroupInstance, hookName: string, result: HookOutcome): void;
  heartbeat(action: LifecycleAction): void;
}

const detailTypes: Readonly<Record<string, string>> = {
  'autoscaling:EC2_INSTANCE_LAUNCHING': 'EC2 Instance-launch Lifecycle Action',
  'autoscaling:EC2_INSTANCE_TERMINATING': 'EC2 Instance-terminate Lifecycle Action',
};

/** An instance waits at most 48 hours or 100 heartbeats, whichever is less. (Auto Scaling API, PutLifecycleHook.) */
export const globalTimeoutMs = (hook: LifecycleHook): number => Math.min(48 * 3_600_000, 100 * hook.heartbeatMs);

export const createLifecycleHooks = (ground: Ground): LifecycleHooks => {
  const doneOf = new WeakMap<GroupInstance, (outcome: HookOutcome) => void>();

  const announce = (group: Group, it: GroupInstance, { token, hook }: LifecycleAction): void => {
    ground.emit({
      source: 'aws.autoscaling',
      detailType: detailTypes[hook.transition] ?? hook.transition,
      resources: [group.arn],
      detail: () => ({
        LifecycleActionToken: token,
        AutoScalingGroupName: group.name,
        LifecycleHookName: hook.name,
        EC2InstanceId: it.ec2.id,
        LifecycleTransition: hook.transition,
        ...(hook.metadata === undefined ? {} : { NotificationMetadata: hook.metadata }),
        Origin: hook.transition.endsWith('LAUNCHING') ? 'EC2' : 'AutoScalingGroup',
        Destination: hook.transition.endsWith('LAUNCHING') ? 'AutoScalingGroup' : 'EC2',
      }),
    });
  };

  /** One ABANDON ends the rest of the hooks. */
  const settle = (it: GroupInstance, hookName: string, result: HookOutcome): void => {
    if (!it.actions.delete(hookName)) return;
    if (result === 'ABANDON') it.actions.clear();
    if (it.actions.size > 0) return;
    const done = doneOf.get(it);
    doneOf.delete(it);
    done?.(result);
  };

  const watch = (it: GroupInstance, action: LifecycleAction): void => {
    ground.afterMs(action.deadline - ground.now(), () => {
      if (it.actions.get(action.hook.name) !== action) return;
      if (ground.now() >= action.deadline) settle(it, action.hook.name, action.hook.defaultResult);
      else watch(it, action); // a heartbeat has moved the deadline
    });
  };

  return {
    hold: (group, it, transition, done) => {
      const hooks = [...group.hooks.values()].filter((hook) => hook.transition === transition);
      if (hooks.length === 0) return false;
      doneOf.set(it, done);
      const actions = hooks.map(
        (hook): LifecycleAction => ({
          token: ground.uuid(),
          hook,
          expiresAt: ground.now() + globalTimeoutMs(hook),
          deadline: ground.now() + hook.heartbeatMs,
        }),
      );
      for (const action of actions) it.actions.set(action.hook.name, action);
      for (const action of actions) {
        announce(group, it, action);
        watch(it, action);
      }
      return true;
    },
    complete: settle,
    heartbeat: (action) => {
      action.deadline = Math.min(action.expiresAt, ground.now() + action.hook.heartbeatMs);
    },
  };
};
