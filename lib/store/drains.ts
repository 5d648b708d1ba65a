import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Drain, DrainCause, DrainState } from '../model/memory.ts';
import type { Store } from '../ports/store.ts';
import { type DynamoDbTable, held, type Item, toItem } from './dynamo-db-table.ts';
import { drainFrom, drainKey, drainPrefix, type ItemKey, partitionOf } from './items.ts';

type Drains = Pick<Store, 'drains' | 'putDrain' | 'openDrain' | 'endDrain'>;

const itemOf = (cluster: string, drain: Drain): ItemKey & Drain => ({
  ...drainKey(cluster, drain.ec2InstanceId),
  ...drain,
});

/** The cause never changes but by openDrain, so an equal one means that nobody else has taken the drain over. */
const absentOrOf = (cause: DrainCause) => ({
  expression: 'attribute_not_exists(pk) OR cause = :cause',
  values: { ':cause': cause },
});

/** Berth's own drain of an empty instance gives way to an ending by others, unless it has ended the instance already. */
const absentOrOwn = {
  expression: 'attribute_not_exists(pk) OR (cause = :empty AND #state <> :terminating)',
  names: { '#state': 'state' },
  values: { ':empty': 'empty' satisfies DrainCause, ':terminating': 'terminating' satisfies DrainState },
};

/** The drains: one item an instance. */
export const drainsIn = (table: DynamoDbTable): Drains => ({
  async drains(cluster) {
    const drains: Drain[] = [];
    let from: Item | undefined;
    do {
      const { Items, LastEvaluatedKey } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :drain)',
          ExpressionAttributeValues: toItem({ ':pk': partitionOf(cluster), ':drain': drainPrefix }),
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
      );
      drains.push(...(Items ?? []).map((it) => drainFrom(table.name, unmarshall(it))));
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return drains;
  },

  async putDrain(cluster, drain) {
    await held(table.put(itemOf(cluster, drain), absentOrOf(drain.cause)));
  },

  openDrain: (cluster, drain) => held(table.put(itemOf(cluster, drain), absentOrOwn)),

  async endDrain(cluster, { ec2InstanceId, cause }) {
    await held(table.delete(drainKey(cluster, ec2InstanceId), absentOrOf(cause)));
  },
});
