import type { ContainerInstance } from '../model/container-instance.ts';
import type { Drain, DrainCause } from '../model/memory.ts';
import type {
  CompleteLifecycleActions,
  DrainInstances,
  RecordHeartbeats,
  RestoreInstances,
  Step,
  StepInstance,
  StopTasks,
  TerminateInstances,
} from '../model/plan.ts';
import { type EpochMs, minuteMs } from '../model/time.ts';
import { type DrainContext, type Move, moveOf, withDeadline } from './drain-moves.ts';
import { heartbeatBefore, holdOf } from './draining/hooks.ts';
import { secondLookMs } from './draining/move.ts';
import type { View } from './view.ts';
import { taskGroupsOn } from './work.ts';

export interface DrainMoves {
  readonly steps: readonly Step[];
  /** Drains whose state changed, to be kept before the steps are carried out. */
  readonly changed: readonly Drain[];
  readonly ended: readonly Drain[];
  readonly wakeAts: readonly EpochMs[];
  /**
   * EC2 instance ids of drains that were given up, and the task groups that were still there: each to be left alone for
   * `leftAloneAfterDrainMs`, as what could not leave this instance will not leave another.
   */
  readonly abandoned: readonly string[];
  /** Tasks whose protection must be known before they may be stopped, by ARN. */
  readonly questions: readonly string[];
  /** By EC2 instance id. */
  readonly moves: ReadonlyMap<string, Move>;
}

/** For so long an instance whose drain was given up is not drained again by Berth's choice. */
export const leftAloneAfterDrainMs = 30 * minuteMs;

/** Names an instance with the version it was seen at, so that a step can tell whether it has changed since. */
export const stepInstance = (view: View, it: Drain | ContainerInstance): StepInstance => ({
  ec2InstanceId: it.ec2InstanceId,
  containerInstanceArn: 'arn' in it ? it.arn : it.containerInstanceArn,
  version: view.instanceByEc2Id.get(it.ec2InstanceId)?.version,
});

type MoveOf<K extends Move['kind']> = Extract<Move, { readonly kind: K }>;

const only = <K extends Move['kind']>(moves: readonly Move[], kind: K): readonly MoveOf<K>[] =>
  moves.filter((it): it is MoveOf<K> => it.kind === kind);

const instancesOf = (view: View, moves: readonly Move[]): readonly StepInstance[] =>
  moves.map((it) => stepInstance(view, it.drain));

const drainAgainSteps = (view: View, moves: readonly Move[]): readonly DrainInstances[] =>
  [...Map.groupBy(only(moves, 'drainAgain'), (it) => it.drain.cause)].map(([cause, again]) => ({
    kind: 'drainInstances',
    group: undefined,
    cause,
    instances: instancesOf(view, again),
    reason: reasonOf(again),
  }));

const restoreSteps = (view: View, moves: readonly Move[]): readonly RestoreInstances[] =>
  [...Map.groupBy(only(moves, 'restore'), (it) => it.reason)].map(([reason, restored]) => ({
    kind: 'restoreInstances',
    instances: instancesOf(view, restored),
    reason,
  }));

/** One reason where all share it, else each with the instances it is about. */
const reasonOf = (moves: readonly { readonly drain: Drain; readonly reason: string }[]): string => {
  const byReason = [...Map.groupBy(moves, (it) => it.reason)];
  const [first] = byReason;
  if (byReason.length === 1 && first !== undefined) return first[0];
  return byReason.map(([reason, its]) => `${its.map((it) => it.drain.ec2InstanceId).join(', ')}: ${reason}`).join('; ');
};

/** One that goes whatever it holds is named without a version: nothing that changes there keeps it. */
const goingInstance = (view: View, { drain, regardless }: MoveOf<'terminate'>): StepInstance =>
  regardless ? { ...stepInstance(view, drain), version: undefined } : stepInstance(view, drain);

