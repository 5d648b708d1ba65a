import type { ContainerInstance } from '../../model/container-instance.ts';
import { type ClusterMemory, type Drain, isEndedByOthers, type OwnCause, type RecentMove } from '../../model/memory.ts';
import type {
  DrainInstances,
  InstanceReport,
  InstanceVerdict,
  KeepFinding,
  UnplaceableReason,
} from '../../model/plan.ts';
import type { Resources } from '../../model/resources.ts';
import { type EpochMs, minuteMs } from '../../model/time.ts';
import { heldBy } from '../../placement/held.ts';
import type { Supply } from '../../placement/place.ts';
import type { Ask, Site } from '../../placement/site.ts';
import { askOf } from '../asks.ts';
import { type Candidate, type Consolidation, consolidate } from '../consolidation/consolidate.ts';
import type { Move } from '../drain-moves.ts';
import { newDrain, stepInstance } from '../drains.ts';
import { finding, keep, keptFor } from '../findings.ts';
import { type GroupState, shrinkForbiddenIn } from '../groups.ts';
import { breakerOf } from '../keeping/breaker.ts';
import { allowanceFor } from '../keeping/budgets.ts';
import { pauseOf } from '../keeping/pause.ts';
import { raisedNote } from '../keeping/raised.ts';
import { reasonsToStay, recentlyAbandoned, restAfterMoveMs, scaleInProtected } from '../keeping/reasons.ts';
import { nextPeakExpiry } from '../peaks.ts';
import type { Reserve } from '../reserves.ts';
import type { ScaleOut } from '../scale-out.ts';
import type { Launching } from '../supply.ts';
import { counted, seconds } from '../text.ts';
import { isPartial, type Membership, type View } from '../view.ts';
import { taskGroupsOn, unknownProtections, workOn, workTasksOn } from '../work.ts';
import { chooseEmpties, emptySinceAfter, emptySinceOf, howManyMayGo, leavingOf } from './empties.ts';
import { reasonNotOurs, verdictOfMove } from './verdicts.ts';

/** What the other rules of this plan have decided already. */
export interface Decided {
  readonly states: readonly GroupState[];
  readonly launching: readonly Launching[];
  readonly supply: Supply;
  readonly out: ScaleOut;
  readonly reserves: readonly Reserve[];
  /** Groups that grow in this plan. */
  readonly growing: ReadonlySet<string>;
  /** What this plan does with each drain, by EC2 instance id. */
  readonly moves: ReadonlyMap<string, Move>;
  /** Retiring instances whose tasks have room elsewhere now, by EC2 instance id. */
  readonly due: ReadonlySet<string>;
  /** Why other retiring ones are still there. */
  readonly waiting: ReadonlyMap<string, KeepFinding>;
  /** Instances that end in this plan without a drain. */
  readonly ending: ReadonlyMap<string, InstanceVerdict>;
}

export interface Leaving {
  readonly steps: readonly DrainInstances[];
  readonly drains: readonly Drain[];
  readonly reports: readonly InstanceReport[];
  readonly emptySince: ClusterMemory['emptySince'];
  readonly moves: readonly RecentMove[];
  /** EC2 instance ids that are to be replaced by cheaper ones. */
  readonly retire: readonly string[];
  readonly consolidatedAt: EpochMs | undefined;
  /** Tasks whose protection must be known before their instances may leave, by ARN. */
  readonly questions: readonly string[];
  readonly wakeAts: readonly EpochMs[];
}

/** Consolidation looks at the whole cluster: no more often than this, however many events there are. */
const consolidationPeriodMs = minuteMs;

/** Why one of our instances stays whatever it runs. */
const reasonForAny = (
  view: View,
  it: ContainerInstance,
  membership: Membership,
  decided: Decided,
): KeepFinding | undefined => {
  const { group } = membership;
  if (!it.agentConnected) return finding('agentDisconnected', 'its task list is stale: "empty" would prove nothing');
  if (isPartial(view)) return finding('partialView', 'part of the cluster could not be read');
  if (decided.out.neededInstances.has(it.ec2InstanceId))
    return finding('neededForWaitingTasks', 'tasks without a place fit here');
  const forbidden = shrinkForbiddenIn(decided.states, group.name);
  if (forbidden !== undefined) return finding(forbidden.reason, forbidden.detail);
  if (decided.growing.has(group.name)) return finding('scalingOutGroup', 'its group grows in this very plan');
  return scaleInProtected(membership);
};

