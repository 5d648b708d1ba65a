import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeMirror, fromEnvironment } from '../lib/compose.ts';
import { handleMirrorEvents, type MirrorEventsDependencies } from '../lib/flows/mirror/telling.ts';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';
import { builtOnce, type Handler, invocation } from './invocation.ts';
import { asBatchResponse, messagesOf } from './sqs.ts';

export type MirrorHandler = Handler<SQSEvent, SQSBatchResponse>;

/** Events that change nothing that hurries, of clusters whose state is kept from their events. */
export const mirrorHandler = (
  deps: MirrorEventsDependencies & { readonly telemetry: InvocationTelemetry },
): MirrorHandler =>
  invocation(deps.telemetry, async (event: SQSEvent) =>
    asBatchResponse(await handleMirrorEvents(messagesOf(event), deps)),
  );

export const handler: MirrorHandler = builtOnce(() => mirrorHandler(composeMirror(fromEnvironment())));
