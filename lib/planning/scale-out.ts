import type { DemandReport, UnplacedVerdict } from '../model/plan.ts';
import type { EpochMs } from '../model/time.ts';
import { type AskOutcome, type Place, type Placing, place, type Supply } from '../placement/place.ts';
import type { Ask } from '../placement/site.ts';
import { askOf } from './asks.ts';
import { type Demand, heldBackDetail } from './demand.ts';
import type { GroupState } from './groups.ts';
import { type CapRoom, capRoomOf } from './launching/caps.ts';
import { tightest } from './launching/limits.ts';
import { supplyAfter } from './launching/residual.ts';
import { placeOrWait } from './launching/soon.ts';
import { growthSteps, type SizeStep, takeBackSteps } from './launching/steps.ts';
import { launchWakeAts } from './launching/wake.ts';
import { obstaclesOf, type Possible, refusalOf } from './refusals.ts';
import type { Reserve } from './reserves.ts';
import { missingForMinimum } from './retiring/minimum.ts';
import { launchingOf, supplyOf } from './supply.ts';
import { isPartial, type View } from './view.ts';

/** What scale-out decided: which steps, what becomes of each demand, and which existing instances it counts on. */
export interface ScaleOut {
  readonly steps: readonly SizeStep[];
  /** In the order of the demands, then of the reserves. */
  readonly demand: readonly DemandReport[];
  /** EC2 instance ids whose room is spoken for by tasks that should run; what is kept free is among the `asks` alone. */
  readonly neededInstances: ReadonlySet<string>;
  /** EC2 instance ids of Berth's own drains whose room is needed: restored before anything is launched. */
  readonly restores: ReadonlySet<string>;
  /** What found room on the instances that are there: tasks that should run, and room kept free. */
  readonly asks: readonly Ask[];
  /** When to look again although nothing happens. */
  readonly wakeAts: readonly EpochMs[];
}

interface Sum {
  tasks: number;
  readonly instances: Set<string>;
}

/** By kind and group, in the order in which they are counted on. */
const sumsOf = (places: readonly Place[]): ReadonlyMap<string, Sum & { readonly place: Place }> => {
  const sums = new Map<string, Sum & { readonly place: Place }>();
  for (const it of places) {
    const key = `${it.kind} ${it.launchable ?? ''}`;
    const sum = sums.get(key) ?? { tasks: 0, instances: new Set<string>(), place: it };
    sum.tasks += it.tasks;
    sum.instances.add(it.site);
    sums.set(key, sum);
  }
  return sums;
};

const verdictOf = ({ kind, launchable = '' }: Place, instances: number): UnplacedVerdict => {
  switch (kind) {
    case 'now':
      return { kind: 'fitsNow', instances };
    case 'soon':
      return { kind: 'waitsForRoom', instances };
    case 'incoming':
      return { kind: 'waitsForLaunch', group: launchable, instances };
    case 'restored':
      return { kind: 'restore', instances };
    case 'launched':
      return { kind: 'launch', group: launchable, instances };
  }
};

const verdictsOf = (
  { places, certainNow, unplaced }: AskOutcome,
  refusal: () => UnplacedVerdict,
): DemandReport['verdicts'] => {
  const placed = [...sumsOf(places).values()].flatMap(({ tasks, instances, place: it }) => {
    if (it.kind !== 'now') return [{ tasks, verdict: verdictOf(it, instances.size) }];
    const certain = Math.min(tasks, certainNow);
    return [
      { tasks: certain, verdict: verdictOf(it, instances.size) },
      { tasks: tasks - certain, verdict: { kind: 'mayFitNow' as const, instances: instances.size } },
    ];
  });
  const left = unplaced > 0 ? [{ tasks: unplaced, verdict: refusal() }] : [];
  return [...placed.filter((it) => it.tasks > 0), ...left];
};

type TasksWithVerdict = DemandReport['verdicts'][number];

/** Says of room for tasks that nobody runs by themselves who has to. */
const withRetry = ({ demand }: Asked, it: TasksWithVerdict): TasksWithVerdict =>
  demand.runsOnlyIfAskedAgain === true && it.verdict.kind === 'fitsNow'
    ? {
        ...it,
        verdict: { ...it.verdict, detail: 'no one will retry this: whoever called RunTask has to call it again' },
      }
    : it;

/** A demand, or room to be kept free, and what it asks of ECS; `ask` is undefined where its size is not known. */
interface Asked {
  readonly demand: Demand;
  readonly source: string;
  readonly ask: Ask | undefined;
  readonly isReserve?: true;
}

const reportFor = (
  { demand, source, isReserve }: Asked,
  rest: Pick<DemandReport, 'verdicts' | 'obstacles'>,
): DemandReport => ({
  id: demand.id,
  source,
  capacityProvider: demand.binding.kind === 'provider' ? demand.binding.name : undefined,
  requirements: {
    cpuUnits: demand.wants?.requirements.cpuUnits ?? 0,
    memoryMiB: demand.wants?.requirements.memoryMiB ?? 0,
  },
  tasks: demand.tasks,
  ...(isReserve === true ? { isReserve } : {}),
  ...rest,
});

const noPlace = ({ tasks }: Demand): AskOutcome => ({ places: [], certainNow: 0, unplaced: tasks });

const report = (view: View, it: Asked, placing: Placing, possible: Possible): DemandReport => {
  const outcome = placing.outcomes.get(it.demand.id) ?? noPlace(it.demand);
  const isLeft = outcome.places.some((one) => one.kind !== 'now') || outcome.unplaced > 0;
  return reportFor(it, {
    verdicts: verdictsOf(outcome, () => refusalOf(view, possible, it.demand, it.ask)).map((one) => withRetry(it, one)),
    obstacles: isLeft ? obstaclesOf(view, it.ask) : [],
  });
};

