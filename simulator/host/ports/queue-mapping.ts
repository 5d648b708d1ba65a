import type { QueueWiring } from '../../../deployment/wiring.ts';
import type { Dice } from '../../kernel/dice.ts';
import type { VirtualClock } from '../../kernel/virtual-clock.ts';
import type { Queue, Message as QueuedMessage } from '../../world/sqs/queue.ts';
import type { LambdaHost } from '../lambda.ts';
import { draw, pollLatency } from '../latencies.ts';
import { gatherMs } from '../sqs-mapping.ts';

/** What an invocation is given: messages of one queue. */
export class MessageBatch {
  readonly messages: readonly QueuedMessage[];

  constructor(messages: readonly QueuedMessage[]) {
    this.messages = messages;
  }
}

/** What an ingesting function answers: the messages that are to be handed out again. */
export class FailedMessages {
  readonly ids: ReadonlySet<string>;

  constructor(ids: ReadonlySet<string>) {
    this.ids = ids;
  }
}

export interface QueueMappingParts {
  readonly queue: Queue;
  readonly wiring: QueueWiring;
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly target: LambdaHost;
}

/**
 * Lambda's event source mapping over a queue at hand: the timing of `SqsMapping`, without the calls. Returns what is to
 * be called each time something becomes receivable.
 */
export const mapQueue = ({ queue, wiring, clock, dice, target }: QueueMappingParts): (() => void) => {
  let running = 0;
  /** A batch in the making, with how many messages were heard of since. */
  let gathering: { heard: number } | undefined;
  let lastMessageAt = Number.NEGATIVE_INFINITY;

  const removeHandled = (messages: readonly QueuedMessage[], answer: unknown): void => {
    const failed = answer instanceof FailedMessages ? answer.ids : new Set<string>();
    for (const { id, receipt } of messages) if (receipt !== undefined && !failed.has(id)) queue.remove(receipt);
  };

  const poll = (): void => {
    while (running < wiring.maximumConcurrency) {
      const messages = queue.receive(wiring.batchSize, undefined);
      if (messages.length === 0) return;
      lastMessageAt = clock.now();
      running++;
      target.invoke(new MessageBatch(messages), (result) => {
        running--;
        if ('value' in result) removeHandled(messages, result.value);
        wake();
      });
    }
  };

  /** The window is over, or the batch full. */
  const collect = (batch: { heard: number }): void => {
    if (gathering !== batch) return;
    gathering = undefined;
    poll();
  };

  const wake = (): void => {
    if (gathering !== undefined) {
      gathering.heard++;
      if (wiring.batchWindowSeconds > 0 && gathering.heard >= wiring.batchSize) collect(gathering);
      return;
    }
    if (running >= wiring.maximumConcurrency) return;
    const batch = { heard: 1 };
    gathering = batch;
    const now = clock.now();
    clock.at(now + draw(pollLatency, dice.next()) + gatherMs(wiring, now - lastMessageAt, dice), () => {
      collect(batch);
    });
  };

  return wake;
};