/** Why an empty instance stays. */
const reasonForEmpty = (view: View, it: ContainerInstance, moves: Decided['moves']): KeepFinding | undefined => {
  const since = emptySinceOf(view, it, moves);
  if (since === undefined) return finding('tasksStillStopping', 'ECS still holds resources of tasks that are stopping');
  const abandoned = recentlyAbandoned(view, it, seconds);
  if (abandoned !== undefined) return abandoned;
  const pause = pauseOf(view);
  if (pause !== undefined)
    return finding('paused', `${pause.what === 'all' ? 'everything' : 'scale-in'} is paused by a person`);
  const quiet = view.now - since;
  return quiet < view.settings.quietTimeMs
    ? finding(
        'notQuietLongEnough',
        `empty for ${seconds(quiet)} of ${seconds(view.settings.quietTimeMs)}`,
        since + view.settings.quietTimeMs,
      )
    : breakerOf(view);
};

interface Sorted {
  readonly verdicts: Map<string, InstanceVerdict>;
  /** Retiring instances that leave now, busy or not. */
  readonly due: ContainerInstance[];
  readonly empties: Map<ContainerInstance, EpochMs>;
  readonly candidates: Candidate[];
}

/** Nothing more is launched for what waits for one of these reasons, so that only room among what is there can help. */
const limits: readonly UnplaceableReason[] = ['groupsAtMaximum', 'caps', 'launchBudget', 'capacityErrors'];

/** What tasks need that have no place because no more may be launched. */
const unmetNeeds = ({ demand }: ScaleOut): readonly Resources[] =>
  demand
    .filter((it) => it.isReserve !== true)
    .filter(({ verdicts }) =>
      verdicts.some(({ verdict }) => verdict.kind === 'unplaceable' && limits.includes(verdict.reason)),
    )
    .map((it) => it.requirements);

/** Emptied, an instance would be taken back for what waits: to be drained once more when that has ended, and so on. */
const wouldBeTakenBack = (needs: readonly Resources[], { registered }: ContainerInstance): boolean =>
  needs.some((it) => it.cpuUnits <= registered.cpuUnits && it.memoryMiB <= registered.memoryMiB);

/** A verdict for whatever stays or goes already; the rest leaves now, is empty and ready, or may be emptied. */
const sortOut = (view: View, decided: Decided): Sorted => {
  const sorted: Sorted = { verdicts: new Map(), due: [], empties: new Map(), candidates: [] };
  const unmet = unmetNeeds(decided.out);
  for (const it of view.observation.containerInstances) {
    const id = it.ec2InstanceId;
    const membership = view.membershipByEc2Id.get(id);
    const move = decided.moves.get(id);
    const moved = move === undefined ? decided.ending.get(id) : verdictOfMove(view, move);
    const [first, ...others] = moved === undefined ? staying(view, it, membership, decided) : [];
    if (moved !== undefined) sorted.verdicts.set(id, moved);
    else if (first !== undefined) sorted.verdicts.set(id, keptFor([first, ...others]));
    else if (decided.due.has(id)) sorted.due.push(it);
    else if (membership !== undefined && workOn(view, it) > 0) {
      if (wouldBeTakenBack(unmet, it))
        sorted.verdicts.set(id, keep('neededForWaitingTasks', 'tasks wait that would fit here if it were empty'));
      else sorted.candidates.push({ instance: it, group: membership.group });
    } else sorted.empties.set(it, emptySinceOf(view, it, decided.moves) ?? view.now);
  }
  return sorted;
};

