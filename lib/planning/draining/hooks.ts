import type { Drain, GroupSurroundings, TerminationHook } from '../../model/memory.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import type { Membership, View } from '../view.ts';

/** The hook that ECS puts on the group of a capacity provider with managed draining (ECS developer guide). */
const managedDrainingHook = 'ecs-managed-draining-termination-hook';

/** Auto Scaling's default heartbeat timeout is 3,600 s; heartbeats hold an instance for 48 h at most. */
const usual = { heartbeatTimeoutMs: 60 * minuteMs, globalTimeoutMs: 48 * 60 * minuteMs };

/** What holds an instance in Terminating:Wait. */
export interface Hold {
  readonly group: string;
  /** Berth's own hook; undefined where the group has none: there is nothing for us to complete. */
  readonly ours: TerminationHook | undefined;
  /** ECS drains the instance itself, and completes its own hook. */
  readonly byEcs: boolean;
}

const isDrainedByEcs = (view: View, group: string, around: GroupSurroundings | undefined): boolean =>
  around === undefined
    ? view.observation.capacityProviders.some((it) => it.autoScalingGroupName === group && it.managedDraining)
    : around.hooks.some((it) => it.name === managedDrainingHook);

/** Undefined while no hook holds it. Where the group's hooks are not known yet, ours is taken to be there, as usual. */
export const holdOf = (view: View, membership: Membership | undefined): Hold | undefined => {
  if (membership?.member.lifecycleState !== 'Terminating:Wait') return undefined;
  const group = membership.group.name;
  const around = view.observation.surroundings.find((it) => it.group === group);
  const byEcs = isDrainedByEcs(view, group, around);
  const name = view.settings.lifecycleHookName;
  const assumed = byEcs ? undefined : { name, ...usual };
  const ours = around === undefined ? assumed : around.hooks.find((it) => it.name === name);
  return { group, ours, byEcs };
};

/**
 * Whether its hook was abandoned and its group keeps it all the same: alive, billed, outside the desired capacity, and
 * gone only by TerminateInstanceInAutoScalingGroup (Auto Scaling user guide, instance lifecycle policies).
 */
export const isRetained = (membership: Membership | undefined): boolean =>
  membership?.member.lifecycleState === 'Terminating:Retained';

/** When our hook must be told to wait longer: half-way to its timeout; undefined where no heartbeat helps. */
export const heartbeatDueAt = (hold: Hold | undefined, drain: Drain): EpochMs | undefined => {
  if (hold?.ours === undefined) return undefined;
  const dueAt = (drain.heartbeatAt ?? drain.startedAt) + hold.ours.heartbeatTimeoutMs / 2;
  return dueAt < drain.startedAt + hold.ours.globalTimeoutMs ? dueAt : undefined;
};

/**
 * When the heartbeat would have been whose next one is due then: how long the hook of an instance that is found by
 * looking has waited already is not known.
 */
export const heartbeatBefore = (hold: Hold | undefined, dueAt: EpochMs): EpochMs | undefined =>
  hold?.ours === undefined ? undefined : dueAt - hold.ours.heartbeatTimeoutMs / 2;
