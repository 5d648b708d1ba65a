import { isTerminating } from '../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../model/container-instance.ts';
import type { Drain, DrainCause, DrainState } from '../model/memory.ts';
import type {
  CompleteLifecycleActions,
  DrainInstances,
  RestoreInstances,
  Step,
  StepInstance,
  TerminateInstances,
} from '../model/plan.ts';
import { type EpochMs, secondMs } from '../model/time.ts';
import { accountsFor, isDaemonTask, isPartial, type Membership, type View } from './view.ts';

/** Emptiness is proven by two looks at least this far apart: ECS's reads may lag behind its writes. */
const secondLookMs = 10 * secondMs;

/** What the rest of the plan needs of draining instances, by EC2 instance id. */
interface Needs {
  readonly instances: ReadonlySet<string>;
  readonly restores: ReadonlySet<string>;
}

/** What becomes of one drain in this decision. */
type Move =
  | { readonly kind: 'wait'; readonly drain: Drain; readonly wakeAt: EpochMs | undefined }
  | { readonly kind: 'drainAgain'; readonly drain: Drain }
  | { readonly kind: 'restore'; readonly drain: Drain; readonly reason: string }
  | { readonly kind: 'terminate'; readonly drain: Drain; readonly group: string }
  | { readonly kind: 'complete'; readonly drain: Drain; readonly group: string }
  | { readonly kind: 'end'; readonly drain: Drain };

export interface DrainMoves {
  readonly steps: readonly Step[];
  /** Drains whose state changed, to be kept before the steps are carried out. */
  readonly changed: readonly Drain[];
  readonly ended: readonly string[];
  readonly wakeAts: readonly EpochMs[];
  readonly restored: ReadonlySet<string>;
}

const enter = (drain: Drain, state: DrainState, now: EpochMs): Drain =>
  drain.state === state ? drain : { ...drain, state, since: now };

/**
 * Whether nothing but daemons is left: DRAINING is visible, every task that still holds something was listed, and
 * ECS's own account of what the instance has left agrees.
 */
const looksEmpty = (view: View, drain: Drain, instance: ContainerInstance): boolean => {
  const tasks = view.observation.tasksOnDraining[drain.containerInstanceArn];
  if (tasks === undefined || instance.status !== 'DRAINING') return false;
  return tasks.every((it) => isDaemonTask(view, it)) && accountsFor(view, instance, tasks);
};

/** Work that came after the decision to drain an empty instance: it would be disturbed for nothing. */
const hasWork = (view: View, drain: Drain): boolean =>
  (view.observation.tasksOnDraining[drain.containerInstanceArn] ?? []).some((it) => !isDaemonTask(view, it));

/** Gone from ECS and on its way out of (or no longer in) its group: the drain has done its work. */
const isOver = (view: View, drain: Drain, membership: Membership | undefined): boolean => {
  if (view.instanceByEc2Id.has(drain.ec2InstanceId)) return false;
  return membership?.member.lifecycleState !== 'Terminating:Wait';
};

/** The group that holds the instance for a termination hook, if one does. */
const heldBy = (membership: Membership | undefined): string | undefined =>
  membership?.member.lifecycleState === 'Terminating:Wait' ? membership.group.name : undefined;

/** The next move of a drain, from what is. Every rule may be evaluated again at any time with the same result. */
const moveOf = (view: View, drain: Drain, needs: Needs): Move => {
  const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
  const instance = view.instanceByEc2Id.get(drain.ec2InstanceId);
  if (isPartial(view)) return { kind: 'wait', drain, wakeAt: undefined };
  if (isOver(view, drain, membership)) return { kind: 'end', drain };
  if (instance === undefined) return release(view, drain, membership);
  if (drain.state === 'terminating') return finish(drain, membership);
  const own = drain.cause === 'empty' && heldBy(membership) === undefined;
  return own ? moveOfOwn(view, drain, instance, membership, needs) : moveOfExternal(view, drain, instance, membership);
};

/** An instance that is being taken out because it is empty: our own choice, so it can be taken back. */
const moveOfOwn = (
  view: View,
  drain: Drain,
  instance: ContainerInstance,
  membership: Membership | undefined,
  needs: Needs,
): Move => {
  if (instance.status === 'ACTIVE') {
    const wanted = drain.state === 'restoring' || needs.instances.has(drain.ec2InstanceId) || hasWork(view, drain);
    return wanted ? { kind: 'end', drain } : { kind: 'drainAgain', drain };
  }
  const restoring = enter(drain, 'restoring', view.now);
  if (drain.state === 'restoring') return { kind: 'restore', drain, reason: 'not yet ACTIVE again' };
  if (needs.restores.has(drain.ec2InstanceId))
    return { kind: 'restore', drain: restoring, reason: 'its room is needed again' };
  if (hasWork(view, drain))
    return { kind: 'restore', drain: restoring, reason: 'work landed on it before it was closed' };
  return look(view, drain, instance, membership);
};

/** An instance that somebody else ends: it must be emptied, whatever we need. */
const moveOfExternal = (
  view: View,
  drain: Drain,
  instance: ContainerInstance,
  membership: Membership | undefined,
): Move => (instance.status === 'ACTIVE' ? { kind: 'drainAgain', drain } : look(view, drain, instance, membership));

/** No longer a container instance: nothing can run there, so a hook that holds it is let go. */
const release = (view: View, drain: Drain, membership: Membership | undefined): Move => {
  const group = heldBy(membership);
  return group === undefined
    ? { kind: 'end', drain }
    : { kind: 'complete', drain: enter(drain, 'terminating', view.now), group };
};

