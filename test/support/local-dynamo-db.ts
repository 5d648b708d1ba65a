import { once } from 'node:events';
import type { Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { createTable } from '../../lib/store/table.ts';

export interface LocalDynamoDb extends AsyncDisposable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('dynalite does not listen on a port');
  return address.port;
};

/** DynamoDB in this process with one empty table. Declared with `await using`, for left open it keeps Jest alive. */
export const localDynamoDb = async (): Promise<LocalDynamoDb> => {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const tableName = 'berth-test';
  await createTable(client, tableName);
  return {
    client,
    tableName,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await new Promise((closed) => {
        server.close(closed);
      });
    },
  };
};
