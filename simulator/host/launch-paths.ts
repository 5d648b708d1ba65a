import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { LaunchPath, PathOf } from '../score/waits.ts';
import type { InvocationStart, StartListener } from './lambda.ts';
import type { CallListener, CallRecord } from './sdk.ts';

/** An invocation that asked for a decision, or decided. */
export interface Begun {
  /** When the oldest message (or the schedule's event) that it was given was sent. */
  readonly sentAt: number;
  readonly startedAt: number;
}

/** Kept this long: a launch is looked up as soon as its instance is requested. */
const keptMs = 30 * 60_000;

export const isSqsEvent = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

const sentAt = (record: InvocationStart): number => {
  if (!isSqsEvent(record.event)) return record.invokedAt;
  return Math.min(...record.event.Records.map((it) => messageSentAt(it, record.startedAt)));
};

/** Berth's own wake-ups are held back until their timer is due; that wait is nobody's queue. */
const messageSentAt = (message: SQSRecord, startedAt: number): number =>
  message.body.startsWith('{"source":"berth"') ? startedAt : Number(message.attributes.SentTimestamp);

/**
 * Traces a launch back: the call that raised the desired capacity → the decision that made it → the ask that led to
 * the decision → the function that asked → the message that woke it.
 */
export class LaunchPaths {
  private readonly invocations = new Map<string, Begun>();
  /** Asks for decisions by when the message was sent. */
  private readonly asks: CallRecord[] = [];
  private readonly launches = new Map<string, CallRecord>();

  readonly onStart: StartListener = (record) => {
    this.begin(record.invocationId, { sentAt: sentAt(record), startedAt: record.startedAt });
  };

  begin(invocationId: string, begun: Begun): void {
    this.invocations.set(invocationId, begun);
    this.forget(begun.startedAt - keptMs);
  }

  readonly onCall: CallListener = (call) => {
    if (call.command === 'SendMessageCommand') this.asks.push(call);
    if (call.command === 'SetDesiredCapacityCommand') this.launches.set(call.invocationId, call);
  };

  readonly pathOf: PathOf = (caller): LaunchPath | undefined => {
    const call = this.launches.get(caller);
    const decision = this.invocations.get(caller);
    if (call === undefined || decision === undefined) return undefined;
    const ask = this.asks.findLast((it) => it.sentAt + it.latencyMs === decision.sentAt);
    const asker = ask === undefined ? undefined : this.invocations.get(ask.invocationId);
    const inDecideQueue = decision.startedAt - decision.sentAt;
    const inFirstQueue = asker === undefined ? 0 : asker.startedAt - asker.sentAt;
    return {
      queuedAt: asker?.sentAt ?? decision.sentAt,
      inQueuesMs: inFirstQueue + inDecideQueue,
      sentAt: call.sentAt,
      answeredAt: call.sentAt + call.latencyMs,
    };
  };

  private forget(before: number): void {
    for (const [id, it] of this.invocations) {
      if (it.startedAt >= before) break;
      this.invocations.delete(id);
      this.launches.delete(id);
    }
    while ((this.asks[0]?.sentAt ?? before) < before) this.asks.shift();
  }
}
