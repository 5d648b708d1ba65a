import type { ContainerInstance } from '../model/container-instance.ts';
import type { Drain, DrainCause } from '../model/memory.ts';
import type {
  CompleteLifecycleActions,
  DrainInstances,
  RestoreInstances,
  Step,
  StepInstance,
  TerminateInstances,
} from '../model/plan.ts';
import type { EpochMs } from '../model/time.ts';
import { type DrainContext, type Move, moveOf } from './drain-moves.ts';
import type { View } from './view.ts';

export interface DrainMoves {
  readonly steps: readonly Step[];
  /** Drains whose state changed, to be kept before the steps are carried out. */
  readonly changed: readonly Drain[];
  readonly ended: readonly Drain[];
  readonly wakeAts: readonly EpochMs[];
  /** By EC2 instance id. */
  readonly moves: ReadonlyMap<string, Move>;
}

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

const terminateSteps = (view: View, moves: readonly Move[]): readonly TerminateInstances[] => {
  const due = moves.filter((it) => it.kind === 'terminate');
  return [...byGroup(due)].map(([group, proven]) => ({
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

/** Moves every drain on by one. */
export const moveDrains = (context: DrainContext): DrainMoves => {
  const { view } = context;
  const known = [...view.drainByEc2Id.values()];
  const moves = [...known, ...unnoticedEndings(view)].map((drain) => moveOf(context, drain));
  const before = new Set<Drain>(known);
  return {
    steps: [
      ...restoreSteps(view, moves),
      ...completeSteps(view, moves),
      ...drainAgainSteps(view, moves),
      ...terminateSteps(view, moves),
    ],
    changed: moves
      .filter((it) => it.kind !== 'end')
      .map((it) => it.drain)
      .filter((it) => !before.has(it)),
    ended: moves.filter((it) => it.kind === 'end').map((it) => it.drain),
    wakeAts: moves.flatMap((it) => (it.kind === 'wait' && it.wakeAt !== undefined ? [it.wakeAt] : [])),
    moves: new Map(moves.map((it) => [it.drain.ec2InstanceId, it])),
  };
};