/** No instance would help these; whether they still have room is said, for that is what shows that ECS holds them back. */
const reportHeldBack = (view: View, it: Asked, present: Supply['present']): DemandReport => {
  const { demand, ask } = it;
  const nothingElse: Supply = { present, incoming: {}, restorable: [], launchable: [] };
  const outcome = (ask && place([ask], nothingElse).outcomes.get(demand.id)) ?? noPlace(demand);
  const instances = new Set(outcome.places.map((one) => one.site)).size;
  const verdict: UnplacedVerdict =
    outcome.unplaced === 0
      ? { kind: 'fitsNow', instances, detail: heldBackDetail(view, demand, instances) }
      : { kind: 'heldBack', detail: heldBackDetail(view, demand, 0) };
  return reportFor(it, { verdicts: [{ tasks: demand.tasks, verdict }], obstacles: [] });
};

const asksOf = (all: readonly Asked[]): readonly Ask[] => all.map((it) => it.ask).filter((it) => it !== undefined);

/** The part of the asks that found room on what is there. */
const placedNow = (asks: readonly Ask[], { outcomes }: Placing): readonly Ask[] =>
  asks
    .map((ask) => {
      const places = outcomes.get(ask.id)?.places ?? [];
      return { ...ask, count: places.reduce((sum, it) => (it.kind === 'now' ? sum + it.tasks : sum), 0) };
    })
    .filter((it) => it.count > 0);

const tasksLaunchedFor = (group: string, { outcomes }: Placing): number =>
  [...outcomes.values()]
    .flatMap((it) => it.places)
    .reduce((total, it) => (it.kind === 'launched' && it.launchable === group ? total + it.tasks : total), 0);

const stepsOf = (view: View, states: readonly GroupState[], placing: Placing): readonly SizeStep[] => {
  const forMinimum = missingForMinimum(view, states);
  return states.flatMap((state) => {
    const { name } = state.group;
    const instances = Math.max(placing.launches[name] ?? 0, isPartial(view) ? 0 : (forMinimum[name] ?? 0));
    const growth = growthSteps(view, state, instances, tasksLaunchedFor(name, placing));
    return growth.length > 0 || isPartial(view) ? growth : takeBackSteps(view, state);
  });
};

const nothingPlaced: Placing = { launches: {}, restores: new Set(), needed: new Set(), outcomes: new Map() };

/** Most decisions: no room is looked for. */
const withoutDemand = (view: View, states: readonly GroupState[]): ScaleOut => {
  const steps = stepsOf(view, states, nothingPlaced);
  const wakeAts = launchWakeAts(view, states, steps, []);
  return { steps, demand: [], neededInstances: new Set(), restores: new Set(), asks: [], wakeAts };
};

/** What keeps a group from one more instance than are launched. */
const limitAfter = (caps: CapRoom, launching: Possible['launching'], { launches }: Placing): Possible['limitOf'] => {
  const left = caps.after(launches);
  return (state) => {
    const own = { ...state.limit, instances: state.limit.instances - (launches[state.group.name] ?? 0) };
    const known = launching.find((it) => it.state === state);
    return known === undefined ? own : tightest(own, left.limit(known));
  };
};

/**
 * Places all demand on what is there, on what is on its way, on what can be restored, and on new instances, in that
 * order; the last change the size of a group once at most, to the exact count. Room that is to be kept free is asked for
 * in the same packing and comes after the demand where there is not enough for both.
 */
export const scaleOut = (
  view: View,
  states: readonly GroupState[],
  demands: readonly Demand[],
  reserves: readonly Reserve[] = [],
): ScaleOut => {
  const kept = reserves.filter((it) => it.launches);
  if (demands.length + kept.length === 0) return withoutDemand(view, states);
  const launching = launchingOf(view, states);
  const supply = supplyOf(view, launching);
  const sites = [...supply.present, ...launching.flatMap((it) => it.sites.samples)];
  const asked = [
    ...demands.map((demand): Asked => ({ demand, source: demand.source, ask: askOf(demand, sites) })),
    ...kept.map(
      ({ demand, detail }): Asked => ({
        demand,
        source: detail,
        ask: askOf(demand, sites),
        isReserve: true,
      }),
    ),
  ];
  const wanted = asksOf(asked.slice(0, demands.length).filter((it) => it.demand.heldBack !== true));
  const reserved = asksOf(asked.slice(demands.length));
  const caps = capRoomOf(view, states, launching);
  const { placing, wakeAts } = placeOrWait(view, wanted, reserved, { launching, supply, caps });
  const possible: Possible = { states, launching, limitOf: limitAfter(caps, launching, placing) };
  const heldBack = asked.filter((it) => it.demand.heldBack === true);
  const present = heldBack.length === 0 ? [] : supplyAfter(supply, [...wanted, ...reserved], placing).present;
  const reports = asked.map((it) =>
    heldBack.includes(it) ? reportHeldBack(view, it, present) : report(view, it, placing, possible),
  );
  const needed = reserved.length === 0 ? placing.needed : place(wanted, { ...supply, launchable: [] }).needed;
  const steps = stepsOf(view, states, placing);
  return {
    steps,
    demand: reports,
    neededInstances: new Set([...needed, ...placing.restores]),
    restores: placing.restores,
    asks: placedNow([...wanted, ...reserved], placing),
    wakeAts: [...launchWakeAts(view, states, steps, reports), ...wakeAts],
  };
};
