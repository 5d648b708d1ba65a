import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { sqsDeadLetters, sqsDecisionQueue, sqsWakeUps } from '../../lib/aws/sqs-queues.ts';
import { type JsonObject, loopbackAws, textOf } from './loopback-aws.ts';

const sent = async (send: (client: SQSClient, queueUrl: string) => Promise<void>): Promise<JsonObject> => {
  await using aws = await loopbackAws({
    SendMessage: (input) => ({
      MessageId: '1',
      MD5OfMessageBody: createHash('md5').update(textOf(input['MessageBody'])).digest('hex'),
    }),
  });
  const client = new SQSClient(aws.config);
  await send(client, `${aws.config.endpoint}/123456789012/queue`);
  client.destroy();
  return aws.calls[0]?.input ?? {};
};

describe('sqsDecisionQueue', () => {
  it('asks for a decision of one cluster and generation, which SQS keeps once', async () => {
    const input = await sent((client, url) => sqsDecisionQueue(client, url).ask('prod', 7, 'task stopped', false));

    expect(input).toMatchObject({
      MessageGroupId: 'prod',
      MessageDeduplicationId: 'prod#7',
      MessageBody: '{"cluster":"prod","generation":7,"reason":"task stopped"}',
    });
  });

  it('asks beside it where it hurries: what does not hurry may be put off', async () => {
    const input = await sent((client, url) => sqsDecisionQueue(client, url).ask('prod', 7, 'spotInterruption', true));

    expect(input).toMatchObject({ MessageGroupId: 'prod', MessageDeduplicationId: 'prod#7#now' });
  });

  it('shortens ids that SQS would refuse, and keeps them apart', async () => {
    const long = 'c'.repeat(255);
    const one = await sent((client, url) => sqsDecisionQueue(client, url).ask(long, 7, '', false));
    const two = await sent((client, url) => sqsDecisionQueue(client, url).ask(long, 8, '', false));

    expect(textOf(one['MessageGroupId'])).toMatch(/^[0-9a-f]{64}$/);
    expect(one['MessageGroupId']).toBe(two['MessageGroupId']);
    expect(one['MessageDeduplicationId']).not.toBe(two['MessageDeduplicationId']);
  });
});

describe('sqsWakeUps', () => {
  it.each([
    [-5, 0],
    [0, 0],
    [1_001, 2],
    [10_000, 10],
    [3_600_000, 900],
  ])('wakes a cluster in %d ms: %d s', async (delayMs, seconds) => {
    const input = await sent((client, url) => sqsWakeUps(client, url).wake('prod', delayMs, 'timer'));

    expect(input).toMatchObject({
      DelaySeconds: seconds,
      MessageBody: '{"source":"berth","detail-type":"Berth Wake-Up","detail":{"cluster":"prod","reason":"timer"}}',
    });
  });
});

describe('sqsDeadLetters', () => {
  it('keeps the body as it came, with reason and source beside it', async () => {
    const input = await sent((client, url) => sqsDeadLetters(client, url).bury('{odd', 'x'.repeat(2_000), ''));

    expect(input).toMatchObject({
      MessageBody: '{odd',
      MessageAttributes: {
        reason: { DataType: 'String', StringValue: 'x'.repeat(1_000) },
        source: { DataType: 'String', StringValue: 'unknown' },
      },
    });
  });
});
