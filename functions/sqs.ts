import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Message } from '../lib/flows/ingest.ts';

export const messagesOf = (event: SQSEvent): readonly Message[] =>
  event.Records.map((it) => ({ id: it.messageId, body: it.body }));

/** SQS hands out again only what is named here; the rest of the batch is done. */
export const asBatchResponse = (failedIds: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: failedIds.map((itemIdentifier) => ({ itemIdentifier })),
});
