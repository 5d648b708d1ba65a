import type { SQSEvent } from 'aws-lambda';
import { composeDecide, fromEnvironment } from '../lib/compose.ts';
import { type DecisionRequest, parseDecisionMessage } from '../lib/events/decision-message.ts';
import { type DecideDependencies, type Decision, decideInTurn } from '../lib/flows/decide.ts';
import type { DeadLetters } from '../lib/ports/queues.ts';
import { FencedError } from '../lib/ports/store.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';

export type DecideHandler = Handler<SQSEvent, void>;

interface DecideHandlerDependencies extends DecideDependencies {
  readonly telemetry: InvocationTelemetry;
  readonly deadLetters: DeadLetters;
  readonly clusters: readonly string[];
  /** Told of each decision, where somebody looks on. */
  readonly onDecision?: (decision: Decision | undefined) => void;
}

/** One decision for one cluster, one at a time: the queue's message group is the cluster, its batch size one. */
export const decideHandler = (deps: DecideHandlerDependencies): DecideHandler =>
  invocation(deps.telemetry, async (event: SQSEvent) => {
    for (const { body } of event.Records) {
      const message = parseDecisionMessage(body, deps.clusters);
      if (message.kind === 'unreadable') await deps.deadLetters.bury(body, message.problem, 'decide');
      else await decideUnlessOvertaken(message, deps);
    }
  });

/** A decision that another writer has overtaken ends here: that one sees all this one saw, and acts. */
const decideUnlessOvertaken = async (
  { cluster, reason }: DecisionRequest,
  deps: DecideHandlerDependencies,
): Promise<void> => {
  try {
    const decision = await decideInTurn(cluster, reason, deps);
    deps.onDecision?.(decision);
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
    deps.telemetry.warn('overtaken by another decision', { cluster });
  }
};

export const handler: DecideHandler = builtOnce(() => decideHandler(composeDecide(fromEnvironment())));
