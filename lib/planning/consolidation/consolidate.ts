import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { KeepFinding } from '../../model/plan.ts';
import { compare } from '../../placement/packing/shapes.ts';
import type { Supply } from '../../placement/place.ts';
import type { Ask } from '../../placement/site.ts';
import type { Launching } from '../supply.ts';
import { counted } from '../text.ts';
import type { View } from '../view.ts';
import { cheaperThan, type Replacement } from './cheaper.ts';
import { type Emptied, emptyInOrder } from './empty.ts';
import { kindsOf } from './kinds.ts';
import { lastingOf } from './lasting.ts';
import { type Ground, type Proved, provedOf } from './proof.ts';
import {
  byScore,
  byUse,
  type Candidate,
  scoreOf,
  type Totals,
  totalPrice,
  totalsOf,
  type Weighed,
  weigh,
} from './weigh.ts';
import { activeByZone } from './zones.ts';

export type { Candidate } from './weigh.ts';

export interface ConsolidationContext {
  readonly candidates: readonly Candidate[];
  /** Present sites of this plan, the candidates' among them; what is leaving is not. */
  readonly supply: Supply;
  /** What could be launched instead. */
  readonly launching: readonly Launching[];
  /** All else that must have room on what is present. */
  readonly asks: readonly Ask[];
  /** How many more instances may leave a group now. */
  readonly allowance: (group: AutoScalingGroup) => number;
}

/** An instance that is to go, and why it may, for people. */
interface Going {
  readonly instance: ContainerInstance;
  readonly detail: string;
}

export interface Consolidation {
  /** Leave now: their tasks provably fit on the rest. */
  readonly drains: readonly Going[];
  /** Leave once cheaper instances have taken over. */
  readonly retire: readonly Going[];
  /** By EC2 instance id, for each candidate that stays. */
  readonly kept: ReadonlyMap<string, KeepFinding>;
}

/** How many instances one plan empties at most: Karpenter, too, looks at the best hundred at a time. */
const mostAtOnce = 100;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const shareOf = (price: number, { price: all }: Totals): string => percent(all > 0 ? price / all : 0);

/** With the part of the saving that lasts. */
const scoreOfLeaving = (it: Weighed, totals: Totals, lasting = 1): number =>
  scoreOf(it.price * lasting, it.disturbance, totals);

/** What both orders find, and which of them saves more; of equals the first. */
const likeliest = (find: (order: (a: Weighed, b: Weighed) => number) => Emptied): readonly Emptied[] => {
  const [first, second] = [byScore, byUse].map(find);
  if (first === undefined || second === undefined) return [];
  return totalPrice(second.chosen) > totalPrice(first.chosen) ? [second, first] : [first, second];
};

/**
 * The second best is only proved where the proof of the best leaves less of it than the second might save. Of an instance
 * that one proof left out, the other need not say more.
 */
const proved = (view: View, ground: Ground, found: readonly Emptied[]): Proved => {
  let best: readonly Weighed[] = [];
  const refused = new Set<Weighed>();
  const open = new Set<Weighed>();
  for (const { chosen } of found) {
    if (totalPrice(chosen) <= totalPrice(best)) continue;
    const own = provedOf(view, ground, chosen);
    const known = new Set([...own.held, ...own.open]);
    for (const it of chosen) if (!known.has(it)) refused.add(it);
    for (const it of own.open) open.add(it);
    if (totalPrice(own.held) > totalPrice(best)) best = own.held;
  }
  return { held: best, open: [...open].filter((it) => !refused.has(it)) };
};

const lastingPart = (lasting: number): string =>
  lasting < 1 ? `, and ${percent(lasting)} of that lasts until it is likely to be needed again` : '';

const notWorthIt = (it: Weighed, totals: Totals, threshold: number, lasting = 1): KeepFinding => ({
  reason: 'notWorthIt',
  detail:
    `saves ${shareOf(it.price, totals)} of what the instances cost for ` +
    `${percent(totals.disturbance > 0 ? it.disturbance / totals.disturbance : 0)} of all disturbance ` +
    `(${counted(it.tasks.length, 'task')} to move)${lastingPart(lasting)}: ${scoreOfLeaving(it, totals, lasting).toFixed(2)}, below ${threshold}`,
});

const fitsNowhere = (it: Weighed, leaving: number): KeepFinding => ({
  reason: 'tasksFitNowhere',
  detail:
    `its ${counted(it.tasks.length, 'task')} would not find room for certain on the others` +
    (leaving === 0 ? '' : ` together with those of the ${leaving} that leave`),
});

const notLookedAt = (it: Weighed): KeepFinding => ({
  reason: 'notLookedAt',
  detail: `${counted(it.tasks.length, 'task')}; in so large a cluster one look tries only some of the instances`,
});

