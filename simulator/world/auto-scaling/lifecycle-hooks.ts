import type { Ground } from '../ground.ts';
import type { Group, GroupInstance, LifecycleAction, LifecycleHook } from './state.ts';

/** How holding an instance ended: all hooks said CONTINUE, or one said (or timed out to) ABANDON. */
type HookOutcome = 'CONTINUE' | 'ABANDON';

/** Where an instance comes from and goes to, as lifecycle events say it. (Auto Scaling user guide, warm pool events.) */
type Place = 'EC2' | 'AutoScalingGroup' | 'WarmPool';

export interface Passage {
  readonly transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
  readonly origin: Place;
  readonly destination: Place;
}

export interface LifecycleHooks {
  /** Holds the instance for the group's hooks of this passage; false where there are none. */
  hold(group: Group, it: GroupInstance, passage: Passage, done: (outcome: HookOutcome) => void): boolean;
  /** Lets go of an instance without an outcome: nobody waits for it any more. */
  drop(it: GroupInstance): void;
  complete(it: GroupInstance, hookName: string, result: HookOutcome): void;
  heartbeat(action: LifecycleAction): void;
}

const detailTypes: Readonly<Record<Passage['transition'], string>> = {
  'autoscaling:EC2_INSTANCE_LAUNCHING': 'EC2 Instance-launch Lifecycle Action',
  'autoscaling:EC2_INSTANCE_TERMINATING': 'EC2 Instance-terminate Lifecycle Action',
};

/** An instance waits at most 48 hours or 100 heartbeats, whichever is less. (Auto Scaling API, PutLifecycleHook.) */
export const globalTimeoutMs = (hook: LifecycleHook): number => Math.min(48 * 3_600_000, 100 * hook.heartbeatMs);

export const createLifecycleHooks = (ground: Ground): LifecycleHooks => {
  const doneOf = new WeakMap<GroupInstance, (outcome: HookOutcome) => void>();

  const announce = (group: Group, it: GroupInstance, passage: Passage, { token, hook }: LifecycleAction): void => {
    ground.emit({
      source: 'aws.autoscaling',
      detailType: detailTypes[passage.transition],
      resources: [group.arn],
      detail: () => ({
        LifecycleActionToken: token,
        AutoScalingGroupName: group.name,
        LifecycleHookName: hook.name,
        EC2InstanceId: it.ec2.id,
        LifecycleTransition: hook.transition,
        ...(hook.metadata === undefined ? {} : { NotificationMetadata: hook.metadata }),
        Origin: passage.origin,
        Destination: passage.destination,
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
    hold: (group, it, passage, done) => {
      const hooks = [...group.hooks.values()].filter((hook) => hook.transition === passage.transition);
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
        announce(group, it, passage, action);
        watch(it, action);
      }
      return true;
    },
    drop: (it) => {
      it.actions.clear();
      doneOf.delete(it);
    },
    complete: settle,
    heartbeat: (action) => {
      action.deadline = Math.min(action.expiresAt, ground.now() + action.hook.heartbeatMs);
    },
  };
};