const staying = (
  view: View,
  it: ContainerInstance,
  membership: Membership | undefined,
  decided: Decided,
): readonly KeepFinding[] => {
  const notOurs = reasonNotOurs(view, it, membership);
  if (notOurs !== undefined || membership === undefined) return notOurs === undefined ? [] : [notOurs];
  const retiring = view.memory.retiring[it.ec2InstanceId];
  if (retiring !== undefined && !decided.due.has(it.ec2InstanceId))
    return [
      decided.waiting.get(it.ec2InstanceId) ??
        finding('retiring', `${retiring.cause}: leaves once what it runs has room elsewhere`),
    ];
  if (retiring !== undefined) return [];
  const any = reasonForAny(view, it, membership, decided);
  if (workOn(view, it) > 0) return [...(any === undefined ? [] : [any]), ...reasonsToStay(view, it, membership)];
  const empty = any ?? reasonForEmpty(view, it, decided.moves);
  return empty === undefined ? [] : [empty];
};

/** What is there and is to stay: a drain that was asked for may not show yet. */
const stayingSites = ({ supply, moves }: Decided): readonly Site[] =>
  supply.present.filter(({ id }) => {
    const move = moves.get(id)?.kind;
    return move === undefined || move === 'restore' || move === 'end';
  });

/** What must keep its room besides what runs: waiting tasks that fit, headroom, capacity runs, and recent peaks. */
const asksToKeep = ({ out, reserves }: Decided, sites: readonly Site[]): readonly Ask[] => {
  const peaks = reserves
    .filter((it) => !it.launches)
    .map((it) => askOf(it.demand, sites))
    .filter((it) => it !== undefined);
  return heldBy([...out.asks, ...peaks], sites);
};

const nothingConsolidated: Consolidation = { drains: [], retire: [], kept: new Map() };

interface Victim {
  readonly instance: ContainerInstance;
  readonly cause: OwnCause;
  readonly detail: string;
}

/** Who leaves for being empty, and the verdicts of all who might have. */
const leaveEmpty = (
  view: View,
  decided: Decided,
  sorted: Sorted,
  present: readonly Site[],
  asks: readonly Ask[],
): readonly Victim[] => {
  const allowance = lessGoing(view, allowanceFor(view, decided.states, decided.moves, 'empty'), sorted.due);
  const inTurn = chooseEmpties(view, allowance, decided.states, sorted.empties);
  const going = inTurn.slice(0, howManyMayGo(inTurn, present, asks));
  const withoutPeaks = going.length < inTurn.length ? howManyMayGo(inTurn, present, decided.out.asks) : going.length;
  for (const it of sorted.empties.keys())
    if (!going.includes(it))
      sorted.verdicts.set(it.ec2InstanceId, reasonForReady(view, decided, it, inTurn, withoutPeaks));
  return going.map((instance) => ({
    instance,
    cause: 'empty',
    detail: `empty for at least ${seconds(view.settings.quietTimeMs)} and needed by no waiting task`,
  }));
};

/** Why an empty instance stays that has been quiet long enough. */
const reasonForReady = (
  view: View,
  { moves }: Decided,
  it: ContainerInstance,
  inTurn: readonly ContainerInstance[],
  withoutPeaks: number,
): InstanceVerdict => {
  const turn = inTurn.indexOf(it);
  if (turn >= 0)
    return turn < withoutPeaks
      ? keep('recentPeak', 'what was wanted a short while ago would not fit without it')
      : keep('headroom', 'room that is to be kept free, or asked for, would not fit without it');
  const group = view.membershipByEc2Id.get(it.ec2InstanceId)?.group;
  if (group === undefined) return keep('notOptedIn', 'in no group');
  const chosen = inTurn.filter((one) => groupOf(view, one) === group.name).length;
  return group.desiredCapacity - group.minSize - leavingOf(view, moves, group.name) > chosen
    ? keep('budget', 'as many as the budgets let leave are leaving')
    : keep('groupMinimum', raisedNote(view, group) ?? 'its group may not become smaller');
};

/** What an allowance leaves where these go as well. */
const lessGoing = (view: View, allowance: Allowance, going: readonly ContainerInstance[]): Allowance => {
  const counts = Map.groupBy(going, (it) => groupOf(view, it));
  return (group) => Math.max(0, allowance(group) - (counts.get(group.name)?.length ?? 0));
};

type Allowance = (group: Membership['group']) => number;

