import { nothingAsked } from '../../model/asked-for.ts';
import type { History } from '../../ports/history.ts';
import type { Store } from '../../ports/store.ts';

/** What may be read where there is no deployment: nothing is remembered, nothing was asked for. */
export const noStore: Pick<Store, 'recall' | 'drainsAndAsked'> & History = {
  recall: () => Promise.resolve(undefined),
  drainsAndAsked: () => Promise.resolve({ drains: [], asked: nothingAsked, runs: [] }),
  decisions: () => Promise.resolve([]),
};
