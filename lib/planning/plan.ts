import type { GroupReport, InstanceVerdict, Plan, Step } from '../model/plan.ts';
import { holdsAll } from '../placement/holds.ts';
import { type CountsSet, setCounts } from './counts/set-counts.ts';
import { type Demand, demandOf, unstartedAfter } from './demand.ts';
import { moveDrains } from './drains.ts';
import { type GroupState, stateOf } from './groups.ts';
import { allowanceFor } from './keeping/budgets.ts';
import { nextChange } from './keeping/calendar.ts';
import { pauseOf } from './keeping/pause.ts';
import { isRaisedNow } from './keeping/raised.ts';
import { contractFindings } from './launching/contract.ts';
import { priceNotices } from './launching/prices.ts';
import { type SizeStep, sizesAfter } from './launching/steps.ts';
import { leave } from './leaving/leaving.ts';
import { memoryAfter } from './memory-after.ts';
import { nextExpiry, reserveNotices, reservesOf } from './reserves.ts';
import { retirementsToBegin } from './retiring/candidates.ts';
import { retirementsDue } from './retiring/due.ts';
import { neverRegistered } from './retiring/never-registered.ts';
import { disconnectedSinceAfter, retiringAfter, retiringWakeAts } from './retiring/retiring.ts';
import { scaleOut } from './scale-out.ts';
import { launchingOf, supplyOf } from './supply.ts';
import { hasGap, type PlanningInput, type View, viewOf } from './view.ts';

/** Groups whose size a step changes. */
const resizedBy = (...steps: readonly (readonly Step[])[]): ReadonlySet<string> =>
  new Set(
    steps
      .flat()
      .flatMap((it) =>
        it.kind === 'setGroupDesiredCapacity' || it.kind === 'launchInstances' || it.kind === 'terminateInstances'
          ? it.group
          : [],
      ),
  );

/**
 * Groups that were given a size a moment ago, and seen with another, or that somebody else has just made larger: nothing
 * that makes them smaller may rest on either.
 */
const unsettledSizes = ({ observation }: PlanningInput, view: View): readonly string[] =>
  view.observation.groups.flatMap((group) => {
    const seen = observation.groups.find((it) => it.name === group.name);
    const isOld = seen !== undefined && seen.desiredCapacity !== group.desiredCapacity;
    return isOld || isRaisedNow(view, group) ? [group.name] : [];
  });

type Raised = CountsSet['raised'];

/** In observe mode no count is raised: remembered is what services want, not what they would. */
const asSeen = (view: View, raised: Raised): View =>
  view.settings.mode === 'act' || raised.size === 0
    ? view
    : {
        ...view,
        observation: {
          ...view.observation,
          services: view.observation.services.map((it) => raised.get(it.name) ?? it),
        },
      };

/** Nor is it ECS that holds back what nobody asked it to start. */
const begunOf = (view: View, demands: readonly Demand[], raised: Raised): readonly Demand[] =>
  view.settings.mode === 'act' ? demands : demands.filter((it) => !raised.has(it.group.slice('service:'.length)));

/**
 * What should change now, and why everything else stays. Pure: the same input, in whatever order AWS listed it, gives
 * the same plan. Instances that are draining are restored before any is launched, and a group that grows loses none.
 */
