import { type AutoScalingGroup, countsTowardsDesired } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Retiring } from '../../model/memory.ts';
import type { DeregisterInstances, KeepFinding, Plan, StepInstance, TerminateInstances } from '../../model/plan.ts';
import { serviceNameOf } from '../../model/task.ts';
import type { Move } from '../drain-moves.ts';
import { stepInstance } from '../drains.ts';
import { finding } from '../findings.ts';
import { type GroupState, shrinkForbiddenIn } from '../groups.ts';
import { reasonsToStay } from '../keeping/reasons.ts';
import { leavingOf } from '../leaving/empties.ts';
import { counted, wholeMinutes } from '../text.ts';
import { isPartial, type Membership, type View } from '../view.ts';
import { unknownProtections, workTasksOn } from '../work.ts';
import { lostSince, speaksAgainst } from './causes.ts';
import { isGivenUp } from './retiring.ts';

export interface DueContext {
  readonly states: readonly GroupState[];
  /** What this plan does with each drain, by EC2 instance id. */
  readonly moves: ReadonlyMap<string, Move>;
  /** Groups that get a size-changing call in this decision already. */
  readonly resized: ReadonlySet<string>;
  /** Whether all that found room on what is there finds it in every replay of ECS's placement. Unknown unless given. */
  readonly holdsNow?: () => boolean;
}

export interface RetirementsDue {
  /** EC2 instance ids to be drained now, each with the cause it retires for. */
  readonly due: ReadonlySet<string>;
  /** The end of lost instances, which cannot drain. */
  readonly steps: readonly (DeregisterInstances | TerminateInstances)[];
  /** Why each other one that retires is still there, by EC2 instance id. */
  readonly waiting: ReadonlyMap<string, KeepFinding>;
  /** Tasks of lost instances whose protection must be known first, by ARN. */
  readonly questions: readonly string[];
}

/** Tasks of one service that lack a place. */
interface Lacking {
  /** That fit on what is there, whatever ECS's tie-breaks. */
  readonly fitting: number;
  readonly others: number;
}

/** Whether what lacks a place is nothing but what has room now, and what ECS itself does not start. */
const isAllPlacedNow = (demand: Plan['demand']): boolean =>
  demand.every(({ verdicts }) =>
    verdicts.every(({ verdict: { kind } }) => kind === 'fitsNow' || kind === 'mayFitNow' || kind === 'heldBack'),
  );

/**
 * By service name. Tasks of a service that wait in PROVISIONING are reported under their task group. A task that fits
 * unless ECS takes the worst of equals is as certain as the others where all together are proved to fit.
 */
const lackingByService = (demand: Plan['demand'], holdsNow: () => boolean): ReadonlyMap<string, Lacking> => {
  const byService = new Map<string, Lacking>();
  const isProved = isAllPlacedNow(demand) && holdsNow();
  for (const { source, verdicts } of demand) {
    const name = /^service[ :](?<name>.*)$/.exec(source)?.groups?.['name'];
    if (name === undefined) continue;
    const certain = verdicts.filter(
      ({ verdict: { kind } }) => kind === 'fitsNow' || (kind === 'mayFitNow' && isProved),
    );
    const before = byService.get(name) ?? { fitting: 0, others: 0 };
    byService.set(name, {
      fitting: before.fitting + (source.startsWith('service ') ? sum(certain) : 0),
      others: before.others + sum(verdicts) - sum(certain),
    });
  }
  return byService;
};

const sum = (parts: readonly { readonly tasks: number }[]): number => parts.reduce((total, it) => total + it.tasks, 0);

/** What the retirements before it have made of a decision. */
interface Ledger {
  readonly lacking: ReadonlyMap<string, Lacking>;
  /** Room that retirements of this decision rely on, in tasks by service name. */
  readonly claimed: Map<string, number>;
  /** How many leave by this decision, by group. */
  readonly leaving: Map<string, number>;
}

const tasksByService = (view: View, it: ContainerInstance): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const task of workTasksOn(view, it)) {
    const name = serviceNameOf(task) ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};

/**
 * Why what an instance runs has no room elsewhere yet. All that its services lack must fit, for ECS does not start the
 * replacements of one instance before those of another; and it must be asked for: demand of a service that is not known
 * in full, or that was judged unfit to start, is no proof of room.
 */
const lacksRoom = (view: View, it: ContainerInstance, { lacking, claimed }: Ledger): string | undefined => {
  for (const [service, tasks] of tasksByService(view, it)) {
    const { fitting, others } = lacking.get(service) ?? { fitting: 0, others: 0 };
    if (others > 0) return `${counted(others, 'task')} of service ${service} without a certain place on what is there`;
    if (fitting < (claimed.get(service) ?? 0) + tasks)
      return `${counted(tasks, 'task')} of service ${service} not asked for elsewhere yet`;
  }
  return undefined;
};

/** Whether one more may leave without its group falling below its minimum. */
const isAtMinimum = (view: View, group: AutoScalingGroup, { moves }: DueContext, { leaving }: Ledger): boolean =>
  group.desiredCapacity - leavingOf(view, moves, group.name) - (leaving.get(group.name) ?? 0) <= group.minSize;

/** Why a retiring instance that is registered stays for now. */
const reasonToWait = (
  view: View,
  it: ContainerInstance,
  own: Membership,
  { cause }: Retiring,
  ledger: Ledger,
): KeepFinding | undefined => {
  if (it.agentConnected === (cause === 'repair'))
    return finding('agentDisconnected', it.agentConnected ? 'its agent is back' : 'it cannot drain without its agent');
  if (cause === 'repair' && lostSince(view, it) === undefined)
    return finding('agentDisconnected', 'it has not been lost for long enough');
  const stays = reasonsToStay(view, it, own).find(({ reason }) => speaksAgainst(cause, reason));
  const room = lacksRoom(view, it, ledger);
  return stays ?? (room === undefined ? undefined : finding('retiring', `${cause}: ${room}`));
};

