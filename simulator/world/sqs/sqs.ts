import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Handover, QueueMessage } from '../events/delivery.ts';
import type { Ground } from '../ground.ts';
import { number, object, objects, requiredText, text, texts } from '../json.ts';
import { messageJson, newMessageOf, sentJson } from './message-json.ts';
import { createQueue, type DeadLetter, type NewMessage, type Queue } from './queue.ts';

export interface Sqs {
  readonly api: Api;
  /** Sends as EventBridge does. */
  deliver(queueArn: string, message: QueueMessage): Handover;
  onMessageVisible(queue: string, listener: () => void): () => void;
}

const invalid = (message: string): AwsApiError => new AwsApiError('InvalidParameterValue', message);

/** The name in a URL or an ARN. */
const nameOf = (reference: string): string => /[^/:]+$/.exec(reference)?.[0] ?? reference;

const parseRedrive = (policy: string | undefined): { arn: string; maxReceiveCount: number } | undefined => {
  if (policy === undefined || policy === '') return undefined;
  const parsed: unknown = JSON.parse(policy);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const read = new Map<string, unknown>(Object.entries(parsed));
  return { arn: String(read.get('deadLetterTargetArn')), maxReceiveCount: Number(read.get('maxReceiveCount')) };
};

const attributesOf = (input: JsonObject): readonly [string, string][] =>
  Object.keys(object(input, 'Attributes') ?? {}).map((name) => [
    name,
    text(object(input, 'Attributes') ?? {}, name) ?? '',
  ]);

const defaultAttributes: readonly (readonly [string, string])[] = [
  ['VisibilityTimeout', '30'],
  ['DelaySeconds', '0'],
  ['MaximumMessageSize', '1048576'],
  ['MessageRetentionPeriod', '345600'],
  ['ReceiveMessageWaitTimeSeconds', '0'],
];

