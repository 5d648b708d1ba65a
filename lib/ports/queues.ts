/** Asks for decisions. Asked twice for the same generation, SQS keeps one (deduplication id `cluster#generation`). */
export interface DecisionQueue {
  ask(cluster: string, generation: number, reason: string): Promise<void>;
}

/** Wakes a cluster after a delay of at most 15 minutes, through the urgent queue. */
export interface WakeUps {
  wake(cluster: string, delayMs: number, reason: string): Promise<void>;
}

/** Takes messages that can never be handled, with the reason, which redrive alone would not add. */
export interface DeadLetters {
  bury(body: string, reason: string, source: string): Promise<void>;
}