/** Terminating is irreversible: it is asked for again until the instance is gone. */
const finish = (drain: Drain, membership: Membership | undefined): Move => {
  const group = heldBy(membership);
  if (group !== undefined) return { kind: 'complete', drain, group };
  if (drain.cause !== 'empty' || membership === undefined || isTerminating(membership.member))
    return { kind: 'wait', drain, wakeAt: undefined }; // EC2 or the group is ending it: there is nothing to ask for
  return { kind: 'terminate', drain, group: membership.group.name };
};

const look = (view: View, drain: Drain, instance: ContainerInstance, membership: Membership | undefined): Move => {
  if (!looksEmpty(view, drain, instance))
    return { kind: 'wait', drain: enter(drain, 'draining', view.now), wakeAt: view.now + 2 * secondLookMs };
  if (drain.state === 'draining')
    return { kind: 'wait', drain: enter(drain, 'emptied', view.now), wakeAt: view.now + secondLookMs };
  if (view.now - drain.since < secondLookMs) return { kind: 'wait', drain, wakeAt: drain.since + secondLookMs };
  return finish(enter(drain, 'terminating', view.now), membership);
};

/** Names an instance with the version it was seen at, so that a step can tell whether it has changed since. */
export const stepInstance = (view: View, it: Drain | ContainerInstance): StepInstance => ({
  ec2InstanceId: it.ec2InstanceId,
  containerInstanceArn: 'arn' in it ? it.arn : it.containerInstanceArn,
  version: view.instanceByEc2Id.get(it.ec2InstanceId)?.version,
});

const byGroup = <T extends { readonly group: string }>(moves: readonly T[]): ReadonlyMap<string, readonly T[]> =>
  Map.groupBy(moves, (it) => it.group);

const drainAgainSteps = (view: View, moves: readonly Move[]): readonly DrainInstances[] =>
  [
    ...Map.groupBy(
      moves.filter((it) => it.kind === 'drainAgain'),
      (it) => it.drain.cause,
    ),
  ].map(([cause, again]) => ({
    kind: 'drainInstances',
    group: undefined,
    cause,
    instances: again.map((it) => stepInstance(view, it.drain)),
    reason: 'asked for before and not yet DRAINING',
  }));

const restoreSteps = (view: View, moves: readonly Move[]): readonly RestoreInstances[] =>
  [
    ...Map.groupBy(
      moves.filter((it) => it.kind === 'restore'),
      (it) => it.reason,
    ),
  ].map(([reason, restored]) => ({
    kind: 'restoreInstances',
    instances: restored.map((it) => stepInstance(view, it.drain)),
    reason,
  }));

const terminateSteps = (
  view: View,
  moves: readonly Move[],
  growing: ReadonlySet<string>,
): readonly TerminateInstances[] => {
  const due = moves.filter((it) => it.kind === 'terminate');
  return [...byGroup(due.filter((it) => !growing.has(it.group)))].map(([group, proven]) => ({
    kind: 'terminateInstances',
    group,
    instances: proven.map((it) => stepInstance(view, it.drain)),
    reason: 'proven empty: no task but daemons in two looks, and ECS holds nothing else for them',
  }));
};

const completeSteps = (view: View, moves: readonly Move[]): readonly CompleteLifecycleActions[] =>
  [...byGroup(moves.filter((it) => it.kind === 'complete'))].map(([group, waiting]) => ({
    kind: 'completeLifecycleActions',
    group,
    lifecycleHookName: view.settings.lifecycleHookName,
    instances: waiting.map((it) => stepInstance(view, it.drain)),
    reason: 'empty: nothing is left to wait for',
  }));

/**
 * Instances that Auto Scaling is terminating and holds for a hook, without a drain of ours: the event was lost, or it
 * comes later. They are found by looking, so that no event is needed.
 */
const unnoticedEndings = (view: View): readonly Drain[] =>
  [...view.membershipByEc2Id]
    .filter(([id, it]) => it.member.lifecycleState === 'Terminating:Wait' && !view.drainByEc2Id.has(id))
    .map(([id, it]) => newDrain(view, id, view.instanceByEc2Id.get(id)?.arn ?? '', it.group.name, 'lifecycleAction'));

export const newDrain = (
  view: View,
  ec2InstanceId: string,
  containerInstanceArn: string,
  group: string | undefined,
  cause: DrainCause,
): Drain => ({
  ec2InstanceId,
  containerInstanceArn,
  group,
  cause,
  state: 'draining',
  startedAt: view.now,
  since: view.now,
});

/** Moves every drain on by one. `growing` groups get no other size-changing call in this decision. */
export const moveDrains = (view: View, needs: Needs, growing: ReadonlySet<string>): DrainMoves => {
  const known = [...view.drainByEc2Id.values()];
  const found = unnoticedEndings(view);
  const moves = [...known, ...found].map((drain) => moveOf(view, drain, needs));
  const before = new Set<Drain>(known);
  return {
    steps: [
      ...restoreSteps(view, moves),
      ...completeSteps(view, moves),
      ...drainAgainSteps(view, moves),
      ...terminateSteps(view, moves, growing),
    ],
    changed: moves
      .filter((it) => it.kind !== 'end')
      .map((it) => it.drain)
      .filter((it) => !before.has(it)),
    ended: moves.filter((it) => it.kind === 'end').map((it) => it.drain.ec2InstanceId),
    wakeAts: moves.flatMap((it) => (it.kind === 'wait' && it.wakeAt !== undefined ? [it.wakeAt] : [])),
    restored: new Set(moves.filter((it) => it.kind === 'restore').map((it) => it.drain.ec2InstanceId)),
  };
};
