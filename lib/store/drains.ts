import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Drain, DrainCause, DrainState } from '../model/memory.ts';
import type { Store } from '../ports/store.ts';
import { type DynamoDbTable, held } from './dynamo-db-table.ts';
import { drainFrom, drainKey, drainPrefix, type ItemKey, partitionOf, pastDrains } from './items.ts';

type Drains = Pick<Store, 'drains' | 'putDrain' | 'openDrain' | 'endDrain'>;

const itemOf = (cluster: string, drain: Drain): ItemKey & Drain => ({
  ...drainKey(cluster, drain.ec2InstanceId),
  ...drain,
});

/** Neither ever changes but by openDrain, so where both are equal nobody else has taken the drain over. */
const absentOrOf = ({ cause, startedAt }: Pick<Drain, 'cause' | 'startedAt'>) => ({
  expression: 'attribute_not_exists(pk) OR (cause = :cause AND startedAt = :startedAt)',
  values: { ':cause': cause, ':startedAt': startedAt },
});

/** A drain of Berth's own gives way to a person's and to an ending by others, unless it has ended the instance already. */
const absentOrOwn = {
  expression: 'attribute_not_exists(pk) OR (NOT cause IN (:hook, :spot) AND #state <> :terminating)',
  names: { '#state': 'state' },
  values: {
    ':hook': 'lifecycleAction' satisfies DrainCause,
    ':spot': 'spotInterruption' satisfies DrainCause,
    ':terminating': 'terminating' satisfies DrainState,
  },
};

/** The drains: one item an instance. */
export const drainsIn = (table: DynamoDbTable): Drains => ({
  async drains(cluster) {
    const drains: Drain[] = [];
    for await (const page of table.query(partitionOf(cluster), drainPrefix, pastDrains))
      drains.push(...page.map((it) => drainFrom(table.name, unmarshall(it))));
    return drains;
  },

  async putDrain(cluster, drain) {
    await held(table.put(itemOf(cluster, drain), absentOrOf(drain)));
  },

  openDrain: (cluster, drain) => held(table.put(itemOf(cluster, drain), absentOrOwn)),

  async endDrain(cluster, drain) {
    await held(table.delete(drainKey(cluster, drain.ec2InstanceId), absentOrOf(drain)));
  },
});
