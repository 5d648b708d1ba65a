import type { SQSRecord } from 'aws-lambda';
import type { QueueWiring } from '../../deployment/wiring.ts';
import type { Dice } from '../kernel/dice.ts';
import type { VirtualClock } from '../kernel/virtual-clock.ts';
import type { JsonObject } from '../world/api.ts';
import { object, objects, text } from '../world/json.ts';
import type { World } from '../world/world.ts';
import type { LambdaHost } from './lambda.ts';
import { draw, pollLatency } from './latencies.ts';

/** After this long without messages a queue is quiet: Lambda's pollers wait up to 20 s to fill a batch then. */
const quietAfterMs = 20_000;
const longestWaitMs = 20_000;
const leastConcurrency = 2; // Lambda API, ScalingConfig

/**
 * How long a batch is gathered. Without a window it is what is there; with one, its length, or up to 20 s where the queue
 * was quiet (Lambda developer guide, SQS event source).
 */
export const gatherMs = (
  { batchWindowSeconds }: Pick<QueueWiring, 'batchWindowSeconds'>,
  quietForMs: number,
  dice: Dice,
): number => {
  const window = batchWindowSeconds * 1_000;
  if (window === 0 || quietForMs <= quietAfterMs) return window;
  return window + Math.round(dice.next() * (longestWaitMs - window));
};

/**
 * Lambda's event source mapping of one queue: polls, gathers a batch, invokes, deletes what was handled. What the
 * function names in `batchItemFailures`, or all of it when the function fails, becomes visible again by its time-out.
 */
export class SqsMapping {
  private readonly world: World;
  private readonly clock: VirtualClock;
  private readonly dice: Dice;
  private readonly queueUrl: string;
  private readonly wiring: QueueWiring<unknown>;
  private readonly target: LambdaHost;
  private running = 0;
  /** A batch in the making, with how many messages were heard of since. */
  private gathering: { heard: number } | undefined;
  private lastMessageAt = Number.NEGATIVE_INFINITY;

  constructor(
    world: World,
    clock: VirtualClock,
    dice: Dice,
    queue: { readonly url: string; readonly wiring: QueueWiring<unknown> },
    target: LambdaHost,
  ) {
    if (queue.wiring.maximumConcurrency < leastConcurrency)
      throw new RangeError(`an SQS mapping's maximum concurrency is at least ${leastConcurrency}`);
    this.world = world;
    this.clock = clock;
    this.dice = dice;
    this.queueUrl = queue.url;
    this.wiring = queue.wiring;
    this.target = target;
  }

  start(): void {
    this.world.sqs.onMessageVisible(this.queueUrl, () => {
      this.wake();
    });
  }

  private wake(): void {
    const current = this.gathering;
    if (current !== undefined) {
      current.heard++;
      const isFull = this.wiring.batchWindowSeconds > 0 && current.heard >= this.wiring.batchSize;
      if (isFull) this.collect(current);
      return;
    }
    if (this.running >= this.wiring.maximumConcurrency) return;
    const gathering = { heard: 1 };
    this.gathering = gathering;
    const now = this.clock.now();
    this.clock.at(
      now + draw(pollLatency, this.dice.next()) + gatherMs(this.wiring, now - this.lastMessageAt, this.dice),
      () => {
        this.collect(gathering);
      },
    );
  }

  /** The window is over, or the batch full. */
  private collect(gathering: { heard: number }): void {
    if (this.gathering !== gathering) return;
    this.gathering = undefined;
    this.poll();
  }

  private poll(): void {
    while (this.running < this.wiring.maximumConcurrency) {
      const records = this.receive();
      if (records.length === 0) return;
      this.lastMessageAt = this.clock.now();
      this.running++;
      this.target.invoke({ Records: records }, (result) => {
        this.running--;
        if ('value' in result) this.deleteHandled(records, result.value);
        this.wake();
      });
    }
  }

  /** ReceiveMessage gives ten at most, so a larger batch is several calls. */
  private receive(): readonly SQSRecord[] {
    const records: SQSRecord[] = [];
    while (records.length < this.wiring.batchSize) {
      const answer = this.world.call(
        'sqs',
        'ReceiveMessage',
        {
          QueueUrl: this.queueUrl,
          MaxNumberOfMessages: Math.min(10, this.wiring.batchSize - records.length),
          AttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        },
        'lambda-poller',
      );
      const messages = objects(answer, 'Messages') ?? [];
      if (messages.length === 0) return records;
      records.push(...messages.map((it) => this.toRecord(it)));
    }
    return records;
  }

  private toRecord(message: JsonObject): SQSRecord {
    const attributes = object(message, 'Attributes') ?? {};
    const member = (of: JsonObject, name: string): string => text(of, name) ?? '';
    return {
      messageId: member(message, 'MessageId'),
      receiptHandle: member(message, 'ReceiptHandle'),
      body: member(message, 'Body'),
      attributes: {
        ApproximateReceiveCount: member(attributes, 'ApproximateReceiveCount'),
        SentTimestamp: member(attributes, 'SentTimestamp'),
        SenderId: member(attributes, 'SenderId'),
        ApproximateFirstReceiveTimestamp: member(attributes, 'ApproximateFirstReceiveTimestamp'),
      },
      messageAttributes: {},
      md5OfBody: member(message, 'MD5OfBody'),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${this.world.region}:${this.world.accountId}:${this.queueUrl.split('/').at(-1) ?? ''}`,
      awsRegion: this.world.region,
    };
  }

  private deleteHandled(records: readonly SQSRecord[], answer: unknown): void {
    const failed = this.wiring.reportsBatchItemFailures ? failedIds(answer) : new Set<string>();
    for (const record of records)
      if (!failed.has(record.messageId))
        this.world.call(
          'sqs',
          'DeleteMessage',
          { QueueUrl: this.queueUrl, ReceiptHandle: record.receiptHandle },
          'lambda-poller',
        );
  }
}

const failedIds = (answer: unknown): ReadonlySet<string> => {
  if (typeof answer !== 'object' || answer === null || !('batchItemFailures' in answer)) return new Set();
  const { batchItemFailures } = answer;
  return new Set(
    (Array.isArray(batchItemFailures) ? batchItemFailures : []).map((it: { itemIdentifier?: unknown }) =>
      String(it.itemIdentifier),
    ),
  );
};