const beyondBudget = (leaving: number, allowed: number): KeepFinding => ({
  reason: 'budget',
  detail:
    leaving < allowed
      ? `one plan empties ${mostAtOnce} instances at most`
      : `${leaving} of its group leave in this plan, and ${allowed} may`,
});

const draining = (it: Weighed, others: number, totals: Totals): Going => ({
  instance: it.instance,
  detail:
    `its ${counted(it.tasks.length, 'task')} fit on the ${others} that stay; ` +
    `saves ${shareOf(it.price, totals)} of what the instances cost, score ${scoreOfLeaving(it, totals).toFixed(2)}`,
});

const retiring = ({ leaving, launches, saving }: Replacement, totals: Totals): readonly Going[] => {
  const by = Object.entries(launches)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => compare(a, b))
    .map(([group, count]) => `${count} of ${group}`)
    .join(' and ');
  return leaving.map(({ instance }) => ({
    instance,
    detail:
      `${leaving.length === 1 ? 'it' : `the ${leaving.length} of them`} can be replaced by ${by}: ` +
      `saves ${shareOf(saving, totals)} of what the instances cost`,
  }));
};

/**
 * Which instances may be emptied so that the cluster costs less. Chosen one after another on one simulated state, in two
 * orders of which the one that saves more is kept, and then proved together: all that they run, and all else that must
 * have room, finds it on the rest in every replay of ECS's placement. For some of those whose tasks fit nowhere else,
 * cheaper instances are looked for that could take over.
 */
export const consolidate = (view: View, context: ConsolidationContext): Consolidation => {
  const { threshold } = view.settings.consolidation;
  const sites = context.supply.present.toSorted((a, b) => compare(a.id, b.id));
  const ground: Ground = {
    sites,
    asks: context.asks.filter((it) => it.count > 0).toSorted((a, b) => compare(a.id, b.id)),
  };
  const totals = totalsOf(view, sites);
  const weighed = context.candidates
    .map((it) => weigh(view, it))
    .sort((a, b) => compare(a.instance.arn, b.instance.arn));
  const worthy = weighed.filter((it) => scoreOfLeaving(it, totals) >= threshold);
  const allowed = worthy.filter((it) => context.allowance(it.group) > 0);
  const fleet = { sites, kinds: kindsOf(view, sites, ground.asks), activeByZone: activeByZone(view) };
  const passing = new Map<Weighed, number>();
  const found = likeliest((order) => {
    const emptied = emptyInOrder(fleet, allowed.toSorted(order), { ofGroup: context.allowance, inAll: mostAtOnce });
    const lasting = lastingOf(view, emptied.chosen);
    const isTooShort = (it: Weighed): boolean => scoreOfLeaving(it, totals, lasting.get(it)) < threshold;
    for (const it of emptied.chosen) if (isTooShort(it)) passing.set(it, lasting.get(it) ?? 1);
    return { ...emptied, chosen: emptied.chosen.filter((it) => !isTooShort(it)) };
  });
  const { held, open } = proved(view, ground, found);
  const drains = held.toSorted(byScore);

  const leaving = Map.groupBy(drains, (it) => it.group.arn);
  const stillLeave = (group: AutoScalingGroup): number =>
    context.allowance(group) - (leaving.get(group.arn)?.length ?? 0);
  const drained = new Set(drains);
  const stuckBefore = new Set(found.flatMap((it) => it.stuck));
  const untried = new Set([...found.flatMap((it) => it.untried), ...open]);
  const tried = new Set(found.flatMap((it) => [...it.chosen, ...it.stuck, ...it.untried]));
  const stuck = allowed.filter((it) => tried.has(it) && !drained.has(it)).sort(byScore);
  const trial = {
    view,
    ground,
    totals,
    launching: context.launching,
    launchable: context.supply.launchable,
    gone: drains,
  };
  const replacement = cheaperThan(trial, stuck, stillLeave);

  const replaced = new Set(replacement?.leaving);
  const findingOf = (it: Weighed): KeepFinding => {
    if (scoreOfLeaving(it, totals) < threshold) return notWorthIt(it, totals, threshold);
    const lasting = passing.get(it);
    if (lasting !== undefined) return notWorthIt(it, totals, threshold, lasting);
    if (stuckBefore.has(it)) return fitsNowhere(it, drains.length);
    const isOver = stillLeave(it.group) <= 0;
    if (!isOver && untried.has(it)) return notLookedAt(it);
    return isOver || !tried.has(it)
      ? beyondBudget(leaving.get(it.group.arn)?.length ?? 0, Math.max(0, context.allowance(it.group)))
      : fitsNowhere(it, drains.length);
  };
  return {
    drains: drains.map((it) => draining(it, sites.length - drains.length, totals)),
    retire: replacement === undefined ? [] : retiring(replacement, totals),
    kept: new Map(
      weighed
        .filter((it) => !drained.has(it) && !replaced.has(it))
        .map((it) => [it.instance.ec2InstanceId, findingOf(it)]),
    ),
  };
};
