import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeUrgentEvents, fromEnvironment } from '../lib/compose.ts';
import { handleUrgentEvents, type UrgentEventsDependencies } from '../lib/flows/urgent-events.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';
import { asBatchResponse, messagesOf } from './sqs.ts';

export type UrgentEventsHandler = Handler<SQSEvent, SQSBatchResponse>;

/** What cannot wait: endings are drained at once, the rest asks for a decision. */
export const urgentEventsHandler = (
  deps: UrgentEventsDependencies & { readonly telemetry: InvocationTelemetry },
): UrgentEventsHandler =>
  invocation(deps.telemetry, async (event: SQSEvent) =>
    asBatchResponse(await handleUrgentEvents(messagesOf(event), deps)),
  );

export const handler: UrgentEventsHandler = builtOnce(() =>
  urgentEventsHandler(composeUrgentEvents(fromEnvironment())),
);
