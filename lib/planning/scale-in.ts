import { countsTowardsDesired } from '../model/auto-scaling-group.ts';
import { type ContainerInstance, isExternal } from '../model/container-instance.ts';
import type { Drain } from '../model/memory.ts';
import type { DrainInstances, InstanceReport, InstanceVerdict, KeepReason } from '../model/plan.ts';
import type { EpochMs } from '../model/time.ts';
import type { Move } from './drain-moves.ts';
import { newDrain, stepInstance } from './drains.ts';
import type { GroupState } from './groups.ts';
import { accountsFor, isDaemonTask, isManagedInstance, isPartial, type Membership, type View } from './view.ts';

export interface ScaleIn {
  readonly steps: readonly DrainInstances[];
  readonly drains: readonly Drain[];
  readonly reports: readonly InstanceReport[];
  readonly emptySince: Readonly<Record<string, EpochMs>>;
  /** When the next quiet time is over. */
  readonly wakeAts: readonly EpochMs[];
}

/** What the other rules of this plan have decided already. */
export interface Decided {
  readonly states: readonly GroupState[];
  /** EC2 instance ids whose room the waiting tasks need. */
  readonly needed: ReadonlySet<string>;
  /** Groups that grow in this plan. */
  readonly growing: ReadonlySet<string>;
  /** What this plan does with each drain, by EC2 instance id. */
  readonly moves: ReadonlyMap<string, Move>;
}

const keep = (reason: KeepReason, detail: string): InstanceVerdict => ({ kind: 'keep', reason, detail });

/** How many tasks run there that are no daemon's. */
const workOn = (view: View, it: ContainerInstance): number => {
  let work = 0;
  for (const task of view.tasksByInstance.get(it.arn) ?? []) if (!isDaemonTask(view, task)) work++;
  return work;
};

/**
 * Since when an instance holds nothing but daemons; undefined where it holds more. A task that is stopping has left
 * the list of running tasks, but ECS's account of the instance still shows it.
 */
const emptySinceOf = (view: View, it: ContainerInstance, decided: Decided): EpochMs | undefined => {
  const empty = workOn(view, it) === 0 && accountsFor(view, it, view.tasksByInstance.get(it.arn) ?? []);
  if (!empty) return undefined;
  // A drain that has just ended was ended for a reason: the quiet time begins anew.
  return decided.moves.has(it.ec2InstanceId) ? view.now : (view.memory.emptySince[it.ec2InstanceId] ?? view.now);
};

/** Why an instance is none of Berth's business to remove, whatever it holds. */
const reasonNotOurs = (
  view: View,
  it: ContainerInstance,
  membership: Membership | undefined,
): InstanceVerdict | undefined => {
  if (isExternal(it)) return keep('externalInstance', 'ECS Anywhere: in no Auto Scaling group');
  if (isManagedInstance(view, it)) return keep('managedInstance', 'ECS Managed Instances: AWS launches and drains it');
  if (membership === undefined) return keep('notOptedIn', 'in no group tagged berth:cluster; counted as supply only');
  if (view.registeredTwice.has(it.ec2InstanceId))
    return keep('registeredTwice', 'registered under two ARNs: what runs there is not certain');
  if (it.status === 'DRAINING' && !view.drainByEc2Id.has(it.ec2InstanceId))
    return keep('foreignDrain', 'DRAINING, and not by Berth');
  const { lifecycleState } = membership.member;
  if (lifecycleState === 'Standby' || lifecycleState === 'EnteringStandby') return keep('standby', lifecycleState);
  if (!countsTowardsDesired(membership.member)) return keep('notInGroup', `its group says ${lifecycleState}`);
  if (it.status !== 'ACTIVE') return keep('notActive', it.status);
  return undefined;
};

/** The first reason to keep one of our instances, or undefined when it may be drained. */
const reasonToKeep = (
  view: View,
  it: ContainerInstance,
  { group, member }: Membership,
  decided: Decided,
): InstanceVerdict | undefined => {
  if (!it.agentConnected) return keep('agentDisconnected', 'its task list is stale: "empty" would prove nothing');
  const work = workOn(view, it);
  if (work > 0) return keep('runsTasks', `${work} task${work === 1 ? '' : 's'}`);
  if (isPartial(view)) return keep('partialView', 'part of the cluster could not be read');
  const since = emptySinceOf(view, it, decided);
  if (since === undefined) return keep('tasksStillStopping', 'ECS still holds resources of tasks that are stopping');
  if (decided.needed.has(it.ec2InstanceId)) return keep('neededForWaitingTasks', 'tasks without a place fit here');
  const hold = decided.states.find((state) => state.group.name === group.name)?.hold;
  if (hold?.reason === 'managedScaling') return keep('managedScaling', hold.detail);
  if (hold?.reason === 'groupConflict') return keep('groupConflict', hold.detail);
  if (decided.growing.has(group.name)) return keep('scalingOutGroup', 'its group grows in this very plan');
  if (member.protectedFromScaleIn && !group.newInstancesProtectedFromScaleIn)
    return keep('scaleInProtected', 'protected by a person: its group does not protect new instances');
  const quiet = view.now - since;
  if (quiet < view.settings.quietTimeMs)
    return keep('notQuietLongEnough', `empty for ${seconds(quiet)} of ${seconds(view.settings.quietTimeMs)}`);
  return undefined;
};

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** Undefined where the drain is over. */
const verdictOfMove = (view: View, move: Move): InstanceVerdict | undefined => {
  const { cause, state, since } = move.drain;
  switch (move.kind) {
    case 'end':
      return undefined;
    case 'restore':
      return { kind: 'restore', detail: move.reason };
    case 'drainAgain':
      return { kind: 'drain', cause, detail: 'asked for before and not yet DRAINING' };
    case 'terminate':
    case 'complete':
      return { kind: 'terminate', cause, detail: 'proven empty' };
    case 'wait': {
      const kind = state === 'terminating' ? 'terminate' : 'draining';
      return { kind, cause, detail: `${state} for ${seconds(view.now - since)}` };
    }
  }
};