/** What budgets and minimum leave for consolidation. */
const allowanceBeside = (view: View, { states, moves }: Decided, going: readonly ContainerInstance[]): Allowance => {
  const budget = allowanceFor(view, states, moves, 'consolidation');
  const minimum = lessGoing(view, allowanceFor(view, states, moves, 'empty'), going);
  return (group) => Math.min(budget(group), minimum(group));
};

const consolidationIsDue = ({ memory, now, observation }: View, { candidates }: Sorted): boolean =>
  candidates.length > 0 &&
  observation.services.every((it) => it.isUnsettled !== true) &&
  (memory.consolidatedAt === undefined || now - memory.consolidatedAt >= consolidationPeriodMs);

const isInQuietTime = (verdict: InstanceVerdict | undefined): boolean =>
  verdict?.kind === 'keep' && verdict.reason === 'notQuietLongEnough';

const detailOf = (view: View, it: Victim): string =>
  it.cause === 'empty'
    ? `empty for ${seconds(view.now - (view.memory.emptySince[it.instance.ec2InstanceId] ?? view.now))}`
    : it.detail;

/** What leaves, and why everything else stays. */
export const leave = (view: View, decided: Decided): Leaving => {
  const sorted = sortOut(view, decided);
  const { verdicts, due, empties, candidates } = sorted;
  const isConsolidating = consolidationIsDue(view, sorted);
  const present = stayingSites(decided);
  const asks = empties.size > 0 || isConsolidating ? asksToKeep(decided, present) : [];
  const empty = leaveEmpty(view, decided, sorted, present, asks);
  const going = [...due, ...empty.map((it) => it.instance)];
  const goingIds = new Set(going.map((it) => it.ec2InstanceId));
  const consolidation = isConsolidating
    ? consolidate(view, {
        candidates,
        supply: {
          ...decided.supply,
          // What is about to leave for being empty saves as much without a move: nothing is moved there.
          present: present.filter((it) => !goingIds.has(it.id) && !isInQuietTime(verdicts.get(it.id))),
        },
        launching: decided.launching,
        asks,
        allowance: allowanceBeside(view, decided, going),
      })
    : nothingConsolidated;
  for (const { instance } of candidates)
    verdicts.set(
      instance.ec2InstanceId,
      keptFor([consolidation.kept.get(instance.ec2InstanceId) ?? notLookedAt(view, instance)]),
    );
  for (const { instance, detail } of consolidation.retire)
    verdicts.set(instance.ec2InstanceId, keep('retiring', `consolidation: ${detail}`));

  const moved: readonly Victim[] = [
    ...consolidation.drains.map((it) => ({ ...it, cause: 'consolidation' as const })),
    ...due.map((instance) => ({
      instance,
      cause: view.memory.retiring[instance.ec2InstanceId]?.cause ?? 'rotation',
      detail: 'what it runs has room elsewhere now',
    })),
  ];
  const isKnown = ({ instance }: Victim): boolean => unknownProtections(view, instance).length === 0;
  for (const { instance } of moved.filter((it) => !isKnown(it)))
    verdicts.set(instance.ec2InstanceId, keep('protectionUnknown', 'whether its tasks are protected is not known'));
  const victims = [...empty, ...moved.filter(isKnown)];
  for (const it of victims)
    verdicts.set(it.instance.ec2InstanceId, { kind: 'drain', cause: it.cause, detail: detailOf(view, it) });
  return {
    steps: drainSteps(view, victims),
    drains: victims.map(({ instance, cause }) =>
      newDrain(view, instance.ec2InstanceId, instance.arn, groupOf(view, instance), cause),
    ),
    reports: [
      ...view.observation.containerInstances.map((it) => ({
        ec2InstanceId: it.ec2InstanceId,
        group: groupOf(view, it),
        verdict: verdicts.get(it.ec2InstanceId) ?? keep('notOptedIn', 'not looked at'),
      })),
      ...unregisteredReports(view, decided),
    ],
    emptySince: emptySinceAfter(view, decided.moves),
    moves: movesAfter(view, victims),
    retire: consolidation.retire.map(({ instance }) => instance.ec2InstanceId),
    consolidatedAt: isConsolidating ? view.now : view.memory.consolidatedAt,
    questions: moved.flatMap(({ instance }) => unknownProtections(view, instance)),
    wakeAts: wakeAtsOf(view, verdicts),
  };
};

