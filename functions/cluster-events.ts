import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeClusterEvents, fromEnvironment } from '../lib/compose.ts';
import { type ClusterEventsDependencies, handleClusterEvents } from '../lib/flows/cluster-events.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';
import { asBatchResponse, messagesOf } from './sqs.ts';

export type ClusterEventsHandler = Handler<SQSEvent, SQSBatchResponse>;

/** The broad stream of state changes: each batch becomes one ask for a decision a cluster. */
export const clusterEventsHandler = (
  deps: ClusterEventsDependencies & { readonly telemetry: InvocationTelemetry },
): ClusterEventsHandler =>
  invocation(deps.telemetry, async (event: SQSEvent) =>
    asBatchResponse(await handleClusterEvents(messagesOf(event), deps)),
  );

export const handler: ClusterEventsHandler = builtOnce(() =>
  clusterEventsHandler(composeClusterEvents(fromEnvironment())),
);
