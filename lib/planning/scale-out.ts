import type { DemandReport, SetGroupDesiredCapacity, UnplacedVerdict } from '../model/plan.ts';
import { type AskOutcome, type Place, type Placing, place } from '../placement/place.ts';
import { askOf } from './asks.ts';
import type { Demand } from './demand.ts';
import type { GroupState } from './groups.ts';
import { obstaclesOf, refusalOf } from './refusals.ts';
import { launchingOf, supplyOf } from './supply.ts';
import type { View } from './view.ts';

/** What scale-out decided: which steps, what becomes of each demand, and which existing instances it counts on. */
export interface ScaleOut {
  readonly steps: readonly SetGroupDesiredCapacity[];
  readonly demand: readonly DemandReport[];
  /** EC2 instance ids whose room is spoken for. */
  readonly neededInstances: ReadonlySet<string>;
  /** EC2 instance ids of Berth's own drains whose room is needed: restored before anything is launched. */
  readonly restores: ReadonlySet<string>;
}

const noDemand: ScaleOut = { steps: [], demand: [], neededInstances: new Set(), restores: new Set() };

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
  refusal: UnplacedVerdict,
): DemandReport['verdicts'] => {
  const placed = [...sumsOf(places).values()].flatMap(({ tasks, instances, place: it }) => {
    if (it.kind !== 'now') return [{ tasks, verdict: verdictOf(it, instances.size) }];
    const certain = Math.min(tasks, certainNow);
    return [
      { tasks: certain, verdict: verdictOf(it, instances.size) },
      { tasks: tasks - certain, verdict: { kind: 'mayFitNow' as const, instances: instances.size } },
    ];
  });
  return [...placed, { tasks: unplaced, verdict: refusal }].filter((it) => it.tasks > 0);
};

/**
 * Places all demand on what is there, on what is on its way, on what can be restored, and on new instances, in that
 * order; the last make at most one step a group, to the exact count.
 */
export const scaleOut = (view: View, states: readonly GroupState[], demands: readonly Demand[]): ScaleOut => {
  if (demands.length === 0) return noDemand;
  const launching = launchingOf(view, states);
  const supply = supplyOf(view, launching);
  const sites = [...supply.present, ...launching.flatMap((it) => it.sites.samples)];
  const asks = demands.map((it) => askOf(it, sites));
  const placing = place(
    asks.filter((it) => it !== undefined),
    supply,
  );
  return {
    steps: states.flatMap(({ group }) => stepFor(group.name, group.desiredCapacity, placing)),
    demand: demands.map((it, n) => {
      const ask = asks[n];
      const outcome = placing.outcomes.get(it.id) ?? { places: [], certainNow: 0, unplaced: it.tasks };
      const isLeft = outcome.places.some((one) => one.kind !== 'now') || outcome.unplaced > 0;
      return {
        source: it.source,
        capacityProvider: it.binding.kind === 'provider' ? it.binding.name : undefined,
        requirements: {
          cpuUnits: it.wants?.requirements.cpuUnits ?? 0,
          memoryMiB: it.wants?.requirements.memoryMiB ?? 0,
        },
        tasks: it.tasks,
        verdicts: verdictsOf(outcome, refusalOf(view, states, launching, it, ask)),
        obstacles: isLeft ? obstaclesOf(view, ask) : [],
      };
    }),
    neededInstances: new Set([...placing.needed, ...placing.restores]),
    restores: placing.restores,
  };
};

const tasksLaunchedFor = (group: string, { outcomes }: Placing): number =>
  [...outcomes.values()]
    .flatMap((it) => it.places)
    .reduce((total, it) => (it.kind === 'launched' && it.launchable === group ? total + it.tasks : total), 0);

const stepFor = (group: string, from: number, placing: Placing): readonly SetGroupDesiredCapacity[] => {
  const instances = placing.launches[group] ?? 0;
  if (instances === 0) return [];
  const tasks = tasksLaunchedFor(group, placing);
  const reason = `${tasks} task${tasks === 1 ? '' : 's'} without room need ${instances} more instance${instances === 1 ? '' : 's'}`;
  return [{ kind: 'setGroupDesiredCapacity', group, from, to: from + instances, reason }];
};
