import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Drain } from '../model/memory.ts';
import type { Store } from '../ports/store.ts';
import { type DynamoDbTable, held, type Item, toItem } from './dynamo-db-table.ts';
import { drainFrom, drainKey, drainPrefix, partitionOf } from './items.ts';

type Drains = Pick<Store, 'drains' | 'putDrain' | 'openDrain' | 'endDrain'>;

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

  putDrain: (cluster, drain) => table.put({ ...drainKey(cluster, drain.ec2InstanceId), ...drain }),

  openDrain: (cluster, drain) =>
    held(table.put({ ...drainKey(cluster, drain.ec2InstanceId), ...drain }, 'attribute_not_exists(pk)')),

  endDrain: (cluster, ec2InstanceId) => table.delete(drainKey(cluster, ec2InstanceId)),
});
