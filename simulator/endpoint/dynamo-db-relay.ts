import { Agent, type IncomingHttpHeaders, request as openRequest } from 'node:http';
import type { Answer } from './exchange.ts';

/** Passes DynamoDB requests on to where a DynamoDB is played already. */
export interface DynamoDbRelay {
  /** The answer is untouched: its checksum is over these very bytes. */
  forward(headers: IncomingHttpHeaders, body: Buffer): Promise<Answer>;
  close(): void;
}

/** BatchWriteItem's limit, the largest of DynamoDB's. */
export const largestDynamoDbBody = 16 * 1024 * 1024;

export const isDynamoDbTarget = (target: string | string[] | undefined): boolean =>
  typeof target === 'string' && target.startsWith('DynamoDB_20120810.');

/** What concerns one connection, not the message it carries; `date` is the server's to say. */
const connectionHeaders = new Set(['connection', 'date', 'expect', 'host', 'keep-alive', 'transfer-encoding']);

const withoutConnection = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !connectionHeaders.has(name)));

export const dynamoDbRelay = (url: string): DynamoDbRelay => {
  const agent = new Agent({ keepAlive: true });
  return {
    forward: (headers, body) =>
      new Promise((done, failed) => {
        const sent = { ...withoutConnection(headers), 'content-length': body.length };
        const upstream = openRequest(url, { method: 'POST', agent, headers: sent }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', failed);
          response.on('end', () => {
            const answered = withoutConnection(response.headers);
            done({ status: response.statusCode ?? 500, headers: answered, body: Buffer.concat(parts) });
          });
        });
        upstream.on('error', failed);
        upstream.end(body);
      }),
    close: () => {
      agent.destroy();
    },
  };
};