const groupOf = (view: View, it: ContainerInstance): string | undefined =>
  view.membershipByEc2Id.get(it.ec2InstanceId)?.group.name;

const notLookedAt = (view: View, it: ContainerInstance): KeepFinding =>
  finding('notLookedAt', `${counted(workOn(view, it), 'task')}; consolidation looks once a minute`);

const drainSteps = (view: View, victims: readonly Victim[]): readonly DrainInstances[] =>
  [...Map.groupBy(victims, (it) => `${it.cause} ${groupOf(view, it.instance) ?? ''}`)].flatMap(([, alike]) => {
    const [first] = alike;
    if (first === undefined) return [];
    return [
      {
        kind: 'drainInstances' as const,
        group: groupOf(view, first.instance),
        cause: first.cause,
        instances: alike.map(({ instance, cause }) => ({
          ...stepInstance(view, instance),
          ...(cause === 'empty' ? {} : { taskArns: workTasksOn(view, instance).map((task) => task.arn) }),
        })),
        reason: first.detail,
      },
    ];
  });

/**
 * Task groups that ECS is made to move, after those that still count: by this plan, and from instances that others end,
 * for whoever is moved by a spot interruption is not to be moved again by a consolidation.
 */
const movesAfter = (view: View, victims: readonly Victim[]): readonly RecentMove[] => {
  const known = view.memory.moves.filter((it) => view.now - it.at < restAfterMoveMs);
  const byOthers = [...view.drainByEc2Id.values()]
    .filter((it) => isEndedByOthers(it.cause) && view.now - it.startedAt < restAfterMoveMs)
    .flatMap(({ containerInstanceArn: arn, startedAt: at }) => taskGroupsOn(view, arn).map((group) => ({ group, at })))
    .filter(({ group, at }) => !known.some((it) => it.group === group && it.at === at));
  const own = new Set(victims.flatMap(({ instance }) => taskGroupsOn(view, instance.arn)));
  return [...known, ...byOthers, ...[...own].sort().map((group) => ({ group, at: view.now }))];
};

/** Members of groups that are no container instances: launching, leaving, or never registered. */
const unregisteredReports = (view: View, { moves, ending }: Decided): readonly InstanceReport[] =>
  [...view.membershipByEc2Id]
    .filter(([id]) => !view.instanceByEc2Id.has(id))
    .map(([ec2InstanceId, { group, member }]) => {
      const move = moves.get(ec2InstanceId);
      const verdict =
        (move === undefined ? ending.get(ec2InstanceId) : verdictOfMove(view, move)) ??
        keep('notRegistered', `${member.lifecycleState} in its group, not registered with ECS`);
      return { ec2InstanceId, group: group.name, verdict };
    });

/** When the next of the instances may leave although nothing happens: a quiet time is over, a reason to stay passes. */
const wakeAtsOf = (view: View, verdicts: ReadonlyMap<string, InstanceVerdict>): readonly EpochMs[] => {
  if (isPartial(view)) return [];
  const nextLook = (view.memory.consolidatedAt ?? view.now - consolidationPeriodMs) + consolidationPeriodMs;
  const wakeAts: EpochMs[] = [];
  let isHeldByPeak = false;
  for (const verdict of verdicts.values()) {
    if (verdict.kind !== 'keep') continue;
    const untils = [verdict, ...verdict.others].map((it) => it.until);
    isHeldByPeak ||= verdict.reason === 'recentPeak' || verdict.reason === 'tasksFitNowhere';
    if (verdict.reason === 'notLookedAt') wakeAts.push(nextLook);
    else if (untils.every((it) => it !== undefined))
      wakeAts.push(untils.reduce((last, it) => Math.max(last, it), nextLook));
  }
  const peakEnds = isHeldByPeak ? nextPeakExpiry(view) : undefined;
  return peakEnds === undefined ? wakeAts : [...wakeAts, Math.max(peakEnds, nextLook)];
};
