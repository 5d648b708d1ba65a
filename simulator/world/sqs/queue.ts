import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { sha256 } from './digest.ts';

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: JsonObject;
  readonly sentAt: number;
  readonly sequence: number;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  receiveCount: number;
  firstReceivedAt: number | undefined;
  /** The handle of its latest receipt. */
  receipt: string | undefined;
  inFlight: boolean;
  visibleAt: number;
}

export interface NewMessage {
  readonly body: string;
  readonly attributes: JsonObject;
  readonly delaySeconds: number | undefined;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
}

export interface Sent {
  readonly id: string;
  readonly sequence: number;
}

/** Where a message goes that was received too often. */
export type DeadLetter = (message: Message) => void;

/** One queue. A FIFO queue keeps each group in order, and nothing of a group is receivable while one of it is in flight. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly isFifo: boolean;
  readonly createdAt: number;
  /** As set, by their AWS names. */
  readonly attributes: Map<string, string>;
  send(message: NewMessage): Sent;
  /** Takes a message from elsewhere unchanged, as redrive does. */
  readonly accept: DeadLetter;
  receive(count: number, visibilitySeconds: number | undefined): readonly Message[];
  /** Whether the receipt was known. */
  remove(receipt: string): boolean;
  changeVisibility(receipt: string, seconds: number): boolean;
  purge(): void;
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
}

const deduplicationMs = 300_000; // SQS developer guide: five minutes

export interface QueueParts {
  readonly ground: Pick<Ground, 'now' | 'afterMs' | 'uuid' | 'arn'>;
  readonly name: string;
  readonly attributes: Map<string, string>;
  /** Tells that something became receivable. */
  readonly visible: () => void;
  /** The dead-letter queue and its threshold, where there is one. */
  readonly redrive: () => { readonly maxReceiveCount: number; readonly accept: DeadLetter } | undefined;
}

