import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { World } from '../world/world.ts';
import { answering } from './answering.ts';
import { dynamoDbRelay } from './dynamo-db-relay.ts';
import type { Answer } from './exchange.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';

export interface EndpointOptions {
  readonly world: Pick<World, 'call'>;
  /** Epoch milliseconds: the Date of every answer, after which SDKs correct their clocks. */
  readonly now: () => number;
  /** Any free one unless given. */
  readonly port?: number;
  /** Where DynamoDB requests are passed on to; without it they are refused. */
  readonly dynamoDbUrl?: string;
}

/** The world's APIs in AWS's wire protocols: the value for AWS_ENDPOINT_URL. Signatures are not checked. */
export interface Endpoint {
  readonly url: string;
  /** Ends every connection, those with a call under way too. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const keepAliveMs = 60_000;

/** Real time for a request to arrive: one that stalls must not keep its connection for ever. */
const arrivalMs = 30_000;

/** The Date header; the same text serves for a second. */
const dateHeader = (now: () => number): (() => string) => {
  let second = Number.NaN;
  let text = '';
  return () => {
    const at = Math.floor(now() / 1_000);
    if (at !== second) {
      second = at;
      text = new Date(at * 1_000).toUTCString();
    }
    return text;
  };
};

/** Request ids in the form of AWS's; they count, so that the same run gives the same. */
const requestIds = (): (() => string) => {
  let count = 0;
  return () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`;
};

const write = (response: ServerResponse, { status, headers, body }: Answer, requestId: string, date: string): void => {
  response.writeHead(status, {
    'x-amzn-requestid': requestId,
    ...headers,
    date,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

/** What is wrong with a request Node gives up on, by its error code. */
const statusOf: ReadonlyMap<string | undefined, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);

/** Answers what is not HTTP, or not HTTP for a server, and hangs up. */
const refuseConnection = (socket: Duplex, status: string, date: string): void => {
  socket.on('error', () => undefined); // it hung up first
  socket.end(`HTTP/1.1 ${status}\r\nDate: ${date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
};

/** Puts a world on 127.0.0.1. It answers everything that reaches it, if only with a refusal. */
export const listen = async ({ world, now, port = 0, dynamoDbUrl }: EndpointOptions): Promise<Endpoint> => {
  const relay = dynamoDbUrl === undefined ? undefined : dynamoDbRelay(dynamoDbUrl);
  const answer = answering(world, relay);
  const date = dateHeader(now);
  const nextRequestId = requestIds();
  const server = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: arrivalMs }, (incoming, response) => {
    const requestId = nextRequestId();
    response.on('error', () => undefined); // the caller hung up: there is nobody to tell
    answer(incoming, requestId)
      .then((it) => {
        write(response, it, requestId, date());
      })
      .catch(() => response.destroy());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseConnection(socket, statusOf.get(error.code) ?? '400 Bad Request', date());
  });
  server.on('connect', (_request, socket) => {
    refuseConnection(socket, '405 Method Not Allowed', date());
  });
  const url = await listenOnLoopback(server, port);
  const close = async (): Promise<void> => {
    relay?.close();
    await closeServer(server);
  };
  return { url, close, [Symbol.asyncDispose]: close };
};
