import type { Gap, GapCause, Subject } from '../model/observation.ts';
import type { ItemOutcome } from '../ports/reading.ts';

/** What an SDK error means to Berth. `gone`: the thing named no longer exists or no longer waits for us. */
export type ErrorMeaning = 'throttled' | 'accessDenied' | 'notFound' | 'gone' | 'busy' | 'invalid' | 'failed';

const throttled = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
]);

const accessDenied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'AuthFailure',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'ExpiredToken',
  'ExpiredTokenException',
  'CredentialsProviderError',
]);

const notFound = new Set([
  'ClusterNotFoundException',
  'ServiceNotFoundException',
  'ResourceNotFoundException',
  'InvalidLaunchTemplateId.NotFound',
  'InvalidLaunchTemplateId.NotFoundException',
  'InvalidLaunchTemplateName.NotFoundException',
  'InvalidLaunchTemplateId.VersionNotFound',
  'InvalidInstanceType',
]);

/** The query protocol knows the faults of Auto Scaling by names without "Fault" too (AWS API model). */
const busy = new Set([
  'ScalingActivityInProgressFault',
  'ScalingActivityInProgress',
  'ResourceContentionFault',
  'ResourceContention',
  'ResourceInUseFault',
  'ResourceInUse',
  'UpdateInProgressException',
  'ConflictException',
  'IdempotentCallInProgress',
  'IdempotentCallInProgressFault',
]);

const invalid = new Set([
  'ValidationError',
  'ValidationException',
  'InvalidParameterException',
  'ClientException',
  'UnsupportedFeatureException',
  'SerializationException',
  'IdempotentParameterMismatch',
]);

/**
 * Auto Scaling has no error of its own for what is gone, only a ValidationError that says "Instance Id not found - No
 * managed instance found for instance ID i-…", "No active Lifecycle Action found with instance ID i-…" or
 * "AutoScalingGroup name not found". ECS says "Container instance not found.", "Referenced container instance was
 * not found." or "The referenced task was not found." in an InvalidParameterException, and "Unable to describe task
 * definition." in a ClientException. An instance that "is already terminating" needs no second call. A hook that is not found is none of them: then the
 * settings are wrong.
 */
const saysGone =
  /no managed instance found|no active lifecycle action found|autoscalinggroup name not found|container instance (?:was )?not found|referenced task was not found|unable to describe task definition|already terminating/i;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The one place where an SDK error is understood, by its name and, for a validation error, by its text. */
export const meaningOf = (error: unknown): ErrorMeaning => {
  const name = nameOf(error);
  if (throttled.has(name)) return 'throttled';
  if (accessDenied.has(name)) return 'accessDenied';
  if (notFound.has(name)) return 'notFound';
  if (busy.has(name)) return 'busy';
  if (!invalid.has(name)) return 'failed';
  return saysGone.test(messageOf(error)) ? 'gone' : 'invalid';
};

const causes: Readonly<Record<ErrorMeaning, GapCause>> = {
  throttled: 'throttled',
  accessDenied: 'accessDenied',
  notFound: 'notFound',
  gone: 'notFound',
  busy: 'failed',
  invalid: 'failed',
  failed: 'failed',
};

/**
 * RunTask in a cluster without any instance is refused with "No Container Instances were found in your cluster."
 */
const saysNoInstances = /no container instances were found/i;

/** A cluster holds so many tasks that wait for room, and no more (ECS service quotas, tasks in PROVISIONING). */
const saysTooManyWait = /provisioning capacity limit exceeded/i;

/**
 * What the refusal of a RunTask call asks of who made it: to wait for room, to try again, or to give up. A conflict
 * stays one: the token stands for another request.
 */
export const runRefusalOf = (error: unknown): 'noRoom' | 'failed' | 'rejected' => {
  if (saysNoInstances.test(messageOf(error))) return 'noRoom';
  if (saysTooManyWait.test(messageOf(error))) return 'failed';
  if (nameOf(error) === 'ConflictException') return 'rejected';
  return ['throttled', 'busy', 'failed'].includes(meaningOf(error)) ? 'failed' : 'rejected';
};

/** What was being done, with what AWS said of it. */
export const told = (doing: string, error: unknown): string => `${doing}: ${nameOf(error)}: ${messageOf(error)}`;

export const gapOf = (subject: Subject, doing: string, error: unknown): Gap => ({
  subject,
  cause: causes[meaningOf(error)],
  detail: told(doing, error),
});

const results: Readonly<Record<ErrorMeaning, ItemOutcome['result']>> = {
  throttled: 'busy', // nothing is wrong with the resource: the next look asks again
  accessDenied: 'failed',
  notFound: 'gone',
  gone: 'gone',
  busy: 'busy',
  invalid: 'failed',
  failed: 'failed',
};

export const outcomeOf = (id: string, doing: string, error: unknown): ItemOutcome => ({
  id,
  result: results[meaningOf(error)],
  detail: told(doing, error),
});
