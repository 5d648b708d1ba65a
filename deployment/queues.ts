import { arnOf, attribute, capitalised, type Resources, ref, substituted, type Value } from './cloudformation.ts';
import { type OptionalQueueName, optionalQueues, type QueueName, type QueueWiring, queueWiring } from './wiring.ts';

/** What could never be handled: told by hand by a function, or dropped by EventBridge or by a standard queue. */
export const deadLetters = 'DeadLetters';
/** A FIFO queue can only drop into another. */
export const decideDeadLetters = 'DecideDeadLetters';

export const queueId = (name: QueueName | OptionalQueueName): string => `${capitalised(name)}Queue`;

const fourteenDaysSeconds = 14 * 24 * 3600; // the most SQS keeps: time to look into what went wrong

/** Queues are named: CloudFormation gives a FIFO queue no name of its own that ends as it must. */
export const queueName = (name: string, fifo: boolean): string => `\${AWS::StackName}-${name}${fifo ? '.fifo' : ''}`;

const queueProperties = (name: string, fifo: boolean): Readonly<Record<string, Value | undefined>> => ({
  QueueName: substituted(queueName(name, fifo)),
  FifoQueue: fifo ? true : undefined, // false is refused
  SqsManagedSseEnabled: true,
});

const deadLetterQueue = (name: string, fifo: boolean): Resources[string] => ({
  Type: 'AWS::SQS::Queue',
  Properties: { ...queueProperties(name, fifo), MessageRetentionPeriod: fourteenDaysSeconds },
});

const feedingQueue = (name: string, it: QueueWiring<unknown>): Resources[string] => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    ...queueProperties(name, it.fifo),
    VisibilityTimeout: it.visibilityTimeoutSeconds,
    DelaySeconds: it.delaySeconds,
    RedrivePolicy: {
      deadLetterTargetArn: attribute(it.fifo ? decideDeadLetters : deadLetters, 'Arn'),
      maxReceiveCount: it.maxReceiveCount,
    },
  },
});

/** EventBridge may send to what its rules name, on behalf of this stack's rules alone. */
const queuePolicy = (logicalIds: readonly string[]): Resources[string] => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: logicalIds.map(ref),
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: logicalIds.map((id) => ({
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: attribute(id, 'Arn'),
        Condition: { ArnLike: { 'aws:SourceArn': substituted(arnOf('events', 'rule/${AWS::StackName}-*')) } },
      })),
    },
  },
});

export const queueResources = (): Resources => ({
  ...Object.fromEntries(
    Object.entries(queueWiring).map(([name, it]) => [queueId(name as QueueName), feedingQueue(name, it)]),
  ),
  [deadLetters]: deadLetterQueue('dead-letters', false),
  [decideDeadLetters]: deadLetterQueue('decide-dead-letters', true),
  QueuePolicy: queuePolicy([queueId('state'), queueId('urgent'), deadLetters]),
});

/** A queue's feeding of its function, in the words of `serverless.yml`'s event `sqs`. */
const mappingOf = (name: QueueName | OptionalQueueName, it: QueueWiring<unknown>): Value => ({
  arn: attribute(queueId(name), 'Arn'),
  batchSize: it.batchSize,
  maximumBatchingWindow: it.batchWindowSeconds === 0 ? undefined : it.batchWindowSeconds,
  maximumConcurrency: it.maximumConcurrency,
  functionResponseType: it.reportsBatchItemFailures ? 'ReportBatchItemFailures' : undefined,
});

export const queueMapping = (name: QueueName): Value => mappingOf(name, queueWiring[name]);

export const optionalQueueMapping = (name: OptionalQueueName): Value => mappingOf(name, optionalQueues[name]);

/** Whoever may send to it may run the tasks that the settings name: nobody, until the account's owner says who. */
export const tasksQueueResources = (): Resources => ({
  [queueId('tasks')]: feedingQueue('tasks', optionalQueues.tasks),
});

/** What is heard for the mirrors alone. */
export const mirrorQueueResources = (): Resources => ({
  [queueId('mirror')]: feedingQueue('mirror', optionalQueues.mirror),
  MirrorQueuePolicy: queuePolicy([queueId('mirror')]),
});
