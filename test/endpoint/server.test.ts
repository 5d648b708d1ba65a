import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { listen } from '../../simulator/endpoint/server.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { localDynamoDb } from '../support/local-dynamo-db.ts';
import { quietConsole } from '../support/quiet-console.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const now = (): number => Date.now();
const target = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' };
const clusters = () => fakeWorld({ ecs: { ListClusters: () => ({ clusterArns: [] }) } });

/** Whether anybody takes a connection at this address. */
const answersAt = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (it: boolean) => () => {
      socket.destroy();
      done(it);
    };
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
  });

describe('where it listens', () => {
  it('is loopback alone, whatever else is asked for', async () => {
    const options = { world: clusters(), now, host: '0.0.0.0', hostname: '0.0.0.0', address: '0.0.0.0' };
    await using endpoint = await listen(options);
    const { hostname, port } = new URL(endpoint.url);
    const others = Object.values(networkInterfaces())
      .flatMap((it) => it ?? [])
      .filter((it) => !it.internal && it.family === 'IPv4')
      .map((it) => it.address);

    expect(hostname).toBe('127.0.0.1');
    expect(await answersAt('127.0.0.1', Number(port))).toBe(true);
    for (const other of [...others, '::1']) expect(await answersAt(other, Number(port))).toBe(false);
  });

  it('is the port asked for, and an error where that is taken', async () => {
    await using first = await listen({ world: clusters(), now });
    const port = Number(new URL(first.url).port);

    await expect(listen({ world: clusters(), now, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('is nowhere once closed, though connections were kept alive', async () => {
    const endpoint = await listen({ world: clusters(), now });
    await fetch(endpoint.url, { method: 'POST', headers: target, body: '{}' });

    await endpoint.close();

    expect(await answersAt('127.0.0.1', Number(new URL(endpoint.url).port))).toBe(false);
  });
});

describe('what every answer carries', () => {
  it('is the world’s date, a counted request id, the length, and a connection kept for a minute', async () => {
    await using endpoint = await listen({ world: clusters(), now: () => 1_795_400_000_999 });
    const post = () => fetch(endpoint.url, { method: 'POST', headers: target, body: '{}' });

    const answers = [await post(), await post()];

    expect(answers.map((it) => it.headers.get('x-amzn-requestid'))).toEqual([
      '00000000-0000-4000-8000-000000000001',
      '00000000-0000-4000-8000-000000000002',
    ]);
    expect(answers[0]?.headers.get('date')).toBe(new Date(1_795_400_000_000).toUTCString());
    expect(answers[0]?.headers.get('content-length')).toBe('18');
    expect(answers[0]?.headers.get('keep-alive')).toBe('timeout=60');
  });

  it.each([
    ['is not HTTP', 'BOIL WATER\r\n\r\n', '400 Bad Request'],
    ['has endless headers', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(100_000)}`, '431 Request Header'],
    ['wants a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', '405 Method Not Allowed'],
  ])('is the world’s date even for what %s', async (_, sent, status) => {
    await using endpoint = await listen({ world: clusters(), now: () => 1_795_400_000_000 });
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(endpoint.url).port) });

    socket.write(sent);
    const answer = await text(socket);

    expect(answer).toContain(status);
    expect(answer).toContain(`Date: ${new Date(1_795_400_000_000).toUTCString()}`);
  });
});

describe('who calls', () => {
  it('is told by the header the host adds, else is external', async () => {
    const world = clusters();
    await using endpoint = await listen({ world, now });
    const headers = { ...target, 'x-berth-invocation': 'decide#7' };

    await fetch(endpoint.url, { method: 'POST', headers, body: '{}' });
    await fetch(endpoint.url, { method: 'POST', headers: target, body: '{}' });

    expect(world.calls.map((it) => it.caller)).toEqual(['decide#7', 'external']);
  });

  it('may be a client configured by AWS_ENDPOINT_URL alone', async () => {
    const world = clusters();
    await using endpoint = await listen({ world, now });
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });

    try {
      await new ECSClient({}).send(new ListClustersCommand({}));
    } finally {
      process.env = before;
    }

    expect(world.calls).toHaveLength(1);
  });
});

describe('what it cannot do', () => {
  it('is answered as an internal failure and told on the console', async () => {
    const world = fakeWorld({
      ecs: {
        ListClusters: () => {
          throw new TypeError('clusters is not iterable');
        },
      },
    });
    await using endpoint = await listen({ world, now });
    using told = quietConsole();

    const answer = new ECSClient(sdkOptions(endpoint.url)).send(new ListClustersCommand({}));

    await expect(answer).rejects.toMatchObject({
      name: 'InternalFailure',
      message: 'clusters is not iterable',
      $metadata: { httpStatusCode: 500 },
    });
    expect(told.error).toHaveBeenCalledWith(
      expect.anything(),
      expect.objectContaining({ message: 'clusters is not iterable' }),
    );
  });

  it.each([
    ['sent in one piece', 1024 * 1024 + 1],
    ['sent for long', 20 * 1024 * 1024],
  ])('refuses a body over 1 MiB, %s, and goes on serving', async (_, length) => {
    await using endpoint = await listen({ world: clusters(), now });

    const refused = await fetch(endpoint.url, { method: 'POST', headers: target, body: Buffer.alloc(length, 32) });
    const served = await fetch(endpoint.url, { method: 'POST', headers: target, body: '{}' });

    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ __type: 'RequestEntityTooLarge' });
    expect(served.status).toBe(200);
  });

  it('takes a body of 1 MiB', async () => {
    await using endpoint = await listen({ world: clusters(), now });
    const body = `{"a":"${' '.repeat(1024 * 1024 - 8)}"}`;

    expect((await fetch(endpoint.url, { method: 'POST', headers: target, body })).status).toBe(200);
  });

  it('refuses gzip that unpacks to more, and gzip that is none', async () => {
    await using endpoint = await listen({ world: clusters(), now });
    const headers = { ...target, 'content-encoding': 'gzip' };

    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const large = await fetch(endpoint.url, { method: 'POST', headers, body: bomb });
    const none = await fetch(endpoint.url, { method: 'POST', headers, body: 'plain' });

    expect(large.status).toBe(413);
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({ __type: 'SerializationException' });
  });

  it('outlives a caller that hangs up in the middle', async () => {
    await using endpoint = await listen({ world: clusters(), now });
    const headers = { ...target, 'content-length': '100' };
    const half = request(endpoint.url, { method: 'POST', headers });
    half.on('error', () => undefined);
    half.write('{');
    await once(half, 'socket');
    await new Promise((done) => setTimeout(done, 20));
    half.destroy();

    const served = await fetch(endpoint.url, { method: 'POST', headers: target, body: '{}' });

    expect(served.status).toBe(200);
  });
});

describe('DynamoDB', () => {
  it('is passed on to where it is played', async () => {
    await using dynamoDb = await localDynamoDb();
    const { protocol, hostname, port } = (await dynamoDb.client.config.endpoint?.()) ?? {};
    const dynamoDbUrl = `${protocol ?? ''}//${hostname ?? ''}:${port ?? ''}`;
    await using endpoint = await listen({ world: fakeWorld({}), now, dynamoDbUrl });
    const client = new DynamoDBClient(sdkOptions(endpoint.url));
    const Item = { pk: { S: 'cluster' }, sk: { S: 'head' }, size: { N: '7' } };

    const tables = await client.send(new ListTablesCommand({}));
    await client.send(new PutItemCommand({ TableName: dynamoDb.tableName, Item }));
    const missing = client.send(new GetItemCommand({ TableName: 'none', Key: { pk: { S: 'x' } } }));

    expect(tables.TableNames).toEqual([dynamoDb.tableName]);
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is answered with a failure where it is not reached', async () => {
    await using gone = await listen({ world: fakeWorld({}), now });
    await gone.close();
    await using endpoint = await listen({ world: fakeWorld({}), now, dynamoDbUrl: gone.url });

    using told = quietConsole();

    const answer = new DynamoDBClient(sdkOptions(endpoint.url)).send(new ListTablesCommand({}));

    await expect(answer).rejects.toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
    expect(told.error).toHaveBeenCalledTimes(1);
  });
});
