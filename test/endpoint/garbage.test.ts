import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Endpoint, listen } from '../../simulator/endpoint/server.ts';
import { fakeWorld } from '../support/fake-world.ts';

const now = (): number => Date.now();
const world = fakeWorld({
  ecs: { ListClusters: () => ({ clusterArns: [] }) },
  autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [] }) },
});

/** Sends bytes as they are and returns all that comes back until the other side hangs up. */
const send = (endpoint: Endpoint, bytes: Uint8Array, sayNoMore: boolean): Promise<Buffer> => {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(endpoint.url).port) });
  socket.on('error', () => undefined);
  if (sayNoMore) socket.end(bytes);
  else socket.write(bytes);
  return buffer(socket);
};

const stillServes = async (endpoint: Endpoint): Promise<boolean> => {
  const headers = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' };
  return (await fetch(endpoint.url, { method: 'POST', headers, body: '{}' })).ok;
};

const headerValue = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 80 }),
  fc.constantFrom(
    'AmazonEC2ContainerServiceV20141113.ListClusters',
    'AmazonSQS.',
    '.',
    'gzip',
    'application/x-www-form-urlencoded',
    'application/x-amz-json-1.1',
    'application/cbor',
    'AWS4-HMAC-SHA256 Credential=A/2026/eu-west-1/autoscaling/aws4_request',
    'Credential=///////',
  ),
);
const headerName = fc.constantFrom(
  'x-amz-target',
  'content-type',
  'content-encoding',
  'authorization',
  'x-berth-invocation',
  'smithy-protocol',
  'upgrade',
  'expect',
  'accept',
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 300 }).map((it) => new TextEncoder().encode(it)),
  fc.json().map((it) => new TextEncoder().encode(it)),
  fc
    .array(fc.tuple(fc.constantFrom('Action', 'Version', 'Filters.member.1.Name', '__proto__.x', 'a..b'), headerValue))
    .map((it) => new TextEncoder().encode(new URLSearchParams(it).toString())),
  fc.constant(new TextEncoder().encode('Action=DescribeAutoScalingGroups&Version=2011-01-01&Filters.member.x.Name')),
);

describe('garbage', () => {
  it('in any well-formed request gets an answer, and never that of a failure within', async () => {
    await using endpoint = await listen({ world, now });
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW');
    const path = fc.webUrl({ withQueryParameters: true }).map((it) => it.replace(/^https?:\/\/[^/]*/, '/'));
    const headers = fc.dictionary(headerName, headerValue);

    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (verb, where, extra, content) => {
        const lines = Object.entries(extra).map(([name, value]) => `${name}: ${value}\r\n`);
        const length = `Content-Length: ${content.length}\r\nConnection: close\r\n`;
        const head = `${verb} ${where} HTTP/1.1\r\nHost: x\r\n${length}${lines.join('')}\r\n`;

        const answer = await send(endpoint, Buffer.concat([Buffer.from(head, 'latin1'), content]), false);

        expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      }),
      { numRuns: 400 },
    );
    expect(await stillServes(endpoint)).toBe(true);
  });

  it('of any bytes gets an answer or a hang-up, and harms nobody else', async () => {
    await using endpoint = await listen({ world, now });

    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), async (bytes) => {
        await send(endpoint, bytes, true);
      }),
      { numRuns: 200 },
    );
    expect(await stillServes(endpoint)).toBe(true);
  });
});