const terminateSteps = (view: View, moves: readonly Move[]): readonly TerminateInstances[] =>
  [
    ...Map.groupBy(only(moves, 'terminate'), (it) => JSON.stringify([it.group, it.keepsDesiredCapacity])).values(),
  ].flatMap((its) => {
    const [first] = its;
    if (first === undefined) return [];
    const step: TerminateInstances = {
      kind: 'terminateInstances',
      group: first.group,
      instances: its.map((it) => goingInstance(view, it)),
      reason: reasonOf(its),
    };
    return first.keepsDesiredCapacity ? [{ ...step, keepsDesiredCapacity: true }] : [step];
  });

const completeSteps = (view: View, moves: readonly Move[]): readonly CompleteLifecycleActions[] =>
  [...Map.groupBy(only(moves, 'complete'), (it) => it.group)].map(([group, waiting]) => ({
    kind: 'completeLifecycleActions',
    group,
    lifecycleHookName: view.settings.lifecycleHookName,
    instances: instancesOf(view, waiting),
    reason: reasonOf(waiting),
  }));

const heartbeatSteps = (view: View, moves: readonly Move[]): readonly RecordHeartbeats[] =>
  [...Map.groupBy(only(moves, 'heartbeat'), (it) => it.group)].map(([group, holding]) => ({
    kind: 'recordHeartbeats',
    group,
    lifecycleHookName: view.settings.lifecycleHookName,
    instances: instancesOf(view, holding),
    reason: 'not empty yet, and half of the hook’s timeout has passed',
  }));

const stopSteps = (moves: readonly Move[]): readonly StopTasks[] => {
  const stopping = only(moves, 'stopTasks');
  if (stopping.length === 0) return [];
  return [
    {
      kind: 'stopTasks',
      taskArns: stopping.flatMap((it) => it.taskArns),
      reason: `past the deadline of the drain of ${stopping.map((it) => it.drain.ec2InstanceId).join(', ')}`,
    },
  ];
};

const swept: readonly string[] = ['Terminating:Wait', 'Terminating:Retained'];

/**
 * Instances that Auto Scaling is terminating and holds for a hook, or retained when a hook was abandoned, without a
 * drain of ours: the event was lost, or it comes later. They are found by looking, so that no event is needed.
 */
const unnoticedEndings = (view: View): readonly Drain[] =>
  [...view.membershipByEc2Id]
    .filter(([id, it]) => swept.includes(it.member.lifecycleState) && !view.drainByEc2Id.has(id))
    .map(([id, it]) => ({
      ...newDrain(view, id, view.instanceByEc2Id.get(id)?.arn ?? '', it.group.name, 'lifecycleAction'),
      heartbeatAt: heartbeatBefore(holdOf(view, it), view.now + secondLookMs),
    }));

export const newDrain = (
  view: View,
  ec2InstanceId: string,
  containerInstanceArn: string,
  group: string | undefined,
  cause: DrainCause,
): Drain =>
  withDeadline(view, {
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
      ...heartbeatSteps(view, moves),
      ...drainAgainSteps(view, moves),
      ...stopSteps(moves),
      ...terminateSteps(view, moves),
    ],
    changed: moves
      .filter((it) => it.kind !== 'end')
      .map((it) => it.drain)
      .filter((it) => !before.has(it)),
    ended: only(moves, 'end').map((it) => it.drain),
    wakeAts: moves.flatMap((it) => ('wakeAt' in it ? [it.wakeAt] : [])),
    abandoned: only(moves, 'restore')
      .filter((it) => it.abandoned !== 'no')
      .flatMap(({ drain, abandoned }) => [
        drain.ec2InstanceId,
        ...(abandoned === 'tasks' ? taskGroupsOn(view, drain.containerInstanceArn) : []),
      ]),
    questions: moves.flatMap((it) => ('questions' in it ? it.questions : [])),
    moves: new Map(moves.map((it) => [it.drain.ec2InstanceId, it])),
  };
};
