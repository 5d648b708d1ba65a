/** One decision about launches, without the rest of a plan. */

import type { ClusterMemory } from '../../lib/model/memory.ts';
import type { UnplacedVerdict } from '../../lib/model/plan.ts';
import { type Demand, demandOf } from '../../lib/planning/demand.ts';
import { type GroupState, stateOf } from '../../lib/planning/groups.ts';
import { launchFailuresAfter } from '../../lib/planning/launching/failures.ts';
import { grownAtAfter, launchesAfter, resizedAfter } from '../../lib/planning/launching/memory.ts';
import { sizesAfter } from '../../lib/planning/launching/steps.ts';
import type { Reserve } from '../../lib/planning/reserves.ts';
import { type ScaleOut, scaleOut } from '../../lib/planning/scale-out.ts';
import { type PlanningInput, type View, viewOf } from '../../lib/planning/view.ts';

export interface Launched {
  readonly view: View;
  readonly states: readonly GroupState[];
  readonly out: ScaleOut;
  /** What the next decision is given to remember of launches. */
  readonly memory: ClusterMemory;
}

export const decideLaunches = (
  given: PlanningInput,
  { reserves = [], demands }: { readonly reserves?: readonly Reserve[]; readonly demands?: readonly Demand[] } = {},
): Launched => {
  const view = viewOf(given);
  const states = view.observation.groups.map((it) => stateOf(view, it));
  const out = scaleOut(view, states, demands ?? demandOf(view), reserves);
  const asked = [...sizesAfter(out.steps)].map(([group, desiredCapacity]) => ({
    group,
    desiredCapacity,
    at: view.now,
  }));
  return {
    view,
    states,
    out,
    memory: {
      ...given.memory,
      intents: [...states.flatMap((it) => it.intents), ...asked],
      unregisteredSince: Object.fromEntries(states.flatMap((it) => Object.entries(it.unregisteredSince))),
      launches: launchesAfter(view, out.steps),
      launchFailures: launchFailuresAfter(view),
      grownAt: grownAtAfter(view, out.steps),
      resized: resizedAfter(view, out.steps),
    },
  };
};

/** The sizes that the steps lead to, by group. */
export const sizes = ({ out }: Launched): Readonly<Record<string, number>> => Object.fromEntries(sizesAfter(out.steps));

/** All verdicts, one demand after another. */
export const verdictsIn = ({ out }: Launched): readonly (readonly [tasks: number, verdict: UnplacedVerdict])[] =>
  out.demand.flatMap((it) => it.verdicts.map(({ tasks, verdict }) => [tasks, verdict] as const));

export const kindsIn = (launched: Launched): readonly (readonly [tasks: number, kind: string])[] =>
  verdictsIn(launched).map(([tasks, it]) => [tasks, it.kind === 'unplaceable' ? it.reason : it.kind] as const);

export const detailsIn = (launched: Launched): string =>
  verdictsIn(launched)
    .flatMap(([, it]) => ('detail' in it ? (it.detail ?? []) : []))
    .join('; ');
