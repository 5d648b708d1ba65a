import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

const pollMs = 10;
const patienceMs = 10_000;

/**
 * Makes the table where there is no deployment to make it (tests, the simulator), and waits until it can be used.
 * Its items have no time to live; the deployed table's have, by `expiresAt`. Readers leave out what is over anyway.
 */
export const createTable = async (client: DynamoDBClient, tableName: string): Promise<void> => {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.TableStatus === 'ACTIVE') return;
    await sleep(pollMs);
  }
  throw new Error(`table ${tableName} was not ready after ${patienceMs / 1000} s`);
};
