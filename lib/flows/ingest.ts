import type { Trigger, Unreadable } from '../events/trigger.ts';
import type { DeadLetters, DecisionQueue } from '../ports/queues.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { mayWait } from './pace.ts';

/** A queue message as it came. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

export interface IngestDependencies {
  readonly store: Store;
  readonly decisions: DecisionQueue;
  readonly deadLetters: DeadLetters;
  readonly telemetry: Telemetry;
  /** The clusters this deployment may touch; nothing is done for any other. */
  readonly clusters: readonly string[];
}

/** What it takes to ask for a decision. */
export type AskDependencies = Omit<IngestDependencies, 'deadLetters'>;

/**
 * Asks for one decision a cluster. The generation is read after whatever the caller has written: a decision that is
 * under way has raised it already, so this ask makes one more, and any number of asks before that raise make one, or
 * two where some of them hurry and others do not.
 * Returns the clusters for which asking failed.
 */
export const askForDecisions = async (
  reasons: ReadonlyMap<string, string>,
  { store, decisions, telemetry, clusters }: AskDependencies,
): Promise<ReadonlySet<string>> => {
  const ours = [...reasons].filter(([cluster]) => clusters.includes(cluster));
  const results = await Promise.allSettled(
    ours.map(async ([cluster, reason]) => {
      await decisions.ask(cluster, await store.generation(cluster), reason, !mayWait(reason));
    }),
  );
  const failed = new Set<string>();
  results.forEach((result, n) => {
    const cluster = ours[n]?.[0];
    if (result.status === 'fulfilled' || cluster === undefined) return;
    failed.add(cluster);
    telemetry.error('could not ask for a decision', { cluster, error: String(result.reason) });
  });
  return failed;
};

/** What parsing made of a batch. */
export interface ParsedMessage {
  readonly message: Message;
  readonly trigger: Trigger;
}

/**
 * Parses a batch and takes what nobody can read to the dead letters with the reason, so that it is neither retried
 * nor lost. A message that could not be buried is returned as failed: SQS will hand it out again.
 */
export const parseBatch = async (
  messages: readonly Message[],
  parse: (body: string) => Trigger | Unreadable,
  source: string,
  { deadLetters, telemetry }: Pick<IngestDependencies, 'deadLetters' | 'telemetry'>,
): Promise<{ readonly parsed: readonly ParsedMessage[]; readonly failedIds: readonly string[] }> => {
  const parsed: ParsedMessage[] = [];
  const failedIds: string[] = [];
  for (const message of messages) {
    const trigger = parse(message.body);
    if (trigger.kind !== 'unreadable') parsed.push({ message, trigger });
    else if (!(await buried(message, trigger.problem, source, deadLetters))) failedIds.push(message.id);
  }
  const poisoned = messages.length - parsed.length;
  if (poisoned > 0) {
    telemetry.count('BuriedMessages', poisoned);
    telemetry.warn('unreadable messages went to the dead letters', { source, messages: poisoned });
  }
  return { parsed, failedIds };
};

const buried = async (message: Message, reason: string, source: string, deadLetters: DeadLetters): Promise<boolean> => {
  try {
    await deadLetters.bury(message.body, reason, source);
    return true;
  } catch {
    return false;
  }
};
