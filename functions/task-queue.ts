import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeTaskQueue, fromEnvironment } from '../lib/compose.ts';
import { handleTaskMessages, type TaskQueueDependencies } from '../lib/flows/task-queue.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';
import { asBatchResponse, messagesOf } from './sqs.ts';

export type TaskQueueHandler = Handler<SQSEvent, SQSBatchResponse>;

/** Berth's own queue of RunTask requests: each is taken into the table, and run once there is room. */
export const taskQueueHandler = (
  deps: TaskQueueDependencies & { readonly telemetry: InvocationTelemetry },
): TaskQueueHandler =>
  invocation(deps.telemetry, async (event: SQSEvent) =>
    asBatchResponse(await handleTaskMessages(messagesOf(event), deps)),
  );

export const handler: TaskQueueHandler = builtOnce(() => taskQueueHandler(composeTaskQueue(fromEnvironment())));