export const createSqs = (ground: Ground): Sqs => {
  const queues = new Map<string, Queue>();
  const listeners = new Map<string, Set<() => void>>();

  const urlOf = (name: string): string => `https://sqs.${ground.region}.amazonaws.com/${ground.accountId}/${name}`;

  const queueOf = (input: JsonObject): Queue => {
    const queue = queues.get(nameOf(requiredText(input, 'QueueUrl', 'MissingParameter')));
    if (queue === undefined) throw new AwsApiError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  const create = (input: JsonObject): Queue => {
    const name = requiredText(input, 'QueueName', 'MissingParameter');
    const known = queues.get(name);
    const asked = attributesOf(input);
    if (known !== undefined) {
      if (asked.some(([key, value]) => known.attributes.get(key) !== value)) {
        throw new AwsApiError(
          'QueueNameExists',
          'A queue already exists with the same name and a different value for an attribute.',
        );
      }
      return known;
    }
    const attributes = new Map<string, string>([...defaultAttributes, ...asked]);
    if ((attributes.get('FifoQueue') === 'true') !== name.endsWith('.fifo')) {
      throw invalid(
        'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix.',
      );
    }
    const queue = createQueue({
      ground,
      name,
      attributes,
      visible: () => {
        for (const listener of listeners.get(name) ?? []) listener();
      },
      redrive: () => redriveOf(attributes),
    });
    queues.set(name, queue);
    return queue;
  };

  const redriveOf = (
    attributes: ReadonlyMap<string, string>,
  ): { readonly maxReceiveCount: number; readonly accept: DeadLetter } | undefined => {
    const policy = parseRedrive(attributes.get('RedrivePolicy'));
    const target = policy === undefined ? undefined : queues.get(nameOf(policy.arn));
    return policy === undefined || target === undefined
      ? undefined
      : { maxReceiveCount: policy.maxReceiveCount, accept: target.accept };
  };

  const check = (queue: Queue, message: NewMessage): void => {
    if (message.body === '')
      throw new AwsApiError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (message.delaySeconds !== undefined && (message.delaySeconds < 0 || message.delaySeconds > 900)) {
      throw invalid(
        `Value ${message.delaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
      );
    }
    if (!queue.isFifo) return;
    if (message.groupId === undefined)
      throw new AwsApiError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    if (message.deduplicationId === undefined && queue.attributes.get('ContentBasedDeduplication') !== 'true') {
      throw invalid(
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
    }
    if (message.delaySeconds !== undefined && message.delaySeconds > 0) {
      throw invalid(
        `Value ${message.delaySeconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
      );
    }
  };

  const send = (queue: Queue, input: JsonObject): JsonObject => {
    const message = newMessageOf(input);
    check(queue, message);
    return sentJson(queue.send(message), message, queue.isFifo);
  };

  /** Runs each entry of a batch; a refusal is an entry of `Failed`. */
  const batch = (input: JsonObject, run: (entry: JsonObject) => JsonObject): JsonObject => {
    const entries = objects(input, 'Entries') ?? [];
    if (entries.length === 0)
      throw new AwsApiError('EmptyBatchRequest', 'There should be at least one entry in the request.');
    if (entries.length > 10)
      throw new AwsApiError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
    const ids = entries.map((it) => text(it, 'Id') ?? '');
    if (new Set(ids).size < ids.length)
      throw new AwsApiError('BatchEntryIdsNotDistinct', 'Id of entries must be distinct.');
    const Successful: JsonObject[] = [];
    const Failed: JsonObject[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        Successful.push({ Id: ids[index], ...run(entry) });
      } catch (error) {
        if (!(error instanceof AwsApiError)) throw error;
        Failed.push({ Id: ids[index], SenderFault: true, Code: error.code, Message: error.message });
      }
    }
    return { Successful, ...(Failed.length > 0 ? { Failed } : {}) };
  };

  const remove = (queue: Queue, input: JsonObject): JsonObject => {
    queue.remove(requiredText(input, 'ReceiptHandle', 'MissingParameter')); // an unknown one is as good as gone
    return {};
  };

  const changeVisibility = (queue: Queue, input: JsonObject): JsonObject => {
    const seconds = number(input, 'VisibilityTimeout') ?? 30;
    if (seconds < 0 || seconds > 43_200) throw invalid('VisibilityTimeout must be between 0 and 43200.');
    if (!queue.changeVisibility(requiredText(input, 'ReceiptHandle', 'MissingParameter'), seconds)) {
      throw new AwsApiError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    return {};
  };

  const receive = (input: JsonObject): JsonObject => {
    const queue = queueOf(input);
    const count = number(input, 'MaxNumberOfMessages') ?? 1;
    if (count < 1 || count > 10) {
      throw invalid(
        `Value ${count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
      );
    }
    const messages = queue.receive(count, number(input, 'VisibilityTimeout'));
    return messages.length === 0 ? {} : { Messages: messages.map((it) => messageJson(it, queue.isFifo, input)) };
  };

  const allAttributes = (queue: Queue): JsonObject => {
    const { visible, inFlight, delayed } = queue.counts();
    return {
      ...Object.fromEntries(queue.attributes),
      QueueArn: queue.arn,
      CreatedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
      LastModifiedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    };
  };

  const readAttributes = (input: JsonObject): JsonObject => {
    const all = allAttributes(queueOf(input));
    const asked = texts(input, 'AttributeNames') ?? [];
    const isAsked = (name: string): boolean => asked.includes('All') || asked.includes(name);
    return { Attributes: Object.fromEntries(Object.entries(all).filter(([name]) => isAsked(name))) };
  };

  const api: Api = {
    CreateQueue: (input) => ({ QueueUrl: urlOf(create(input).name) }),
    GetQueueUrl: (input) => ({ QueueUrl: urlOf(queueOf({ QueueUrl: text(input, 'QueueName') }).name) }),
    ListQueues: (input) => {
      const prefix = text(input, 'QueueNamePrefix') ?? '';
      return { QueueUrls: [...queues.keys()].filter((it) => it.startsWith(prefix)).map(urlOf) };
    },
    GetQueueAttributes: readAttributes,
    SetQueueAttributes: (input) => {
      const queue = queueOf(input);
      for (const [name, value] of attributesOf(input)) queue.attributes.set(name, value);
      return {};
    },
    SendMessage: (input) => send(queueOf(input), input),
    SendMessageBatch: (input) => {
      const queue = queueOf(input);
      return batch(input, (entry) => send(queue, entry));
    },
    ReceiveMessage: receive,
    DeleteMessage: (input) => remove(queueOf(input), input),
    DeleteMessageBatch: (input) => {
      const queue = queueOf(input);
      return batch(input, (entry) => remove(queue, entry));
    },
    ChangeMessageVisibility: (input) => changeVisibility(queueOf(input), input),
    ChangeMessageVisibilityBatch: (input) => {
      const queue = queueOf(input);
      return batch(input, (entry) => changeVisibility(queue, entry));
    },
    PurgeQueue: (input) => {
      queueOf(input).purge();
      return {};
    },
  };

  return {
    api,
    deliver: (queueArn, { body, groupId, attributes }) => {
      const queue = queues.get(nameOf(queueArn));
      if (queue === undefined) return 'gone';
      const deduplicationId =
        queue.isFifo && queue.attributes.get('ContentBasedDeduplication') !== 'true' ? ground.uuid() : undefined;
      queue.send({ body, attributes, delaySeconds: undefined, groupId, deduplicationId });
      return 'taken';
    },
    onMessageVisible: (queue, listener) => {
      const name = nameOf(queue);
      const mine = listeners.get(name) ?? new Set();
      mine.add(listener);
      listeners.set(name, mine);
      return () => mine.delete(listener);
    },
  };
};
