import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { objects, text } from '../../simulator/world/json.ts';
import { minute, only, refusal, second, textAt, type UnderTest, worldUnderTest } from './world-under-test.ts';

const queue = (under: UnderTest, QueueName: string, Attributes: JsonObject = {}): string =>
  textAt(under.call('sqs', 'CreateQueue', { QueueName, Attributes }), 'QueueUrl');

const receive = (under: UnderTest, QueueUrl: string, more: JsonObject = {}): readonly JsonObject[] =>
  objects(under.call('sqs', 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...more }), 'Messages') ?? [];

const bodies = (messages: readonly JsonObject[]): readonly (string | undefined)[] =>
  messages.map((it) => text(it, 'Body'));

describe('a standard queue', () => {
  it('hides a received message for its visibility timeout and shows it again unless it was deleted', async () => {
    const under = worldUnderTest();
    const url = queue(under, 'q', { VisibilityTimeout: '60' });
    for (const MessageBody of ['a', 'b']) under.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody });

    const first = receive(under, url);
    under.call('sqs', 'DeleteMessage', { QueueUrl: url, ReceiptHandle: textAt(first[0], 'ReceiptHandle') });
    const hidden = receive(under, url);
    await under.pass(61 * second);

    expect([bodies(first), hidden, bodies(receive(under, url, { AttributeNames: ['All'] }))]).toEqual([
      ['a', 'b'],
      [],
      ['b'],
    ]);
  });

  it('delays a message, changes its visibility, and tells listeners each time one can be received', async () => {
    const under = worldUnderTest();
    const url = queue(under, 'q');
    const heard: number[] = [];
    under.world.sqs.onMessageVisible(url, () => heard.push((under.clock.now() - Date.UTC(2026, 0, 1)) / second));

    under.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody: 'later', DelaySeconds: 900 });
    await under.pass(899 * second);
    const early = receive(under, url);
    await under.pass(second);
    const message = only(receive(under, url));
    under.call('sqs', 'ChangeMessageVisibility', {
      QueueUrl: url,
      ReceiptHandle: textAt(message, 'ReceiptHandle'),
      VisibilityTimeout: 300,
    });
    await under.pass(10 * minute);

    expect(early).toEqual([]);
    expect(heard).toEqual([900, 1_200]);
  });

  it('moves a message to the dead-letter queue unchanged after maxReceiveCount receipts', async () => {
    const under = worldUnderTest();
    const dead = queue(under, 'dead');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:123456789012:dead',
      maxReceiveCount: 2,
    });
    const url = queue(under, 'q', { VisibilityTimeout: '10', RedrivePolicy });
    under.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody: 'poison' });

    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      seen.push(receive(under, url).length);
      await under.pass(11 * second);
    }

    expect(seen).toEqual([1, 1, 0]);
    expect(bodies(receive(under, dead))).toEqual(['poison']);
  });

  it('answers the digests that SDKs check', () => {
    const under = worldUnderTest();
    const url = queue(under, 'q');
    const MessageAttributes = { timestamp: { StringValue: '1493147359900', DataType: 'Number' } };

    const sent = under.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody: 'derp', MessageAttributes });

    expect(sent).toMatchObject({
      MD5OfMessageBody: '58fd9edd83341c29f1aebba81c31e257',
      MD5OfMessageAttributes: '235c5c510d26fb653d073faed50ae77c',
    });
    expect(receive(under, url, { MessageAttributeNames: ['All'] })).toMatchObject([
      { MessageAttributes, MD5OfMessageAttributes: '235c5c510d26fb653d073faed50ae77c' },
    ]);
  });

  it('refuses what SQS refuses, batches entry by entry', () => {
    const under = worldUnderTest();
    const url = queue(under, 'q');
    const send = (input: JsonObject): string =>
      refusal(() => under.call('sqs', 'SendMessage', { QueueUrl: url, MessageBody: 'a', ...input }));

    expect(send({ QueueUrl: 'https://x/none' })).toContain('QueueDoesNotExist');
    expect(send({ DelaySeconds: 901 })).toContain('InvalidParameterValue');
    const Entries = [
      { Id: '1', MessageBody: 'a' },
      { Id: '2', MessageBody: 'b', DelaySeconds: 1_000 },
    ];
    expect(under.call('sqs', 'SendMessageBatch', { QueueUrl: url, Entries })).toMatchObject({
      Successful: [{ Id: '1' }],
      Failed: [{ Id: '2', SenderFault: true, Code: 'InvalidParameterValue' }],
    });
  });
});

describe('a FIFO queue', () => {
  const fifo = (under: UnderTest, more: JsonObject = {}): string =>
    queue(under, 'q.fifo', { FifoQueue: 'true', VisibilityTimeout: '30', ...more });
  const send = (
    under: UnderTest,
    QueueUrl: string,
    group: string,
    body: string,
    deduplicationId: string | undefined = body,
  ): JsonObject =>
    under.call('sqs', 'SendMessage', {
      QueueUrl,
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: deduplicationId,
    });

  it('gives nothing more of a group while one of it is in flight, and keeps its order', async () => {
    const under = worldUnderTest();
    const url = fifo(under);
    for (const [group, body] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
    ] as const)
      send(under, url, group, body);

    const first = receive(under, url, { MaxNumberOfMessages: 1 });
    const second = receive(under, url);
    const third = receive(under, url);
    await under.pass(31_000);
    const again = receive(under, url, { MaxNumberOfMessages: 1 });
    under.call('sqs', 'DeleteMessage', { QueueUrl: url, ReceiptHandle: textAt(again[0], 'ReceiptHandle') });

    expect([first, second, third, again].map(bodies)).toEqual([['a1'], ['b1'], [], ['a1']]);
    expect(bodies(receive(under, url))).toEqual(['a2', 'b1']);
  });

  it('takes one message per deduplication id in five minutes, and answers the first id again', async () => {
    const under = worldUnderTest();
    const url = fifo(under);
    const first = send(under, url, 'c', 'one', 'c#1');
    const repeated = send(under, url, 'c', 'two', 'c#1');
    await under.pass(5 * minute);
    const later = send(under, url, 'c', 'three', 'c#1');

    expect(repeated['MessageId']).toBe(first['MessageId']);
    expect(later['MessageId']).not.toBe(first['MessageId']);
    expect(bodies(receive(under, url))).toEqual(['one', 'three']);
  });

  it('deduplicates by content where the queue says so, and asks for an id otherwise', () => {
    const under = worldUnderTest();
    const url = fifo(under, { ContentBasedDeduplication: 'true' });
    const input = { QueueUrl: url, MessageBody: 'same', MessageGroupId: 'g' };
    under.call('sqs', 'SendMessage', input);
    under.call('sqs', 'SendMessage', input);
    const other = queue(under, 'r.fifo', { FifoQueue: 'true' });

    expect(receive(under, url)).toHaveLength(1);
    expect(refusal(() => under.call('sqs', 'SendMessage', { ...input, QueueUrl: other }))).toContain(
      'InvalidParameterValue',
    );
  });
});