/** Instances of ours that a drain already takes out of a group's count, although the group still counts them. */
const leaving = (view: View, decided: Decided, group: string): number =>
  [...view.drainByEc2Id.values()].filter((drain) => {
    const membership = view.membershipByEc2Id.get(drain.ec2InstanceId);
    const counted = membership?.group.name === group && countsTowardsDesired(membership.member);
    const move = decided.moves.get(drain.ec2InstanceId)?.kind;
    return counted && drain.cause === 'empty' && drain.state !== 'restoring' && move !== 'restore' && move !== 'end';
  }).length;

/** Chooses, per group and never below its minimum, the instances that have been empty longest. */
const choose = (view: View, decided: Decided, ready: ReadonlyMap<ContainerInstance, EpochMs>): ReadonlySet<string> => {
  const chosen = new Set<string>();
  for (const { group } of decided.states) {
    const mayGo = Math.max(0, group.desiredCapacity - group.minSize - leaving(view, decided, group.name));
    [...ready]
      .filter(([it]) => view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name === group.name)
      .sort(([a, since], [b, other]) => since - other || (a.arn < b.arn ? -1 : 1))
      .slice(0, mayGo)
      .forEach(([it]) => chosen.add(it.ec2InstanceId));
  }
  return chosen;
};

/**
 * Empty instances that have been quiet long enough leave, all in one decision; every other one is told why it stays.
 * Removing an instance without tasks moves nobody, so nothing that runs can lose its place.
 */
export const scaleIn = (view: View, decided: Decided): ScaleIn => {
  const verdicts = new Map<string, InstanceVerdict>();
  const ready = new Map<ContainerInstance, EpochMs>();
  for (const it of view.observation.containerInstances) {
    const membership = view.membershipByEc2Id.get(it.ec2InstanceId);
    const move = decided.moves.get(it.ec2InstanceId);
    const verdict =
      (move === undefined ? undefined : verdictOfMove(view, move)) ??
      reasonNotOurs(view, it, membership) ??
      (membership === undefined ? undefined : reasonToKeep(view, it, membership, decided));
    if (verdict === undefined) ready.set(it, emptySinceOf(view, it, decided) ?? view.now);
    else verdicts.set(it.ec2InstanceId, verdict);
  }
  const chosen = choose(view, decided, ready);
  for (const [it, since] of ready)
    verdicts.set(
      it.ec2InstanceId,
      chosen.has(it.ec2InstanceId)
        ? { kind: 'drain', cause: 'empty', detail: `empty for ${seconds(view.now - since)}` }
        : keep('groupMinimum', 'its group may not become smaller'),
    );
  const victims = [...ready.keys()].filter((it) => chosen.has(it.ec2InstanceId));
  return {
    steps: drainSteps(view, victims),
    drains: victims.map((it) =>
      newDrain(view, it.ec2InstanceId, it.arn, view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name, 'empty'),
    ),
    reports: [
      ...view.observation.containerInstances.map((it) => ({
        ec2InstanceId: it.ec2InstanceId,
        group: view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name,
        verdict: verdicts.get(it.ec2InstanceId) ?? keep('notOptedIn', 'not looked at'),
      })),
      ...unregisteredReports(view, decided),
    ],
    ...remembered(view, verdicts, decided),
  };
};

/** Members of groups that are no container instances: launching, leaving, or never registered. */
const unregisteredReports = (view: View, { moves }: Decided): readonly InstanceReport[] =>
  [...view.membershipByEc2Id]
    .filter(([id]) => !view.instanceByEc2Id.has(id))
    .map(([ec2InstanceId, { group, member }]) => {
      const move = moves.get(ec2InstanceId);
      const verdict =
        (move === undefined ? undefined : verdictOfMove(view, move)) ??
        keep('notRegistered', `${member.lifecycleState} in its group, not registered with ECS`);
      return { ec2InstanceId, group: group.name, verdict };
    });

const drainSteps = (view: View, victims: readonly ContainerInstance[]): readonly DrainInstances[] =>
  [...Map.groupBy(victims, (it) => view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name)].map(([group, its]) => ({
    kind: 'drainInstances',
    group,
    cause: 'empty',
    instances: its.map((it) => stepInstance(view, it)),
    reason: `empty for at least ${seconds(view.settings.quietTimeMs)} and needed by no waiting task`,
  }));

/** Quiet time is counted over complete views only; after a hole the old beginning still holds for what stayed empty. */
const remembered = (
  view: View,
  verdicts: ReadonlyMap<string, InstanceVerdict>,
  decided: Decided,
): Pick<ScaleIn, 'emptySince' | 'wakeAts'> => {
  if (isPartial(view)) return { emptySince: view.memory.emptySince, wakeAts: [] };
  const empties = view.observation.containerInstances
    .filter((it) => it.status === 'ACTIVE' && it.agentConnected && view.membershipByEc2Id.has(it.ec2InstanceId))
    .flatMap((it) => {
      const since = emptySinceOf(view, it, decided);
      return since === undefined ? [] : [[it.ec2InstanceId, since] as const];
    });
  const waiting = empties.filter(([id]) => {
    const verdict = verdicts.get(id);
    return verdict?.kind === 'keep' && verdict.reason === 'notQuietLongEnough';
  });
  return {
    emptySince: Object.fromEntries(empties),
    wakeAts: waiting.map(([, since]) => since + view.settings.quietTimeMs),
  };
};
