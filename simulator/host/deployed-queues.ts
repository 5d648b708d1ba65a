import type { QueueWiring } from '../../deployment/wiring.ts';
import { text } from '../world/json.ts';
import type { World } from '../world/world.ts';

/** Who deploys. */
export const deployer = 'deployment';

export const queueArn = (world: World, name: string): string =>
  `arn:aws:sqs:${world.region}:${world.accountId}:${name}`;

/** Creates a queue of the simulated SQS; returns its URL. */
export const createQueue = (world: World, name: string, attributes: Readonly<Record<string, string>>): string =>
  text(world.call('sqs', 'CreateQueue', { QueueName: name, Attributes: attributes }, deployer), 'QueueUrl') ?? '';

/** Creates a queue that feeds a function, as the deployment does; returns its URL. */
export const createFeedingQueue = (
  world: World,
  name: string,
  { fifo, visibilityTimeoutSeconds, maxReceiveCount }: QueueWiring<unknown>,
  deadLetters: string,
): string =>
  createQueue(world, name, {
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn(world, deadLetters), maxReceiveCount }),
    ...(fifo ? { FifoQueue: 'true' } : {}),
  });
