import { type DecisionRecord, decisionsLastMs } from '../model/decision.ts';
import { secondMs } from '../model/time.ts';
import type { Store } from '../ports/store.ts';
import { decisionKey } from './decision-key.ts';
import type { DynamoDbTable } from './dynamo-db-table.ts';
import type { ItemKey } from './items.ts';

const itemOf = (cluster: string, it: DecisionRecord): ItemKey => ({
  ...decisionKey(cluster, it.at, it.generation),
  ...it,
  ...{ expiresAt: Math.ceil((it.at + decisionsLastMs) / secondMs) },
});

/** What decisions did: an item each, until it expires. `history.ts` reads them. */
export const decisionsIn = (table: DynamoDbTable): Pick<Store, 'keepDecision'> => ({
  keepDecision: (cluster, decision) => table.put(itemOf(cluster, decision)),
});