export const planCluster = (given: PlanningInput): Plan => {
  const { input, steps: counts, raised } = setCounts(given);
  const view = viewOf(input);
  const states = view.observation.groups.map((group) => stateOf(view, group));
  const launching = launchingOf(view, states);
  const demands = demandOf(view);
  const reserves = reservesOf(view);
  const out = scaleOut(view, states, demands, reserves);
  const growing = new Set([...resizedBy(out.steps), ...unsettledSizes(input, view)]);
  const drains = moveDrains({ view, states, needed: out.neededInstances, restores: out.restores, growing });
  const moves = drains.moves;
  const supply = supplyOf(view, launching);
  const due = retirementsDue(view, out.demand, {
    states,
    moves,
    resized: new Set([...growing, ...resizedBy(drains.steps)]),
    holdsNow: () => holdsAll(out.asks, supply.present),
  });
  const resized = new Set([...growing, ...resizedBy(drains.steps, due.steps)]);
  const unregistered = neverRegistered(view, { states, moves, resized });
  const leaving = leave(view, {
    states,
    launching,
    supply,
    out,
    reserves,
    growing,
    moves,
    due: due.due,
    waiting: due.waiting,
    ending: endingsOf([...due.steps, ...unregistered.steps]),
  });
  const begun = retirementsToBegin({
    view,
    states,
    allowance: (cause) => allowanceFor(view, states, moves, cause),
    consolidation: leaving.retire,
  });
  const retiring = retiringAfter(view, view.settings.mode === 'act' ? begun.chosen : []);
  const disconnectedSince = disconnectedSinceAfter(view);
  const wakeAts = [
    ...drains.wakeAts,
    ...leaving.wakeAts,
    ...out.wakeAts,
    ...retiringWakeAts(view, retiring.retiring, disconnectedSince),
    ...states.flatMap((it) => it.deadlineAt ?? []),
    nextExpiry(view),
    nextChange(
      view.settings.budgets.flatMap((it) => it.windows),
      view.now,
    ),
    // Only what is remembered is acted on by the next decision: in observe mode nobody begins to retire.
    begun.chosen.length > 0 && view.settings.mode === 'act' ? view.now : undefined,
    pauseOf(view)?.until,
  ].filter((it) => it !== undefined);
  return {
    cluster: view.cluster,
    observedAt: view.observation.observedAt,
    steps: inOrder([...counts, ...drains.steps, ...out.steps, ...due.steps, ...unregistered.steps, ...leaving.steps]),
    groups: states.map((it) => reportOf(it, out.steps)),
    instances: leaving.reports,
    demand: out.demand,
    gaps: view.observation.gaps,
    notices: [...noticesOf(view), ...priceNotices(view, launching)],
    memory: memoryAfter(asSeen(view, raised), states, {
      sizes: out.steps,
      restored: out.restores,
      leaving,
      retiring,
      disconnectedSince,
      abandoned: drains.abandoned,
      neverRegistered: unregistered.failures,
      unstartedSince: unstartedAfter(view, begunOf(view, demands, raised), out.demand),
    }),
    drains: [...drains.changed, ...leaving.drains],
    endedDrains: drains.ended,
    questions: [...new Set([...drains.questions, ...leaving.questions, ...due.questions, ...begun.questions])].sort(),
    nextTimerAt: wakeAts.length === 0 ? undefined : wakeAts.reduce((least, at) => Math.min(least, at)),
  };
};

/** Instances that end without a drain: lost ones, and those that never registered. */
const endingsOf = (steps: readonly Step[]): ReadonlyMap<string, InstanceVerdict> =>
  new Map(
    steps.flatMap((step) =>
      step.kind === 'terminateInstances'
        ? step.instances.map((it) => [
            it.ec2InstanceId,
            { kind: 'terminate' as const, cause: 'repair' as const, detail: step.reason },
          ])
        : [],
    ),
  );

/** What a person should know: settings that fit nothing seen, and what a group lacks of what Berth relies on. */
const noticesOf = (view: View): readonly string[] => [
  ...unknownGroups(view),
  ...reserveNotices(view),
  ...view.observation.groups.flatMap((group) => contractFindings(view, group).map((it) => `${group.name}: ${it}`)),
];

/** Groups that only the settings know: misspelt, of another region, or without the tag that opts them in. */
const unknownGroups = (view: View): readonly string[] =>
  hasGap(view, 'groups')
    ? []
    : Object.keys(view.settings.groups)
        .filter((name) => !view.observation.groups.some((it) => it.name === name))
        .sort()
        .map(
          (name) =>
            `settings name group ${name}; no group of that name carries berth:cluster=${view.cluster} in this region`,
        );

/** First what gives room, then what waits on us, then what takes away. */
const order: Readonly<Record<Step['kind'], number>> = {
  restoreInstances: 0,
  setGroupDesiredCapacity: 1,
  launchInstances: 1,
  setServiceDesiredCount: 2, // up to forty calls: what boots for minutes does not wait for them
  completeLifecycleActions: 3,
  recordHeartbeats: 4,
  drainInstances: 5,
  stopTasks: 6,
  deregisterInstances: 7,
  terminateInstances: 8,
};

const inOrder = (steps: readonly Step[]): readonly Step[] => steps.toSorted((a, b) => order[a.kind] - order[b.kind]);

const reportOf = (state: GroupState, steps: readonly SizeStep[]): GroupReport => {
  const { group, hold, overdue } = state;
  const notes = [hold?.detail, overdue > 0 ? `${overdue} launches overdue` : undefined, ...state.notes].filter(
    (it) => it !== undefined,
  );
  return {
    group: group.name,
    desiredCapacity: group.desiredCapacity,
    planned: sizesAfter(steps).get(group.name) ?? group.desiredCapacity,
    minSize: group.minSize,
    maxSize: group.maxSize,
    overdue,
    note: notes.length === 0 ? undefined : notes.join('; '),
  };
};