/** Why a group lets nothing go now, whoever it is. */
const reasonOfGroup = (
  view: View,
  group: AutoScalingGroup,
  cause: Retiring['cause'],
  context: DueContext,
  ledger: Ledger,
): KeepFinding | undefined => {
  const forbidden = shrinkForbiddenIn(context.states, group.name);
  if (forbidden !== undefined) return finding(forbidden.reason, forbidden.detail);
  if (isAtMinimum(view, group, context, ledger)) return finding('groupMinimum', 'its group may not become smaller');
  return cause === 'repair' && context.resized.has(group.name)
    ? finding('scalingOutGroup', 'its group is resized in this very plan')
    : undefined;
};

const inTurn = (view: View): readonly (readonly [string, Retiring])[] =>
  Object.entries(view.memory.retiring).sort(([a, one], [b, other]) => one.since - other.since || (a < b ? -1 : 1));

const nothingDue: RetirementsDue = { due: new Set(), steps: [], waiting: new Map(), questions: [] };

/** Whether an instance still waits to leave: nobody drains or ends it, and it is registered, or was lost. */
const isWaiting = (view: View, id: string, it: ContainerInstance | undefined, { cause }: Retiring): boolean =>
  !view.drainByEc2Id.has(id) &&
  (it === undefined ? cause === 'repair' : it.status === 'ACTIVE' && !view.registeredTwice.has(id));

/**
 * Which retiring instances leave now: those of which all that they run has certain room elsewhere, in the order in which
 * they began. Tasks known to be protected keep theirs; who drains the due ones asks about the rest.
 */
export const retirementsDue = (view: View, demand: Plan['demand'], context: DueContext): RetirementsDue => {
  if (isPartial(view)) return nothingDue;
  if (Object.keys(view.memory.retiring).length === 0) return nothingDue;
  const { holdsNow = () => false } = context;
  const ledger: Ledger = { lacking: lackingByService(demand, holdsNow), claimed: new Map(), leaving: new Map() };
  const due = new Set<string>();
  const lost: Lost[] = [];
  const waiting = new Map<string, KeepFinding>();
  const questions: string[] = [];
  for (const [id, retiring] of inTurn(view)) {
    const own = view.membershipByEc2Id.get(id);
    const it = view.instanceByEc2Id.get(id);
    if (own === undefined || !countsTowardsDesired(own.member) || !isWaiting(view, id, it, retiring)) continue;
    const reason =
      (isGivenUp(view, retiring) ? finding('recentlyAbandoned', 'it found no room elsewhere') : undefined) ??
      reasonOfGroup(view, own.group, retiring.cause, context, ledger) ??
      (it === undefined ? undefined : reasonToWait(view, it, own, retiring, ledger));
    if (reason !== undefined) {
      waiting.set(id, reason);
      continue;
    }
    count(view, it, own.group.name, ledger);
    if (retiring.cause !== 'repair') {
      due.add(id);
      continue;
    }
    const unknown = it === undefined ? [] : unknownProtections(view, it);
    questions.push(...unknown);
    if (unknown.length === 0) lost.push({ id, group: own.group.name, instance: it });
    else waiting.set(id, finding('protectionUnknown', `of ${counted(unknown.length, 'task')}`));
  }
  return { due, steps: endOfLost(view, lost), waiting, questions };
};

/** What leaves takes one from its group, and the room of its tasks from those that come after. */
const count = (view: View, it: ContainerInstance | undefined, group: string, { claimed, leaving }: Ledger): void => {
  leaving.set(group, (leaving.get(group) ?? 0) + 1);
  for (const [service, tasks] of it === undefined ? [] : tasksByService(view, it))
    claimed.set(service, (claimed.get(service) ?? 0) + tasks);
};

interface Lost {
  readonly id: string;
  readonly group: string;
  /** Undefined once it was taken off ECS's books. */
  readonly instance: ContainerInstance | undefined;
}

/**
 * A lost instance is first taken off ECS's books, at which its services start what is missing elsewhere, then terminated.
 * What still runs on it goes with it: the one case in which the settings have tasks ended that were not proven gone.
 */
const endOfLost = (view: View, lost: readonly Lost[]): RetirementsDue['steps'] => {
  const registered = lost.flatMap(({ instance }) => instance ?? []);
  const since = `no agent for at least ${wholeMinutes(view.settings.repair.agentDisconnectedMs ?? 0)}`;
  const deregister: DeregisterInstances = {
    kind: 'deregisterInstances',
    instances: registered.map((it) => stepInstance(view, it)),
    reason: `${since}, which the settings call lost: what they run has room elsewhere`,
  };
  const terminate = [...Map.groupBy(lost, (it) => it.group)].map(
    ([group, its]): TerminateInstances => ({
      kind: 'terminateInstances',
      group,
      instances: its.map(({ id, instance }) => unregistered(id, instance?.arn ?? '')),
      reason: `${since}, which the settings call lost: they end with whatever may still run on them`,
    }),
  );
  return [...(registered.length === 0 ? [] : [deregister]), ...terminate];
};

/** An instance that ECS does not know, or by then no longer knows. */
export const unregistered = (ec2InstanceId: string, containerInstanceArn: string): StepInstance => ({
  ec2InstanceId,
  containerInstanceArn,
  version: undefined,
});
