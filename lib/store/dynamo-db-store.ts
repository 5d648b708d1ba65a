import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../ports/store.ts';
import { askedIn } from './asked.ts';
import { decisionsIn } from './decisions.ts';
import { drainsIn } from './drains.ts';
import { dynamoDbTable } from './dynamo-db-table.ts';
import { headsIn } from './heads.ts';

/** The store on one DynamoDB table with the string keys `pk` and `sk`; `items.ts` says what lies in it. */
export const dynamoDbStore = (client: DynamoDBClient, tableName: string): Store => {
  const table = dynamoDbTable(client, tableName);
  return { ...headsIn(table), ...drainsIn(table), ...askedIn(table), ...decisionsIn(table) };
};
