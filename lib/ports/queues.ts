/**
 * Asks for decisions. Asked twice for the same generation, SQS keeps one (deduplication id `cluster#generation`); one that
 * hurries is kept beside one that does not, which may be put off.
 */
export interface DecisionQueue {
  ask(cluster: string, generation: number, reason: string, hurries: boolean): Promise<void>;
}

/** Body of a message of the decide queue, as JSON. */
export interface DecisionMessage {
  readonly cluster: string;
  readonly generation: number;
  readonly reason: string;
}

/** Wakes a cluster after a delay of at most 15 minutes, through the urgent queue. */
export interface WakeUps {
  wake(cluster: string, delayMs: number, reason: string): Promise<void>;
}

/** Body of a wake-up, as JSON. It has the form of an EventBridge event, since it shares a queue with those. */
export interface WakeUpMessage {
  readonly source: 'berth';
  readonly 'detail-type': 'Berth Wake-Up';
  readonly detail: { readonly cluster: string; readonly reason: string };
}

/** Takes messages that can never be handled, with the reason, which redrive alone would not add. */
export interface DeadLetters {
  bury(body: string, reason: string, source: string): Promise<void>;
}
