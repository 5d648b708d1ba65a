import { AwsApiError, type JsonObject } from '../api.ts';
import { number, object, requiredText, text } from '../json.ts';

/** Where a rule sends its events. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  /** The message group of a FIFO queue: one and the same for every event. */
  readonly groupId: string | undefined;
  readonly retryPolicy: RetryPolicy;
  readonly deadLetterArn: string | undefined;
  /** As it was put, with what shapes its input. */
  readonly json: JsonObject;
}

export interface RetryPolicy {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMs: number;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern: JsonObject | undefined;
  readonly schedule: string | undefined;
  readonly targets: Map<string, Target>;
  enabled: boolean;
}

/** A rule takes five targets (EventBridge quotas). */
export const targetsPerRule = 5;

export const invalid = (message: string): AwsApiError => new AwsApiError('ValidationException', message);

/** 24 hours and 185 attempts unless the target says otherwise (EventBridge API, RetryPolicy). */
const retryPolicyOf = (json: JsonObject): RetryPolicy => {
  const policy = object(json, 'RetryPolicy') ?? {};
  const maximumRetryAttempts = number(policy, 'MaximumRetryAttempts') ?? 185;
  const seconds = number(policy, 'MaximumEventAgeInSeconds') ?? 86_400;
  if (maximumRetryAttempts < 0 || maximumRetryAttempts > 185)
    throw invalid('MaximumRetryAttempts must be between 0 and 185.');
  if (seconds < 60 || seconds > 86_400) throw invalid('MaximumEventAgeInSeconds must be between 60 and 86400.');
  return { maximumRetryAttempts, maximumEventAgeMs: seconds * 1_000 };
};

/** A dead-letter queue is a standard SQS queue (EventBridge user guide, dead-letter queues). */
const deadLetterArnOf = (json: JsonObject): string | undefined => {
  const arn = text(object(json, 'DeadLetterConfig') ?? {}, 'Arn');
  if (arn !== undefined && (!arn.includes(':sqs:') || arn.endsWith('.fifo')))
    throw invalid(`Parameter ${arn} is not valid. Reason: A dead-letter queue must be a standard SQS queue.`);
  return arn;
};

export const targetOf = (json: JsonObject): Target => ({
  id: requiredText(json, 'Id', 'ValidationException'),
  arn: requiredText(json, 'Arn', 'ValidationException'),
  groupId: text(object(json, 'SqsParameters') ?? {}, 'MessageGroupId'),
  retryPolicy: retryPolicyOf(json),
  deadLetterArn: deadLetterArnOf(json),
  json,
});
