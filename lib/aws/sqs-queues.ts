import { createHash } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { secondMs } from '../model/time.ts';
import type { DeadLetters, DecisionMessage, DecisionQueue, WakeUpMessage, WakeUps } from '../ports/queues.ts';

/** Message group and deduplication ids have at most 128 characters (SQS API reference); cluster names up to 255. */
const maximumIdLength = 128;

const fifoId = (text: string): string =>
  text.length <= maximumIdLength ? text : createHash('sha256').update(text).digest('hex');

/** A FIFO queue whose message groups are the clusters, so that a cluster has one decision at a time. */
export const sqsDecisionQueue = (client: SQSClient, queueUrl: string): DecisionQueue => ({
  async ask(cluster, generation, reason, hurries) {
    const message: DecisionMessage = { cluster, generation, reason };
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: fifoId(cluster),
        MessageDeduplicationId: fifoId(`${cluster}#${generation}${hurries ? '#now' : ''}`),
      }),
    );
  },
});

/** SQS holds a message back for at most 15 minutes (SQS API reference). */
const maximumDelaySeconds = 900;

export const sqsWakeUps = (client: SQSClient, queueUrl: string): WakeUps => ({
  async wake(cluster, delayMs, reason) {
    const message: WakeUpMessage = { source: 'berth', 'detail-type': 'Berth Wake-Up', detail: { cluster, reason } };
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        DelaySeconds: Math.min(maximumDelaySeconds, Math.max(0, Math.ceil(delayMs / secondMs))),
      }),
    );
  },
});

/** Room for a sentence; an attribute counts towards the size of its message. */
const maximumReasonLength = 1000;

/** The body stays as it came, so that the message can be sent back to its queue; the reason is an attribute. */
export const sqsDeadLetters = (client: SQSClient, queueUrl: string): DeadLetters => ({
  async bury(body, reason, source) {
    const attribute = (text: string) => ({
      DataType: 'String',
      StringValue: text.slice(0, maximumReasonLength) || 'unknown', // an empty value is refused
    });
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: { reason: attribute(reason), source: attribute(source) },
      }),
    );
  },
});
