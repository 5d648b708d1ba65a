import { type ItemKey, partitionOf } from './items.ts';

/** Apart from drains and what was asked for: no decision reads them. */
const historyPrefix = 'history#';
/** No decision's sort key is as high: $ comes after #. */
export const pastHistory = 'history$';

/** Keys in order of time. */
export const timeKey = (at: number): string => `${historyPrefix}${new Date(at).toISOString()}`;

export const decisionKey = (cluster: string, at: number, generation: number): ItemKey => ({
  pk: partitionOf(cluster),
  sk: `${timeKey(at)}#${generation}`,
});