export const createQueue = ({ ground, name, attributes, visible, redrive }: QueueParts): Queue => {
  const isFifo = name.endsWith('.fifo');
  let waiting: Message[] = []; // receivable or blocked by their group, oldest first
  let delayed = 0;
  let sequence = 0;
  const received = new Map<string, Message>(); // by latest receipt
  const inFlightByGroup = new Map<string, number>();
  const deduplicated = new Map<string, { readonly at: number; readonly sent: Sent }>();

  const seconds = (attribute: string, otherwise: number): number => Number(attributes.get(attribute) ?? otherwise);
  const isBlocked = (it: Message): boolean => isFifo && (inFlightByGroup.get(it.groupId ?? '') ?? 0) > 0;

  const shiftGroup = (it: Message, by: 1 | -1): void => {
    const group = it.groupId ?? '';
    const count = (inFlightByGroup.get(group) ?? 0) + by;
    if (count > 0) inFlightByGroup.set(group, count);
    else inFlightByGroup.delete(group);
  };

  const enqueue = (it: Message): void => {
    const after = isFifo ? waiting.findIndex((other) => other.sequence > it.sequence) : -1;
    if (after === -1) waiting.push(it);
    else waiting.splice(after, 0, it);
    if (!isBlocked(it)) visible();
  };

  const land = (it: Message): void => {
    if (!it.inFlight) return;
    it.inFlight = false;
    shiftGroup(it, -1);
  };

  /** After one of a group is gone, the next may be receivable. */
  const unblock = (it: Message): void => {
    if (isFifo && !isBlocked(it) && waiting.some((other) => other.groupId === it.groupId)) visible();
  };

  const watch = (it: Message, receipt: string): void => {
    ground.afterMs(it.visibleAt - ground.now(), () => {
      if (it.receipt !== receipt || !it.inFlight || ground.now() < it.visibleAt) return;
      land(it);
      enqueue(it);
    });
  };

  const forgetOldDuplicates = (): void => {
    for (const [id, { at }] of deduplicated) {
      if (ground.now() - at < deduplicationMs) return; // in order of arrival
      deduplicated.delete(id);
    }
  };

  const deduplicationIdOf = (it: NewMessage): string | undefined => {
    if (it.deduplicationId !== undefined || !isFifo) return it.deduplicationId;
    return attributes.get('ContentBasedDeduplication') === 'true' ? sha256(it.body) : undefined;
  };

  const add = (parts: NewMessage, deduplicationId: string | undefined): Sent => {
    const it: Message = {
      id: ground.uuid(),
      body: parts.body,
      attributes: parts.attributes,
      sentAt: ground.now(),
      sequence: ++sequence,
      groupId: parts.groupId,
      deduplicationId,
      receiveCount: 0,
      firstReceivedAt: undefined,
      receipt: undefined,
      inFlight: false,
      visibleAt: 0,
    };
    const delay = (isFifo ? undefined : parts.delaySeconds) ?? seconds('DelaySeconds', 0);
    if (delay === 0) {
      enqueue(it);
    } else {
      delayed++;
      ground.afterMs(delay * 1_000, () => {
        delayed--;
        enqueue(it);
      });
    }
    return { id: it.id, sequence: it.sequence };
  };

  const send = (parts: NewMessage): Sent => {
    const id = deduplicationIdOf(parts);
    if (!isFifo || id === undefined) return add(parts, id);
    forgetOldDuplicates();
    const before = deduplicated.get(id);
    if (before !== undefined) return before.sent;
    const sent = add(parts, id);
    deduplicated.set(id, { at: ground.now(), sent });
    return sent;
  };

  const dropExpired = (): void => {
    const keepMs = seconds('MessageRetentionPeriod', 345_600) * 1_000;
    const oldest = ground.now() - keepMs;
    if (waiting.some((it) => it.sentAt < oldest)) waiting = waiting.filter((it) => it.sentAt >= oldest);
  };

  /** The oldest receivable ones; of a FIFO group all in a row, or none while an earlier one is out. */
  const takeReceivable = (count: number): readonly Message[] => {
    if (!isFifo) return waiting.splice(0, count);
    const taken = new Set(waiting.filter((it) => !isBlocked(it)).slice(0, count));
    waiting = waiting.filter((it) => !taken.has(it));
    return [...taken];
  };

  const receive = (count: number, visibilitySeconds: number | undefined): readonly Message[] => {
    dropExpired();
    const rule = redrive();
    const out: Message[] = [];
    while (out.length < count) {
      const taken = takeReceivable(count - out.length);
      if (taken.length === 0) break;
      for (const it of taken) {
        if (it.receipt !== undefined) received.delete(it.receipt);
        if (rule !== undefined && it.receiveCount >= rule.maxReceiveCount) rule.accept(it);
        else out.push(it);
      }
    }
    for (const it of out) {
      it.receiveCount++;
      it.firstReceivedAt ??= ground.now();
      it.receipt = `${it.id}#${it.receiveCount}`;
      it.inFlight = true;
      it.visibleAt = ground.now() + (visibilitySeconds ?? seconds('VisibilityTimeout', 30)) * 1_000;
      received.set(it.receipt, it);
      shiftGroup(it, 1);
      watch(it, it.receipt);
    }
    return out;
  };

  return {
    name,
    arn: ground.arn('sqs', name),
    isFifo,
    createdAt: ground.now(),
    attributes,
    send,
    receive,
    accept: (message) => {
      enqueue({
        ...message,
        sequence: ++sequence,
        receiveCount: message.receiveCount,
        receipt: undefined,
        inFlight: false,
      });
    },
    remove: (receipt) => {
      const it = received.get(receipt);
      if (it === undefined) return false;
      received.delete(receipt);
      if (!it.inFlight) waiting = waiting.filter((other) => other !== it);
      it.receipt = undefined;
      land(it);
      unblock(it);
      return true;
    },
    changeVisibility: (receipt, forSeconds) => {
      const it = received.get(receipt);
      if (it?.inFlight !== true) return false;
      it.visibleAt = ground.now() + forSeconds * 1_000;
      watch(it, receipt);
      return true;
    },
    purge: () => {
      waiting = [];
      received.clear();
      inFlightByGroup.clear();
    },
    counts: () => ({
      visible: waiting.length,
      inFlight: [...received.values()].filter((it) => it.inFlight).length,
      delayed,
    }),
  };
};
