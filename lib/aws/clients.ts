import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { MetadataBearer, MiddlewareStack, RetryStrategyV2 } from '@smithy/types';

/** As much of a client as is needed to watch or delay its calls. */
export interface InstrumentableClient {
  readonly middlewareStack: MiddlewareStack<object, MetadataBearer>;
}

/** Region, endpoint and credentials come from the environment, as the SDK's own rules have it. */
export interface ClientOptions {
  /** Stands in for what the environment says; what is not in it, the SDK finds by its own rules. */
  readonly config?: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    /** Of the shared AWS configuration files: who one is, where no credentials are given. */
    readonly profile?: string;
  };
  /** Stands in for the SDK's, which waits in real time. */
  readonly retryStrategy?: RetryStrategyV2;
  /** Called once with each client made. */
  readonly instrument?: (client: InstrumentableClient) => void;
}

/** Three attempts, the SDK's standard: what is still throttled then is a partial view, and the next look asks again. */
const attempts = 3;

/**
 * Without limits of its own the SDK waits for an answer for ever, and a decision would end with its Lambda's time
 * instead of a gap. Connections are kept open, by the SDK's default.
 */
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

export const clientConfig = ({ config, retryStrategy }: ClientOptions) => ({
  ...config,
  maxAttempts: attempts,
  requestHandler,
  ...(retryStrategy === undefined ? {} : { retryStrategy }),
});

export const instrumented = <C extends InstrumentableClient>(client: C, { instrument }: ClientOptions): C => {
  instrument?.(client);
  return client;
};

export const ecsClient = (options: ClientOptions = {}): ECSClient =>
  instrumented(new ECSClient(clientConfig(options)), options);

export const autoScalingClient = (options: ClientOptions = {}): AutoScalingClient =>
  instrumented(new AutoScalingClient(clientConfig(options)), options);

export const cloudWatchClient = (options: ClientOptions = {}): CloudWatchClient =>
  instrumented(new CloudWatchClient(clientConfig(options)), options);

export const sqsClient = (options: ClientOptions = {}): SQSClient =>
  instrumented(new SQSClient(clientConfig(options)), options);

export const dynamoDbClient = (options: ClientOptions = {}): DynamoDBClient =>
  instrumented(new DynamoDBClient(clientConfig(options)), options);
