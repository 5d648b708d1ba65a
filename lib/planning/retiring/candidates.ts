import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { RetireCause } from '../../model/memory.ts';
import type { EpochMs } from '../../model/time.ts';
import type { GroupState } from '../groups.ts';
import { reasonsToStay } from '../keeping/reasons.ts';
import { reasonNotOurs } from '../leaving/verdicts.ts';
import { wholeMinutes } from '../text.ts';
import { isPartial, type Membership, type View } from '../view.ts';
import { unknownProtections } from '../work.ts';
import { lostSince, reasonToRotate, recommendedAt, speaksAgainst } from './causes.ts';

/** How many more instances of a group may begin to leave for a cause. */
export type Allowance = (cause: RetireCause) => (group: AutoScalingGroup) => number;

export interface RetiringContext {
  readonly view: View;
  readonly states: readonly GroupState[];
  readonly allowance: Allowance;
  /** EC2 instance ids that are to make room for cheaper ones, the best first. */
  readonly consolidation: readonly string[];
}

/** An instance that begins to retire in this decision. */
export interface NewRetirement {
  readonly ec2InstanceId: string;
  readonly group: string;
  readonly cause: RetireCause;
  readonly detail: string;
}

export interface NewRetirements {
  readonly chosen: readonly NewRetirement[];
  /** Tasks whose protection must be known before more can be chosen, by ARN. */
  readonly questions: readonly string[];
}

interface Candidate extends NewRetirement {
  readonly instance: ContainerInstance;
  readonly membership: Membership;
}

interface Wish {
  /** The lowest is served first. */
  readonly rank: EpochMs;
  readonly detail: string;
}

/** The most instances of a group that are repaired at once: its replacement shows whether new ones fare better. */
const repairsAtOnce = 1;

/** Of the whole cluster at once: an item of the table has room for so many, and who is not remembered begins anew. */
const mostRetiring = 400;

/** From the most pressing to what can best wait. */
const causes: readonly RetireCause[] = ['rebalance', 'repair', 'rotation', 'consolidation'];

const wishOf = (
  context: RetiringContext,
  cause: RetireCause,
  it: ContainerInstance,
  own: Membership,
): Wish | undefined => {
  const { view, consolidation } = context;
  switch (cause) {
    case 'rotation': {
      const detail = reasonToRotate(view, it, own);
      return detail === undefined ? undefined : { rank: it.registeredAt, detail };
    }
    case 'rebalance': {
      const at = recommendedAt(view, it);
      return at === undefined ? undefined : { rank: at, detail: 'EC2 recommends to replace it' };
    }
    case 'repair': {
      const since = lostSince(view, it);
      return since === undefined
        ? undefined
        : { rank: since, detail: `no agent for ${wholeMinutes(view.now - since)}` };
    }
    case 'consolidation': {
      const rank = consolidation.indexOf(it.ec2InstanceId);
      return rank < 0 ? undefined : { rank, detail: 'a cheaper instance does for what it runs' };
    }
  }
};

/** Whether an instance may begin to retire at all: ours, in service, not on its way out, not given up on lately. */
const mayBegin = ({ view, states }: RetiringContext, it: ContainerInstance, own: Membership): boolean => {
  const id = it.ec2InstanceId;
  const state = states.find(({ group }) => group.name === own.group.name);
  return (
    reasonNotOurs(view, it, own) === undefined &&
    state !== undefined &&
    state.hold === undefined &&
    state.mayNotShrink === undefined &&
    !view.leavingArns.has(it.arn) &&
    !view.drainByEc2Id.has(id) &&
    !Object.hasOwn(view.memory.retiring, id) &&
    view.now >= (view.memory.leftAloneUntil[id] ?? view.now)
  );
};

/** Whether nothing speaks against moving what runs there. A lost instance is one without an agent, the others have one. */
const mayMove = (view: View, cause: RetireCause, it: ContainerInstance, own: Membership): boolean =>
  it.agentConnected === (cause !== 'repair') &&
  reasonsToStay(view, it, own).every(({ reason }) => !speaksAgainst(cause, reason));

const candidatesFor = (context: RetiringContext, cause: RetireCause): readonly Candidate[] =>
  context.view.observation.containerInstances
    .flatMap((instance) => {
      const membership = context.view.membershipByEc2Id.get(instance.ec2InstanceId);
      if (membership === undefined) return [];
      const wish = wishOf(context, cause, instance, membership);
      if (wish === undefined || !mayBegin(context, instance, membership)) return [];
      if (!mayMove(context.view, cause, instance, membership)) return [];
      const { ec2InstanceId } = instance;
      return [{ ...wish, cause, instance, membership, ec2InstanceId, group: membership.group.name }];
    })
    .sort((a, b) => a.rank - b.rank || (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1));

/** How many instances of a group are being repaired already. */
const repairsUnderWay = (view: View, group: string): number =>
  [...view.membershipByEc2Id].filter(([id, own]) => {
    const retires = Object.hasOwn(view.memory.retiring, id) && view.memory.retiring[id]?.cause === 'repair';
    return own.group.name === group && (retires || view.drainByEc2Id.get(id)?.cause === 'repair');
  }).length;

const allowed = ({ view, allowance }: RetiringContext, cause: RetireCause, group: AutoScalingGroup): number => {
  const most = allowance(cause)(group);
  return cause === 'repair' ? Math.min(most, repairsAtOnce - repairsUnderWay(view, group.name)) : most;
};

/**
 * The instances that begin to retire now: the next decision counts what they run as demand elsewhere. All that begin in
 * a group count against the allowance of each of their causes, since one budget may stand for several. Nothing begins
 * on a partial view.
 */
export const retirementsToBegin = (context: RetiringContext): NewRetirements => {
  const { view } = context;
  if (isPartial(view)) return { chosen: [], questions: [] };
  const taken = new Map<string, number>();
  const known = new Set<string>();
  const most = mostRetiring - Object.keys(view.memory.retiring).length;
  const chosen: NewRetirement[] = [];
  const questions: string[] = [];
  for (const cause of causes)
    for (const { ec2InstanceId, group, detail, instance, membership } of candidatesFor(context, cause)) {
      const count = taken.get(group) ?? 0;
      if (known.size >= most || known.has(ec2InstanceId) || !(count < allowed(context, cause, membership.group)))
        continue;
      known.add(ec2InstanceId);
      taken.set(group, count + 1);
      const unknown = unknownProtections(view, instance);
      if (unknown.length === 0) chosen.push({ ec2InstanceId, group, cause, detail });
      questions.push(...unknown);
    }
  return { chosen, questions };
};
