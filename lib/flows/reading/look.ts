import { type Head, noMemory } from '../../model/memory.ts';
import { costOf, type GroupCost } from '../../planning/cost.ts';
import type { Store } from '../../ports/store.ts';
import { type Looked, lookAndPlan, type PlanDependencies } from '../planning.ts';

export type { GroupCost } from '../../planning/cost.ts';

export interface LookDependencies extends PlanDependencies {
  readonly store: Pick<Store, 'recall' | 'drainsAndAsked'>;
}

/** The plan of this moment, with what it rests on. */
export interface Look extends Looked {
  /** Undefined where Berth has never decided on the cluster, or its memory is not at hand. */
  readonly head: Head | undefined;
  readonly costs: readonly GroupCost[];
}

/** The plan that a decision would make now, by the same functions, without raising or writing anything. */
export const look = async (cluster: string, deps: LookDependencies): Promise<Look> => {
  const remembered = await deps.store.recall(cluster);
  const looked = await lookAndPlan(cluster, remembered?.memory ?? noMemory, true, deps);
  return { ...looked, head: remembered?.head, costs: costOf(looked.input, looked.plan) };
};
