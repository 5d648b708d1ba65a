import type { Api, JsonObject } from '../api.ts';
import { number, requiredText, text, texts } from '../json.ts';
import { globalTimeoutMs, type LifecycleHooks } from './lifecycle-hooks.ts';
import { type Groups, groupOf, invalid, memberIn } from './lookup.ts';
import type { Group, GroupInstance, LifecycleAction, LifecycleHook } from './state.ts';

/** A hook as put; what an update leaves out stays. Heartbeat 3600 s and ABANDON by default. (Auto Scaling API, PutLifecycleHook.) */
export const hookOf = (input: JsonObject, before: LifecycleHook | undefined): LifecycleHook => {
  const transition = text(input, 'LifecycleTransition') ?? before?.transition;
  if (transition === undefined) throw invalid('LifecycleTransition is required');
  const seconds = number(input, 'HeartbeatTimeout');
  if (seconds !== undefined && (seconds < 30 || seconds > 7_200))
    throw invalid('HeartbeatTimeout must be between 30 and 7200');
  const result = text(input, 'DefaultResult') ?? before?.defaultResult ?? 'ABANDON';
  return {
    name: requiredText(input, 'LifecycleHookName', 'ValidationError'),
    transition,
    heartbeatMs: seconds === undefined ? (before?.heartbeatMs ?? 3_600_000) : seconds * 1_000,
    defaultResult: result === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
    metadata: text(input, 'NotificationMetadata') ?? before?.metadata,
    notificationTargetArn: text(input, 'NotificationTargetARN') ?? before?.notificationTargetArn,
    roleArn: text(input, 'RoleARN') ?? before?.roleArn,
  };
};

const hookJson = (group: Group, hook: LifecycleHook): JsonObject => ({
  LifecycleHookName: hook.name,
  AutoScalingGroupName: group.name,
  LifecycleTransition: hook.transition,
  NotificationTargetARN: hook.notificationTargetArn,
  RoleARN: hook.roleArn,
  NotificationMetadata: hook.metadata,
  HeartbeatTimeout: hook.heartbeatMs / 1_000,
  GlobalTimeout: globalTimeoutMs(hook) / 1_000,
  DefaultResult: hook.defaultResult,
});

/** The waiting action a request means, by instance id or by token. */
const actionOf = (
  group: Group,
  input: JsonObject,
): { readonly it: GroupInstance; readonly action: LifecycleAction } => {
  const hookName = requiredText(input, 'LifecycleHookName', 'ValidationError');
  const id = text(input, 'InstanceId');
  const token = text(input, 'LifecycleActionToken');
  const warm = group.warmPool?.instances;
  const named = id === undefined ? undefined : (warm?.get(id) ?? memberIn(group, id));
  const among = named === undefined ? [...group.instances.values(), ...(warm?.values() ?? [])] : [named];
  for (const it of among) {
    const action = it.actions.get(hookName);
    if (action !== undefined && (token === undefined || action.token === token)) return { it, action };
  }
  throw invalid(
    `No active Lifecycle Action found with ${id === undefined ? `token ${token ?? ''}` : `instance ID ${id}`}`,
  );
};

export const hookApi = (groups: Groups, hooks: LifecycleHooks): Api => ({
  PutLifecycleHook: (input) => {
    const group = groupOf(groups, input);
    const hook = hookOf(input, group.hooks.get(text(input, 'LifecycleHookName') ?? ''));
    group.hooks.set(hook.name, hook);
    return {};
  },
  DescribeLifecycleHooks: (input) => {
    const group = groupOf(groups, input);
    const names = texts(input, 'LifecycleHookNames') ?? [];
    const found = [...group.hooks.values()].filter((it) => names.length === 0 || names.includes(it.name));
    return { LifecycleHooks: found.map((it) => hookJson(group, it)) };
  },
  DeleteLifecycleHook: (input) => {
    const group = groupOf(groups, input);
    const name = requiredText(input, 'LifecycleHookName', 'ValidationError');
    if (!group.hooks.delete(name)) throw invalid('No Lifecycle Hook found');
    for (const it of [...group.instances.values(), ...(group.warmPool?.instances.values() ?? [])])
      hooks.complete(it, name, 'CONTINUE');
    return {};
  },
  CompleteLifecycleAction: (input) => {
    const { it, action } = actionOf(groupOf(groups, input), input);
    const result = requiredText(input, 'LifecycleActionResult', 'ValidationError');
    if (result !== 'CONTINUE' && result !== 'ABANDON') throw invalid(`Lifecycle action result ${result} is invalid`);
    hooks.complete(it, action.hook.name, result);
    return {};
  },
  RecordLifecycleActionHeartbeat: (input) => {
    hooks.heartbeat(actionOf(groupOf(groups, input), input).action);
    return {};
  },
});
