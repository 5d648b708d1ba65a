import type { JsonObject } from '../api.ts';
import { isObject, number, object, text, texts } from '../json.ts';
import { md5OfAttributes, md5OfBody } from './digest.ts';
import type { Message, NewMessage, Sent } from './queue.ts';

export const newMessageOf = (input: JsonObject): NewMessage => ({
  body: text(input, 'MessageBody') ?? '',
  attributes: object(input, 'MessageAttributes') ?? {},
  delaySeconds: number(input, 'DelaySeconds'),
  groupId: text(input, 'MessageGroupId'),
  deduplicationId: text(input, 'MessageDeduplicationId'),
});

const sequenceNumber = (sequence: number): string => String(18_000_000_000_000_000_000n + BigInt(sequence));

export const sentJson = (sent: Sent, message: NewMessage, isFifo: boolean): JsonObject => ({
  MessageId: sent.id,
  MD5OfMessageBody: md5OfBody(message.body),
  MD5OfMessageAttributes: md5OfAttributes(message.attributes),
  ...(isFifo ? { SequenceNumber: sequenceNumber(sent.sequence) } : {}),
});

const systemAttributes = (it: Message, isFifo: boolean): JsonObject => ({
  SenderId: 'AIDAEXAMPLE',
  SentTimestamp: String(it.sentAt),
  ApproximateReceiveCount: String(it.receiveCount),
  ApproximateFirstReceiveTimestamp: String(it.firstReceivedAt ?? it.sentAt),
  ...(it.groupId === undefined ? {} : { MessageGroupId: it.groupId }),
  ...(it.deduplicationId === undefined ? {} : { MessageDeduplicationId: it.deduplicationId }),
  ...(isFifo ? { SequenceNumber: sequenceNumber(it.sequence) } : {}),
});

const only = (all: JsonObject, asked: readonly string[]): JsonObject => {
  const isAsked = (name: string): boolean =>
    asked.some(
      (it) => it === 'All' || it === '.*' || it === name || (it.endsWith('.*') && name.startsWith(it.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(all).filter(([name]) => isAsked(name)));
};

/** A message as ReceiveMessage answers it: attributes only as far as they were asked for. */
export const messageJson = (it: Message, isFifo: boolean, input: JsonObject): JsonObject => {
  const system = only(systemAttributes(it, isFifo), [
    ...(texts(input, 'AttributeNames') ?? []),
    ...(texts(input, 'MessageSystemAttributeNames') ?? []),
  ]);
  const own = only(it.attributes, texts(input, 'MessageAttributeNames') ?? []);
  const hasOwn = Object.values(own).some(isObject);
  return {
    MessageId: it.id,
    ReceiptHandle: it.receipt,
    MD5OfBody: md5OfBody(it.body),
    Body: it.body,
    ...(Object.keys(system).length > 0 ? { Attributes: system } : {}),
    ...(hasOwn ? { MessageAttributes: own, MD5OfMessageAttributes: md5OfAttributes(own) } : {}),
  };
};
